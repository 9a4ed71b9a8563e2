import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { leavesAfterDays } from '../upkeep/remove-last-day.ts';

/** What a removal is told by is kept for so many days; see the table's TTL. */
const REMOVAL_DAYS = 30;

/**
 * Before the last row goes by which it is known that a destination has an id, the id becomes `unsure`: its next run
 * takes it back, or tells it again where it was seen since. For the job that lets go of what is past the retention.
 *
 * It looks at the rows that are stored, and not at those that the view still shows: of days on which the job did not
 * run an id is told as long as the merges have left its row. No further back than a removal is kept, so that an id
 * which became `unsure` once is not found again when that is forgotten.
 *
 * @returns how many, over all destinations.
 * @throws ClickHouseError
 */
export async function keepLastDay(clickhouse: ClickHouse, retentionDays: number): Promise<number> {
  const { rowsWritten } = await clickhouse.command(
    `INSERT INTO sent_sets (destination, code, source, uid, seq, op, said, told, observed)
     SELECT destination, code, source, uid, max(sent.seq), 'unsure', '', argMax(sent.told, (sent.seq, sent.op)), today()
     FROM sent_sets AS sent
     WHERE (destination, seq) GLOBAL IN (SELECT destination, run FROM delivery_runs)
     GROUP BY destination, code, source, uid
     HAVING argMax(sent.op, (sent.seq, sent.op)) = 'add'
        AND argMax(sent.observed, (sent.seq, sent.op)) <= today() - {leaves:UInt16}
        AND argMax(sent.observed, (sent.seq, sent.op)) > today() - {leaves:UInt16} - {back:UInt16}`,
    { leaves: leavesAfterDays(retentionDays), back: Math.min(REMOVAL_DAYS, retentionDays) },
    AS_A_WHOLE,
  );
  return rowsWritten;
}

/** The day up to which a row of the log is kept; see its TTL. */
const ENDS = "sent.observed + if(sent.op = 'add', {days:UInt16}, toUInt16(least(30, {days:UInt16}))) AS ends";

/** Rows of a destination's log that a newer one of the same id overtakes, and that are kept longer than that one. */
const OUTLIVING = `
  SELECT sent.code, sent.source, sent.uid, sent.seq, toInt8(sent.op) AS op_number, ${ENDS}
  FROM kept_sent_sets AS sent
  GLOBAL INNER JOIN (
    SELECT code, source, uid, max((seq, number)) AS newest, argMax(ends, (seq, number, ends)) AS newest_ends
    FROM (
      SELECT code, source, uid, sent.seq AS seq, toInt8(sent.op) AS number, ${ENDS}
      FROM kept_sent_sets AS sent WHERE destination = {destination:String})
    GROUP BY code, source, uid HAVING max(ends) > newest_ends
  ) AS last ON last.code = sent.code AND last.source = sent.source AND last.uid = sent.uid
  WHERE sent.destination = {destination:String} AND ends > last.newest_ends
    AND (sent.seq, op_number) < last.newest`;

/**
 * Lets go of what the log of what destinations were told would say again once the newer word is gone: an add is kept
 * as long as the observation behind it, the removal that came after it for thirty days. For the job that lets go of
 * what is past the retention; it is to run more often than a removal is kept.
 *
 * @returns how many rows, over all destinations.
 * @throws ClickHouseError
 */
export async function forgetOvertaken(clickhouse: ClickHouse, retentionDays: number): Promise<number> {
  const destinations = await clickhouse.query<{ destination: string }>(
    'SELECT DISTINCT toString(destination) AS destination FROM sent_sets ORDER BY destination',
  );
  let forgotten = 0;
  for (const { destination } of destinations) {
    const params = { destination, days: retentionDays };
    const [found] = await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM (${OUTLIVING})`, params);
    if (Number(found!.n) === 0) continue;
    forgotten += Number(found!.n);
    await clickhouse.onEachHost((host) =>
      host
        .command(
          `DELETE FROM {table:Identifier}
         WHERE destination = {destination:String}
           AND (code, source, uid, seq, toInt8(op)) IN (SELECT code, source, uid, seq, op_number FROM (${OUTLIVING}))`,
          { ...params, table: storedTable('sent_sets', host.cluster) },
        )
        .then(() => {}),
    );
  }
  return forgotten;
}
