import { MAY_HAND_OUT } from '../../consent/purposes.ts';
import type { Source } from '../../delivery/exported-set.ts';
import { visitorIdSql } from '../../identity/visitor.ts';
import type { Query } from './model.ts';

/**
 * The scores of an attribute under one kind of id, as they may leave now: of visitors who did not withdraw, whose
 * newest word allows handing out and, for a partner, allows that very partner. Visitors of an imported log leave only
 * under our own id, because nobody else knows one of theirs.
 *
 * @returns a SELECT of `id`, `value`, `probability` and `declared`: one row for each id and class. Where several
 *   visitors have the same id of somebody else's, what is declared counts, and then what is newest.
 */
export function handedOut(attribute: string, source: Source): Query {
  const params = { attribute, source: source.id };
  const allowed = `
    visitor GLOBAL IN (
      SELECT visitor FROM kept_consents
      WHERE withdrawn = 0 AND ${MAY_HAND_OUT}
        ${source.kind === 'visitor' ? '' : "AND origin != 'import'"}
        ${source.kind === 'partner' ? 'AND has(partners, {source:String})' : ''})`;
  const scores = `SELECT visitor, value, probability, declared, last FROM kept_demographics
    WHERE attribute = {attribute:String} AND ${allowed}`;
  if (source.kind === 'visitor')
    return {
      params,
      sql: `SELECT ${visitorIdSql('visitor')} AS id, value, probability, declared FROM (${scores})`,
    };
  // A device that has said no itself since is not handed out, whatever is known of who has it.
  const links =
    source.kind === 'partner'
      ? 'SELECT visitor, uid FROM kept_matches WHERE source = {source:String}'
      : `SELECT visitor, uid FROM kept_links
         LEFT JOIN withdrawn_visitors AS no ON no.visitor = kept_links.own
         WHERE source = {source:String} AND no.time < last`;
  return {
    params,
    sql: `SELECT uid AS id, value, newest.1 AS probability, newest.2 AS declared FROM (
            SELECT link.uid AS uid, score.value AS value,
                   argMax((score.probability, score.declared), (score.declared, score.last, score.visitor)) AS newest
            FROM (${scores}) AS score
            GLOBAL INNER JOIN (${links}) AS link ON link.visitor = score.visitor
            GROUP BY uid, value)`,
  };
}
