import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { ExpireError, expire } from './expire.ts';
import { Leases } from './lease.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const leases = new Leases(clickhouse, 'test');

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

const daysIn = async (table: string) =>
  (
    await clickhouse.query<{ day: string }>(
      `SELECT DISTINCT toString(toDate(time)) AS day FROM ${table} ORDER BY day`,
    )
  ).map(({ day }) => day);

describe('expire', () => {
  it('drops the days that the merges have left, and no other', async () => {
    await clickhouse.command('SYSTEM STOP MERGES hits');
    await clickhouse.command('SYSTEM STOP MERGES features');
    for (const days of [95, 90, 89, 0]) {
      await clickhouse.insert('hits', [{ time: dayAgo(days), visitor: 1, hit: days, categories: ['483'] }]);
    }
    expect(await daysIn('hits')).toHaveLength(4);
    const { result } = await expire(clickhouse, leases, 90);
    expect(result).toMatchObject({ retentionDays: 90, partitionsDropped: 4 });
    for (const table of ['hits', 'features']) expect(await daysIn(table)).toEqual([dayAgo(89), dayAgo(0)]);
    expect((await expire(clickhouse, leases, 90)).result).toMatchObject({ partitionsDropped: 0 });
    await clickhouse.command('SYSTEM START MERGES hits');
    await clickhouse.command('SYSTEM START MERGES features');
  });

  it('brings a shorter retention to what is stored', async () => {
    const { result } = await expire(clickhouse, leases, 30);
    expect(result).toMatchObject({ retentionDays: 30 });
    for (const table of ['hits', 'features']) expect(await daysIn(table)).toEqual([dayAgo(0)]);
    expect(await daysIn('kept_hits')).toEqual([dayAgo(0)]);
    await expire(clickhouse, leases, 90);
  });

  it('turns an exported id into its removal on its last day, once', async () => {
    const line = (uid: string, seq: number, op: string, days: number) => ({
      segment: 's',
      source: 'partner',
      uid,
      seq,
      op,
      observed: dayAgo(days),
    });
    await clickhouse.insert('exports', [
      line('ending', 1, 'add', 89),
      line('seen again', 1, 'add', 89),
      line('seen again', 2, 'add', 3),
      line('left before', 1, 'add', 89),
      line('left before', 2, 'remove', 5),
      line('fresh', 2, 'add', 1),
    ]);
    expect((await expire(clickhouse, leases, 90)).result).toMatchObject({ exportsRemoved: 1 });
    const removed = await clickhouse.query<{ uid: string; today: number; later: number }>(
      "SELECT uid, observed = today() AS today, seq > 2 AS later FROM kept_exports WHERE op = 'remove' ORDER BY uid",
    );
    expect(removed).toEqual([
      { uid: 'ending', today: 1, later: 1 },
      { uid: 'left before', today: 0, later: 0 },
    ]);
    expect((await expire(clickhouse, leases, 90)).result).toMatchObject({ exportsRemoved: 0 });
  });

  it('does all else where a step fails, and says which', async () => {
    await clickhouse.insert('exports', [
      { segment: 'later', source: 'partner', uid: 'u', seq: 1, op: 'add', observed: dayAgo(88) },
    ]);
    await clickhouse.insert('hits', [{ time: dayAgo(95), visitor: 2, hit: 1 }]);
    await clickhouse.insert('erasures', [{ erasure: 'e', visitor: 2, time: dayAgo(0), stored: dayAgo(0) }]);
    await clickhouse.command('CREATE TABLE unfit (uid String, day Date) ENGINE = MergeTree ORDER BY tuple()');
    const error = await expire(clickhouse, leases, 90).catch((reason: unknown) => reason);
    await clickhouse.command('DROP TABLE unfit SYNC');
    expect(error).toBeInstanceOf(ExpireError);
    expect(error).toMatchObject({ reason: 'step_failed', steps: ['erase'], errors: [{ tables: ['unfit'] }] });
    expect((error as Error).message).toContain('Nothing was deleted from unfit');
    expect(await clickhouse.query("SELECT op FROM exports WHERE segment = 'later' ORDER BY seq")).toEqual([
      { op: 'add' },
      { op: 'remove' },
    ]);
    expect(await daysIn('hits')).toEqual([dayAgo(0)]);
  });
});
