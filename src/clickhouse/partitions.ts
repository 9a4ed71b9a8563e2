import type { ClickHouse } from './client.ts';
import { storedTable } from './schema.ts';

/** A reader that looked up a build this long ago may still be reading it: longer than the longest query. */
export const SPARED_S = 900;

/**
 * Drops partitions of a table on one host; each is named by the number of the build that made it, and where it is of
 * a step by that too.
 *
 * @param which tells by build and step what is to go.
 * @param olderThanS seconds since anything in the partition changed.
 * @throws ClickHouseError
 */
export async function dropPartitions(
  host: ClickHouse,
  name: string,
  which: (build: number, step: number | undefined) => boolean,
  olderThanS: number,
): Promise<void> {
  const table = storedTable(name, host.cluster);
  const partitions = await host.query<{ id: string }>(
    `SELECT partition_id AS id FROM system.parts
     WHERE database = currentDatabase() AND table = {table:String} AND active
     GROUP BY id HAVING max(modification_time) <= now() - {older:UInt32}`,
    { table, older: olderThanS },
  );
  for (const { id } of partitions) {
    const [build, step] = id.split('-').map(Number);
    if (build !== undefined && which(build, step))
      await host.command(`ALTER TABLE {table:Identifier} DROP PARTITION ID '${id}'`, { table });
  }
}
