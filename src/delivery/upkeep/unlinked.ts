import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';

/**
 * Keeps the ids of links that are about to be deleted, without whose they were: an id that is in the log of an
 * exported set, and in no link any more, would be found by a comparison of the whole alone.
 *
 * @param host on which the links are.
 * @param links the table that holds them there, and whose are deleted, by which of their columns.
 * @throws ClickHouseError; then nothing may be deleted.
 */
export async function rememberUnlinked(
  host: ClickHouse,
  links: { readonly stored: string; readonly id: 'visitor' | 'own'; readonly visitors: readonly bigint[] },
): Promise<void> {
  const { stored, id, visitors } = links;
  await host.command(
    `INSERT INTO {unlinked:Identifier} (source, uid)
     SELECT DISTINCT source, uid FROM {stored:Identifier}
     WHERE ${id} IN {visitors:Array(UInt64)} AND uid != '' AND source NOT IN ('household', 'first_party')`,
    { unlinked: storedTable('unlinked_uids', host.cluster), stored, visitors },
  );
}
