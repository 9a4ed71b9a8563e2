import type { ClickHouse } from '../../clickhouse/client.ts';

/**
 * What a destination may have been told of by its logs, also under ids that it is not told under any more.
 *
 * @returns of each of its logs, by the source's id, the segments of which the log knows anything.
 * @throws ClickHouseError
 */
export async function loggedSegments(
  clickhouse: ClickHouse,
  destination: string,
): Promise<Map<string, string[]>> {
  const prefix = `${destination}/`;
  const rows = await clickhouse.query<{ name: string; segments: string[] }>(
    `SELECT toString(kept_exports.source) AS name,
            arraySort(groupUniqArray(toString(kept_exports.segment))) AS segments
     FROM kept_exports WHERE startsWith(source, {prefix:String}) GROUP BY name ORDER BY name`,
    { prefix },
  );
  return new Map(rows.map(({ name, segments }) => [name.slice(prefix.length), segments]));
}
