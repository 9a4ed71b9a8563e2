import type { ClickHouse } from '../clickhouse/client.ts';
import { pointSql, type Range, rangeParams, withinSql } from './range.ts';
import { inSlices } from './slices.ts';

/** By what hits may be told apart. */
export const TRAFFIC_SPLITS = ['site', 'country', 'device', 'browser', 'source', 'event'] as const;
export type TrafficSplit = (typeof TRAFFIC_SPLITS)[number];

export const OF_SITE = "({site:String} = '' OR site = {site:String})";

export interface TrafficQuestion {
  readonly range: Range;
  /** Id of the one site; undefined = all. */
  readonly site?: string | undefined;
  readonly by?: TrafficSplit | undefined;
}

/** What a count is of: a point (`at` in seconds, 0 = the whole range) and a value (`part` 0 = all, 1 = it, 2 = the rest). */
export interface Place {
  readonly at: number;
  readonly part: 0 | 1 | 2;
  readonly value: string;
}

export const EVERYTHING: Place = { at: 0, part: 0, value: '' };
export const REST: Place = { at: 0, part: 2, value: '' };

/** Distinct ids by place. */
export class Counts {
  readonly #counts = new Map<string, number>();

  add(place: Place, n: number): void {
    const key = keyOf(place);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + n);
  }

  of = (place: Place): number => this.#counts.get(keyOf(place)) ?? 0;
}

const keyOf = ({ at, part, value }: Place) => `${part} ${at} ${value}`;

/**
 * Counts distinct hits, or distinct visitors, exactly, in slices of their ids.
 *
 * @param shown values of `by` that are counted by themselves.
 * @param sliceHits hits of one slice; given by tests only.
 * @throws ClickHouseError
 */
export async function countDistinct(
  clickhouse: ClickHouse,
  id: 'hit' | 'visitor',
  { range, site, by }: TrafficQuestion,
  shown: readonly string[] = [],
  sliceHits?: number,
): Promise<Counts> {
  const params = { ...rangeParams(range), site: site ?? '', shown };
  const [all] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM kept_hits WHERE ${withinSql('time')} AND ${OF_SITE}`,
    params,
  );
  const rows = await inSlices(
    id,
    Number(all!.n),
    (ofSlice, slice) =>
      clickhouse.query<Place & { readonly n: string }>(countSql(id, range, by, ofSlice), {
        ...params,
        ...slice,
      }),
    sliceHits,
  );
  const counts = new Counts();
  for (const { n, ...place } of rows) counts.add(place, Number(n));
  return counts;
}

/** Each id is counted for its points and the whole range, for its values and all: in one pass. */
function countSql(
  id: 'hit' | 'visitor',
  { step }: Range,
  by: TrafficSplit | undefined,
  ofSlice: string,
): string {
  const value =
    by === undefined
      ? "[(0, '')]"
      : `[(0, ''), if(has({shown:Array(String)}, toString(${by})), (1, toString(${by})), (2, ''))]`;
  return `
    SELECT moment AS at, split.1 AS part, split.2 AS value, uniqExact(id) AS n
    FROM (SELECT ${id} AS id, [toUInt32(0), ${pointSql('time', step)}] AS moments, ${value} AS splits
          FROM kept_hits
          WHERE ${withinSql('time')} AND ${OF_SITE} AND ${ofSlice})
    ARRAY JOIN moments AS moment
    ARRAY JOIN splits AS split
    GROUP BY at, part, value`;
}
