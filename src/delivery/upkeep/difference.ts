import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { cursorLifeDays } from '../cursor.ts';
import { exportedSets } from '../exported-set.ts';
import { rewriteSql } from '../rewrite.ts';
import type { LoggedSet } from './logged-set.ts';
import { leavesAfterDays } from './remove-last-day.ts';
import { lookedAt, type Work, workParams } from './work.ts';

/**
 * Appends to the log what differs between it and the set as it is now. Who is about to run out of the retention is out
 * of the set already, so that readers learn of it while there is a row to tell it by.
 *
 * A reader is told by the first row behind its cursor. Where that row may be gone before the last such cursor is, the
 * one that is written in its place does not say that the id was in: a reader may not have been told of it.
 *
 * @param work the ids that are looked at, and who has them; all where not given.
 * @returns rows written.
 * @throws ClickHouseError
 */
export async function writeDifference(
  clickhouse: ClickHouse,
  { segment, name, build, source, gate, belowFloor }: LoggedSet,
  seq: number,
  retentionDays: number,
  work?: Work,
): Promise<number> {
  const { forbidden = [], ...rest } = gate;
  const now = exportedSets({
    ...rest,
    segments: build === undefined ? [] : [{ segment, build, forbidden }],
    sources: [source],
    ...(work === undefined ? {} : { visitors: work.holders }),
  });
  const isLooked = work === undefined ? 'true' : lookedAt(work);
  const { rowsWritten } = await clickhouse.command(
    `INSERT INTO exports (segment, source, uid, seq, op, observed, was, overtakes)
     SELECT {segment:String}, {name:String}, uid, {seq:UInt64}, if(is_now, 'add', 'remove'),
            if(is_now, newest, today()),
            multiIf(NOT was_in, 'out', is_now AND written <= today() - {toldDays:UInt16}, 'unknown', 'in'),
            if(is_now, toDate(0), written)
     FROM (
       SELECT uid, max(side = 1) AS is_now, max(side = 2) AS was_in,
              maxIf(day, side = 1) AS newest, maxIf(day, side = 2) AS written
       FROM (
         SELECT uid, 1 AS side, observed AS day FROM (${now.sql})
         WHERE observed > today() - {leaves:UInt16} AND ${isLooked}
         UNION ALL
         SELECT uid, 2 AS side, day FROM (
           SELECT uid, argMax(kept_exports.op, kept_exports.seq) AS op,
                  argMax(kept_exports.observed, kept_exports.seq) AS day
           FROM kept_exports
           WHERE segment = {segment:String} AND source = {name:String} AND ${isLooked} GROUP BY uid)
         WHERE op = 'add')
       GROUP BY uid)
     WHERE if(is_now, ${belowFloor ? 'was_in AND' : ''} ${rewriteSql('newest', 'written')}, was_in)`,
    {
      ...now.params,
      ...(work === undefined ? {} : workParams(work)),
      segment,
      name,
      seq,
      days: retentionDays,
      leaves: leavesAfterDays(retentionDays),
      toldDays: retentionDays - cursorLifeDays(retentionDays),
    },
    AS_A_WHOLE,
  );
  return rowsWritten;
}
