import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { dropPartitions } from '../../clickhouse/partitions.ts';
import { Spent } from '../../clickhouse/spent.ts';
import { expectHeld, type Leases } from '../../jobs/lease.ts';
import type { RunResult } from '../../jobs/ledger.ts';
import { pieces } from '../../upload/pieces.ts';
import { dropUnused, publish } from '../published.ts';

/** What is counted; `all` is everything there is, in one row. */
export const FEATURE_KINDS = ['all', 'category', 'keyword', 'site', 'event', 'path'] as const;

/**
 * Values kept of each kind, those of the most visitors: a keyword or path of fewer than the ten-thousandth tells
 * nothing about anybody else, and free text has no end.
 */
export const MOST_VALUES = 10_000;

/** How long a run waits for another one to end before it gives up. */
const WAIT_MS = 600_000;

/** Steps of a build, each a partition: of ranges of visitors, and of all. */
const PARTS = 0;

/**
 * Counts how much of everything there is: distinct hits, visitors and the newest hit of each category, keyword, site,
 * event and path (`site/path`), exactly, and makes it visible at once by its pointer, or not at all. Attention pings
 * are hits of their event alone.
 *
 * By ranges of visitors, whose numbers add up: no visitor is in two, and a repeated hit is of one visitor.
 *
 * @throws ClickHouseError, LeaseBusyError, LeaseLostError; what was visible stays so.
 */
export async function countFeatures(clickhouse: ClickHouse, leases: Leases): Promise<RunResult> {
  const lease = await leases.wait('features', WAIT_MS);
  const build = lease.slot;
  const spent = new Spent();
  try {
    const asOf = new Date();
    const [stored] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM hits');
    for (const { from, to } of pieces(Number(stored!.n))) {
      await expectHeld(lease);
      spent.add(await clickhouse.command(COUNT_PART, { build, from, to, asOf: asOf.getTime() }, AS_A_WHOLE));
    }
    await clickhouse.command(ADD_UP, { build, most: MOST_VALUES }, AS_A_WHOLE);
    await dropParts(clickhouse, build);
    const counted = await clickhouse.query<{ kind: string; n: string }>(
      'SELECT kind, count() AS n FROM feature_counts WHERE build = {build:UInt64} AND step = 1 GROUP BY kind ORDER BY kind',
      { build },
    );
    const summary = Object.fromEntries(counted.map(({ kind, n }) => [kind, Number(n)]));
    await expectHeld(lease);
    await publish(clickhouse, 'features', build, asOf, summary);
    await dropUnused(clickhouse, 'feature_counts', (kind) => kind === 'features', build);
    return { result: { build, asOf: asOf.toISOString(), values: summary }, ...spent.read };
  } finally {
    await dropParts(clickhouse, build).catch(() => undefined);
    await lease.release();
  }
}

const dropParts = (clickhouse: ClickHouse, build: number) =>
  clickhouse.onEachHost((host) =>
    dropPartitions(host, 'feature_counts', (of, step) => of === build && step === PARTS, 0),
  );

const COUNT_PART = `
  INSERT INTO feature_counts (build, step, kind, value, hit_count, visitor_count, newest)
  SELECT {build:UInt64} AS build, ${PARTS} AS step, feature.1 AS kind, feature.2 AS value,
         sum(n) AS hit_count, uniqExact(visitor) AS visitor_count, max(last) AS newest
  FROM (
    SELECT visitor, site, event, path, categories, keywords, uniqExact(hit) AS n, max(time) AS last
    FROM kept_hits
    WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64} AND time <= fromUnixTimestamp64Milli({asOf:Int64}, 'UTC')
    GROUP BY visitor, site, event, path, categories, keywords)
  ARRAY JOIN if(event = 'attention', [('event', 'attention')], arrayConcat(
    [('all', ''), ('site', toString(site)), ('event', toString(event)), ('path', concat(site, path))],
    arrayMap(category -> ('category', toString(category)), arrayDistinct(categories)),
    arrayMap(keyword -> ('keyword', keyword), arrayDistinct(keywords)))) AS feature
  GROUP BY kind, value`;

const ADD_UP = `
  INSERT INTO feature_counts (build, step, kind, value, hit_count, visitor_count, newest)
  SELECT {build:UInt64} AS build, 1 AS step, kind, value,
         sum(part.hit_count) AS hit_count, sum(part.visitor_count) AS visitor_count, max(part.newest) AS newest
  FROM feature_counts AS part WHERE part.build = {build:UInt64} AND part.step = ${PARTS}
  GROUP BY kind, value
  ORDER BY visitor_count DESC, hit_count DESC, value
  LIMIT {most:UInt64} BY kind`;
