import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/**
 * When each key was last used, by any process: ISO 8601, to the minute, by the key's id. One that is not there was not
 * used within the retention.
 *
 * @throws ClickHouseError
 */
export async function keyUses(clickhouse: ClickHouse): Promise<ReadonlyMap<string, string>> {
  const rows = await clickhouse.query<{ key: string; last: string }>(
    `SELECT toString(kept_tallies.site) AS key, max(kept_tallies.time) AS last FROM kept_tallies
     WHERE room = 'keys' GROUP BY key`,
  );
  return new Map(rows.map(({ key, last }) => [key, iso(last)]));
}
