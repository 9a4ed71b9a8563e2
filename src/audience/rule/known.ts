import type { Binding } from './binding.ts';
import { anyOf } from './match.ts';
import type { Bound, Bounds } from './rule.ts';

/** What is known of a visitor who need not have a hit. */
export type KnownLeaf = TraitLeaf | InterestLeaf | DemographicLeaf | LikeLeaf;

/** A trait that is held: who is in need not have a hit. */
export interface TraitLeaf {
  readonly trait: string;
}

/** A score of an interest that is at least so high. */
export interface InterestLeaf {
  readonly interest: string;
  readonly from: Bound;
}

/** What a visitor is by an attribute. */
export interface DemographicLeaf {
  readonly attribute: string;
  /** undefined = any at all, as long as one is decided. */
  readonly values: readonly string[] | undefined;
  /** undefined = what is decided. */
  readonly probability: Bounds | undefined;
}

/** A place among the share `reach` of everybody who is most like a segment. */
export interface LikeLeaf {
  readonly seed: string;
  readonly reach: number;
}

/** Rows of a view, found by the first column of its key. */
interface Lookup {
  readonly view: 'kept_traits' | 'kept_interests' | 'kept_demographics' | 'kept_lookalikes';
  readonly column: 'trait' | 'interest' | 'attribute' | 'seed';
  readonly key: string;
  readonly conditions: readonly string[];
}

/** @returns SQL of the rows that say who holds a trait, from the name of their table on. */
export const traitSql = (leaf: TraitLeaf, binding: Binding): string => knownSql(leaf, binding);

/**
 * @returns SQL of the rows of whom it is known, from the name of their table on; of who is several values of a
 *   demographic by probability more than one.
 */
export function knownSql(leaf: KnownLeaf, binding: Binding): string {
  const { view, ...lookup } = lookupOf(leaf, binding);
  return `${binding.from(view)} WHERE ${conditionSql(lookup, binding)}`;
}

/**
 * The same of many leaves, those of a view in one pass over their rows.
 *
 * @returns SELECTs of rows (visitor, clause).
 */
export function knownRowsSql(leaves: readonly (readonly [number, KnownLeaf])[], binding: Binding): string[] {
  const views = new Map<Lookup['view'], (readonly [number, Lookup])[]>();
  for (const [clause, leaf] of leaves) {
    const lookup = lookupOf(leaf, binding);
    views.set(lookup.view, [...(views.get(lookup.view) ?? []), [clause, lookup]]);
  }
  return [...views].map(([view, asked]) => {
    const [[clause, one], ...others] = asked as [readonly [number, Lookup], ...(readonly [number, Lookup])[]];
    if (others.length === 0)
      return `SELECT visitor, ${clause} AS clause FROM ${binding.from(view)} WHERE ${conditionSql(one, binding)}`;
    const keys = [...new Set(asked.map(([, { key }]) => key))];
    const met = clausesMetSql(asked.map(([number, lookup]) => [number, conditionSql(lookup, binding)]));
    return `SELECT visitor, ${met} AS clause FROM ${binding.from(view)} WHERE ${anyOf(one.column, keys, binding)}`;
  });
}

/** @returns SQL of one row for each clause whose condition a row meets. */
export const clausesMetSql = (
  conditions: readonly (readonly [clause: number, condition: string])[],
): string =>
  `arrayJoin(arrayFilter((clause, holds) -> holds, [${conditions.map(([clause]) => clause).join(', ')}], [${conditions.map(([, condition]) => condition).join(', ')}]))`;

const conditionSql = ({ column, key, conditions }: Omit<Lookup, 'view'>, binding: Binding): string =>
  [anyOf(column, [key], binding), ...conditions].join(' AND ');

function lookupOf(leaf: KnownLeaf, binding: Binding): Lookup {
  if ('trait' in leaf) return { view: 'kept_traits', column: 'trait', key: leaf.trait, conditions: [] };
  if ('interest' in leaf) {
    const conditions = [above('score', leaf.from, binding)];
    return { view: 'kept_interests', column: 'interest', key: leaf.interest, conditions };
  }
  if ('seed' in leaf) {
    // Members of the seed stand at place 0.
    const conditions = ['place >= 1', `place <= ${placesSql(leaf.reach, binding)}`];
    return { view: 'kept_lookalikes', column: 'seed', key: leaf.seed, conditions };
  }
  const { attribute, values, probability } = leaf;
  const conditions = values === undefined ? [] : [anyOf('value', values, binding)];
  if (probability === undefined) conditions.push('decided');
  if (probability?.from) conditions.push(above('probability', probability.from, binding));
  if (probability?.to) conditions.push(below('probability', probability.to, binding));
  return { view: 'kept_demographics', column: 'attribute', key: attribute, conditions };
}

/**
 * How many of the places the reach takes in: the share of everybody that there is, rounded half to even. Everybody,
 * also where the statement is about a few.
 */
export const placesSql = (reach: number, binding: Binding): string =>
  `toUInt64(round(${binding.one('Float64', reach)} * (SELECT uniqExact(visitor) FROM kept_hits)))`;

/** Columns are Float32, and 0.9 as one is less than 0.9: a bound is what would be stored of it. */
const above = (column: string, { value, strict }: Bound, binding: Binding): string =>
  `${column} ${strict ? '>' : '>='} toFloat32(${binding.one('Float64', value)})`;
const below = (column: string, { value, strict }: Bound, binding: Binding): string =>
  `${column} ${strict ? '<' : '<='} toFloat32(${binding.one('Float64', value)})`;
