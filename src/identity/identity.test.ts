import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { Leases } from '../jobs/lease.ts';
import { eraseVisitors } from '../privacy/erase.ts';
import { requestErasure } from '../privacy/erasures.ts';
import { published } from './builds.ts';
import { dropEndedKeys, periodAt, sharedKey } from './household-key.ts';
import { buildIdentity } from './job.ts';
import { LIMITS } from './limits.ts';
import { matchRate } from './match-rate.ts';
import { openShards } from './shards.testing.ts';
import type { LinkSummary } from './summary.ts';
import { visitorId } from './visitor.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const leases = new Leases(clickhouse, 'test');
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const build = () => buildIdentity(clickhouse, leases);
const rows = (sql: string) => clickhouse.query<Record<string, unknown>>(sql);
const count = async (sql: string) => Number((await rows(`SELECT count() AS n FROM ${sql}`))[0]!['n']);

/** Links of one source, as a SELECT of `visitor` and `uid`. */
const link = (source: string, select: string, own = '0') =>
  clickhouse.command(
    `INSERT INTO links (source, visitor, uid, own, first, last)
     SELECT '${source}', visitor, uid, ${own}, now64(3) - 3600, now64(3) - number FROM (${select})`,
  );
const unlink = (source: string) =>
  clickhouse.command(`ALTER TABLE links DELETE WHERE source = '${source}'`, {}, { mutations_sync: '1' });

describe('links', () => {
  it('come of what a hit brings, each with its consent, and are refreshed when seen', async () => {
    const hit = {
      visitor: 1,
      device_type: 'idfa',
      device_id: 'device-1',
      device_visitor: 2,
      first_party: 3,
      household: '18446744073709551615',
    };
    await clickhouse.insert('hits', [
      { ...hit, time: ago(DAY), hit: 1, purposes: 1, partners: ['acme', 'dsp'] },
      { ...hit, time: ago(2 * DAY), hit: 2, purposes: 781, partners: [] },
      { visitor: 9, time: ago(DAY), hit: 3, purposes: 1 },
    ]);
    await clickhouse.insert('hits', [{ ...hit, time: ago(3_000), hit: 4, purposes: 13, partners: ['dsp'] }]);
    const found = await rows(
      `SELECT source, visitor, uid, own, purposes, partners, round(dateDiff('second', first, last) / 3600) AS hours FROM kept_links ORDER BY source`,
    );
    const common = { visitor: '1', purposes: 13, partners: ['dsp'], hours: '48' };
    expect(found.map((row) => ({ ...row, hours: String(row['hours']) }))).toEqual([
      { ...common, source: 'first_party', uid: visitorId(3n), own: '3' },
      { ...common, source: 'household', uid: '18446744073709551615', own: '0' },
      { ...common, source: 'idfa', uid: 'device-1', own: '2' },
    ]);
    expect(await rows('SELECT visitor, household FROM kept_households')).toEqual([
      { visitor: '1', household: '18446744073709551615' },
    ]);
  });

  it('of a match carry its consent', async () => {
    const match = { visitor: 4, partner: 'acme', uid: 'u4' };
    await clickhouse.insert('matches', [
      { ...match, time: ago(5_000), purposes: 13, partners: ['acme'] },
      { ...match, time: ago(9_000), purposes: 781, partners: ['dsp'] },
    ]);
    expect(await rows("SELECT purposes, partners FROM kept_links WHERE source = 'acme'")).toEqual([
      { purposes: 13, partners: ['acme'] },
    ]);
  });
});

describe('a link is set aside', () => {
  const NUMBERS = (n: number) => `SELECT number, 1000 + number AS visitor, 'one' AS uid FROM numbers(${n})`;

  it.each<[string, string, number, number, number]>([
    ['of a uid that 1,001 visitors claim', 'dsp', 1_000, 1_001, 1],
    ['of an address of 21 visitors', 'household', 20, 21, 1],
  ])('%s, and comes back when they are fewer', async (_, source, most, many) => {
    const uid = source === 'household' ? '77' : 'shared';
    const reason = source === 'household' ? 'shared_address' : 'shared_uid';
    const select = (n: number) => NUMBERS(n).replace("'one'", `'${uid}'`);
    await unlink(source);
    await link(source, select(most));
    await build();
    expect(await count(`kept_links WHERE uid = '${uid}'`)).toBe(most);
    await link(source, select(many));
    await build();
    expect(await count(`kept_links WHERE uid = '${uid}'`)).toBe(0);
    expect(await count(`seen_links WHERE uid = '${uid}'`)).toBe(many);
    expect(
      await rows(`SELECT DISTINCT source, uid, reason FROM set_aside_links WHERE uid = '${uid}'`),
    ).toEqual([{ source, uid, reason }]);
    expect(await rows(`SELECT visitor, n FROM kept_set_aside WHERE uid = '${uid}'`)).toEqual([
      { visitor: '0', n: String(many) },
    ]);
    await unlink(source);
    await link(source, select(most));
    await build();
    expect(await count(`kept_links WHERE uid = '${uid}'`)).toBe(most);
    await unlink(source);
  });

  it('of a visitor with 201 ids of a source, and of an older one than the newest twenty', async () => {
    const ids = (visitor: number, n: number) =>
      `SELECT number, ${visitor} AS visitor, 'id-' || leftPad(toString(number), 4, '0') AS uid FROM numbers(${n})`;
    await link('idfa', ids(5_000, 201), '90000 + number');
    await link('idfa', ids(5_001, 200), '90000 + number');
    await link('dsp', ids(5_002, 30));
    await build();
    expect(await count('kept_links WHERE visitor = 5000')).toBe(0);
    expect(await rows('SELECT uid FROM kept_links WHERE visitor = 5001 ORDER BY uid')).toEqual(
      Array.from({ length: 20 }, (_, at) => ({ uid: `id-${String(at).padStart(4, '0')}` })),
    );
    expect(
      await rows(
        'SELECT visitor, reason, count() AS n FROM set_aside_links WHERE visitor >= 5000 GROUP BY visitor, reason ORDER BY visitor',
      ),
    ).toEqual([
      { visitor: '5000', reason: 'too_many_uids', n: '201' },
      { visitor: '5001', reason: 'over_limit', n: '180' },
    ]);
    // With a partner the newest alone counts, however many there were.
    expect(await rows('SELECT uid FROM kept_matches WHERE visitor = 5002')).toEqual([{ uid: 'id-0000' }]);
  });

  it('and the uid that it had replaced does not come back for it', async () => {
    await clickhouse.insert('links', [
      { source: 'acme', visitor: 1000, uid: 'before', own: 0, first: ago(DAY), last: ago(DAY) },
    ]);
    await link('acme', NUMBERS(1_001).replace("'one'", "'zero'"));
    await build();
    expect(await count('kept_matches WHERE visitor = 1000')).toBe(0);
    expect(await rows("SELECT visitor, uid FROM kept_matches WHERE source = 'acme'")).toEqual([
      { visitor: '4', uid: 'u4' },
    ]);
  });

  it('and counted, with no id in what is shown', async () => {
    const { summary } = (await published(clickhouse)).get('links')!;
    const { setAside, links } = summary as LinkSummary;
    expect(setAside).toEqual([
      { reason: 'over_limit', source: 'idfa', links: 180, visitors: 1, largest: [200] },
      { reason: 'shared_uid', source: 'acme', links: 1_001, visitors: 1_001, largest: [1_001] },
      { reason: 'too_many_uids', source: 'idfa', links: 201, visitors: 1, largest: [201] },
    ]);
    expect(links).toContainEqual({ source: 'acme', links: 1, visitors: 1 });
    expect(links).toContainEqual({ source: 'dsp', links: 1, visitors: 1 });
    expect(JSON.stringify(summary)).not.toMatch(/id-|zero|u4/);
  });
});

describe('a home', () => {
  it('has as many visitors as the limit says, before the job has looked and after', async () => {
    const visitors = (n: number) =>
      `SELECT number, 800000 + number AS visitor, '4711' AS uid FROM numbers(${n})`;
    await link('household', visitors(LIMITS.visitorsAHousehold));
    expect(await count('kept_households WHERE household = 4711')).toBe(LIMITS.visitorsAHousehold);
    await link('household', visitors(LIMITS.visitorsAHousehold + 1));
    expect(await count('kept_households WHERE household = 4711')).toBe(0);
    await unlink('household');
  });
});

describe('what a job that fails leaves', () => {
  it('is what there was, of links and of clusters', async () => {
    const before = await published(clickhouse);
    const aside = await count('set_aside_links');
    await clickhouse.command('RENAME TABLE cluster_work TO cluster_work_away');
    await expect(build()).rejects.toThrow();
    await clickhouse.command('RENAME TABLE cluster_work_away TO cluster_work');
    expect((await published(clickhouse)).get('clusters')).toEqual(before.get('clusters'));
    expect(await count('set_aside_links')).toBe(aside);
    await build();
    expect(Number((await published(clickhouse)).get('clusters')?.build)).toBeGreaterThan(
      Number(before.get('clusters')?.build),
    );
  });
});

describe('an erasure', () => {
  it('reaches what identity made: links under the id, set-aside ones, clusters', async () => {
    await clickhouse.insert('links', [
      { source: 'gaid', visitor: 7_001, uid: 'g', own: 7_003, first: ago(DAY), last: ago(DAY) },
      { source: 'gaid', visitor: 7_002, uid: 'g', own: 7_003, first: ago(DAY), last: ago(DAY) },
    ]);
    await build();
    expect(await count('kept_clusters WHERE visitor IN (7001, 7002)')).toBe(2);
    await requestErasure(clickhouse, [7_001n, 5_001n]);
    expect(await count('kept_clusters WHERE visitor = 7001')).toBe(0);
    expect(await count('set_aside_links WHERE visitor = 5001')).toBe(0);
    await eraseVisitors(clickhouse, leases, 90, true);
    for (const table of ['links', 'clusters', 'set_aside'])
      expect(await count(`${table} WHERE visitor IN (7001, 5001)`), table).toBe(0);
    // The id itself: what is linked to it is no more.
    await requestErasure(clickhouse, [7_003n]);
    expect(await count('kept_links WHERE own = 7003')).toBe(0);
    await eraseVisitors(clickhouse, leases, 90, true);
    expect(await count('links WHERE own = 7003')).toBe(0);
  });
});

describe('on two shards', () => {
  it('links are counted over both, a key is one, and a match rate is whole', async () => {
    const { clickhouse: shards, close } = await openShards();
    try {
      const hit = { purposes: 13, partners: ['acme'], origin: 'pixel', country: 'DE', browser: 'Firefox' };
      await shards.insert(
        'hits',
        Array.from({ length: 40 }, (_, at) => ({
          ...hit,
          visitor: String(BigInt(at + 1) * 0x1e3779b97f4a7c15n),
          hit: at,
          time: ago(3_000),
          first_party: 7,
          household: 9,
        })),
      );
      const visitors = Array.from({ length: 1_001 }, (_, at) => String(BigInt(at + 1) * 0x0e3779b97f4a7c1n));
      const times = { first: ago(DAY), last: ago(DAY) };
      await shards.insert(
        'links',
        visitors.map((visitor) => ({ source: 'acme', visitor, uid: 'zero', own: 0, ...times })),
      );
      await shards.insert('links', [{ source: 'dsp', visitor: visitors[0], uid: 'zero', own: 0, ...times }]);
      await buildIdentity(shards, new Leases(shards, 'test'));
      expect((await published(shards)).get('links')!.summary).toMatchObject({
        setAside: [
          { reason: 'shared_address', source: 'household', links: 40, visitors: 40, largest: [40] },
          { reason: 'shared_uid', source: 'acme', links: 1_001, visitors: 1_001, largest: [1_001] },
        ],
        links: [
          { source: 'dsp', links: 1, visitors: 1 },
          { source: 'first_party', links: 40, visitors: 40 },
        ],
      });
      expect((await published(shards)).get('clusters')!.summary).toMatchObject({
        clusteredVisitors: 40,
        clustersBySize: [{ size: 20, clusters: 2 }],
      });
      const [window] = (await matchRate(shards, { id: 'acme', freshDays: 14 })).windows;
      expect(window).toMatchObject({ visitors: 40, consented: 40, matched: 0, matchRate: 0 });

      const period = periodAt(Date.now(), 7);
      const keys = await Promise.all([1, 2, 3].map(() => sharedKey(shards, period)));
      expect(new Set(keys.map((key) => key?.toString('hex'))).size).toBe(1);
      expect(await dropEndedKeys(shards, Date.parse(period.ends))).toBe(1);
      expect(await shards.query('SELECT 1 FROM household_keys')).toEqual([]);
    } finally {
      await close();
    }
  });
});
