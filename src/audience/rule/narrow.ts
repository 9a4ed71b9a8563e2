import type { Binding } from './binding.ts';
import { driversOf } from './drivers.ts';
import type { Expression } from './expression.ts';
import { clausesMetSql } from './known.ts';
import { boundsSql, type HitLeaf, type Leaf, leafSql } from './leaf.ts';
import { isFeature, metSql, sinceSql, where } from './match.ts';
import { MATCH_FIELDS, type Match, type MatchField } from './rule.ts';

type Numbered = readonly [clause: number, leaf: HitLeaf];

/** Clauses of a rule that need be asked only of those who meet others. */
interface Narrowed {
  /** Of which every member meets at least one; each is found by the key of the feature table. */
  readonly drivers: readonly Numbered[];
  /** For which all hits would have to be read. */
  readonly rest: readonly Numbered[];
}

/** More of them have so many visitors together that hardly a hit is passed over. */
const MAX_DRIVERS = 8;

/** A clause that is no driver to narrow by weighs more than all others. */
const TOO_MANY = 1_000;

/**
 * Few values stand for many rows of these: that a hit is of no clause is seen in a tenth of the time that looking its
 * visitor up takes, in the place of which other fields are only looked at for visitors who were found.
 */
const CHEAP: readonly MatchField[] = [
  'site',
  'event',
  'country',
  'region',
  'language',
  'device',
  'os',
  'browser',
];
const MAX_CHEAP = 8;
const isCheap = (match: Match) => MATCH_FIELDS.every((field) => !match[field] || CHEAP.includes(field));

/**
 * Of a rule such as a category and a country: the category, which lies together, tells whose country is of any use.
 *
 * @param leaves by their numbers, all that stand in the expression.
 * @returns undefined where nobody's hits can be passed over, or no clause would read them.
 */
export function narrow(expression: Expression, leaves: readonly Leaf[]): Narrowed | undefined {
  const hits = leaves.flatMap((leaf, clause): Numbered[] =>
    'match' in leaf && !('dwell' in leaf) ? [[clause, leaf]] : [],
  );
  const found = new Map(hits.filter(([, { match }]) => isFeature(match)));
  // Who has done something twice has done it once, and there are fewer of them.
  const weight = (clause: number) => {
    const leaf = found.get(clause);
    return leaf === undefined ? TOO_MANY : leaf.from > 1 ? 1 : 2;
  };
  const drivers = (driversOf(expression, weight) ?? []).map((clause) => [clause, found.get(clause)] as const);
  const rest = hits.filter(([clause]) => !found.has(clause));
  const known = drivers.filter((one): one is Numbered => one[1] !== undefined);
  if (known.length < drivers.length || known.length === 0 || known.length > MAX_DRIVERS) return undefined;
  return rest.length === 0 ? undefined : { drivers: known, rest };
}

/**
 * The rest of the clauses in one pass over the hits of whom the drivers let in: a row (visitor, clause, latest) for
 * each who meets one.
 */
export function narrowedSql({ drivers, rest }: Narrowed, asOf: number, binding: Binding): string {
  const who = drivers.map(([clause, leaf]) => leafSql(leaf, clause, asOf, binding)).join('\nUNION ALL\n');
  const met = rest.map(([clause, { match, withinMs }]) => {
    const conditions = [metSql(match, binding), ...sinceSql(withinMs, asOf, binding)];
    return [clause, conditions.join(' AND ')] as const;
  });
  const filters = [`visitor GLOBAL IN (SELECT visitor FROM (${who}))`];
  if (rest.length <= MAX_CHEAP && rest.every(([, { match }]) => isCheap(match)))
    filters.unshift(`(${met.map(([, condition]) => condition).join(' OR ')})`);
  const bounds = rest.flatMap(([clause, leaf]) => {
    const sql = boundsSql(leaf, binding);
    return sql === undefined ? [] : [`clause = ${clause}, ${sql}`];
  });
  const having = bounds.length === 0 ? '' : ` HAVING multiIf(${bounds.join(', ')}, 1)`;
  return `SELECT visitor, clause, max(time) AS latest FROM (
SELECT visitor, hit, time, ${clausesMetSql(met)} AS clause FROM ${binding.from('kept_hits')}${where(filters)}
) GROUP BY visitor, clause${having}`;
}
