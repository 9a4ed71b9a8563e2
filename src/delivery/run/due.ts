import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Destination } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import { type Breaker, readBreakers } from './breaker.ts';
import { OPEN } from './chunks.ts';
import { cronLook } from './cron-look.ts';
import type { Order } from './deliver.ts';
import { isWithdrawing, type LastRun, lastRuns } from './runs.ts';

/** What changes without a build (a match, an expiry, a member to be told again) is told after so long. */
const QUIET_MS = 3_600_000;

/** A destination that something is to be done for. */
export interface Due {
  readonly destination: Destination;
  readonly order: Order;
}

/**
 * Which destinations are due: by their cron expression, because a segment was built or somebody withdrew since they
 * were told last, or because a run is not finished and the time of its next try has come. Of those that are switched
 * off only what they were told is taken back to its end.
 *
 * @param now milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function dueDestinations(
  clickhouse: ClickHouse,
  registry: Registry,
  now: number,
): Promise<Due[]> {
  const all = registry.list('destination');
  if (all.length === 0) return [];
  const [last, breakers, tries, changed] = await Promise.all([
    lastRuns(clickhouse),
    readBreakers(clickhouse),
    nextTries(clickhouse),
    changes(clickhouse),
  ]);
  return all.flatMap((destination): Due[] => {
    const { id, active } = destination;
    const [own, breaker] = [last.get(id), breakers.get(id)];
    if (!active && !isWithdrawing(own)) return [];
    if (isHeld(destination, breaker, now)) return [];
    const order = orderOf(destination, own);
    if (active && mayBePlanned(order, own) && isDueByItself(registry, destination, own, changed, now))
      return [{ destination, order }];
    const next = tries.get(id);
    // Without an open chunk there is the run's end to be written.
    const isNow = next === undefined || next <= now || isMended(destination, breaker);
    return (own?.unfinished ?? 0) > 0 && isNow ? [{ destination, order: { do: 'resume' } }] : [];
  });
}

/**
 * What a destination is to be told next: everything where what it was told before counts for nothing, or part of that
 * was lost before it could be sent.
 */
export function orderOf(
  destination: Destination,
  last: LastRun | undefined,
): Order & { readonly do: 'plan' } {
  const { mode, schedule } = destination;
  if (isResyncDue(destination, last)) return { do: 'plan', cause: 'resync', mode: 'full' };
  return { do: 'plan', cause: typeof schedule === 'object' ? 'cron' : 'change', mode };
}

const isResyncDue = ({ resyncAt }: Destination, last: LastRun | undefined): boolean =>
  Math.max(resyncAt === undefined ? 0 : Date.parse(resyncAt), last?.lapsed ?? 0) > (last?.fullPlanned ?? 0);

/** A full run goes alone; see `deliver`. */
const mayBePlanned = ({ mode }: Order & { readonly do: 'plan' }, last: LastRun | undefined): boolean =>
  last === undefined || (mode === 'full' ? last.unfinished === 0 : last.unfinishedFull === 0);

const isMended = ({ version }: Destination, breaker: Breaker | undefined): boolean =>
  breaker !== undefined && breaker.failures > 0 && breaker.version !== version;

const isHeld = (destination: Destination, breaker: Breaker | undefined, now: number): boolean =>
  breaker !== undefined && breaker.next > now && !isMended(destination, breaker);

/** When things changed of which a destination must hear. */
interface Changes {
  /** By segment, when it was last built; milliseconds since 1970. */
  readonly builds: ReadonlyMap<string, number>;
  /** When somebody was erased or opted out last. */
  readonly withdrawn: number;
}

function isDueByItself(
  registry: Registry,
  destination: Destination,
  last: LastRun | undefined,
  { builds, withdrawn }: Changes,
  now: number,
): boolean {
  const { schedule } = destination;
  if (schedule === 'manual') return false;
  if (typeof schedule === 'object')
    return hasFired(schedule.cron, last?.planned ?? Date.parse(destination.updatedAt), now);
  if (last === undefined || now - last.planned > QUIET_MS || withdrawn > last.planned) return true;
  if (isResyncDue(destination, last)) return true;
  if (Date.parse(destination.updatedAt) > last.planned) return true;
  const segments = destination.segments === 'all' ? registry.list('segment') : destination.segments;
  return segments.some(({ id }) => (builds.get(id) ?? 0) > last.planned);
}

/** Of the looks at what is due, each of which goes on from the one before. */
const hasFired = cronLook();

async function changes(clickhouse: ClickHouse): Promise<Changes> {
  const [built, [withdrawals]] = await Promise.all([
    clickhouse.query<{ segment: string; time: string }>(
      `SELECT segment, toUnixTimestamp64Milli(max(builds.time)) AS time FROM builds
       WHERE state = 'built' GROUP BY segment`,
    ),
    clickhouse.query<{ time: string }>(
      'SELECT toUnixTimestamp64Milli(max(erasures.stored)) AS time FROM erasures',
    ),
  ]);
  return {
    builds: new Map(built.map(({ segment, time }) => [segment, Number(time)])),
    withdrawn: Number(withdrawals?.time ?? 0),
  };
}

/** By destination, when its earliest open chunk is to be tried. */
async function nextTries(clickhouse: ClickHouse): Promise<Map<string, number>> {
  const rows = await clickhouse.query<{ destination: string; earliest: string }>(
    `SELECT destination, min(next) AS earliest FROM (
       SELECT destination, argMax(delivery_chunks.state, delivery_chunks.step) AS state,
              toUnixTimestamp64Milli(argMax(delivery_chunks.next, delivery_chunks.step)) AS next
       FROM delivery_chunks
       WHERE (destination, run) IN (
         SELECT destination, run FROM delivery_runs GROUP BY destination, run
         HAVING argMax(delivery_runs.state, delivery_runs.step) != 'done')
       GROUP BY destination, run, chunk)
     WHERE state IN {open:Array(String)} GROUP BY destination`,
    { open: OPEN },
  );
  return new Map(rows.map(({ destination, earliest }) => [destination, Number(earliest)]));
}
