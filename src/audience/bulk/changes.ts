import type { ClickHouse } from '../../clickhouse/client.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';

/** Who came into a segment and who left it. */
export interface Changes {
  readonly added: number;
  readonly removed: number;
}

/** Segments named in one statement: an id may be long, and a parameter may not. */
const NAMED = 1_000;

const BOTH = 'kept_members.build IN ({build:UInt64}, {last:UInt64}) AND segment IN {segments:Array(String)}';

/**
 * From one build to the next few change, and what is the same in both, as a sum of hashes tells but for one chance in
 * 2^64, is not looked at one by one: that would take several times as long. Ids are random or keyed hashes already, so
 * that a hash without a key is enough, at a quarter of the time of one that has a key.
 */
const DIFFERS = `sum(if(kept_members.build = {build:UInt64}, 1, -1) * toInt64(intHash64(visitor))) != 0`;

/** Of a segment that is not the same, a thousandth of the visitors. */
const BUCKET = 'bitShiftRight(visitor, 54)';

/**
 * Writes down who came into segments and who left them, a build against the one before.
 *
 * @param before by segment, the number of the build that readers still see.
 * @throws ClickHouseError
 */
export async function writeChanges(
  clickhouse: ClickHouse,
  build: number,
  before: ReadonlyMap<string, number>,
): Promise<Read & { readonly changes: ReadonlyMap<string, Changes> }> {
  const bySource = new Map<number, string[]>();
  for (const [segment, last] of before) bySource.set(last, [...(bySource.get(last) ?? []), segment]);
  const spent = new Spent();
  for (const [last, segments] of bySource)
    for (let from = 0; from < segments.length; from += NAMED)
      spent.add(
        await writeDifferent(clickhouse, { build, last, segments: segments.slice(from, from + NAMED) }),
      );
  // Of the view nothing is seen before the build is published.
  const counted = await clickhouse.query<{ segment: string; added: string; removed: string }>(
    `SELECT segment, countIf(member_changes.added) AS added, countIf(NOT member_changes.added) AS removed
     FROM member_changes WHERE build = {build:UInt64} GROUP BY segment`,
    { build },
  );
  const changes = new Map([...before.keys()].map((segment) => [segment, { added: 0, removed: 0 }]));
  for (const { segment, added, removed } of counted)
    changes.set(segment, { added: Number(added), removed: Number(removed) });
  return { changes, ...spent.read };
}

async function writeDifferent(
  clickhouse: ClickHouse,
  builds: { readonly build: number; readonly last: number; readonly segments: readonly string[] },
): Promise<Read> {
  // A thousand groups stay in the processor's cache; a thousand times as many take five times as long.
  const different = await clickhouse.query<{ segment: string }>(
    `SELECT segment FROM kept_members WHERE ${BOTH} GROUP BY segment HAVING ${DIFFERS}`,
    builds,
  );
  if (different.length === 0) return { rowsRead: 0, bytesRead: 0 };
  return clickhouse.command(
    `INSERT INTO member_changes (build, segment, visitor, added, seen)
     SELECT {build:UInt64}, segment, visitor, isNow AS added, last AS seen FROM (
       SELECT segment, visitor, max(kept_members.build = {build:UInt64}) AS isNow,
              max(kept_members.build = {last:UInt64}) AS wasIn, max(kept_members.seen) AS last
       FROM kept_members WHERE ${BOTH} AND (segment, ${BUCKET}) IN (
         SELECT segment, ${BUCKET} AS bucket FROM kept_members WHERE ${BOTH} GROUP BY segment, bucket HAVING ${DIFFERS})
       GROUP BY segment, visitor HAVING isNow != wasIn)`,
    { ...builds, segments: different.map(({ segment }) => segment) },
  );
}
