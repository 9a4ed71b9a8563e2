import type { Binding } from './binding.ts';
import {
  CLOCK_FIELDS,
  HITS_ONLY_FIELDS,
  MATCH_FIELDS,
  type Match,
  type MatchField,
  type MembersOf,
  TEXT_FIELDS,
  WILDCARD_FIELDS,
  type WildcardField,
} from './rule.ts';

/** A question that is answered for each visitor of whom it is true. Rules that ask the same share one. */
export type Leaf = HitLeaf | TraitLeaf | MembersLeaf;

/** So many distinct hits that meet a Match: who is in has a hit. */
export interface HitLeaf {
  readonly match: Match;
  readonly withinMs: number | undefined;
  /** Distinct hits; at least 1, because a visitor without any leaves no row to count. */
  readonly from: number;
  readonly to: number | undefined;
}

/** A trait that is held: who is in need not have a hit. */
export interface TraitLeaf {
  readonly trait: string;
}

/** Whom another segment has: who is in has a hit. */
export interface MembersLeaf {
  readonly members: MembersOf;
}

export const isTraitLeaf = (leaf: Leaf): leaf is TraitLeaf => 'trait' in leaf;

/** The event of a ping that only tells attention; no hit for a Match that does not name it. */
const ATTENTION = 'attention';

/** @returns the same text for leaves that ask the same, whatever the order of their values. */
export function leafKey(leaf: Leaf): string {
  if ('trait' in leaf) return JSON.stringify(leaf.trait);
  if ('members' in leaf) return JSON.stringify(leaf.members);
  const { match, withinMs, from, to } = leaf;
  const values = MATCH_FIELDS.map((field) => [...(match[field] ?? [])].sort());
  return JSON.stringify([values, withinMs ?? null, from, to ?? null]);
}

/**
 * The SELECT of a leaf: a row (visitor, clause, latest) for each visitor who meets it; `latest` is the
 * newest hit that did, and of a trait, which no hit is behind, the beginning of time.
 *
 * @param clause the number that the rows carry.
 * @param asOf milliseconds since 1970, from which `withinMs` reaches back.
 */
export function leafSql(leaf: HitLeaf | TraitLeaf, clause: number, asOf: number, binding: Binding): string {
  if (isTraitLeaf(leaf)) {
    return `SELECT visitor, ${clause} AS clause, toDateTime64(0, 3, 'UTC') AS latest FROM ${traitSql(leaf, binding)}`;
  }
  return `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM ${hitsSql(leaf, asOf, binding)} GROUP BY visitor${having(leaf, binding)}`;
}

/** @returns SQL of the rows that say who holds a trait, from the name of their table on. */
export const traitSql = (leaf: TraitLeaf, binding: Binding): string =>
  `kept_traits WHERE trait = ${binding.one('String', leaf.trait)}`;

/** @returns SQL of the hits that meet a leaf's Match in its time, from the name of their table on. */
export function hitsSql(leaf: HitLeaf, asOf: number, binding: Binding): string {
  const feature = featureOf(leaf.match);
  const conditions = feature ? [`kind = '${feature}'`] : [];
  for (const field of TEXT_FIELDS) {
    const values = leaf.match[field];
    if (!values) continue;
    if (field === feature) conditions.push(anyOf('value', values, binding));
    else if (field === 'category') conditions.push(holdsAny('categories', values, binding));
    else if (field === 'keyword') conditions.push(holdsAny('keywords', values, binding));
    else if (isWildcard(field)) conditions.push(likeAny(columnsOf(field), values, binding));
    else conditions.push(anyOf(field, values, binding));
  }
  for (const field of CLOCK_FIELDS) {
    const values = leaf.match[field];
    if (values) conditions.push(or(binding.many('UInt8', values).map((list) => `${field} IN ${list}`)));
  }
  if (!leaf.match.event) conditions.push(`event != '${ATTENTION}'`);
  if (leaf.withinMs !== undefined) {
    const since = binding.one('Int64', asOf - leaf.withinMs);
    conditions.push(`time >= fromUnixTimestamp64Milli(${since}, 'UTC')`);
  }
  return `${feature ? 'kept_features' : 'kept_hits'} WHERE ${conditions.join(' AND ')}`;
}

/** The rows of every visitor there is, in the form of a leaf's. */
export const universeSql = (clause: number): string =>
  `SELECT visitor, ${clause} AS clause, max(time) AS latest FROM kept_hits GROUP BY visitor`;

/**
 * The feature table is read by one feature and holds neither a page's text nor what led there; a Match on
 * both features is met by one hit that has both, which only the hits themselves know.
 */
function featureOf(match: Match): 'category' | 'keyword' | undefined {
  if (HITS_ONLY_FIELDS.some((field) => match[field])) return undefined;
  if (match.category && match.keyword) return undefined;
  return match.category ? 'category' : match.keyword ? 'keyword' : undefined;
}

function having(leaf: HitLeaf, binding: Binding): string {
  const bounds = boundsSql(leaf, binding);
  return bounds === undefined ? '' : ` HAVING ${bounds}`;
}

/**
 * A hit may have been sent twice, or stand in the feature table once for each of its values.
 *
 * @returns SQL that compares the distinct values of `hit` with how many there must be; undefined = one is enough.
 */
export function boundsSql({ from, to }: HitLeaf, binding: Binding): string | undefined {
  const bounds = [];
  if (from > 1) bounds.push(`uniqExact(hit) >= ${binding.one('Int64', from)}`);
  if (to !== undefined) bounds.push(`uniqExact(hit) <= ${binding.one('Int64', to)}`);
  return bounds.length > 0 ? bounds.join(' AND ') : undefined;
}

const isWildcard = (field: MatchField): field is WildcardField =>
  (WILDCARD_FIELDS as readonly string[]).includes(field);

/** A referrer is named by its URL or by its host alone. */
const columnsOf = (field: WildcardField) => (field === 'referrer' ? ['referrer', 'referrer_host'] : [field]);

const or = (terms: readonly string[]) => (terms.length === 1 ? terms[0]! : `(${terms.join(' OR ')})`);

function anyOf(column: string, values: readonly string[], binding: Binding): string {
  if (values.length === 1) return `${column} = ${binding.one('String', values[0]!)}`;
  return or(binding.many('String', values).map((list) => `${column} IN ${list}`));
}

function holdsAny(column: string, values: readonly string[], binding: Binding): string {
  if (values.length === 1) return `has(${column}, ${binding.one('String', values[0]!)})`;
  return or(binding.many('String', values).map((list) => `hasAny(${column}, ${list})`));
}

function likeAny(columns: readonly string[], values: readonly string[], binding: Binding): string {
  const literal = values.filter((value) => !value.includes('*'));
  const patterns = values
    .filter((value) => value.includes('*'))
    .map((value) => binding.one('String', likePattern(value)));
  return or(
    columns.flatMap((column) => [
      ...(literal.length > 0 ? [anyOf(column, literal, binding)] : []),
      ...patterns.map((pattern) => `${column} LIKE ${pattern}`),
    ]),
  );
}

/** Everything but `*` stands for itself. */
const likePattern = (wildcard: string) => wildcard.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
