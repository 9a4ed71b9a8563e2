import { isHeld, type Lease } from '../../jobs/lease.ts';
import type { Destination } from '../../registry/kinds.ts';
import type { Courier } from './courier.ts';
import type { DeliveryEnd } from './ends.ts';
import { countDeadLetters } from './failures.ts';
import { firstStep } from './moment.ts';
import { finishReplay, planReplay, type ReplayOf } from './replay.ts';
import { type Cause, type RunRow, runOutcomes, unfinishedRuns, writeRun } from './runs.ts';
import { makeSender, restOf, type Sender, type Sent, sendRun } from './send-run.ts';
import { targetOf } from './target.ts';
import { leaseEndpoints, underLeases } from './under-leases.ts';

/** What a delivery is to do beside going on with what is unfinished. */
export type Order =
  /** Nothing. */
  | { readonly do: 'resume' }
  /** To tell what has changed, or everything. */
  | { readonly do: 'plan'; readonly cause: Cause; readonly mode: 'full' | 'delta' | 'withdraw' }
  /** To tell again what was not taken. */
  | { readonly do: 'replay'; readonly of: ReplayOf };

/** How a delivery ended. */
export interface Delivered {
  readonly destination: string;
  readonly state: DeliveryEnd;
  /** ISO 8601: when it is tried next. */
  readonly until?: string;
  /** The run that was planned; null = none. */
  readonly run: number | null;
  /** Lines planned, of that run. */
  readonly lines: number;
  /** Lines that the destination took, over all runs that were gone on with. */
  readonly accepted: number;
  /** Lines of these runs that it did not take, and that are not sent again by themselves. */
  readonly dead: number;
}

/** So long at least another destination at the same endpoint is waited for; then the next look at what is due goes on. */
const ENDPOINT_WAIT_MS = 20_000;
const ENDPOINT_AGAIN_MS = 60_000;

/** What is asked for once more by itself, as long as nobody was told. */
const COMES_AGAIN: ReadonlySet<Cause> = new Set<Cause>(['cron', 'change']);

export const deliverLease = (destination: string) => `deliver/${destination}`;

/**
 * Brings a destination up to date: goes on with runs that are not finished, oldest first, then plans a new one where
 * that is the order, and sends it. One at a time for a destination, over all processes. It can be killed at any moment:
 * what was acknowledged stays so, what was under way is sent again under the same key, and a plan that was not written
 * down to its end is made anew.
 *
 * @param waitMs for how long another delivery to the same destination is waited for, and one at the same endpoint.
 * @throws ClickHouseError, TargetError, SecretUnreadableError, and what the plan throws.
 */
export async function deliver(
  courier: Courier,
  destination: Destination,
  order: Order,
  { waitMs = 0, signal }: { readonly waitMs?: number; readonly signal?: AbortSignal } = {},
): Promise<Delivered> {
  const target = targetOf(destination, courier.types, courier.vault);
  const lease = await leaseOf(courier, destination.id, waitMs);
  if (lease === undefined)
    return { destination: destination.id, state: 'busy', run: null, lines: 0, accepted: 0, dead: 0 };
  return underLeases([lease], signal, async (abort) => {
    const sender = await makeSender(courier, target, lease, abort);
    return withLease(sender, order, Math.max(ENDPOINT_WAIT_MS, waitMs));
  });
}

async function leaseOf({ leases }: Courier, id: string, waitMs: number): Promise<Lease | undefined> {
  return waitMs === 0 ? leases.acquire(deliverLease(id)) : leases.wait(deliverLease(id), waitMs);
}

async function withLease(sender: Sender, order: Order, endpointMs: number): Promise<Delivered> {
  const { courier, target, lease } = sender;
  const { clickhouse } = courier;
  const { id } = target.destination;
  const unfinished = await unfinishedRuns(clickhouse, id);
  const runs = unfinished.map(({ run }) => run);
  const ends: Sent[] = [];
  const open: RunRow[] = [];
  for (const run of unfinished) {
    const sent = await goOn(sender, run, endpointMs);
    ends.push(sent);
    if (sent.state !== 'done') open.push(run);
    if (sent.state === 'down' || sent.state === 'broken_off') break;
  }
  const isHeld = ends.some(({ state }) => state === 'down' || state === 'broken_off');
  // Each would come after a rest of its own, and what comes again by itself would stand in a growing queue.
  const rest =
    order.do === 'plan' && COMES_AGAIN.has(order.cause) ? await restOf(sender, lease.slot) : undefined;
  if (rest !== undefined) ends.push(rest);
  const run = isHeld || rest !== undefined ? undefined : await planned(sender, order, open);
  if (run !== undefined) {
    runs.push(run.run);
    ends.push(run.state === 'done' ? { state: 'done' } : await goOn(sender, run, endpointMs));
  }
  const outcomes = runs.length === 0 ? [] : [...(await runOutcomes(clickhouse, id, runs)).values()];
  const dead = runs.length === 0 ? new Map() : await countDeadLetters(clickhouse, id);
  return {
    destination: id,
    ...endOf(ends),
    run: run?.run ?? null,
    lines: run?.lines ?? 0,
    accepted: outcomes.reduce((sum, { accepted }) => sum + accepted, 0),
    dead: runs
      .flatMap((each) => Object.values<number>(dead.get(each) ?? {}))
      .reduce((sum, lines) => sum + lines, 0),
  };
}

async function goOn(sender: Sender, run: RunRow, endpointMs: number): Promise<Sent> {
  if (run.cause === 'replay')
    await finishReplay(sender.courier.clickhouse, run, firstStep(sender.lease.slot));
  return (await restOf(sender, run.run)) ?? sendAlone(sender, run, endpointMs);
}

/**
 * Sends a run while no other destination is sent to at the endpoints of this one, in whichever process.
 *
 * @param endpointMs for how long each endpoint is waited for.
 */
async function sendAlone(sender: Sender, run: RunRow, endpointMs: number): Promise<Sent> {
  const { courier, target, abort } = sender;
  const { endpoints = [] } = target.type.limits(target.settings);
  if (endpoints.length === 0) return sendRun(sender, run);
  const leases = await leaseEndpoints(courier.leases, endpoints, endpointMs);
  if (leases === undefined) return { state: 'waiting', until: Date.now() + ENDPOINT_AGAIN_MS };
  return underLeases(leases, abort, async (both) => {
    sender.abort = both;
    try {
      return await sendRun(sender, run);
    } finally {
      sender.abort = abort;
    }
  });
}

/**
 * A run of what changed may be planned beside an older one of which something waits for its next try, because a chunk
 * that fails must not keep back the removals of a day; of the older what is news no more is left out. A full one goes
 * alone: nobody could say which of two is the whole.
 */
async function planned(sender: Sender, order: Order, open: readonly RunRow[]): Promise<RunRow | undefined> {
  const { courier, target, lease, abort } = sender;
  if (order.do === 'resume') return undefined;
  const wantsFull = order.do === 'plan' && order.mode === 'full';
  if (open.length > 0 && (wantsFull || open.some(({ mode }) => mode === 'full'))) return undefined;
  const { destination, type, settings } = target;
  const at = Date.now();
  const made =
    order.do === 'replay'
      ? await planReplay(sender, order.of, at)
      : await courier.plans.plan({
          destination,
          type,
          lines: type.limits(settings).lines,
          run: lease.slot,
          mode: order.mode,
        });
  // A plan may take minutes, and where another machine's clock runs ahead the lease ends there sooner.
  if (abort.aborted || !(await isHeld(lease))) return undefined;
  const run: RunRow = {
    destination: destination.id,
    run: lease.slot,
    state: made.chunks === 0 ? 'done' : 'planned',
    cause: order.do === 'replay' ? 'replay' : order.cause,
    mode: wantsFull ? 'full' : 'delta',
    planned: at,
    segments: made.segments,
    chunks: made.chunks,
    lines: made.lines,
    adds: made.adds,
    removes: made.removes,
    refreshes: made.refreshes,
    detail: order.do === 'replay' ? JSON.stringify(order.of) : '',
  };
  await writeRun(courier.clickhouse, run, firstStep(lease.slot));
  // Nothing to tell, and what there was is told by now: its dead letters are none any more.
  if (order.do === 'replay' && made.chunks === 0)
    await finishReplay(courier.clickhouse, run, firstStep(lease.slot));
  return run;
}

/** The worst of the ends, and the earliest moment at which it goes on. */
function endOf(ends: readonly Sent[]): Pick<Delivered, 'state' | 'until'> {
  const order: readonly Sent['state'][] = ['broken_off', 'down', 'waiting', 'resting', 'done'];
  const state = order.find((each) => ends.some((end) => end.state === each)) ?? 'done';
  const untils = ends.flatMap((end) => ('until' in end ? [end.until] : []));
  return untils.length === 0 ? { state } : { state, until: new Date(Math.min(...untils)).toISOString() };
}
