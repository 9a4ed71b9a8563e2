import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from '../../jobs/lease.ts';
import { settle } from '../plan/settle.ts';
import { settleSubjectRequests } from '../plan/subject-requests.ts';
import { afterFailure, afterSuccess, type Breaker, isDown, readBreaker, writeBreaker } from './breaker.ts';
import { type ChunkRow, dueChunks, lastBegun, lastSentByOthers, nextTry, type RunName } from './chunks.ts';
import type { Courier, Target } from './courier.ts';
import { putBackTimes } from './failures.ts';
import { forgetLines } from './forget-lines.ts';
import { firstStep } from './moment.ts';
import { takeOutOvertaken } from './overtaken.ts';
import { Pace } from './pace.ts';
import { putBack } from './put-back.ts';
import { type RunRow, writeRun } from './runs.ts';
import { type Tried, tryChunk } from './try-chunk.ts';

/** Chunks looked at together: what of them may not leave any more is found by one statement. */
const PAGE = 200;
/** A look at who may be told of is good for so long. */
const RECHECK_MS = 60_000;
/** A wait up to this is waited for here; a longer one is the next run of the job's. */
const PATIENCE_MS = 20_000;

/** Where a run stands when the sender leaves it. Times are milliseconds since 1970. */
export type Sent =
  | { readonly state: 'done' }
  | { readonly state: 'waiting'; readonly until: number }
  | { readonly state: 'resting'; readonly until: number }
  | { readonly state: 'down'; readonly until: number }
  | { readonly state: 'broken_off' };

/** Who sends: the holder of the destination's lease. */
export interface Sender {
  readonly courier: Courier;
  readonly target: Target;
  readonly lease: Lease;
  /** Changed while it holds more than its own lease. */
  abort: AbortSignal;
  /** How the destination answers; changed as it does. */
  breaker: Breaker;
  readonly pace: Pace;
  /** Whether somebody changed the destination since it failed: what waits is tried at once. */
  readonly mended: boolean;
}

/** @throws ClickHouseError */
export async function makeSender(
  courier: Courier,
  target: Target,
  lease: Lease,
  abort: AbortSignal,
): Promise<Sender> {
  const { id, version } = target.destination;
  const breaker = await readBreaker(courier.clickhouse, id);
  const mended = breaker.failures > 0 && breaker.version !== version;
  const { perMinute } = target.type.limits(target.settings);
  return {
    courier,
    target,
    lease,
    abort,
    breaker: mended ? { ...breaker, next: 0 } : breaker,
    pace: new Pace(perMinute, await lastBegun(courier.clickhouse, id)),
    mended,
  };
}

/**
 * Sends what is to be sent of a run: chunks in their order, as many at a time as the destination takes, until all are
 * taken or given up, or the next try is far off, or the destination is down. What it leaves it finds again, also where
 * its process is killed.
 *
 * @throws ClickHouseError
 */
export async function sendRun(sender: Sender, run: RunRow): Promise<Sent> {
  const { courier, target, lease } = sender;
  const { clickhouse } = courier;
  const { lines } = target.type.limits(target.settings);
  for (let first = sender.mended; ; first = false) {
    if (isOver(sender)) return { state: 'broken_off' };
    const by = first ? Number.MAX_SAFE_INTEGER : Date.now();
    const due = await dueChunks(clickhouse, run, by, PAGE);
    if (due.length > 0) {
      if (await pause(sender))
        return { state: isDown(sender.breaker) ? 'down' : 'waiting', until: sender.breaker.next };
      await sendPage(sender, run, due);
      continue;
    }
    const next = await nextTry(clickhouse, run);
    if (next === undefined) {
      if (await putBack(clickhouse, run, lines, firstStep(lease.slot))) continue;
      if (isOver(sender)) return { state: 'broken_off' };
      if (target.type.forgets === true) await settleSubjectRequests(clickhouse, run);
      await settle(clickhouse, { ...run, replay: run.cause === 'replay' });
      await takeOutOvertaken(clickhouse, run, firstStep(lease.slot));
      await forgetLines(clickhouse, run);
      await writeRun(clickhouse, { ...run, state: 'done' }, firstStep(lease.slot) + 2);
      return { state: 'done' };
    }
    if (next - Date.now() > PATIENCE_MS) return { state: 'waiting', until: next };
    await sleep(Math.max(1, next - Date.now()), undefined, { signal: sender.abort }).catch(() => undefined);
  }
}

const isOver = ({ abort, lease }: Sender) => abort.aborted || lease.lost();

/** Waits for the destination, where it is not for long. @returns whether it is. */
async function pause({ breaker, abort }: Sender): Promise<boolean> {
  const wait = breaker.next - Date.now();
  if (wait > PATIENCE_MS) return true;
  if (wait > 0) await sleep(wait, undefined, { signal: abort }).catch(() => undefined);
  return false;
}

/**
 * Where the destination may not hear of a run so soon after another.
 *
 * @param run also one that is not planned yet.
 * @returns undefined = it may. @throws ClickHouseError
 */
export async function restOf({ courier, target }: Sender, run: number): Promise<Sent | undefined> {
  const { restMinutes } = target.type.limits(target.settings);
  if (restMinutes === undefined) return undefined;
  const name: RunName = { destination: target.destination.id, run };
  const until = (await lastSentByOthers(courier.clickhouse, name)) + restMinutes * 60_000;
  return until > Date.now() ? { state: 'resting', until } : undefined;
}

/** Sends some chunks, beside each other. Ends early where the destination begins to fail, or asks for a pause. */
async function sendPage(sender: Sender, run: RunRow, due: readonly ChunkRow[]): Promise<void> {
  const { courier, target, lease, abort, pace } = sender;
  // One that is down is asked with one chunk, and before it takes that one with no other.
  const queue = isDown(sender.breaker) ? due.slice(0, 1) : [...due];
  const times = await putBackTimes(courier.clickhouse, run);
  let look = { at: Date.now(), versions: rechecked(sender, run, queue) };
  await look.versions;
  const versionOf = async (chunk: ChunkRow) => {
    if (Date.now() - look.at > RECHECK_MS)
      look = { at: Date.now(), versions: recheck(sender, run, [chunk, ...queue]) };
    return (await look.versions).get(chunk.chunk) ?? chunk.version;
  };
  const faults: unknown[] = [];
  const isStopped = () => isOver(sender) || sender.breaker.next > Date.now() || faults.length > 0;
  /** A turn that nobody needs may be minutes away, and the destination is held for as long as one is waited for. */
  const enough = new AbortController();
  const turns = AbortSignal.any([abort, enough.signal]);
  // The others end what they have begun, so that nothing of it goes on when the lease is let go.
  const failed = (error: unknown) => {
    if (!isOver(sender)) faults.push(error);
    enough.abort();
  };
  const work = async () => {
    let written: Promise<void> | undefined;
    try {
      while (queue.length > 0) {
        if (!(await pace.turn(turns))) return;
        const chunk = isStopped() ? undefined : queue.shift();
        if (chunk === undefined || queue.length === 0) enough.abort();
        if (chunk === undefined) return;
        const tried = await tryChunk(
          { ...chunk, step: Math.max(chunk.step, firstStep(lease.slot)) },
          {
            courier,
            target,
            run,
            putBack: times.get(chunk.chunk) ?? 0,
            version: await versionOf(chunk),
            lease,
            abort,
          },
        );
        // One acknowledgement at most is not written yet, and the next chunk is on its way meanwhile. That it cannot be
        // written is heard of at once by all that send, not when this one is through with the next chunk.
        const before = written;
        written = tried.end === 'acknowledged' ? tried.written.catch(failed) : undefined;
        try {
          await learn(sender, tried);
        } finally {
          await before;
        }
        if (isStopped()) enough.abort();
      }
    } finally {
      await written;
    }
  };
  const { concurrency } = target.type.limits(target.settings);
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, () => work().catch(failed)));
  if (faults.length > 0) throw faults[0];
}

const recheck = ({ courier, target }: Sender, run: RunRow, chunks: readonly ChunkRow[]) =>
  courier.plans.recheck({ ...target, run: run.run, chunks: chunks.map(({ chunk }) => chunk) });

/** Of a plan that was made just now, by who sends it, it is known who may be told of, and that no later run has been. */
async function rechecked(
  sender: Sender,
  run: RunRow,
  chunks: readonly ChunkRow[],
): Promise<ReadonlyMap<number, number>> {
  const isOwn = run.run === sender.lease.slot && run.cause !== 'replay';
  const isFresh = isOwn && Date.now() - run.planned < RECHECK_MS;
  return isFresh && chunks.every(({ attempt }) => attempt === 0) ? new Map() : recheck(sender, run, chunks);
}

/** Takes a chunk's end as a sign of how the destination is. */
async function learn(sender: Sender, tried: Tried): Promise<void> {
  const { courier, target, lease } = sender;
  const { destination } = target;
  const before = sender.breaker;
  if (tried.end === 'acknowledged' && before.failures > 0) sender.breaker = afterSuccess(before);
  // It is there and has what it was sent.
  else if (tried.end === 'failed' && tried.error.reason !== 'processing')
    sender.breaker = afterFailure(before, tried.error, destination.version, Date.now());
  else return;
  const step = Math.max(before.step, firstStep(lease.slot)) + 1;
  sender.breaker = { ...sender.breaker, step };
  await writeBreaker(courier.clickhouse, destination.id, sender.breaker, step);
  if (isDown(sender.breaker) && !isDown(before))
    courier.log.error(
      { destination: destination.id, reason: sender.breaker.reason },
      'a destination is down',
    );
}
