import type { ClickHouse } from '../clickhouse/client.ts';
import { HOUSEHOLD, LIMITS, SOURCES_OF_SEVERAL } from './limits.ts';
import { STREAMED } from './streamed.ts';

/** Why a link is not believed, each in a sentence. */
export const SET_ASIDE_REASONS = {
  shared_uid: `More than ${LIMITS.visitorsAUid.toLocaleString('en')} visitors claim the same id: it tells nobody apart.`,
  shared_address: `More than ${LIMITS.visitorsAHousehold} visitors were seen under one address: no home has so many.`,
  too_many_uids: `A visitor showed more than ${LIMITS.uidsAVisitor} ids of one source: no person has so many.`,
  over_limit: `Older than the newest ${LIMITS.uidsKept} ids of its source that the visitor has.`,
} as const;
export type SetAsideReason = keyof typeof SET_ASIDE_REASONS;

/**
 * Finds the links that are not to be believed among all that are kept, and writes them under a build's number. Every
 * build looks at all anew, so a link whose cause is gone comes back with the next.
 *
 * @throws ClickHouseError
 */
export async function findSetAside(clickhouse: ClickHouse, build: number): Promise<void> {
  const [row] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM links');
  const pieces = Math.max(1, Math.ceil(Number(row?.n) / PIECE));
  for (let piece = 0; piece < pieces; piece++)
    await clickhouse.command(SHARED, { build, piece, pieces }, STREAMED);
  for (const sql of [TOO_MANY, OVER])
    await clickhouse.command(sql, { build, several: SOURCES_OF_SEVERAL }, STREAMED);
}

/** Links whose uids are counted at once: of four million at once the table of them took 700 MB. */
const PIECE = 2_000_000;

const INSERT = 'INSERT INTO set_aside (build, source, visitor, uid, reason, n, last)';
const most = `if(source = '${HOUSEHOLD}', ${LIMITS.visitorsAHousehold}, ${LIMITS.visitorsAUid})`;

// Candidates come from the rows as they lie, of which a link may have several, by a hash: ten million texts as
// keys take gigabytes. What is written is counted exactly.
const SHARED = `${INSERT}
  SELECT {build:UInt64} AS build, source, 0 AS visitor, seen.uid AS uid,
         if(source = '${HOUSEHOLD}', 'shared_address', 'shared_uid') AS reason, count() AS n, max(seen.last) AS last
  FROM seen_links AS seen
  WHERE seen.uid != '' AND (source, cityHash64(seen.uid)) GLOBAL IN (
    SELECT source, cityHash64(uid) AS hash FROM links WHERE hash % {pieces:UInt32} = {piece:UInt32} GROUP BY source, hash HAVING count() > ${most}
    SETTINGS optimize_aggregation_in_order = 0)
  GROUP BY source, seen.uid HAVING n > ${most}`;

/** Read in the order in which they lie, so that no table of visitors is held. */
const CANDIDATES = `(source, visitor) GLOBAL IN (
    SELECT source, visitor FROM links GROUP BY source, visitor HAVING count() > ${LIMITS.uidsKept})`;

const TOO_MANY = `${INSERT}
  SELECT {build:UInt64} AS build, source, visitor, '' AS uid, 'too_many_uids' AS reason, count() AS n,
         max(seen.last) AS last
  FROM seen_links AS seen
  WHERE seen.uid != '' AND ${CANDIDATES}
  GROUP BY source, visitor HAVING n > ${LIMITS.uidsAVisitor}`;

const OVER = `${INSERT}
  SELECT {build:UInt64} AS build, source, visitor, old.2 AS uid, 'over_limit' AS reason, n, old.1 AS last
  FROM (
    SELECT source, visitor, count() AS n,
           arraySlice(arrayReverseSort(groupArray((seen.last, seen.uid))), ${LIMITS.uidsKept + 1}) AS olds
    FROM seen_links AS seen
    WHERE seen.uid != '' AND source IN {several:Array(String)} AND ${CANDIDATES}
      AND (source, visitor) GLOBAL NOT IN (
        SELECT source, visitor FROM set_aside WHERE build = {build:UInt64} AND reason = 'too_many_uids')
    GROUP BY source, visitor)
  ARRAY JOIN olds AS old`;
