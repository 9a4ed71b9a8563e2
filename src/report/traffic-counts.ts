import type { ClickHouse } from '../clickhouse/client.ts';
import { pointSql, type Range, rangeParams, withinSql } from './range.ts';

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

/**
 * Hits whose ids one statement holds: each lies in up to four sets (of its point and the whole range, of its value and
 * of all). In one statement ten million hits by country took 2.2 GB; five million in slices take 144 MB, and the slices
 * together no longer than the one.
 */
const SLICE_HITS = 1_000_000;
/** Each slice reads the range anew; who has more hits than these hold has more memory too. */
const MAX_SLICES = 32;

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
 * Counts distinct hits, or distinct visitors, exactly, in slices of their ids: an id is in one slice only, so the counts
 * of the slices add up, and what one of them holds is bounded.
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
  sliceHits = SLICE_HITS,
): Promise<Counts> {
  const params = { ...rangeParams(range), site: site ?? '', shown };
  const [all] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM kept_hits WHERE ${withinSql('time')} AND ${OF_SITE}`,
    params,
  );
  const slices = Math.min(MAX_SLICES, Math.max(1, Math.ceil(Number(all!.n) / sliceHits)));
  const counts = new Counts();
  for (let slice = 0; slice < slices; slice++) {
    const rows = await clickhouse.query<Place & { readonly n: string }>(countSql(id, range, by), {
      ...params,
      slices,
      slice,
    });
    for (const { n, ...place } of rows) counts.add(place, Number(n));
  }
  return counts;
}

/**
 * Hits of a range, a repeated one once: what the traffic report has in its total.
 *
 * @throws ClickHouseError
 */
export const countHits = async (clickhouse: ClickHouse, range: Range, site?: string): Promise<number> =>
  (await countDistinct(clickhouse, 'hit', { range, site })).of(EVERYTHING);

/** Each id is counted for its points and the whole range, for its values and all: in one pass. */
function countSql(id: 'hit' | 'visitor', { step }: Range, by: TrafficSplit | undefined): string {
  const value =
    by === undefined
      ? "[(0, '')]"
      : `[(0, ''), if(has({shown:Array(String)}, toString(${by})), (1, toString(${by})), (2, ''))]`;
  return `
    SELECT moment AS at, split.1 AS part, split.2 AS value, uniqExact(id) AS n
    FROM (SELECT ${id} AS id, [toUInt32(0), ${pointSql('time', step)}] AS moments, ${value} AS splits
          FROM kept_hits
          WHERE ${withinSql('time')} AND ${OF_SITE} AND intHash64(${id}) % {slices:UInt8} = {slice:UInt8})
    ARRAY JOIN moments AS moment
    ARRAY JOIN splits AS split
    GROUP BY at, part, value`;
}
