import type { ClickHouse } from '../../clickhouse/client.ts';
import type { DeliveryReason } from '../destination.ts';
import type { ChunkRow } from './chunks.ts';

/** Why a chunk is given up whose lines are gone. */
export const LAPSED = 'lapsed' satisfies DeliveryReason;

const DAY_MS = 86_400_000;

/**
 * Whether a chunk has waited for longer than its lines are kept, of which all are written at one moment. Without this
 * look it would be sent without a line, and be taken.
 *
 * @param planned of its run; milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function isLapsed(
  clickhouse: ClickHouse,
  { destination, run, chunk, count }: Pick<ChunkRow, 'destination' | 'run' | 'chunk' | 'count'>,
  planned: number,
  now = Date.now(),
): Promise<boolean> {
  // Lines are kept by days, and for one at the least.
  if (count === 0 || Math.floor(now / DAY_MS) <= Math.floor(planned / DAY_MS)) return false;
  const [row] = await clickhouse.query<{ kept: string }>(
    `SELECT count() AS kept FROM kept_delivery_lines
     WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk = {chunk:UInt32}`,
    { destination, run, chunk },
  );
  return row?.kept === '0';
}

/** When a chunk of each destination was last given up so; milliseconds since 1970. @throws ClickHouseError */
export async function readLapses(clickhouse: ClickHouse): Promise<ReadonlyMap<string, number>> {
  const rows = await clickhouse.query<{ destination: string; last: string }>(
    `SELECT destination, toUnixTimestamp64Milli(max(delivery_chunks.time)) AS last FROM delivery_chunks
     WHERE state = 'dead' AND reason = {lapsed:String} GROUP BY destination`,
    { lapsed: LAPSED },
  );
  return new Map(rows.map(({ destination, last }) => [destination, Number(last)]));
}
