import { currentBuilds } from '../audience/builds.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { OUTCOMES } from '../sync/outcome.ts';
import { inSlices } from './slices.ts';
import { STORED, USED } from './tally.ts';

/** How often something was refused, over the whole retention and lately. */
export interface RefusalCount {
  /** Where; see `Room`. */
  readonly room: string;
  readonly reason: string;
  /** What the reason means, for a person; empty for a reason that this version does not know. */
  readonly sentence: string;
  readonly n: number;
  /** Of these, in the minutes of {@link Recent.hitsByMinute}. */
  readonly lastHour: number;
}

/** What is refused for reasons that are not told one by one. */
export interface OtherRefusals {
  /** How many reasons. */
  readonly reasons: number;
  readonly n: number;
  readonly lastHour: number;
}

/** What happens now. */
export interface Recent {
  /** ISO 8601. */
  readonly asOf: string;
  /** Oldest first, the last sixty minutes, the one that has just begun included; each there, also with 0. */
  readonly hitsByMinute: readonly { readonly minute: string; readonly hits: number }[];
  /** Most frequent first, at most {@link REASONS}. */
  readonly refusals: readonly RefusalCount[];
  /** Of the reasons that are not among them. */
  readonly otherRefusals: OtherRefusals;
  readonly freshness: SegmentsFreshness;
}

/** How current the memberships are that readers see, over all segments. */
export interface SegmentsFreshness {
  /** Of those that are built, the moment that the oldest is of; null = none is. */
  readonly oldest: string | null;
  /** Segments of which the newest build failed. */
  readonly failing: number;
}

/** Distinct hits and visitors within the retention. */
export interface Kept {
  /** ISO 8601. */
  readonly countedAt: string;
  readonly hits: number;
  readonly visitors: number;
  /** By id of the site. */
  readonly sites: ReadonlyMap<string, { readonly hits: number; readonly visitors: number }>;
}

const MINUTES = 60;
/** Refusals told by their reasons: each is asked for every other second by each console that is open. */
const REASONS = 12;
/** Ends that are no refusals. */
export const FINE = [STORED, USED, ...Object.keys(OUTCOMES)];
const FIRST_MINUTE = `toStartOfMinute(now('UTC')) - INTERVAL ${MINUTES - 1} MINUTE`;

/** Reads what the last hour brought and what was refused; cheap however much is kept. */
export async function recent(clickhouse: ClickHouse): Promise<Recent> {
  const [asOf, freshness, minutes, refusals] = await Promise.all([
    clock(clickhouse),
    segmentsFreshness(clickhouse),
    clickhouse.query<{ minute: string; hits: string }>(
      `SELECT toStartOfMinute(time) AS minute, uniqExact(hit) AS hits FROM kept_hits
       WHERE time >= ${FIRST_MINUTE} AND time < ${FIRST_MINUTE} + INTERVAL ${MINUTES} MINUTE
       GROUP BY minute ORDER BY minute
       WITH FILL FROM ${FIRST_MINUTE} TO ${FIRST_MINUTE} + INTERVAL ${MINUTES} MINUTE STEP INTERVAL 1 MINUTE`,
    ),
    clickhouse.query<{ room: string; reason: string; n: string; last_hour: string }>(
      `SELECT room, reason, sum(kept_tallies.n) AS n, sumIf(kept_tallies.n, time >= ${FIRST_MINUTE}) AS last_hour
       FROM kept_tallies WHERE reason NOT IN {fine:Array(String)}
       GROUP BY room, reason ORDER BY n DESC, room, reason`,
      { fine: FINE },
    ),
  ]);
  return {
    asOf,
    freshness,
    hitsByMinute: minutes.map((row) => ({ minute: iso(row.minute), hits: Number(row.hits) })),
    refusals: refusals.slice(0, REASONS).map((row) => ({
      room: row.room,
      reason: row.reason,
      sentence: sentenceOf(row.room, row.reason),
      n: Number(row.n),
      lastHour: Number(row.last_hour),
    })),
    otherRefusals: othersOf(refusals.slice(REASONS)),
  };
}

const othersOf = (rows: readonly { readonly n: string; readonly last_hour: string }[]): OtherRefusals => ({
  reasons: rows.length,
  n: rows.reduce((sum, { n }) => sum + Number(n), 0),
  lastHour: rows.reduce((sum, { last_hour }) => sum + Number(last_hour), 0),
});

/**
 * Counts everything there is, a repeated hit once: reads every hit, so not to be asked with every look.
 *
 * @param sliceHits hits whose ids are held at once; given by tests only.
 */
export async function kept(clickhouse: ClickHouse, sliceHits?: number): Promise<Kept> {
  const countedAt = await clock(clickhouse);
  const [all] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM kept_hits');
  const sites = new Map<string, { hits: number; visitors: number }>();
  const total = { hits: 0, visitors: 0 };
  for (const [id, what] of [
    ['hit', 'hits'],
    ['visitor', 'visitors'],
  ] as const) {
    const rows = await inSlices(
      id,
      Number(all!.n),
      (ofSlice, slice) =>
        clickhouse.query<{ whole: number; of: string; n: string }>(
          `SELECT part.1 AS whole, part.2 AS of, uniqExact(${id}) AS n
           FROM kept_hits ARRAY JOIN [(1, ''), (0, toString(site))] AS part
           WHERE ${ofSlice} GROUP BY whole, of`,
          slice,
        ),
      sliceHits,
    );
    for (const { whole, of, n } of rows) {
      const counts = whole === 1 ? total : (sites.get(of) ?? { hits: 0, visitors: 0 });
      if (whole === 0) sites.set(of, counts);
      counts[what] += Number(n);
    }
  }
  return { countedAt, ...total, sites };
}

/** Builds of a segment stay for a while after it is deleted, and are of nobody's concern then. */
async function segmentsFreshness(clickhouse: ClickHouse): Promise<SegmentsFreshness> {
  const [builds, live] = await Promise.all([
    currentBuilds(clickhouse),
    clickhouse.query<{ id: string }>(
      `SELECT id FROM objects WHERE kind = 'segment'
       GROUP BY id HAVING NOT argMax(objects.deleted, objects.version)`,
    ),
  ]);
  let oldest: string | null = null;
  let failing = 0;
  for (const { id } of live) {
    const { asOf = null, failure = null } = builds.get(id) ?? {};
    if (asOf !== null && (oldest === null || asOf < oldest)) oldest = asOf;
    if (failure !== null) failing += 1;
  }
  return { oldest, failing };
}

async function clock(clickhouse: ClickHouse): Promise<string> {
  const [row] = await clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
  return iso(row!.now);
}

/** The API's answers explain themselves to the caller, each in words of its own. */
const API_SENTENCE = 'A request to the management API; the answer told the caller what was wrong.';

const DELIVERY_SENTENCE =
  'A line that a destination did not take; ninety destinations dead-letters has more.';

function sentenceOf(room: string, reason: string): string {
  if (room === 'delivery') return DELIVERY_SENTENCE;
  if (room === 'api') return API_SENTENCE;
  return Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as keyof typeof REFUSALS] : '';
}
