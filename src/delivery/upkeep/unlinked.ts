import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';

/**
 * Keeps the ids of links that are about to be deleted, without whose they were: an id that is in the log of an
 * exported set, and in no link any more, would be found by a comparison of the whole alone. With each whether its person
 * had opted out, or was erased alone: both, where both were asked for.
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
    `INSERT INTO {unlinked:Identifier} (source, uid, opted_out)
     SELECT DISTINCT link.source, link.uid, request.suppressed
     FROM (
       SELECT source, uid, ${id} AS person FROM {stored:Identifier}
       WHERE ${id} IN {visitors:Array(UInt64)} AND uid != '' AND source NOT IN ('household', 'first_party')) AS link
     GLOBAL LEFT JOIN (
       SELECT DISTINCT visitor, suppressed FROM erasures WHERE visitor IN {visitors:Array(UInt64)}
     ) AS request ON request.visitor = link.person`,
    { unlinked: storedTable('unlinked_uids', host.cluster), stored, visitors },
  );
}
