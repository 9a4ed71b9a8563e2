import type { ClickHouse } from '../../clickhouse/client.ts';
import { TOLD } from './told.ts';

/**
 * How many ids a destination has in a segment of ours, as far as it was told and did not let go of them: an id in two
 * segments counts twice.
 *
 * @throws ClickHouseError
 */
export async function countHeld(clickhouse: ClickHouse, destination: string): Promise<number> {
  const [row] = await clickhouse.query<{ held: string }>(
    `SELECT count() AS held FROM (${TOLD}) WHERE was != 'remove'`,
    { destination },
  );
  return Number(row?.held ?? 0);
}
