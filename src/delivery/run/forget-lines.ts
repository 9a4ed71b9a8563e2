import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import type { RunName } from './chunks.ts';
import { countDeadLetters } from './failures.ts';

/**
 * Drops the lines of a run of which all is told: they name people, and nobody needs them any more. Of a run with dead
 * letters they stay as long as those can be replayed.
 *
 * @throws ClickHouseError
 */
export async function forgetLines(clickhouse: ClickHouse, { destination, run }: RunName): Promise<void> {
  if ((await countDeadLetters(clickhouse, destination)).has(run)) return;
  const table = storedTable('delivery_lines', clickhouse.cluster);
  await clickhouse.onEachHost(async (host) => {
    const partitions = await host.query<{ id: string }>(
      `SELECT DISTINCT _partition_id AS id FROM {table:Identifier}
       WHERE destination = {destination:String} AND run = {run:UInt64}`,
      { table, destination, run },
    );
    for (const { id } of partitions)
      await host.command(`ALTER TABLE {table:Identifier} DROP PARTITION ID '${id}'`, { table });
  });
}
