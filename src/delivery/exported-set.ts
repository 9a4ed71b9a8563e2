import type { Params } from '../clickhouse/client.ts';
import { MAY_HAND_OUT } from '../consent/purposes.ts';
import { visitorIdSql } from '../identity/visitor.ts';

/** Under which ids a segment is read: our visitors, a type of device id, or a partner's ids. */
export type Source =
  | { readonly kind: 'visitor'; readonly id: 'visitor' }
  | { readonly kind: 'device'; readonly id: string }
  | { readonly kind: 'partner'; readonly id: string };

/**
 * The exported set as it is now: the members of one build who allow it, under the ids asked for.
 *
 * A visitor counts who did not withdraw, whose newest observation allows handing out and, for a partner,
 * allows that very partner, whose id is one vendor's for good. Visitors of an imported log were reckoned from address and browser: they have
 * no id that anybody else knows, and never leave under one.
 *
 * @returns a SELECT of `uid` and `observed`, the day from which the row's retention counts.
 */
export function exportedSet(segment: string, build: number, source: Source): { sql: string; params: Params } {
  const params = { segment, build, source: source.id };
  const members = `
    SELECT visitor, max(kept_members.seen) AS seen
    FROM kept_members WHERE segment = {segment:String} AND build = {build:UInt64} GROUP BY visitor`;
  const allowed = `
    SELECT visitor FROM kept_consents
    WHERE withdrawn = 0 AND ${MAY_HAND_OUT}
      ${source.kind === 'visitor' ? '' : "AND origin != 'import'"}
      ${source.kind === 'partner' ? 'AND has(partners, {source:String})' : ''}`;
  if (source.kind === 'visitor') {
    return {
      params,
      sql: `SELECT ${visitorIdSql('visitor')} AS uid, toDate(seen) AS observed
            FROM (${members}) WHERE visitor IN (${allowed})`,
    };
  }
  // A visitor has one id with a partner, and every device id seen with it, unless the device itself has said no
  // since.
  const links =
    source.kind === 'partner'
      ? 'SELECT visitor, uid, last FROM kept_matches WHERE source = {source:String}'
      : `SELECT visitor, uid, last FROM kept_links
         LEFT JOIN withdrawn_visitors AS no ON no.visitor = kept_links.own
         WHERE source = {source:String} AND no.time < last`;
  return {
    params,
    sql: `SELECT uid, toDate(max(least(member.seen, link.last))) AS observed
          FROM (${members}) AS member
          INNER JOIN (${links}) AS link ON link.visitor = member.visitor
          WHERE member.visitor IN (${allowed})
          GROUP BY uid`,
  };
}
