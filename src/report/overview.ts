import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { REFUSALS } from '../collect/refusal.ts';

/** How often something was refused, over the whole retention and lately. */
export interface RefusalCount {
  /** Where: `collect`, `sync` or `import`. */
  readonly room: string;
  readonly reason: string;
  /** What the reason means, for a person; empty for a reason that this version does not know. */
  readonly sentence: string;
  readonly n: number;
  /** Of these, in the minutes of {@link Overview.hitsByMinute}. */
  readonly lastHour: number;
}

/** What a first look asks for of the hits; distinct hits and visitors, within the retention. */
export interface Overview {
  /** ISO 8601. */
  readonly asOf: string;
  /** Oldest first, the last sixty minutes, the one that has just begun included; each there, also with 0. */
  readonly hitsByMinute: readonly { readonly minute: string; readonly hits: number }[];
  readonly hits: number;
  readonly visitors: number;
  /** Most frequent first. */
  readonly refusals: readonly RefusalCount[];
  /** By id of the site. */
  readonly sites: ReadonlyMap<string, { readonly hits: number; readonly visitors: number }>;
}

const MINUTES = 60;
const FIRST_MINUTE = `toStartOfMinute(now('UTC')) - INTERVAL ${MINUTES - 1} MINUTE`;

/** Reads the live numbers; a repeated hit counts once. */
export async function overview(clickhouse: ClickHouse): Promise<Overview> {
  const [now, minutes, counts, refusals] = await Promise.all([
    clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now"),
    clickhouse.query<{ minute: string; hits: string }>(
      `SELECT toStartOfMinute(time) AS minute, uniqExact(hit) AS hits FROM kept_hits
       WHERE time >= ${FIRST_MINUTE} AND time < ${FIRST_MINUTE} + INTERVAL ${MINUTES} MINUTE
       GROUP BY minute ORDER BY minute
       WITH FILL FROM ${FIRST_MINUTE} TO ${FIRST_MINUTE} + INTERVAL ${MINUTES} MINUTE STEP INTERVAL 1 MINUTE`,
    ),
    // One pass for both, because this reads every hit there is.
    clickhouse.query<{ site: string; together: number; hits: string; visitors: string }>(
      `SELECT site, toUInt8(grouping(site)) AS together, uniqExact(hit) AS hits, uniqExact(visitor) AS visitors
       FROM kept_hits GROUP BY GROUPING SETS ((site), ())`,
    ),
    clickhouse.query<{ room: string; reason: string; n: string; last_hour: string }>(
      `SELECT room, reason, sum(kept_tallies.n) AS n, sumIf(kept_tallies.n, time >= ${FIRST_MINUTE}) AS last_hour
       FROM kept_tallies WHERE reason NOT IN ('stored', 'matched', 'deleted')
       GROUP BY room, reason ORDER BY n DESC, room, reason LIMIT 200`,
    ),
  ]);
  const together = counts.find((row) => row.together === 1);
  return {
    asOf: iso(now[0]!.now),
    hitsByMinute: minutes.map((row) => ({ minute: iso(row.minute), hits: Number(row.hits) })),
    hits: Number(together?.hits ?? 0),
    visitors: Number(together?.visitors ?? 0),
    refusals: refusals.map((row) => ({
      room: row.room,
      reason: row.reason,
      sentence: sentenceOf(row.reason),
      n: Number(row.n),
      lastHour: Number(row.last_hour),
    })),
    sites: new Map(
      counts
        .filter((row) => row.together === 0)
        .map((row) => [row.site, { hits: Number(row.hits), visitors: Number(row.visitors) }]),
    ),
  };
}

const sentenceOf = (reason: string): string =>
  Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as keyof typeof REFUSALS] : '';
