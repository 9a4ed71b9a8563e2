import { DEVICE_TYPES } from '../collect/device-id.ts';

const DEVICES = new Set<string>(DEVICE_TYPES);

/** The parameters of {@link linkedSql}: by which kind of link the ids of an upload are looked up. */
export const kindsOf = (sources: Iterable<string>): { partners: string[]; devices: string[] } => {
  const partners: string[] = [];
  const devices: string[] = [];
  for (const source of sources)
    if (DEVICES.has(source)) devices.push(source);
    else if (source !== 'visitor') partners.push(source);
  return { partners, devices };
};

/**
 * Who is known under ids of partners and devices, and whether anything may be stored for them: the newest uid
 * that a visitor has with a partner, every visitor seen with a device id, and the one that the device alone
 * would be. Nothing is for who has withdrawn, nor for a visitor by a device that has said no since.
 *
 * There may be others in it than those asked for: whoever asks joins it with the ids.
 *
 * Links are held against the hashes of the ids, which took an eighth of the time that the ids themselves did.
 *
 * @param ids a SELECT of `source` and `uid`. The parameters `from` and `to` are the least and the greatest hash of
 *   a uid in it, so that of most links nothing else is asked; `partners` and `devices` see {@link kindsOf}.
 * @param also further SELECTs of (source, uid, visitor, said), `said` 0 where the id itself has said no.
 * @param seenOnly leaves out who a device alone would be where that visitor was never seen: one that was, in an app,
 *   has a link of its own.
 * @param refusing a view of those for whom nothing may be stored.
 * @returns a SELECT of (source, uid, visitor, allowed).
 */
export const linkedSql = (
  ids: string,
  also = '',
  seenOnly = false,
  refusing: 'withdrawn_visitors' | 'unprofiled_visitors' = 'withdrawn_visitors',
): string => `
  SELECT source, uid, visitor, said AND visitor NOT IN (SELECT visitor FROM ${refusing}) AS allowed FROM (
    ${also === '' ? '' : `${also} UNION ALL`}
    SELECT source, uid, visitor, 1 AS said FROM kept_matches
    WHERE source IN {partners:Array(String)}
      AND visitor IN (
        SELECT visitor FROM links
        WHERE source IN {partners:Array(String)} AND ${isAsked(ids)})
    UNION ALL
    SELECT source, uid, ${seenOnly ? 'visitor' : 'arrayJoin(arrayDistinct([visitor, own])) AS visitor'}, no.time < last AS said
    FROM kept_links
    LEFT JOIN withdrawn_visitors AS no ON no.visitor = kept_links.own
    WHERE source IN {devices:Array(String)} AND ${isAsked(ids)})`;

const isAsked = (ids: string) =>
  `cityHash64(uid) BETWEEN {from:UInt64} AND {to:UInt64} AND cityHash64(uid) IN (SELECT cityHash64(uid) FROM (${ids}))`;
