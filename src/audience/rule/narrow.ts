import type { Binding } from './binding.ts';
import { driversOf } from './drivers.ts';
import { clausesOf, type Expression, expressionSql } from './expression.ts';
import { clausesMetSql } from './known.ts';
import { boundsSql, type HitLeaf, type Leaf, leafSql } from './leaf.ts';
import { featuresSql, isFeature, metSql, sinceSql, where } from './match.ts';
import { possible } from './possible.ts';
import { MATCH_FIELDS, type Match, type MatchField } from './rule.ts';

type Numbered = readonly [clause: number, leaf: HitLeaf];

/** A rule whose members are looked for by the key of the feature table, before all hits are read for them alone. */
interface Narrowed {
  /** What of the rule the feature table tells; of every member it holds. */
  readonly found: Expression;
  /** The clauses of it. */
  readonly asked: readonly Numbered[];
  /** What is left of the rule. */
  readonly left: Expression;
  /** Clauses of that for which all hits would have to be read. */
  readonly rest: readonly Numbered[];
  /** Whether every member meets one of the rest, which is asked of nobody else than whom the features let in. */
  readonly isRestSure: boolean;
}

/** Of more clauses each row of the feature table would be asked too much. */
const MAX_ASKED = 8;

/** A clause that is none to narrow by weighs more than all others. */
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
 * Of a rule such as a category, another and a country: the categories, which lie together, tell whose country is of
 * any use.
 *
 * @param leaves by their numbers, all that stand in the expression.
 * @returns undefined where nobody's hits can be passed over, or no clause would read them.
 */
export function narrow(expression: Expression, leaves: readonly Leaf[]): Narrowed | undefined {
  const hits = leaves.flatMap((leaf, clause): Numbered[] =>
    'match' in leaf && !('dwell' in leaf) ? [[clause, leaf]] : [],
  );
  const features = new Map(hits.filter(([, { match }]) => isFeature(match)));
  // Who has done something twice has done it once, and there are fewer of them.
  const weight = (clause: number) => {
    const leaf = features.get(clause);
    return leaf === undefined ? TOO_MANY : leaf.from > 1 ? 1 : 2;
  };
  const drivers = driversOf(expression, weight) ?? [];
  if (drivers.length === 0 || !drivers.every((clause) => features.has(clause))) return undefined;
  const known = new Set(features.size <= MAX_ASKED ? features.keys() : drivers);
  if (known.size > MAX_ASKED) return undefined;
  const found = possible(expression, (clause) => known.has(clause));
  // What the features alone tell is told by then.
  const beside = conjunctsOf(expression).filter((part) =>
    clausesOf(part).some((clause) => !known.has(clause)),
  );
  const left: Expression = { op: 'all', of: beside };
  const clauses = new Set(clausesOf(left));
  const rest = hits.filter(([clause]) => clauses.has(clause) && !features.has(clause));
  if (rest.length === 0) return undefined;
  const among = new Set(rest.map(([clause]) => clause));
  const needed = driversOf(left, (clause) => (among.has(clause) ? 1 : TOO_MANY)) ?? [];
  return {
    found,
    asked: clausesOf(found).map((clause) => [clause, features.get(clause)!]),
    left,
    rest,
    isRestSure: needed.length > 0 && needed.every((clause) => among.has(clause)),
  };
}

const conjunctsOf = (expression: Expression): readonly Expression[] =>
  expression.op === 'all' ? expression.of.flatMap(conjunctsOf) : [expression];

/**
 * Who may be a member by what the feature table tells: a SELECT of (visitor, clause, latest), where `latest` is the
 * newest hit of the clauses that he meets.
 *
 * @param clause the number that the rows carry.
 */
export function foundSql({ found, asked }: Narrowed, clause: number, asOf: number, binding: Binding): string {
  if (found.op === 'met') return leafSql(asked[0]![1], clause, asOf, binding);
  const clauses = new Map(
    asked.map(([number, leaf]) => {
      const conditions = [
        metSql(leaf.match, binding, 'kept_features'),
        ...sinceSql(leaf.withinMs, asOf, binding),
      ].join(' AND ');
      const bounds = boundsSql(leaf, binding, conditions);
      // Else who has a row of another clause would have no more of this one than there may be.
      const least = leaf.from > 1 ? [] : [`countIf(${conditions}) > 0`];
      const met = `(${[...least, ...(bounds ? [bounds] : [])].join(' AND ')})`;
      return [number, { met, latest: `if(${met}, maxIf(time, ${conditions}), toDateTime64(0, 3, 'UTC'))` }];
    }),
  );
  const having = expressionSql(found, (number) => clauses.get(number)!.met);
  const moments = [...clauses.values()].map(({ latest }) => latest);
  const latest = moments.length === 1 ? moments[0]! : `greatest(${moments.join(', ')})`;
  const filters = [
    featuresSql(
      asked.map(([, leaf]) => leaf),
      binding,
    ),
    ...sinceSql(longest(asked), asOf, binding),
  ];
  return `SELECT visitor, ${clause} AS clause, ${latest} AS latest FROM ${binding.from('kept_features')}${where(filters)} GROUP BY visitor HAVING ${having}`;
}

/**
 * The rest of the clauses in one pass over the hits of whom the features let in: a row (visitor, clause, latest) for
 * each who meets one.
 *
 * @param who {@link foundSql}.
 */
export function restSql({ rest }: Narrowed, who: string, asOf: number, binding: Binding): string {
  const met = rest.map(([clause, { match, withinMs }]) => {
    const conditions = [metSql(match, binding), ...sinceSql(withinMs, asOf, binding)];
    return [clause, conditions.join(' AND ')] as const;
  });
  const filters = [
    `visitor GLOBAL IN (SELECT visitor FROM (${who}))`,
    ...sinceSql(longest(rest), asOf, binding),
  ];
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

/** How far back the clauses reach together; undefined = one of them as far as there are hits. */
function longest(clauses: readonly Numbered[]): number | undefined {
  const within = clauses.map(([, { withinMs }]) => withinMs);
  return within.includes(undefined) ? undefined : Math.max(...within.map((ms) => ms!));
}
