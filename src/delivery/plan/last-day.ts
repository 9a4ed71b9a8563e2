import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';

/**
 * Before the last row goes by which it is known that a destination has an id, the id becomes `unsure`: its next run
 * takes it back, or tells it again where it was seen since. For the job that lets go of what is past the retention.
 *
 * @returns how many, over all destinations.
 * @throws ClickHouseError
 */
export async function keepLastDay(clickhouse: ClickHouse, retentionDays: number): Promise<number> {
  const { rowsWritten } = await clickhouse.command(
    `INSERT INTO sent_sets (destination, code, source, uid, seq, op, said, told, observed)
     SELECT destination, code, source, uid, max(sent.seq), 'unsure', '', argMax(sent.told, (sent.seq, sent.op)), today()
     FROM kept_sent_sets AS sent GROUP BY destination, code, source, uid
     HAVING argMax(sent.op, (sent.seq, sent.op)) = 'add'
        AND argMax(sent.observed, (sent.seq, sent.op)) <= today() - {days:UInt16}`,
    { days: retentionDays - 1 },
    AS_A_WHOLE,
  );
  return rowsWritten;
}
