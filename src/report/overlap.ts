import { currentBuilds } from '../audience/builds.ts';
import type { ClickHouse } from '../clickhouse/client.ts';

/** Segments of one question: each visitor's are bits of one number, and so are pairs of them in its answer. */
export const MAX_OVERLAP = 20;

/** How segments overlap, as readers see them now. */
export interface Overlap {
  readonly segments: readonly {
    readonly id: string;
    /** null = not built yet. */
    readonly size: number | null;
    /** ISO 8601. */
    readonly asOf: string | null;
  }[];
  /** Each two once, in the order they were named; also where they have nobody in common. */
  readonly pairs: readonly { readonly a: string; readonly b: string; readonly size: number }[];
}

/**
 * Counts whom segments have in common, exactly.
 *
 * @param ids of segments, each once, at most {@link MAX_OVERLAP}.
 * @throws ClickHouseError
 */
export async function overlap(clickhouse: ClickHouse, ids: readonly string[]): Promise<Overlap> {
  const builds = await currentBuilds(clickhouse, ids);
  const visible = ids.map((id) => builds.get(id)?.build ?? 0);
  // Then that it is the build of its segment need not be asked of each member.
  const isOne = new Set(visible).size === 1;
  // `transform` looks a segment up once for each block, where a search of the array would for each member. Of the many
  // visitors there are few combinations, and the pairs are counted over those.
  const rows = await clickhouse.query<{ a: number; b: number; n: string }>(
    `SELECT pair.1 AS a, pair.2 AS b, sum(n) AS n FROM (
       SELECT combination, count() AS n FROM (
         SELECT groupBitOr(transform(segment, {ids:Array(String)}, {bits:Array(UInt32)}, toUInt32(0))) AS combination
         FROM kept_members
         WHERE segment IN {ids:Array(String)} AND build IN {builds:Array(UInt64)}
           ${isOne ? '' : 'AND build = transform(segment, {ids:Array(String)}, {builds:Array(UInt64)}, toUInt64(0))'}
         GROUP BY visitor)
       GROUP BY combination)
     ARRAY JOIN arrayFilter(
       pair -> bitTest(combination, pair.1) AND bitTest(combination, pair.2),
       arrayFlatten(arrayMap(a -> arrayMap(b -> (a, b), range(toUInt8(a + 1), toUInt8(length({ids:Array(String)})))), range(toUInt8(length({ids:Array(String)})))))) AS pair
     GROUP BY a, b`,
    { ids, bits: ids.map((_, place) => 2 ** place), builds: visible },
  );
  const counted = new Map(rows.map(({ a, b, n }) => [`${a} ${b}`, Number(n)]));
  return {
    segments: ids.map((id) => {
      const build = builds.get(id);
      return { id, size: build?.size ?? null, asOf: build?.asOf ?? null };
    }),
    pairs: ids.flatMap((a, place) =>
      ids
        .slice(place + 1)
        .map((b, more) => ({ a, b, size: counted.get(`${place} ${place + 1 + more}`) ?? 0 })),
    ),
  };
}
