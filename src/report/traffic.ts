import type { ClickHouse } from '../clickhouse/client.ts';
import { FINE } from './overview.ts';
import {
  pointSql,
  pointsOf,
  type Range,
  rangeParams,
  type ShownRange,
  shownRange,
  withinSql,
} from './range.ts';
import {
  type Counts,
  countDistinct,
  OF_SITE,
  type Place,
  REST,
  type TrafficQuestion,
  type TrafficSplit,
} from './traffic-counts.ts';

/** Values shown by themselves, those with the most hits; the others together are the rest. */
export const TRAFFIC_VALUES = 20;

/** Distinct hits, distinct visitors, and what was refused at the front door. */
export interface TrafficCounts {
  readonly hits: number;
  readonly visitors: number;
  /** Null where it is not known: of what is refused nothing is kept but the site and the reason. */
  readonly refused: number | null;
}

export interface TrafficPoint extends TrafficCounts {
  /** ISO 8601: the beginning of the point. */
  readonly time: string;
}

export interface TrafficSeries {
  /** Null = all others together. */
  readonly value: string | null;
  readonly total: TrafficCounts;
  readonly points: readonly TrafficPoint[];
}

export interface TrafficReport extends ShownRange {
  readonly site: string | null;
  readonly by: TrafficSplit | null;
  /** Over the whole range: somebody who came twice is one visitor. */
  readonly total: TrafficCounts;
  readonly points: readonly TrafficPoint[];
  /** Most hits first, the rest last. */
  readonly series: readonly TrafficSeries[];
}

/**
 * Hits and visitors over time, counted as everywhere: a repeated hit once. Attention pings are hits of the event
 * `attention`.
 *
 * @throws ClickHouseError
 */
export async function traffic(
  clickhouse: ClickHouse,
  { range, site, by }: TrafficQuestion,
): Promise<TrafficReport> {
  const params = { ...rangeParams(range), site: site ?? '' };
  const shown = by === undefined ? [] : await commonest(clickhouse, by, params);
  const refused = await refusals(clickhouse, range, params);
  const hits = await countDistinct(clickhouse, 'hit', { range, site, by }, shown);
  const visitors = await countDistinct(clickhouse, 'visitor', { range, site, by }, shown);
  const isBySite = by === 'site';
  const series = (part: Place['part'], value: string, refusedOf: ((at: number) => number) | undefined) => {
    const at = (seconds: number): TrafficCounts => {
      const place = { at: seconds, part, value };
      const no = refusedOf === undefined ? null : refusedOf(seconds);
      return { hits: hits.of(place), visitors: visitors.of(place), refused: no };
    };
    return {
      total: at(0),
      points: pointsOf(range).map((ms) => {
        const { hits, visitors, refused: no } = at(ms / 1000);
        return { time: new Date(ms).toISOString(), hits, visitors, refused: no };
      }),
    };
  };
  const parts = [
    ...sortedByHits(shown, hits).map((value) => ({
      value,
      ...series(1, value, isBySite ? (at) => refused(at, value) : undefined),
    })),
    ...(hits.of(REST) > 0 ? [{ value: null, ...series(2, '', undefined) }] : []),
  ];
  return {
    ...shownRange(range),
    site: site ?? null,
    by: by ?? null,
    ...series(0, '', (at) => refused(at)),
    series: parts,
  };
}

/** Chosen by an estimate, which holds little of each; what is shown is counted exactly. */
async function commonest(clickhouse: ClickHouse, by: TrafficSplit, params: object): Promise<string[]> {
  const rows = await clickhouse.query<{ value: string }>(
    `SELECT toString(${by}) AS value FROM kept_hits WHERE ${withinSql('time')} AND ${OF_SITE}
     GROUP BY value ORDER BY uniqCombined64(hit) DESC, value LIMIT {most:UInt8}`,
    { ...params, most: TRAFFIC_VALUES },
  );
  return rows.map(({ value }) => value);
}

function sortedByHits(values: readonly string[], hits: Counts): string[] {
  const of = (value: string) => hits.of({ at: 0, part: 1, value });
  return [...values].sort((a, b) => of(b) - of(a) || (a < b ? -1 : 1));
}

/** @returns how many were refused at a point (seconds, 0 = the whole range), of all sites or of one. */
async function refusals(clickhouse: ClickHouse, range: Range, params: object) {
  const rows = await clickhouse.query<{ at: number; site: string; n: string }>(
    `SELECT ${pointSql('time', range.step)} AS at, toString(kept_tallies.site) AS site, sum(kept_tallies.n) AS n
     FROM kept_tallies
     WHERE room = 'collect' AND reason NOT IN {fine:Array(String)} AND ${withinSql('time')} AND ${OF_SITE}
     GROUP BY at, site`,
    { ...params, fine: FINE },
  );
  const counts = new Map<string, number>();
  const add = (key: string, n: number) => counts.set(key, (counts.get(key) ?? 0) + n);
  for (const { at, site, n } of rows) {
    for (const moment of [0, at]) {
      add(`${moment}`, Number(n));
      add(`${moment} ${site}`, Number(n));
    }
  }
  return (at: number, site?: string) => counts.get(site === undefined ? `${at}` : `${at} ${site}`) ?? 0;
}
