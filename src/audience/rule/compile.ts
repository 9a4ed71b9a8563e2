import type { Merge } from '../../registry/kinds.ts';
import { Binding, encodedLength } from './binding.ts';
import { STATEMENT } from './limits.ts';
import { membersSql, pass } from './pass.ts';
import type { ResolvedRule } from './rule.ts';

/** A SELECT and the values of its `{name:Type}` parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: Readonly<Record<string, readonly (string | number | bigint)[]>>;
}

/**
 * The statement that finds who is in a segment, or in many in one pass.
 *
 * Each distinct clause is asked once, however many rules share it; of rules that are merged by device, once more
 * of the clusters.
 *
 * @param rules one rule, or many (at least one) by the id of their segment.
 * @param asOf the moment from which every `within` reaches back, to the millisecond.
 * @param merge of the one rule; or of the many by the id of their segment, `visitor` where none is given.
 * @param only the visitors whom the statement is about, with all who count for them: no other row is read, but for
 *   the number of everybody where a look-alike's reach is a share of it.
 * @returns a SELECT of `visitor` (UInt64) and `seen` (DateTime64(3): the newest hit that the statement saw
 *   of that visitor), with `segment` (String) before them where many rules were given, and with `via` (which
 *   merge rule made a member of the visitor) after them where any is merged by more than the visitor; one row a
 *   visitor (and segment), in no order. Reads the kept_ views of hits, features and what is known
 *   of visitors of the current database, and `kept_clusters` or `kept_households` where a rule is merged by them.
 */
export function compile(
  rules: ResolvedRule | ReadonlyMap<string, ResolvedRule>,
  asOf: Date,
  merge: Merge | ReadonlyMap<string, Merge> = 'visitor',
  only?: readonly bigint[],
): Statement {
  const binding = new Binding(only);
  const mergeOf = (id: string) => (typeof merge === 'string' ? merge : (merge.get(id) ?? 'visitor'));
  if (!(rules instanceof Map)) {
    const asked = { rule: rules as ResolvedRule, merge: mergeOf('') };
    return { sql: membersSql(asked, asOf.getTime(), binding), params: binding.params };
  }
  const many = [...(rules as ReadonlyMap<string, ResolvedRule>)];
  const asked = many.map(([id, rule]) => ({ rule, merge: mergeOf(id) }));
  const { visitors, held } = pass(asked, asOf.getTime(), binding);
  const ids = many.map(([id]) => binding.one('String', id));
  const sql = asked.every((one) => one.merge === 'visitor')
    ? `SELECT segment, visitor, seen FROM (${visitors})
ARRAY JOIN arrayFilter((id, holds) -> holds, [${ids.join(', ')}], [${held.map(({ own }) => own).join(', ')}]) AS segment`
    : `SELECT member.1 AS segment, visitor, seen, member.2 AS via FROM (${visitors})
ARRAY JOIN arrayFilter(one -> one.2 != '', [${held.map(({ via }, place) => `(${ids[place]}, ${via})`).join(', ')}]) AS member`;
  return { sql, params: binding.params };
}

/**
 * The same of one rule where it is no matter when anybody was seen, as for how many there are: of some rules less is
 * read then.
 *
 * @returns a SELECT of `visitor`, and of `via` where the rule is merged by more than the visitor.
 */
export function compileUndated(rule: ResolvedRule, asOf: Date, merge: Merge = 'visitor'): Statement {
  const binding = new Binding();
  return { sql: membersSql({ rule, merge }, asOf.getTime(), binding, false), params: binding.params };
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
