import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { LoggedSet } from './logged-set.ts';

const ENDING = `
  SELECT segment, source, uid FROM kept_exports GROUP BY segment, source, uid
  HAVING argMax(kept_exports.op, kept_exports.seq) = 'add'
     AND argMax(kept_exports.observed, kept_exports.seq) <= today() - {days:UInt16}`;

/** @returns the logs with an id whose row has its last day. @throws ClickHouseError */
export const endingLogs = (
  clickhouse: ClickHouse,
  retentionDays: number,
): Promise<Pick<LoggedSet, 'segment' | 'name'>[]> =>
  clickhouse.query(
    `SELECT DISTINCT toString(segment) AS segment, toString(source) AS name FROM (${ENDING}) ORDER BY segment, name`,
    { days: retentionDays - 1 },
  );

/**
 * Turns the last day of an id into its removal, before its row is gone. Who was seen since comes in again with the
 * next upkeep, which looks at every row that it has not written itself.
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
    `INSERT INTO exports (segment, source, uid, seq, op, observed, was)
     SELECT segment, source, uid, {seq:UInt64}, 'remove', today(), 'in'
     FROM (${ENDING}) WHERE segment = {segment:String} AND source = {name:String}`,
    { days: retentionDays - 1, segment, name, seq },
    AS_A_WHOLE,
  );
  return rowsWritten;
}
