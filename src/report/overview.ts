import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/** What a first look asks for. */
export interface Overview {
  /** ISO 8601. */
  readonly asOf: string;
  /** Distinct hits, oldest minute first, the last sixty minutes; a minute without hits is there with 0. */
  readonly hitsByMinute: readonly { readonly minute: string; readonly hits: number }[];
  readonly hits: number;
  readonly visitors: number;
  /** Over the whole retention. */
  readonly refusals: readonly { readonly room: string; readonly reason: string; readonly n: number }[];
  readonly sites: readonly { readonly site: string; readonly hits: number; readonly visitors: number }[];
}

const MINUTES = 60;

/** Reads the live numbers; a repeated hit counts once. */
export async function overview(clickhouse: ClickHouse): Promise<Overview> {
  const [now, minutes, sites, totals, refusals] = await Promise.all([
    clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now"),
    clickhouse.query<{ minute: string; hits: string }>(
      `SELECT toStartOfMinute(time) AS minute, uniqExact(hit) AS hits FROM kept_hits
       WHERE time >= toStartOfMinute(now64(3)) - INTERVAL ${MINUTES - 1} MINUTE
       GROUP BY minute ORDER BY minute
       WITH FILL FROM toStartOfMinute(now('UTC')) - INTERVAL ${MINUTES - 1} MINUTE TO toStartOfMinute(now('UTC')) + INTERVAL 1 MINUTE STEP INTERVAL 1 MINUTE`,
    ),
    clickhouse.query<{ site: string; hits: string; visitors: string }>(
      'SELECT site, uniqExact(hit) AS hits, uniqExact(visitor) AS visitors FROM kept_hits GROUP BY site ORDER BY hits DESC LIMIT 100',
    ),
    clickhouse.query<{ hits: string; visitors: string }>(
      'SELECT uniqExact(hit) AS hits, uniqExact(visitor) AS visitors FROM kept_hits',
    ),
    clickhouse.query<{ room: string; reason: string; n: string }>(
      "SELECT room, reason, sum(kept_tallies.n) AS n FROM kept_tallies WHERE reason NOT IN ('stored', 'matched', 'deleted') GROUP BY room, reason ORDER BY n DESC LIMIT 200",
    ),
  ]);
  return {
    asOf: iso(now[0]!.now),
    hitsByMinute: minutes.map((row) => ({ minute: iso(row.minute), hits: Number(row.hits) })),
    hits: Number(totals[0]?.hits ?? 0),
    visitors: Number(totals[0]?.visitors ?? 0),
    refusals: refusals.map((row) => ({ room: row.room, reason: row.reason, n: Number(row.n) })),
    sites: sites.map((row) => ({ site: row.site, hits: Number(row.hits), visitors: Number(row.visitors) })),
  };
}
