import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/** Who asked to be forgotten, without whom. */
export interface Forgotten {
  /** Who opted out, remembered by keyed hashes for good. */
  readonly suppressed: number;
  /** Requests, newest first, at most {@link SHOWN}. */
  readonly erasures: readonly {
    /** Of the receipt. */
    readonly id: string;
    /** ISO 8601. */
    readonly time: string;
    readonly origin: 'api' | 'optout';
    readonly visitors: number;
  }[];
}

const SHOWN = 50;

/** @throws ClickHouseError */
export async function forgotten(clickhouse: ClickHouse, retentionDays: number): Promise<Forgotten> {
  const [[hashes], erasures] = await Promise.all([
    clickhouse.query<{ n: string }>('SELECT uniqExact(hash) AS n FROM suppressions'),
    clickhouse.query<{ erasure: string; asked: string; origin: 'api' | 'optout'; n: string }>(
      `SELECT erasure, toString(min(erasures.time)) AS asked, any(erasures.origin) AS origin, uniqExact(visitor) AS n
       FROM erasures WHERE toDate(erasures.time) > today() - {days:UInt16}
       GROUP BY erasure ORDER BY asked DESC, erasure LIMIT {limit:UInt16}`,
      { days: retentionDays, limit: SHOWN },
    ),
  ]);
  return {
    suppressed: Number(hashes?.n ?? 0),
    erasures: erasures.map(({ erasure, asked, origin, n }) => ({
      id: erasure,
      time: iso(asked),
      origin,
      visitors: Number(n),
    })),
  };
}
