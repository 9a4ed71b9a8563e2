import type { Params } from '../clickhouse/client.ts';
import { visitorIdSql } from '../identity/visitor.ts';
import { type RowGate, rowParts, SAYS, type Source } from './gate/rows.ts';

export type { Source } from './gate/rows.ts';

/** A statement and the values of its parameters. */
export interface Statement {
  readonly sql: string;
  readonly params: Params;
}

/**
 * The exported set as it is now: the members of one build who allow it, under the ids asked for.
 *
 * @param gate what holds beside consent; nothing where not given.
 * @returns a SELECT of `uid` and `observed`, the day from which the row's retention counts; `segment` and `source` are
 *   among its parameters.
 */
export function exportedSet(
  segment: string,
  build: number,
  source: Source,
  gate: Omit<RowGate, 'segments' | 'sources'> & { readonly forbidden?: readonly string[] } = {},
): Statement {
  const { forbidden = [], ...rest } = gate;
  const { sql, params } = exportedSets({
    ...rest,
    segments: [{ segment, build, forbidden }],
    sources: [source],
  });
  return { params: { ...params, segment, source: source.id }, sql: `SELECT uid, observed FROM (${sql})` };
}

/**
 * The exported sets of several segments under several kinds of ids, by the one rule that pull and push share.
 *
 * @returns a SELECT of `segment`, `source`, `uid` and `observed`: each id of a segment once.
 */
export function exportedSets(gate: RowGate): Statement {
  const { params, members, consents, ids, isFresh, inPlace } = rowParts(gate);
  if (gate.segments.length === 0 || gate.sources.length === 0) return NOBODY;
  const allowed = `visitor GLOBAL IN (SELECT visitor FROM (${consents}) WHERE says = ${SAYS.yes})`;
  const leaving = `SELECT segment, visitor, seen FROM (${members}) WHERE ${allowed} AND ${inPlace}`;
  if (ids === '') {
    return {
      params,
      sql: `SELECT segment, 'visitor' AS source, ${visitorIdSql('visitor')} AS uid, toDate(seen) AS observed
            FROM (${leaving})`,
    };
  }
  return {
    params,
    sql: `SELECT member.segment AS segment, id.source AS source, id.uid AS uid,
                 toDate(max(least(member.seen, id.last))) AS observed
          FROM (${leaving}) AS member
          GLOBAL INNER JOIN (SELECT * FROM (${ids}) WHERE ${isFresh}) AS id ON id.visitor = member.visitor
          GROUP BY segment, source, uid`,
  };
}

const NOBODY: Statement = {
  params: {},
  sql: "SELECT '' AS segment, '' AS source, '' AS uid, today() AS observed WHERE false",
};
