import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import type { DeliveryReason } from '../delivery/destination.ts';
import { isDown, readBreakers } from '../delivery/run/breaker.ts';
import { cronLook } from '../delivery/run/cron-look.ts';
import { isWithdrawing, type LastRun, lastRuns } from '../delivery/run/runs.ts';
import type { Destination } from '../registry/kinds.ts';
import type { MetricName } from './metric-list.ts';
import { metricText } from './metrics.ts';

/**
 * How a destination stands:
 * - `off`: it is not active, and what it was told is not being taken back.
 * - `down`: it takes nothing now.
 * - `stuck`: something has not been taken for longer than a day.
 * - `failing`: its last run by the schedule broke off with an error of ours, or what was sent last is refused for good.
 * - `late`: it should have been looked after by now.
 * - `waiting`: something is to be sent, or sent again.
 * - `resting`: the same, and it has asked for patience until then.
 * - `new`: nothing was ever planned for it.
 * - `fine`: it has what it is to have.
 */
export const DELIVERY_STATES = [
  'off',
  'down',
  'stuck',
  'failing',
  'late',
  'waiting',
  'resting',
  'new',
  'fine',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Those that somebody should look after. */
export const TROUBLES: ReadonlySet<DeliveryState> = new Set<DeliveryState>([
  'down',
  'stuck',
  'failing',
  'late',
]);

/** A destination, as an operator asks how it is. Times are ISO 8601. */
export interface DeliveryHealth {
  readonly destination: string;
  readonly name: string;
  readonly type: string;
  readonly state: DeliveryState;
  /** Why it takes nothing, in the words of the closed list, or `run_failed`; empty where it does. */
  readonly reason: DeliveryReason | 'run_failed' | '';
  readonly detail: string;
  /** When it is tried again; null = nothing keeps it from being. */
  readonly until: string | null;
  /** When it was last looked for something to tell; null = never. */
  readonly planned: string | null;
  /** When it last took something; null = never within the retention. */
  readonly acknowledged: string | null;
  /** Lines that are to be sent still. */
  readonly waiting: number;
  /** Lines that it did not take, and that are not sent again by themselves. */
  readonly dead: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What is delivered on change is looked at each hour; three that did not come are no chance. */
const LATE_MS = 3 * HOUR_MS;
const hasFired = cronLook();

/**
 * @param now milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function deliveryHealth(
  clickhouse: ClickHouse,
  destinations: readonly Destination[],
  now = Date.now(),
): Promise<DeliveryHealth[]> {
  if (destinations.length === 0) return [];
  const [last, breakers, lines, failures] = await Promise.all([
    lastRuns(clickhouse),
    readBreakers(clickhouse),
    linesOf(clickhouse),
    failedRuns(clickhouse),
  ]);
  return destinations.map((destination) => {
    const { id, name, type, active, version } = destination;
    const breaker = breakers.get(id);
    const isInForce = breaker !== undefined && breaker.failures > 0 && breaker.version === version;
    const own = lines.get(id);
    const run = last.get(id);
    const failure = failures.get(id);
    const isBrokenOff = failure !== undefined && failure.ended > (run?.planned ?? 0);
    const until = isInForce && breaker.next > now ? new Date(breaker.next).toISOString() : null;
    const state = ((): DeliveryState => {
      if (!active && !isWithdrawing(run)) return 'off';
      if (isInForce && isDown(breaker)) return 'down';
      if (own !== undefined && own.waiting > 0 && now - own.since > DAY_MS) return 'stuck';
      if (isBrokenOff) return 'failing';
      if (active && isLate(destination, run, now)) return 'late';
      if (own !== undefined && own.waiting > 0) return until === null ? 'waiting' : 'resting';
      if (isInForce) return 'failing';
      return run === undefined ? 'new' : 'fine';
    })();
    const isOurs = state === 'failing' && isBrokenOff;
    return {
      destination: id,
      name,
      type,
      state,
      reason: isOurs ? 'run_failed' : isInForce ? breaker.reason : '',
      detail: isOurs ? failure.error : isInForce ? breaker.detail : '',
      until,
      planned: run === undefined ? null : new Date(run.planned).toISOString(),
      acknowledged: own?.acknowledged ?? null,
      waiting: own?.waiting ?? 0,
      dead: own?.dead ?? 0,
    };
  });
}

/** Runs by the schedule are looked at so far back; a destination with an error is due again each minute. */
const FAILURES_DAYS = 3;

interface Failure {
  /** Milliseconds since 1970. */
  readonly ended: number;
  readonly error: string;
}

/** By destination its last run by the schedule, where that failed. */
async function failedRuns(clickhouse: ClickHouse): Promise<Map<string, Failure>> {
  const rows = await clickhouse.query<{ destination: string; ended: string; error: string }>(
    `SELECT extract(job_runs.run, '^deliver/([^@]+)@') AS destination,
            argMax(job_runs.state, job_runs.ended) AS last, argMax(job_runs.error, job_runs.ended) AS error,
            toUnixTimestamp64Milli(max(assumeNotNull(job_runs.ended))) AS ended
     FROM job_runs
     WHERE job_runs.job = 'deliver' AND job_runs.part AND job_runs.state != 'running'
       AND job_runs.started > now64(3) - toIntervalDay({days:UInt8})
     GROUP BY destination HAVING last = 'failed'`,
    { days: FAILURES_DAYS },
  );
  return new Map(rows.map(({ destination, ended, error }) => [destination, { ended: Number(ended), error }]));
}

function isLate(destination: Destination, last: LastRun | undefined, now: number): boolean {
  const { schedule } = destination;
  if (schedule === 'manual') return false;
  const since = Math.max(last?.planned ?? 0, Date.parse(destination.updatedAt));
  return typeof schedule === 'object' ? hasFired(schedule.cron, since, now - HOUR_MS) : now - since > LATE_MS;
}

interface Lines {
  readonly waiting: number;
  /** Since when the oldest of these waits; milliseconds since 1970. */
  readonly since: number;
  readonly dead: number;
  readonly acknowledged: string | null;
}

async function linesOf(clickhouse: ClickHouse): Promise<Map<string, Lines>> {
  const rows = await clickhouse.query<
    Record<'destination' | 'waiting' | 'since' | 'dead' | 'acknowledged', string>
  >(
    `SELECT destination, sum(waiting) AS waiting, minIf(since, since > 0) AS since, sum(dead) AS dead,
            max(acknowledged) AS acknowledged
     FROM (
       SELECT destination, sumIf(lines, state IN ('planned', 'sending', 'waiting')) AS waiting,
              minIf(first, state IN ('planned', 'sending', 'waiting')) AS since, sumIf(lines, state = 'dead') AS dead,
              maxIf(newest, state = 'acknowledged') AS acknowledged
       FROM (
         SELECT destination, run, chunk, argMax(delivery_chunks.state, delivery_chunks.step) AS state,
                argMax(delivery_chunks.count, delivery_chunks.step) AS lines,
                toUnixTimestamp64Milli(min(delivery_chunks.time)) AS first, max(delivery_chunks.time) AS newest
         FROM delivery_chunks WHERE (destination, run) IN (SELECT destination, run FROM delivery_runs)
         GROUP BY destination, run, chunk)
       GROUP BY destination
       UNION ALL
       SELECT destination, toUInt64(0) AS waiting, toInt64(0) AS since, count() AS dead,
              fromUnixTimestamp64Milli(toInt64(0), 'UTC') AS acknowledged
       FROM (
         SELECT destination, argMax(delivery_failures.retry, delivery_failures.attempt) AS again,
                max(delivery_failures.chunk_to) AS elsewhere, max(delivery_failures.run_to) AS replayed
         FROM delivery_failures GROUP BY destination, run, chunk, number)
       WHERE NOT again AND elsewhere = 0 AND replayed = 0 GROUP BY destination)
     GROUP BY destination`,
  );
  return new Map(
    rows.map(({ destination, waiting, since, dead, acknowledged }) => [
      destination,
      {
        waiting: Number(waiting),
        since: Number(since),
        dead: Number(dead),
        acknowledged: acknowledged.startsWith('1970') ? null : iso(acknowledged),
      },
    ]),
  );
}

/** The same as Prometheus text. @throws ClickHouseError */
export async function deliveriesText(
  clickhouse: ClickHouse,
  destinations: readonly Destination[],
): Promise<string> {
  const all = await deliveryHealth(clickhouse, destinations);
  const gauge = (name: MetricName, value: (health: DeliveryHealth) => number) =>
    metricText(
      name,
      all.map((health) => [[health.destination], value(health)]),
    );
  return [
    gauge('ninety_destination_troubled', ({ state }) => (TROUBLES.has(state) ? 1 : 0)),
    gauge('ninety_delivery_waiting_lines', ({ waiting }) => waiting),
    gauge('ninety_delivery_dead_lines', ({ dead }) => dead),
  ].join('');
}
