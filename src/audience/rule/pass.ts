import type { Merge } from '../../registry/kinds.ts';
import type { Binding } from './binding.ts';
import { clusteredSql, clusterSql } from './cluster.ts';
import { clausesOf, express, expressionSql, Leaves, mayHoldWithoutHit } from './expression.ts';
import { housedSql, sharingSql } from './household.ts';
import { type AskedLeaf, isKnownLeaf, leavesSql, universeSql } from './leaf.ts';
import { foundSql, narrow, restSql } from './narrow.ts';
import type { ResolvedRule } from './rule.ts';

/** A rule, and for whom together it is asked. */
export interface Asked {
  readonly rule: ResolvedRule;
  readonly merge: Merge;
}

/** Which merge rule made somebody a member; `own` is who meets the rule alone. */
export const VIAS = ['own', 'device', 'household'] as const;
export type Via = (typeof VIAS)[number];

/** Conditions over a visitor's row. */
interface Held {
  /** The visitor alone meets the rule. */
  readonly own: string;
  /** Which {@link Via} makes the visitor a member; empty text = none. */
  readonly via: string;
}

/** Clauses that one UInt64 has bits for. */
const WORD = 64;

/**
 * One pass over all that rules ask.
 *
 * A visitor's clauses come together as bits, and every rule is a boolean expression over them. Of a rule that is
 * merged by device each clause is asked twice, of visitors and of clusters: a visitor of a cluster goes by what
 * the cluster meets, any other by his own.
 *
 * @param isDated whether it must be known when a visitor was last seen, and not only who meets what.
 * @returns `visitors`, a SELECT of a row a visitor with `seen` and the bits; and for each rule what holds by them.
 */
export function pass(
  rules: readonly Asked[],
  asOf: number,
  binding: Binding,
  isDated = true,
): { readonly visitors: string; readonly held: readonly Held[] } {
  const leaves = new Leaves();
  const ofClusters = new Leaves();
  const asked = rules.map(({ rule, merge }) => ({
    rule,
    merge,
    alone: express(rule, leaves),
    together: merge === 'device' ? express(rule, ofClusters) : undefined,
  }));
  const membersOf = (one: Asked) => membersSql(one, asOf, binding);

  // Of several rules, or of clusters, whom one passes over another may ask for.
  const isOne = asked.length === 1 && asked[0]!.merge === 'visitor' && !binding.isOfFew;
  const narrowed = isOne ? narrow(asked[0]!.alone, leaves.list) : undefined;
  let count = leaves.list.length;
  let alones = asked.map(({ alone }) => alone);
  const clauses: string[] = [];
  if (narrowed) {
    const found = count++;
    const who = foundSql(narrowed, found, asOf, binding);
    clauses.push(restSql(narrowed, who, asOf, binding));
    // Where it need not be known when, who meets one of the rest is known to be found.
    const isKnown = !isDated && narrowed.isRestSure;
    if (!isKnown) clauses.push(who);
    alones = [isKnown ? narrowed.left : { op: 'all', of: [{ op: 'met', clause: found }, narrowed.left] }];
  }
  const narrowly = new Set(narrowed?.rest.map(([clause]) => clause));
  const wanted = new Set(alones.flatMap(clausesOf));
  const numbered: [number, AskedLeaf][] = [];
  for (const [clause, leaf] of leaves.list.entries()) {
    if (narrowly.has(clause) || !wanted.has(clause)) continue;
    if ('members' in leaf)
      clauses.push(`SELECT visitor, ${clause} AS clause, seen AS latest FROM (${membersOf(leaf.members)})`);
    else numbered.push([clause, leaf]);
  }
  clauses.push(...leavesSql(numbered, asOf, binding));
  const needsHit = alones.map((alone) => mayHoldWithoutHit(alone, leaves));
  const universe = count++;
  if (leaves.list.length === 0 || needsHit.includes(true)) clauses.push(universeSql(universe, binding));

  const clustered = count;
  const isByDevice = asked.some(({ together }) => together !== undefined);
  if (isByDevice) {
    clauses.push(clusteredSql(clustered, binding));
    if (ofClusters.list.length > 0)
      clauses.push(clusterSql(ofClusters.list, clustered + 1, asOf, binding, membersOf));
    count += 1 + ofClusters.list.length;
  }
  const housed = count;
  const isByHousehold = asked.some(({ merge }) => merge === 'household');
  if (isByHousehold) {
    clauses.push(housedSql(housed, binding));
    count += 1;
  }
  // Else whoever has a row here has a hit.
  const mustAsk = isByDevice || isByHousehold || leaves.list.some(isKnownLeaf);

  const met = (clause: number) => `bitTest(met${Math.floor(clause / WORD)}, ${clause % WORD})`;
  const held = asked.map(({ rule, merge, together }, index) => {
    const sql = expressionSql(alones[index]!, met);
    const own = mustAsk && needsHit[index] ? `(${met(universe)} AND ${sql})` : sql;
    if (together !== undefined) {
      const whole = expressionSql(together, (clause) => met(clustered + 1 + clause));
      return {
        own,
        via: `multiIf(NOT if(${met(clustered)}, ${whole}, ${own}), '', ${own}, 'own', 'device')`,
      };
    }
    if (merge === 'household') {
      const sharing = count++;
      clauses.push(sharingSql(membersOf({ rule, merge: 'visitor' }), sharing, binding));
      return { own, via: `multiIf(${own}, 'own', ${met(housed)} AND ${met(sharing)}, 'household', '')` };
    }
    return { own, via: `if(${own}, 'own', '')` };
  });

  const words = Array.from(
    { length: Math.ceil(count / WORD) },
    (_, word) =>
      `groupBitOrIf(bitShiftLeft(toUInt64(1), clause % ${WORD}), intDiv(clause, ${WORD}) = ${word}) AS met${word}`,
  );
  return {
    visitors: `SELECT visitor, max(latest) AS seen, ${words.join(', ')}
FROM (
${clauses.join('\nUNION ALL\n')}
) GROUP BY visitor`,
    held,
  };
}

/**
 * Who is in one segment.
 *
 * @param isDated as of {@link pass}.
 * @returns a SELECT of `visitor` and, where dated, `seen`; and of `via` where it is merged by more than the visitor.
 */
export function membersSql(asked: Asked, asOf: number, binding: Binding, isDated = true): string {
  const { visitors, held } = pass([asked], asOf, binding, isDated);
  const { own, via } = held[0]!;
  const columns = isDated ? 'visitor, seen' : 'visitor';
  return asked.merge === 'visitor'
    ? `SELECT ${columns} FROM (${visitors}) WHERE ${own}`
    : `SELECT ${columns}, ${via} AS via FROM (${visitors}) WHERE via != ''`;
}
