import type { ClickHouse } from '../../clickhouse/client.ts';

/** @returns the segments of which the log of a name knows anything. @throws ClickHouseError */
export async function loggedSegments(clickhouse: ClickHouse, name: string): Promise<string[]> {
  const rows = await clickhouse.query<{ segment: string }>(
    `SELECT DISTINCT toString(kept_exports.segment) AS segment FROM kept_exports
     WHERE source = {name:String} ORDER BY segment`,
    { name },
  );
  return rows.map(({ segment }) => segment);
}
