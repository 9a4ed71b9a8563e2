import { Binding, encodedLength } from './binding.ts';
import { express, expressionSql, Leaves, mayHoldWithoutHit } from './expression.ts';
import { isTraitLeaf, leafSql, universeSql } from './leaf.ts';
import { STATEMENT } from './limits.ts';
import type { ResolvedRule } from './rule.ts';

/** A SELECT and the values of its `{name:Type}` parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, readonly (string | number)[]>>;
}

/** Clauses that one UInt64 has bits for. */
const WORD = 64;

/**
 * The statement that finds who is in a segment, or in many in one pass.
 *
 * Each distinct clause is asked once, however many rules share it; a visitor's clauses come together as
 * bits, and every rule is a boolean expression over them.
 *
 * @param rules one rule, or many (at least one) by the id of their segment.
 * @param asOf the moment from which every `within` reaches back, to the millisecond.
 * @returns a SELECT of `visitor` (UInt64) and `seen` (DateTime64(3): the newest hit that the statement saw
 *   of that visitor), with `segment` (String) before them where many rules were given; one row a visitor
 *   (and segment), in no order. Reads `kept_hits`, `kept_features` and `kept_traits` of the current database.
 */
export function compile(rules: ResolvedRule | ReadonlyMap<string, ResolvedRule>, asOf: Date): Statement {
  const leaves = new Leaves();
  const binding = new Binding();
  const many = rules instanceof Map ? (rules as ReadonlyMap<string, ResolvedRule>) : undefined;
  const expressions = [...(many ? many.values() : [rules as ResolvedRule])].map((rule) =>
    express(rule, leaves),
  );
  const clauses = leaves.list.map((leaf, number) => leafSql(leaf, number, asOf.getTime(), binding));
  const needsHit = expressions.map((expression) => mayHoldWithoutHit(expression, leaves));
  const universe = clauses.length;
  if (universe === 0 || needsHit.includes(true)) clauses.push(universeSql(universe));
  // Without a trait asked for, whoever has a row here has a hit.
  const mustAsk = leaves.list.some(isTraitLeaf);

  const words = Array.from(
    { length: Math.ceil(clauses.length / WORD) },
    (_, word) =>
      `groupBitOrIf(bitShiftLeft(toUInt64(1), clause % ${WORD}), intDiv(clause, ${WORD}) = ${word}) AS met${word}`,
  );
  const visitors = `SELECT visitor, max(latest) AS seen, ${words.join(', ')}
FROM (
${clauses.join('\nUNION ALL\n')}
) GROUP BY visitor`;
  const met = (clause: number) => `bitTest(met${Math.floor(clause / WORD)}, ${clause % WORD})`;
  const holds = expressions.map((expression, index) => {
    const sql = expressionSql(expression, met);
    return mustAsk && needsHit[index] ? `(${met(universe)} AND ${sql})` : sql;
  });
  if (!many)
    return { sql: `SELECT visitor, seen FROM (${visitors}) WHERE ${holds[0]}`, params: binding.params };

  const ids = [...many.keys()].map((id) => binding.one('String', id));
  return {
    sql: `SELECT segment, visitor, seen FROM (${visitors})
ARRAY JOIN arrayFilter((id, holds) -> holds, [${ids.join(', ')}], [${holds.join(', ')}]) AS segment`,
    params: binding.params,
  };
}

/**
 * Whether ClickHouse's HTTP port takes a statement in one request. One rule that `resolve` has passed
 * always fits; a caller with many splits them until they do.
 */
export function fits({ sql, params }: Statement): boolean {
  return (
    Object.keys(params).length <= STATEMENT.maxParams &&
    Buffer.byteLength(sql) <= STATEMENT.maxSql &&
    encodedLength(params) <= STATEMENT.maxEncodedParams
  );
}
