import type { Binding } from './binding.ts';
import { type DwellLeaf, dwellSql } from './dwell.ts';
import { type KnownLeaf, knownRowsSql } from './known.ts';
import { boundsSql, hitsSql, isKnownLeaf, type Leaf } from './leaf.ts';
import type { MembersOf } from './rule.ts';
import { sequenceSql } from './sequence.ts';

/** The rows of every visitor of a cluster who has a hit, in the form of a leaf's. */
export const clusteredSql = (clause: number, binding: Binding): string =>
  `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM ${binding.from('kept_hits')} WHERE visitor GLOBAL IN (SELECT visitor FROM ${binding.from('kept_clusters')}) GROUP BY visitor`;

/**
 * The SELECT of what clusters meet as a whole: a row (visitor, clause, latest) for each visitor of each cluster
 * that meets a leaf. What meets it may be another's, so it does not tell when the visitor was seen: `latest` is
 * the beginning of time. Leaves go through one join, because `kept_clusters` may be millions of rows, but for those
 * that put hits in order or sum them up.
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
  const clusters = binding.from('kept_clusters');
  const grouped = (rows: string) =>
    `SELECT unit.cluster AS visitor, asked.* EXCEPT visitor FROM (${rows}) AS asked INNER JOIN ${clusters} AS unit ON unit.visitor = asked.visitor`;
  const bounds: string[] = [];
  const together: string[] = [];
  const apart: string[] = [];
  const known: [number, KnownLeaf][] = [];
  const dwells: [number, DwellLeaf][] = [];
  for (const [place, leaf] of leaves.entries()) {
    const clause = first + place;
    // Where nothing is counted one row is enough, whatever it is of.
    const uncounted = `SELECT visitor, ${clause} AS clause, toUInt64(0) AS hit FROM`;
    if (isKnownLeaf(leaf)) known.push([clause, leaf]);
    else if ('members' in leaf) together.push(`${uncounted} (${membersSql(leaf.members)})`);
    else if ('steps' in leaf) apart.push(sequenceSql(leaf, clause, asOf, binding, grouped));
    else if ('dwell' in leaf) dwells.push([clause, leaf]);
    else {
      const hits = hitsSql(leaf, asOf, binding);
      const bound = boundsSql(leaf, binding);
      if (bound !== undefined) bounds.push(`clause = ${clause}, ${bound}`);
      together.push(
        bound === undefined
          ? `${uncounted} ${hits}`
          : `SELECT visitor, ${clause} AS clause, hit FROM ${hits}`,
      );
    }
  }
  for (const rows of knownRowsSql(known, binding))
    together.push(`SELECT visitor, clause, toUInt64(0) AS hit FROM (${rows})`);
  if (dwells.length > 0) apart.push(dwellSql(dwells, asOf, binding, grouped));
  const met = apart.map((select) => `SELECT visitor AS cluster, clause FROM (${select})`);
  if (together.length > 0) {
    const having = bounds.length > 0 ? ` HAVING multiIf(${bounds.join(', ')}, 1)` : '';
    met.push(`SELECT unit.cluster AS cluster, asked.clause AS clause FROM (
${together.join('\nUNION ALL\n')}
) AS asked INNER JOIN ${clusters} AS unit ON unit.visitor = asked.visitor
GROUP BY cluster, clause${having}`);
  }
  return `SELECT unit.visitor AS visitor, met.clause AS clause, toDateTime64(0, 3, 'UTC') AS latest
FROM ${clusters} AS unit INNER JOIN (
${met.join('\nUNION ALL\n')}
) AS met ON met.cluster = unit.cluster`;
}
