import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Read } from './fill.ts';

/** Who came into a segment and who left it. */
export interface Changes {
  readonly added: number;
  readonly removed: number;
}

/** Segments named in one statement: an id may be long, and a parameter may not. */
const NAMED = 1_000;

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
  let rowsRead = 0;
  let bytesRead = 0;
  for (const [last, segments] of bySource)
    for (let from = 0; from < segments.length; from += NAMED) {
      const cost = await clickhouse.command(
        // Both builds lie in the order that is grouped by, so that they are merged as they are read.
        `INSERT INTO member_changes (build, segment, visitor, added, seen)
         SELECT {build:UInt64}, segment, visitor, isNow AS added, last AS seen FROM (
           SELECT segment, visitor, max(kept_members.build = {build:UInt64}) AS isNow,
                  max(kept_members.build = {last:UInt64}) AS wasIn, max(kept_members.seen) AS last
           FROM kept_members
           WHERE kept_members.build IN ({build:UInt64}, {last:UInt64}) AND segment IN {segments:Array(String)}
           GROUP BY segment, visitor HAVING isNow != wasIn)`,
        { build, last, segments: segments.slice(from, from + NAMED) },
        { optimize_aggregation_in_order: 1 },
      );
      rowsRead += cost.rowsRead;
      bytesRead += cost.bytesRead;
    }
  const counted = await clickhouse.query<{ segment: string; added: string; removed: string }>(
    `SELECT segment, countIf(kept_member_changes.added) AS added, countIf(NOT kept_member_changes.added) AS removed
     FROM kept_member_changes WHERE build = {build:UInt64} GROUP BY segment`,
    { build },
  );
  const changes = new Map([...before.keys()].map((segment) => [segment, { added: 0, removed: 0 }]));
  for (const { segment, added, removed } of counted)
    changes.set(segment, { added: Number(added), removed: Number(removed) });
  return { changes, rowsRead, bytesRead };
}
