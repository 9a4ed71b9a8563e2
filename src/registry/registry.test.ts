import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { KINDS } from './kinds.ts';
import { ConflictError, newId, Registry } from './registry.ts';

const clickhouse = new ClickHouse(await freshDatabase());
/** Port 9 of this machine: nobody listens there. */
const nowhere = new ClickHouse({
  urls: ['http://127.0.0.1:9'],
  user: '',
  password: '',
  database: 'x',
  cluster: undefined,
});
const folders: string[] = [];

beforeAll(() => migrate(clickhouse, 90).then(() => {}));

afterEach(() => {
  vi.useRealTimers();
});

afterAll(async () => {
  await Promise.all([clickhouse.close(), nowhere.close()]);
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'));
  folders.push(folder);
  return folder;
}

const open = async (folder?: string) => new Registry(clickhouse, folder ?? (await newFolder()));
const site = (name: string) => KINDS.site.parse({ name, domains: ['www.example.com'], key: 'k'.repeat(16) });

describe('what an operator makes', () => {
  it('is there at once, with its version and time', async () => {
    const registry = await open();
    const made = await registry.put('site', 'shop', site('Shop'), 0, 'admin');
    expect(made).toMatchObject({ id: 'shop', name: 'Shop', version: 1 });
    expect(Math.abs(Date.parse(made.updatedAt) - Date.now())).toBeLessThan(60_000);
    expect(registry.get('site', 'shop')).toEqual(made);
    expect(registry.list('site').map(({ id }) => id)).toContain('shop');
    expect(registry.get('partner', 'shop')).toBeUndefined();
  });

  it('is kept in every version, with who made it', async () => {
    const registry = await open();
    await registry.put('site', 'versions', site('One'), 0, 'first');
    await registry.put('site', 'versions', site('Two'), 1, 'second');
    expect(registry.get('site', 'versions')).toMatchObject({ name: 'Two', version: 2 });
    const rows = await clickhouse.query<{ version: number; actor: string; name: string }>(
      "SELECT version, actor, JSONExtractString(body, 'name') AS name FROM objects WHERE id = 'versions' ORDER BY version",
    );
    expect(rows).toEqual([
      { version: 1, actor: 'first', name: 'One' },
      { version: 2, actor: 'second', name: 'Two' },
    ]);
  });

  it('comes in the order of its ids', async () => {
    const registry = await open();
    for (const id of ['order-b', 'order-c', 'order-a'])
      await registry.put('partner', id, partner(id), 0, 'x');
    expect(registry.list('partner').map(({ id }) => id)).toEqual(['order-a', 'order-b', 'order-c']);
  });

  it('is gone when deleted, and its next version follows the one that deleted it', async () => {
    const registry = await open();
    await registry.put('site', 'passing', site('Passing'), 0, 'x');
    await registry.delete('site', 'passing', 1, 'x');
    expect(registry.get('site', 'passing')).toBeUndefined();
    expect(registry.version('site', 'passing')).toBe(2);
    expect(['passing', 'never'].map((id) => registry.isDeleted('site', id))).toEqual([true, false]);
    const newest = registry.newest('site', 'passing');
    expect(newest).toMatchObject({ version: 2, isApplied: false });
    expect(Math.abs(Date.parse(newest.updatedAt!) - Date.now())).toBeLessThan(60_000);
    expect(registry.newest('site', 'never')).toEqual({ version: 0, updatedAt: null, isApplied: false });
    await expect(registry.put('site', 'passing', site('Again'), 0, 'x')).rejects.toThrow(ConflictError);
    expect(await registry.put('site', 'passing', site('Again'), 2, 'x')).toMatchObject({ version: 3 });
  });
});

const partner = (name: string) => KINDS.partner.parse({ name });

describe('two writers of one version', () => {
  it('cannot both succeed, and the loser has the winner’s afterwards', async () => {
    const registries = await Promise.all(Array.from({ length: 8 }, () => open()));
    const outcomes = await Promise.allSettled(
      registries.map((registry, index) =>
        registry.put('site', 'race', site(`Writer ${index}`), 0, `w${index}`),
      ),
    );
    const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ConflictError);
    }
    for (const registry of registries) {
      await registry.refresh();
      expect(registry.get('site', 'race')).toMatchObject({ name: `Writer ${winners[0]}`, version: 1 });
    }
  });

  it('are told apart also where they wrote the same', async () => {
    const [one, two] = [await open(), await open()];
    await one.put('site', 'same', site('Same'), 0, 'x');
    await expect(two.put('site', 'same', site('Same'), 0, 'x')).rejects.toThrow(ConflictError);
  });
});

describe('another process', () => {
  it('sees a change when it looks again, and says so once', async () => {
    const [here, there] = [await open(), await open()];
    await there.refresh();
    const heard = vi.fn();
    there.on('change', heard);
    await here.put('site', 'seen', site('Seen'), 0, 'x');
    expect(there.get('site', 'seen')).toBeUndefined();
    await there.refresh();
    expect(there.get('site', 'seen')).toMatchObject({ name: 'Seen' });
    await there.refresh();
    expect(heard).toHaveBeenCalledTimes(1);
    await here.delete('site', 'seen', 1, 'x');
    await there.refresh();
    expect(there.get('site', 'seen')).toBeUndefined();
  });

  it('sees the change of a machine whose clock is an hour late', async () => {
    const [late, other] = [await open(), await open()];
    await other.put('site', 'in-time', site('In time'), 0, 'x');
    await late.refresh();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    await late.put('site', 'late', site('Late'), 0, 'x');
    vi.useRealTimers();
    await other.refresh();
    expect(other.get('site', 'late')).toMatchObject({ name: 'Late' });
  });

  it('of a newer version may make things of a kind that is not known here', async () => {
    const registry = await open();
    const row = { kind: 'destiny', id: 'x', version: 1, deleted: false, body: '{}', actor: '', writer: '' };
    await clickhouse.insert('objects', [{ ...row, time: new Date().toISOString() }]);
    await registry.put('site', 'beside', site('Beside'), 0, 'x');
    await (await open()).refresh();
    expect(registry.get('site', 'beside')).toBeDefined();
  });
});

describe('the snapshot', () => {
  it('gives a start without ClickHouse all that was known, and what is deleted stays deleted', async () => {
    const folder = await newFolder();
    const before = await open(folder);
    await before.put('site', 'kept', site('Kept'), 0, 'x');
    await before.put('site', 'dropped', site('Dropped'), 0, 'x');
    await before.delete('site', 'dropped', 1, 'x');

    const after = new Registry(nowhere, folder);
    expect(await after.restore()).toBe(true);
    expect(after.list('site')).toEqual(before.list('site'));
    expect(after.version('site', 'dropped')).toBe(2);
    expect(['kept', 'dropped'].map((id) => after.isDeleted('site', id))).toEqual([false, true]);
    await expect(after.refresh()).rejects.toMatchObject({ fault: 'unavailable' });
    expect(after.get('site', 'kept')).toMatchObject({ name: 'Kept' });
  });

  it('is brought up to date by the first look', async () => {
    const folder = await newFolder();
    await (await open(folder)).put('site', 'older', site('Older'), 0, 'x');
    const elsewhere = await open();
    await elsewhere.refresh();
    await elsewhere.put('site', 'older', site('Newer'), 1, 'x');
    const after = await open(folder);
    await after.restore();
    expect(after.get('site', 'older')).toMatchObject({ name: 'Older' });
    await after.refresh();
    expect(after.get('site', 'older')).toMatchObject({ name: 'Newer', version: 2 });
  });

  it('is not there at the first start', async () => {
    expect(await (await open()).restore()).toBe(false);
  });

  it('counts as not there where it is damaged', async () => {
    const folder = await newFolder();
    for (const text of ['', '[{"kind":"site","id":"x"', '{}']) {
      await writeFile(join(folder, 'snapshot.json'), text);
      expect(await (await open(folder)).restore()).toBe(false);
    }
  });

  it('is written again after a time when it could not be', async () => {
    const folder = await newFolder();
    const registry = await open(folder);
    await rename(folder, `${folder}.away`);
    await expect(registry.put('site', 'unsaved', site('Unsaved'), 0, 'x')).rejects.toThrow('ENOENT');
    await rename(`${folder}.away`, folder);
    await registry.put('site', 'saved', site('Saved'), 0, 'x');
    const text = await readFile(join(folder, 'snapshot.json'), 'utf8');
    expect(text).toContain('Unsaved');
    expect(text).toContain('Saved');
  });

  it('is readable for its owner only, and leaves no draft', async () => {
    const folder = await newFolder();
    const registry = await open(folder);
    await Promise.all(Array.from({ length: 5 }, () => registry.put('site', newId(), site('Many'), 0, 'x')));
    expect(await readdir(folder)).toEqual(['snapshot.json']);
    expect((await stat(join(folder, 'snapshot.json'))).mode & 0o777).toBe(0o600);
  });
});

it('makes ids that every kind takes', () => {
  const ids = new Set(Array.from({ length: 1_000 }, newId));
  expect(ids.size).toBe(1_000);
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]{16}$/);
});
