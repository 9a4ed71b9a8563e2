import type { Binding } from './binding.ts';

/** The rows of every visitor of a household who has a hit, in the form of a leaf's. */
export const housedSql = (clause: number, binding: Binding): string =>
  `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM ${binding.from('kept_hits')} WHERE visitor GLOBAL IN (SELECT visitor FROM ${binding.from('kept_households')}) GROUP BY visitor`;

/**
 * The rows of every visitor who shares a household with somebody, in the form of a leaf's; `latest`, as no hit of
 * his own is looked at, is the beginning of time. One step: who shares another household with those who come in
 * so does not come in. By joins, because ClickHouse plans what stands in an IN several times over, and so an IN
 * within an IN many times.
 *
 * @param members a SELECT with `visitor`: who brings the others in.
 */
export const sharingSql = (members: string, clause: number, binding: Binding): string =>
  `SELECT other.visitor AS visitor, ${clause} AS clause, toDateTime64(0, 3, 'UTC') AS latest
FROM (${members}) AS member
INNER JOIN ${binding.from('kept_households')} AS home ON home.visitor = member.visitor
INNER JOIN ${binding.from('kept_households')} AS other ON other.household = home.household
GROUP BY visitor`;
