import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { suppressionHash, visitorId } from '../identity/visitor.ts';
import { Suppressions } from './suppressions.ts';

const SECRET = 'a secret of tests, of no use elsewhere';
const connection = await freshDatabase();
const clickhouse = new ClickHouse(connection);
/** Nobody listens there. */
const away = new ClickHouse({ ...connection, urls: ['http://127.0.0.1:9'] });

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => Promise.all([clickhouse.close(), away.close()]));

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ninety-suppressions-'));
  folders.push(folder);
  await clickhouse.command('TRUNCATE TABLE suppressions');
});
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const open = (worker: string, door = clickhouse) =>
  Suppressions.open({ clickhouse: door, secret: SECRET, folder, worker });
const hashOf = (visitor: bigint) => suppressionHash(SECRET, visitorId(visitor));
const optedOut = (suppressions: Suppressions, visitor: bigint) => suppressions.has(visitorId(visitor));
/** What another machine's opt-out leaves in ClickHouse. */
const elsewhere = (visitor: bigint, stored = new Date()) =>
  clickhouse.insert('suppressions', [{ hash: String(hashOf(visitor)), stored: stored.toISOString() }]);

describe('suppressions', () => {
  it('know an opt-out at once, after a restart, and while ClickHouse is away', async () => {
    const first = await open('w1', away);
    expect(optedOut(first, 7n)).toBe(false);
    await first.add(hashOf(7n));
    expect([7n, 8n].map((visitor) => optedOut(first, visitor))).toEqual([true, false]);
    const second = await open('w1', away);
    expect([7n, 8n].map((visitor) => optedOut(second, visitor))).toEqual([true, false]);
    await expect(second.refresh()).rejects.toMatchObject({ fault: 'unavailable' });
  });

  it('of one process reach the others of its machine without ClickHouse', async () => {
    const [one, other] = [await open('w1', away), await open('w2', away)];
    await one.add(hashOf(7n));
    await other.refresh().catch(() => undefined);
    expect(optedOut(other, 7n)).toBe(true);
    await one.add(hashOf(8n));
    expect(optedOut(other, 8n)).toBe(false);
    await other.refresh().catch(() => undefined);
    expect(optedOut(other, 8n)).toBe(true);
    expect(other.size).toBe(2);
  });

  it('of other machines come from ClickHouse, once each, and stay', async () => {
    const here = await open('w1');
    await elsewhere(2n ** 63n + 5n);
    await elsewhere(9n);
    await elsewhere(9n);
    await here.refresh();
    expect([2n ** 63n + 5n, 9n, 10n].map((visitor) => optedOut(here, visitor))).toEqual([true, true, false]);
    // A host whose clock is a little late.
    await elsewhere(10n, new Date(Date.now() - 20_000));
    await here.refresh();
    await here.refresh();
    expect(optedOut(here, 10n)).toBe(true);
    expect(statSync(join(folder, 'suppressions-w1.bin')).size).toBe(3 * 8);
    expect(optedOut(await open('w1', away), 10n)).toBe(true);
  });

  it('outlive a file that was cut in the middle of a hash, and other files beside it', async () => {
    writeFileSync(join(folder, 'snapshot.json'), '[]');
    const first = await open('w1', away);
    await first.add(hashOf(1n));
    await first.add(hashOf(2n));
    const file = join(folder, 'suppressions-w1.bin');
    truncateSync(file, 11);
    const second = await open('w1', away);
    await second.add(hashOf(3n));
    expect(readFileSync(file)).toHaveLength(16);
    const third = await open('w2', away);
    expect([1n, 2n, 3n].map((visitor) => optedOut(third, visitor))).toEqual([true, false, true]);
  });

  it('on disk can be read by this user alone, and hold no visitor', async () => {
    const suppressions = await open('w1', away);
    await suppressions.add(hashOf(7n));
    const file = join(folder, 'suppressions-w1.bin');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).readBigUInt64LE(0)).toBe(hashOf(7n));
    expect(hashOf(7n)).not.toBe(7n);
  });
});
