import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { Profiles, type ProfilesOptions, UNAVAILABLE } from './profiles.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

let folder: string;
const opened: Profiles[] = [];
let builds = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-profiles-'));
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((profiles) => profiles.close()));
  await rm(folder, { recursive: true, force: true });
});

function open(change: Partial<ProfilesOptions> = {}): Profiles {
  const profiles = new Profiles({ clickhouse, folder, copies: true, ...change });
  opened.push(profiles);
  return profiles;
}

const now = () => new Date().toISOString();

/** A build with one row each, and its pointer. @returns its number. */
async function published(rows: Readonly<Record<number, readonly number[]>>, names: readonly string[]) {
  const build = await written(rows);
  const summary = JSON.stringify({ segments: names, newest: 1, minAudience: 0 });
  await clickhouse.insert('audience_builds', [
    { kind: 'profiles', build, as_of: now(), summary, time: now() },
  ]);
  return build;
}

async function written(rows: Readonly<Record<number, readonly number[]>>): Promise<number> {
  builds += 1;
  await clickhouse.insert(
    'profiles',
    Object.entries(rows).map(([visitor, segments]) => ({ build: builds, visitor, segments, seen: now() })),
  );
  return builds;
}

const consent = (visitor: number, state: object = {}) =>
  clickhouse.insert('consents', [
    { visitor, time: now(), withdrawn: 0, purposes: 0b1101, partners: [], origin: 'pixel', ...state },
  ]);

describe('profiles', () => {
  it('are of nobody before the first build, and unknown before anybody was asked', async () => {
    const profiles = open();
    expect(profiles.of(1n)).toBe(UNAVAILABLE);
    await profiles.refresh();
    expect(profiles.of(1n)).toEqual([]);
  });

  it('are those of the newest build that was published, by its own names', async () => {
    const profiles = open();
    await published({ 1: [0, 1], 2: [1] }, ['boots', 'hats']);
    await written({ 1: [0], 2: [0] });
    await profiles.refresh();
    expect(profiles.of(1n)).toEqual(['boots', 'hats']);
    expect(profiles.of(404n)).toEqual([]);
    await published({ 1: [0], 3: [0] }, ['hats']);
    expect(profiles.of(1n)).toEqual(['boots', 'hats']);
    await profiles.refresh();
    expect(profiles.of(1n)).toEqual(['hats']);
    expect(profiles.of(2n)).toEqual([]);
    expect(await readdir(join(folder, 'profiles'))).toHaveLength(1);
  });

  it('are gone with the next look for whoever said no since, until a newer yes', async () => {
    const profiles = open();
    await published({ 11: [0], 12: [0], 13: [0], 14: [0] }, ['boots']);
    for (const visitor of [11, 12, 13, 14]) await consent(visitor);
    await profiles.refresh();
    await consent(11, { withdrawn: 1, purposes: 0 });
    await consent(12, { purposes: 0b0101 });
    await clickhouse.insert('erasures', [
      { erasure: 'e', visitor: 13, time: now(), stored: now(), origin: 'api', suppressed: false },
    ]);
    await profiles.refresh();
    const all = () => [11n, 12n, 13n, 14n].map((visitor) => profiles.of(visitor));
    expect(all()).toEqual(['withdrawn', 'withdrawn', 'withdrawn', ['boots']]);
    await consent(11, { time: new Date(Date.now() + 1_000).toISOString() });
    await profiles.refresh();
    expect(all()).toEqual([['boots'], 'withdrawn', 'withdrawn', ['boots']]);
  });

  it('are told nobody of whom nothing was heard for long, and are there again after that', async () => {
    const profiles = open();
    await published({ 21: [0] }, ['boots']);
    await profiles.refresh();
    expect(profiles.of(21n)).toEqual(['boots']);
    const later = performance.now() + 31_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    try {
      expect(profiles.of(21n)).toBe(UNAVAILABLE);
      await profiles.refresh();
      expect(profiles.of(21n)).toEqual(['boots']);
    } finally {
      clock.mockRestore();
    }
  });

  it('are found on the disk by a next start and by other workers, and copied anew the next day', async () => {
    await published({ 31: [0] }, ['boots']);
    const worker = open({ copies: false });
    await worker.refresh();
    expect(worker.of(31n)).toBe(UNAVAILABLE);
    await open().refresh();
    await worker.refresh();
    expect(worker.of(31n)).toEqual(['boots']);
    // What the file holds is no longer in the table: who finds the file does not ask for it.
    await clickhouse.command('TRUNCATE TABLE profiles');
    const again = open();
    await again.refresh();
    expect(again.of(31n)).toEqual(['boots']);
    const tomorrow = open({ now: () => Date.now() + 86_400_000 });
    await tomorrow.refresh();
    expect(tomorrow.of(31n)).toEqual([]);
    // Whose copy was removed meanwhile has it open still.
    expect(worker.of(31n)).toEqual(['boots']);
  });

  it('are copied anew where the file was damaged on the disk', async () => {
    await published({ 51: [0] }, ['boots']);
    await open().refresh();
    const [name = ''] = await readdir(join(folder, 'profiles'));
    await truncate(join(folder, 'profiles', name), 20);
    const again = open();
    await again.refresh();
    expect(again.of(51n)).toEqual(['boots']);
  });

  it('stay what they were while ClickHouse is away, and are copied whole or not at all', async () => {
    await published({ 41: [0] }, ['boots']);
    const away = new ClickHouse({ ...database, urls: ['http://127.0.0.1:1'] });
    let there = true;
    const flaky = {
      query: (...asked: Parameters<ClickHouse['query']>) => (there ? clickhouse : away).query(...asked),
      stream: (...asked: Parameters<ClickHouse['stream']>) => (there ? clickhouse : away).stream(...asked),
    } as ClickHouse;
    const profiles = open({ clickhouse: flaky });
    await profiles.refresh();
    there = false;
    await expect(profiles.refresh()).rejects.toThrow('no answer');
    expect(profiles.of(41n)).toEqual(['boots']);
    await away.close();
  });
});
