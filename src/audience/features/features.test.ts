import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { Leases } from '../../jobs/lease.ts';
import { published } from '../published.ts';
import { countFeatures, MOST_VALUES } from './features.ts';

const HOUR = 3_600_000;
const now = Math.floor(Date.now() / 1000) * 1000;
const at = (hoursAgo: number) => new Date(now - hoursAgo * HOUR).toISOString();

const clickhouse = new ClickHouse(await freshDatabase());
const leases = new Leases(clickhouse, 'test');

interface Counted {
  kind: string;
  value: string;
  hits: number;
  visitors: number;
  newest: number;
}

async function counted(where = '1'): Promise<Counted[]> {
  return clickhouse.query<Counted>(
    `SELECT kind, value, toUInt32(hit_count) AS hits, toUInt32(visitor_count) AS visitors,
            toUInt32(round((${now} - toUnixTimestamp64Milli(newest)) / ${HOUR})) AS newest
     FROM kept_feature_counts WHERE ${where} ORDER BY kind, value`,
  );
}

describe('features are counted', () => {
  beforeAll(() => migrate(clickhouse, 90).then(() => {}));
  beforeEach(async () => {
    for (const table of ['hits', 'erasures', 'feature_counts', 'audience_builds'])
      await clickhouse.command(`TRUNCATE TABLE ${table}`);
  });
  afterAll(() => clickhouse.close());

  it('each with its distinct hits, its visitors and its newest', async () => {
    const hit = { site: 'a', event: 'pageview', path: '/x', categories: ['483', '483'], keywords: ['k'] };
    await clickhouse.insert('hits', [
      { ...hit, visitor: 1, hit: 1, time: at(5) },
      // Sent twice: one hit.
      { ...hit, visitor: 1, hit: 1, time: at(5) },
      { ...hit, visitor: 1, hit: 2, time: at(4), keywords: [] },
      { ...hit, visitor: 2, hit: 3, time: at(3), site: 'b', categories: ['483', '539'] },
      // Attention is no hit of what is attended to.
      { ...hit, visitor: 3, hit: 4, time: at(1), event: 'attention' },
      { ...hit, visitor: 4, hit: 5, time: at(2) },
    ]);
    await clickhouse.insert('erasures', [
      { erasure: 'e', visitor: 4, time: at(0), stored: at(0), origin: 'optout', suppressed: true },
    ]);
    const { result } = await countFeatures(clickhouse, leases);
    const row = (kind: string, value: string, hits: number, visitors: number, newest: number) => ({
      kind,
      value,
      hits,
      visitors,
      newest,
    });
    expect(await counted()).toEqual([
      row('all', '', 3, 2, 3),
      row('category', '483', 3, 2, 3),
      row('category', '539', 1, 1, 3),
      row('event', 'attention', 1, 1, 1),
      row('event', 'pageview', 3, 2, 3),
      row('keyword', 'k', 2, 2, 3),
      row('path', 'a/x', 2, 1, 4),
      row('path', 'b/x', 1, 1, 3),
      row('site', 'a', 2, 1, 4),
      row('site', 'b', 1, 1, 3),
    ]);
    expect(result['values']).toEqual({ all: 1, category: 2, event: 2, keyword: 1, path: 2, site: 2 });
    expect((await published(clickhouse)).get('features')).toMatchObject({ summary: result['values'] });
  });

  it('by ranges of visitors, whose numbers add up, and no more values than are bounded', async () => {
    // Over a million hits, so two ranges; one keyword more than are kept, of which one is nearly nobody's.
    await clickhouse.command(
      `INSERT INTO hits (time, visitor, hit, site, event, path, categories, keywords)
       SELECT fromUnixTimestamp64Milli({at:Int64}, 'UTC'), cityHash64(number % 40000), number, 'a', 'pageview', '/',
              ['483'], [concat('k', toString(number % 40000 % {values:UInt32}))]
       FROM numbers(1200000)`,
      { at: now - HOUR, values: MOST_VALUES + 1 },
    );
    await countFeatures(clickhouse, leases);
    expect(await counted("kind IN ('all', 'category', 'site', 'event', 'path')")).toEqual(
      [
        ['all', ''],
        ['category', '483'],
        ['event', 'pageview'],
        ['path', 'a/'],
        ['site', 'a'],
      ].map(([kind, value]) => ({ kind, value, hits: 1_200_000, visitors: 40_000, newest: 1 })),
    );
    const keywords = await counted("kind = 'keyword'");
    expect(keywords).toHaveLength(MOST_VALUES);
    expect(keywords.find(({ value }) => value === 'k0')).toMatchObject({ hits: 120, visitors: 4 });
    const [parts] = await clickhouse.query<{ n: string }>(
      'SELECT count() AS n FROM feature_counts WHERE step = 0',
    );
    expect(parts!.n).toBe('0');
  });

  it('and what was counted before is seen until there is more', async () => {
    await clickhouse.insert('hits', [
      { visitor: 1, hit: 1, time: at(1), site: 'a', event: 'pageview', path: '/' },
    ]);
    await countFeatures(clickhouse, leases);
    await clickhouse.insert('hits', [
      { visitor: 2, hit: 2, time: at(1), site: 'a', event: 'pageview', path: '/' },
    ]);
    expect(await counted("kind = 'all'")).toMatchObject([{ visitors: 1 }]);
    await countFeatures(clickhouse, leases);
    expect(await counted("kind = 'all'")).toMatchObject([{ visitors: 2 }]);
  });
});
