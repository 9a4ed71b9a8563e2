import type { Binding } from './binding.ts';
import { clausesMetSql } from './known.ts';
import { metSql, sinceSql, where } from './match.ts';
import type { Match } from './rule.ts';

/** So much attention to hits that meet a Match, pings of attention among them: who is in has a hit. */
export interface DwellLeaf {
  readonly dwell: true;
  readonly match: Match;
  readonly withinMs: number | undefined;
  /** Milliseconds; at least 1, because a visitor without any leaves no row to sum. */
  readonly from: number;
  readonly to: number | undefined;
}

/**
 * The SELECT of one leaf or more, in one pass over the hits: a row (visitor, clause, latest) for each who meets one.
 * A hit that was sent twice counts once, with the most that was said of it.
 *
 * @param leaves each with its number; at least one.
 * @param grouped puts rows with `visitor` under who they count for, where that is not the visitor alone.
 */
export function dwellSql(
  leaves: readonly (readonly [clause: number, leaf: DwellLeaf])[],
  asOf: number,
  binding: Binding,
  grouped: (rows: string) => string = (rows) => rows,
): string {
  const met = leaves.map(([clause, { match, withinMs }]) => {
    const conditions = [metSql(match, binding, 'kept_hits', true), ...sinceSql(withinMs, asOf, binding)];
    return [clause, conditions.join(' AND ')] as const;
  });
  const bounds = leaves.map(([clause, { from, to }]) => {
    const most = to === undefined ? '' : ` AND sum(dwell) <= ${binding.one('Int64', to)}`;
    return `clause = ${clause}, sum(dwell) >= ${binding.one('Int64', from)}${most}`;
  });
  const conditions = ['dwell_ms > 0', ...aboutSql(leaves, binding)];
  const rows = `SELECT visitor, hit, time, dwell_ms, ${clausesMetSql(met)} AS clause FROM ${binding.from('kept_hits')}${where(conditions)}`;
  return `SELECT visitor, clause, max(newest) AS latest FROM (
SELECT visitor, clause, hit, max(dwell_ms) AS dwell, max(time) AS newest FROM (${grouped(rows)}) GROUP BY visitor, clause, hit
) GROUP BY visitor, clause HAVING multiIf(${bounds.join(', ')}, 0)`;
}

/** Where each asks for categories, most hits have none of them: that is seen at once, and leaf by leaf not of them. */
function aboutSql(leaves: readonly (readonly [number, DwellLeaf])[], binding: Binding): string[] {
  const categories = new Set<string>();
  for (const [, { match }] of leaves) {
    if (!match.category) return [];
    for (const category of match.category) categories.add(category);
  }
  const any = binding.many('String', [...categories]).map((list) => `one IN ${list}`);
  return leaves.length === 1 ? [] : [`arrayExists(one -> ${any.join(' OR ')}, categories)`];
}
