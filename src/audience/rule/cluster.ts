import type { Binding } from './binding.ts';
import { boundsSql, hitsSql, type Leaf, traitSql } from './leaf.ts';
import type { MembersOf } from './rule.ts';

/** The rows of every visitor of a cluster who has a hit, in the form of a leaf's. */
export const clusteredSql = (clause: number): string =>
  `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM kept_hits WHERE visitor GLOBAL IN (SELECT visitor FROM kept_clusters) GROUP BY visitor`;

/**
 * The SELECT of what clusters meet as a whole: a row (visitor, clause, latest) for each visitor of each cluster
 * that meets a leaf. What meets it may be another's, so it does not tell when the visitor was seen: `latest` is
 * the beginning of time. All leaves go through one join, because `kept_clusters` may be millions of rows.
 *
 * @param first the clause that the first leaf is; the others follow.
 * @param membersSql a SELECT with `visitor`: whom another segment has.
 */
export function clusterSql(
  leaves: readonly Leaf[],
  first: number,
  asOf: number,
  binding: Binding,
  membersSql: (segment: MembersOf) => string,
): string {
  const bounds: string[] = [];
  const rows = leaves.map((leaf, place) => {
    const clause = first + place;
    // Where nothing is counted one row is enough, whatever it is of.
    const uncounted = `SELECT visitor, ${clause} AS clause, toUInt64(0) AS hit FROM`;
    if ('trait' in leaf) return `${uncounted} ${traitSql(leaf, binding)}`;
    if ('members' in leaf) return `${uncounted} (${membersSql(leaf.members)})`;
    const hits = hitsSql(leaf, asOf, binding);
    const bound = boundsSql(leaf, binding);
    if (bound === undefined) return `${uncounted} ${hits}`;
    bounds.push(`clause = ${clause}, ${bound}`);
    return `SELECT visitor, ${clause} AS clause, hit FROM ${hits}`;
  });
  const having = bounds.length > 0 ? ` HAVING multiIf(${bounds.join(', ')}, 1)` : '';
  return `SELECT unit.visitor AS visitor, met.clause AS clause, toDateTime64(0, 3, 'UTC') AS latest
FROM kept_clusters AS unit INNER JOIN (
SELECT unit.cluster AS cluster, asked.clause AS clause FROM (
${rows.join('\nUNION ALL\n')}
) AS asked INNER JOIN kept_clusters AS unit ON unit.visitor = asked.visitor
GROUP BY cluster, clause${having}
) AS met ON met.cluster = unit.cluster`;
}
