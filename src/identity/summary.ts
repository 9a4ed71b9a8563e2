import type { ClickHouse } from '../clickhouse/client.ts';
import { SOURCES_OF_SEVERAL } from './limits.ts';
import type { SetAsideReason } from './set-aside.ts';
import { STREAMED } from './streamed.ts';

/** The links that are believed and those that are not, in numbers. */
export interface LinkSummary {
  /** Visitors with at least one link that is believed. */
  readonly visitorsWithLinks: number;
  /** With a partner a visitor has one link, the newest. */
  readonly links: readonly { readonly source: string; readonly links: number; readonly visitors: number }[];
  readonly setAside: readonly SetAsideCount[];
  /** Under one of whose addresses at least two visitors were seen, and those visitors. */
  readonly households: { readonly households: number; readonly visitors: number };
}

export interface SetAsideCount {
  readonly reason: SetAsideReason;
  readonly source: string;
  readonly links: number;
  readonly visitors: number;
  /** The greatest of the counts that were too many: visitors of a uid, or uids of a visitor. */
  readonly largest: readonly number[];
}

export interface ClusterSummary {
  readonly clusters: number;
  readonly clusteredVisitors: number;
  readonly clustersBySize: readonly { readonly size: number; readonly clusters: number }[];
}

const LARGEST = 5;

/** @throws ClickHouseError */
export async function linkSummary(clickhouse: ClickHouse): Promise<LinkSummary> {
  const params = { several: SOURCES_OF_SEVERAL };
  const sources = await clickhouse.query<{ source: string; links: string; visitors: string }>(
    `SELECT source, count() AS links, uniqExact(visitor) AS visitors FROM (
       SELECT source, visitor FROM kept_links WHERE source IN {several:Array(String)}
       UNION ALL
       SELECT source, visitor FROM kept_matches WHERE source NOT IN {several:Array(String)})
     GROUP BY GROUPING SETS ((source), ()) ORDER BY source`,
    params,
    STREAMED,
  );
  const asides = await clickhouse.query<{
    reason: SetAsideReason;
    source: string;
    links: string;
    visitors: string;
    largest: string[];
  }>(
    `SELECT reason, source, sum(links) AS links, sum(visitors) AS visitors, max(largest) AS largest FROM (
       SELECT reason, source, count() AS links, uniqExact(visitor) AS visitors, emptyArrayUInt64() AS largest
       FROM set_aside_links GROUP BY reason, source
       UNION ALL
       SELECT reason, source, 0 AS links, 0 AS visitors,
              arraySlice(arrayReverseSort(groupUniqArray(kept_set_aside.n)), 1, ${LARGEST}) AS largest
       FROM kept_set_aside GROUP BY reason, source)
     GROUP BY reason, source ORDER BY reason, source`,
    {},
    STREAMED,
  );
  const [homes] = await clickhouse.query<{ households: string; visitors: string }>(
    `SELECT count() AS households, uniqExactArray(visitors) AS visitors FROM (
       SELECT groupUniqArray(visitor) AS visitors FROM kept_households GROUP BY household HAVING length(visitors) > 1)`,
    {},
    STREAMED,
  );
  return {
    visitorsWithLinks: Number(sources.find(({ source }) => source === '')?.visitors ?? 0),
    links: sources
      .filter(({ source }) => source !== '')
      .map(({ source, links, visitors }) => ({ source, links: Number(links), visitors: Number(visitors) })),
    setAside: asides.map(({ reason, source, links, visitors, largest }) => ({
      reason,
      source,
      links: Number(links),
      visitors: Number(visitors),
      largest: largest.map(Number),
    })),
    households: { households: Number(homes?.households ?? 0), visitors: Number(homes?.visitors ?? 0) },
  };
}

/** @throws ClickHouseError */
export async function clusterSummary(clickhouse: ClickHouse, build: number): Promise<ClusterSummary> {
  const rows = await clickhouse.query<{ size: string; clusters: string }>(
    `SELECT size, count() AS clusters FROM (
       SELECT count() AS size FROM clusters WHERE build = {build:UInt64} GROUP BY cluster)
     GROUP BY size ORDER BY size`,
    { build },
  );
  const bySize = rows.map(({ size, clusters }) => ({ size: Number(size), clusters: Number(clusters) }));
  return {
    clusters: bySize.reduce((sum, { clusters }) => sum + clusters, 0),
    clusteredVisitors: bySize.reduce((sum, { size, clusters }) => sum + size * clusters, 0),
    clustersBySize: bySize,
  };
}
