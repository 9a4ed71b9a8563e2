import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { LoggedSet } from './logged-set.ts';

/** So many days before its row is gone an id leaves: the job that sees to it may fail once. */
const LAST_DAYS = 2;

/** @returns days after its newest observation from which on an id is in no exported set any more. */
export const leavesAfterDays = (retentionDays: number): number =>
  // Of a retention of a few days something must be left.
  retentionDays - Math.min(LAST_DAYS, retentionDays - 1);

const ENDING = `
  SELECT segment, source, uid, argMax(kept_exports.observed, kept_exports.seq) AS day FROM kept_exports
  GROUP BY segment, source, uid
  HAVING argMax(kept_exports.op, kept_exports.seq) = 'add' AND day <= today() - {leaves:UInt16}`;

/** @returns the logs with an id whose row has its last days. @throws ClickHouseError */
export const endingLogs = (
  clickhouse: ClickHouse,
  retentionDays: number,
): Promise<Pick<LoggedSet, 'segment' | 'name'>[]> =>
  clickhouse.query(
    `SELECT DISTINCT toString(segment) AS segment, toString(source) AS name FROM (${ENDING}) ORDER BY segment, name`,
    { leaves: leavesAfterDays(retentionDays) },
  );

/**
 * Turns the last days of an id into its removal, before its row is gone: of logs that nobody has brought up to date
 * since. Who was seen since comes in again with the next upkeep, which looks at every row that it has not written
 * itself.
 *
 * @param seq greater than that of every upkeep of this set before; the caller holds its lease.
 * @returns how many.
 * @throws ClickHouseError
 */
export async function removeLastDay(
  clickhouse: ClickHouse,
  { segment, name }: Pick<LoggedSet, 'segment' | 'name'>,
  seq: number,
  retentionDays: number,
): Promise<number> {
  const { rowsWritten } = await clickhouse.command(
    `INSERT INTO exports (segment, source, uid, seq, op, observed, was, overtakes)
     SELECT segment, source, uid, {seq:UInt64}, 'remove', today(), 'in', day
     FROM (${ENDING}) WHERE segment = {segment:String} AND source = {name:String}`,
    { leaves: leavesAfterDays(retentionDays), segment, name, seq },
    AS_A_WHOLE,
  );
  return rowsWritten;
}
