import type { Binding } from './binding.ts';
import { type DwellLeaf, dwellSql } from './dwell.ts';
import { type KnownLeaf, knownRowsSql } from './known.ts';
import { matchedSql, matchKey } from './match.ts';
import type { Match, MembersOf } from './rule.ts';
import { type SequenceLeaf, sequenceSql } from './sequence.ts';

export { traitSql } from './known.ts';

/** A question that is answered for each visitor of whom it is true. Rules that ask the same share one. */
export type Leaf = AskedLeaf | MembersLeaf;
/** A question about what is stored, and no other segment. */
export type AskedLeaf = HitLeaf | SequenceLeaf | DwellLeaf | KnownLeaf;

/** So many distinct hits that meet a Match: who is in has a hit. */
export interface HitLeaf {
  readonly match: Match;
  readonly withinMs: number | undefined;
  /** Distinct hits; at least 1, because a visitor without any leaves no row to count. */
  readonly from: number;
  readonly to: number | undefined;
}

/** Whom another segment has: who is in has a hit. */
export interface MembersLeaf {
  readonly members: MembersOf;
}

export const isKnownLeaf = (leaf: Leaf): leaf is KnownLeaf =>
  'trait' in leaf || 'interest' in leaf || 'attribute' in leaf || 'seed' in leaf;

/** @returns the same text for leaves that ask the same, whatever the order of their values. */
export function leafKey(leaf: Leaf): string {
  if ('members' in leaf) return JSON.stringify(leaf.members, withoutSeeds);
  if ('steps' in leaf)
    return JSON.stringify(['sequence', leaf.steps.map(matchKey), leaf.gapMs ?? null, leaf.withinMs ?? null]);
  if ('attribute' in leaf)
    return JSON.stringify([leaf.attribute, leaf.values && [...leaf.values].sort(), leaf.probability ?? null]);
  if ('trait' in leaf) return JSON.stringify(leaf.trait);
  if ('interest' in leaf) return JSON.stringify(['interest', leaf.interest, leaf.from]);
  if ('seed' in leaf) return JSON.stringify(['like', leaf.seed, leaf.reach]);
  const { match, withinMs, from, to } = leaf;
  return JSON.stringify(['dwell' in leaf, matchKey(match), withinMs ?? null, from, to ?? null]);
}

/** A seed is known by its id, and its rule may hold seeds in turn. */
const withoutSeeds = (_: string, node: unknown): unknown =>
  typeof node === 'object' && node !== null && 'seed' in node && 'rule' in node
    ? { ...node, rule: undefined }
    : node;

/**
 * The SELECT of a leaf: a row (visitor, clause, latest) for each visitor who meets it; `latest` is the newest hit
 * that did, and of what no hit is behind the beginning of time.
 *
 * @param clause the number that the rows carry.
 * @param asOf milliseconds since 1970, from which `withinMs` reaches back.
 */
export const leafSql = (leaf: AskedLeaf, clause: number, asOf: number, binding: Binding): string =>
  leavesSql([[clause, leaf]], asOf, binding).join('\nUNION ALL\n');

/**
 * The same of many leaves: what is known of visitors and what is summed up in one pass for all of a kind, because
 * ClickHouse plans each SELECT for some milliseconds, and refuses a plan of too many.
 *
 * @param leaves each with its number.
 * @returns SELECTs of rows (visitor, clause, latest), to be put together by UNION ALL; of a demographic a visitor may
 *   have several.
 */
export function leavesSql(
  leaves: readonly (readonly [clause: number, leaf: AskedLeaf])[],
  asOf: number,
  binding: Binding,
): string[] {
  const known: [number, KnownLeaf][] = [];
  const dwells: [number, DwellLeaf][] = [];
  const selects: string[] = [];
  for (const [clause, leaf] of leaves) {
    if (isKnownLeaf(leaf)) known.push([clause, leaf]);
    else if ('dwell' in leaf) dwells.push([clause, leaf]);
    else if ('steps' in leaf) selects.push(sequenceSql(leaf, clause, asOf, binding));
    else
      selects.push(
        `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM ${hitsSql(leaf, asOf, binding)} GROUP BY visitor${having(leaf, binding)}`,
      );
  }
  for (const rows of knownRowsSql(known, binding))
    selects.push(`SELECT visitor, clause, toDateTime64(0, 3, 'UTC') AS latest FROM (${rows})`);
  if (dwells.length > 0) selects.push(dwellSql(dwells, asOf, binding));
  return selects;
}

/** @returns SQL of the hits that meet a leaf's Match in its time, from the name of their table on. */
export const hitsSql = (leaf: HitLeaf, asOf: number, binding: Binding): string =>
  matchedSql(leaf.match, leaf.withinMs, asOf, binding);

/** The rows of every visitor there is, in the form of a leaf's. */
export const universeSql = (clause: number, binding?: Binding): string =>
  `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM ${binding?.from('kept_hits') ?? 'kept_hits'} GROUP BY visitor`;

function having(leaf: HitLeaf, binding: Binding): string {
  const bounds = boundsSql(leaf, binding);
  return bounds === undefined ? '' : ` HAVING ${bounds}`;
}

/**
 * A hit may have been sent twice, or stand in the feature table once for each of its values.
 *
 * @param condition SQL of the rows that count; all where not given.
 * @returns SQL that compares the distinct values of `hit` with how many there must be; undefined = one is enough.
 */
export function boundsSql({ from, to }: HitLeaf, binding: Binding, condition?: string): string | undefined {
  const of = (aggregate: string) =>
    condition === undefined ? `${aggregate}(hit)` : `${aggregate}If(hit, ${condition})`;
  // That two are not the same costs next to nothing, and a set of all of each visitor many times the rest.
  if (from === 2 && to === undefined) return `${of('min')} != ${of('max')}`;
  const bounds = [];
  if (from > 1) bounds.push(`${of('uniqExact')} >= ${binding.one('Int64', from)}`);
  if (to !== undefined) bounds.push(`${of('uniqExact')} <= ${binding.one('Int64', to)}`);
  return bounds.length > 0 ? bounds.join(' AND ') : undefined;
}
