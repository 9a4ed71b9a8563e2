import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { expectHeld, type Lease } from '../../jobs/lease.ts';
import { faultOf } from '../../log.ts';
import { type Chunk, DeliveryError, type Taken } from '../destination.ts';
import { backoffMs, MAX_PUT_BACK, MAX_TRIES, UNTOLD_TRIES } from './backoff.ts';
import { isOfEverything } from './breaker.ts';
import { type ChunkRow, writeChunks } from './chunks.ts';
import type { Courier, Target } from './courier.ts';
import { writeFailures } from './failures.ts';
import { chunkKey } from './key.ts';
import { isLapsed, LAPSED } from './lapsed.ts';
import type { RunRow } from './runs.ts';

/** A server that neither answers nor hangs up; who polls a job goes on with it in the next try. */
const LONGEST_TRY_MS = 2 * 3_600_000;
/** For so long a destination may say that it is not done with what it has. */
const PROCESSING_MS = 36 * 3_600_000;
const DETAIL_CHARACTERS = 300;

/** What a try stands on. */
export interface Trying {
  readonly courier: Courier;
  readonly target: Target;
  readonly run: RunRow;
  /** How often the lines of the chunk were put back before. */
  readonly putBack: number;
  /** As it is now; see `Plans.recheck`. */
  readonly version: number;
  /** Under which it is sent: once it is lost nothing is written down any more. */
  readonly lease: Lease;
  /** Ends the try. */
  readonly abort: AbortSignal;
}

/**
 * What became of a try; `broken_off` where it was ended from here, and the same is tried again. `failed` has the
 * destination's word. What was acknowledged is sent again, under the same key, unless it is `written`, of which who
 * asked hears as of the try itself: the next chunk need not wait for it.
 */
export type Tried =
  | { readonly end: 'acknowledged'; readonly written: Promise<void> }
  | { readonly end: 'nothing_left' | 'given_up' | 'broken_off' }
  | { readonly end: 'failed'; readonly error: DeliveryError };

/**
 * Sends a chunk once and writes down what became of it. Before it is sent a row says that it is, so that a try which
 * takes the process with it is counted too; what was not taken is written down before the chunk is, so that a crash
 * between the two sends it again under the same key rather than forgets it.
 *
 * @throws ClickHouseError where nothing can be read or written down; the chunk is tried again.
 */
export async function tryChunk(before: ChunkRow, trying: Trying): Promise<Tried> {
  const { courier, target, run, lease, abort } = trying;
  // A new job for it would be a second upload beside the first, and of a slow one there would never be an end; whom
  // `settle` finds withheld of what has arrived the next run tells.
  const isThere = before.remembered !== '' && target.type.hasAll?.(before.remembered) === true;
  const version = isThere ? before.version : trying.version;
  const key = chunkKey(courier.secret, { ...before, version });
  const write = async (change: Partial<ChunkRow>) => {
    await expectHeld(lease);
    row = { ...row, ...change, step: row.step + 1 };
    await writeChunks(courier.clickhouse, [row]);
  };
  // What was uploaded for other content is not what is to be taken now.
  let row: ChunkRow = {
    ...before,
    version,
    key,
    remembered: before.version === version ? before.remembered : '',
  };
  if (row.attempt >= MAX_TRIES) {
    await write({ state: 'dead', reason: row.reason === '' ? 'fault' : row.reason });
    return { end: 'given_up' };
  }
  if (!isThere && (await isLapsed(courier.clickhouse, row, run.planned))) {
    await write({ state: 'dead', reason: LAPSED, detail: 'It waited for longer than its lines are kept.' });
    courier.count(row.destination, LAPSED, row.count);
    return { end: 'given_up' };
  }
  const lines = () => courier.plans.lines({ ...before, version });
  const count = version === 0 ? row.count : await length(lines());
  if (count === 0) {
    await write({ state: 'superseded', reason: '', detail: 'Nothing of it may leave any more, or is news.' });
    return { end: 'nothing_left' };
  }
  await write({
    state: 'sending',
    attempt: row.attempt + 1,
    begun: row.begun === 0 ? Date.now() : row.begun,
  });
  try {
    const chunk: Chunk = {
      key,
      planned: new Date(run.planned + row.chunk),
      mode: trying.putBack === 0 ? run.mode : 'delta',
      segments: new Map(
        run.segments
          .filter(({ code }) => row.code === '' || code === row.code)
          .map((told) => [told.code, told]),
      ),
      count,
      lines,
    };
    const taken = await send(chunk, trying, row.remembered, (remembered) => write({ remembered }));
    return { end: 'acknowledged', written: acknowledge(taken) };
  } catch (thrown) {
    if (abort.aborted || lease.lost()) return { end: 'broken_off' };
    // Not the destination's doing, and for no chunk better than for this: the run goes on when the storage does.
    if (thrown instanceof ClickHouseError) throw thrown;
    const error = asDeliveryError(thrown);
    if (error.reason === 'fault')
      courier.log.error(
        { destination: target.destination.id, ...faultOf(thrown) },
        'a chunk could not be sent',
      );
    await write(afterFailed(row, error));
    if (row.state === 'dead') courier.count(row.destination, error.reason, count);
    return { end: 'failed', error };
  }

  async function acknowledge(taken: Taken): Promise<void> {
    await writeFailures(courier.clickhouse, row, taken.failed, trying.putBack);
    await write({
      state: 'acknowledged',
      reason: '',
      detail: '',
      remembered: '',
      accepted: taken.accepted,
      failed: taken.failed.length,
      counted: Object.fromEntries(taken.counted ?? []),
    });
    countTaken(trying, row.destination, taken);
  }
}

async function send(
  chunk: Chunk,
  { courier, target, abort }: Trying,
  remembered: string,
  remember: (state: string) => Promise<void>,
): Promise<Taken> {
  await mkdir(courier.folder, { recursive: true });
  const folder = await mkdtemp(join(courier.folder, 'try-'));
  const tooLong = AbortSignal.timeout(LONGEST_TRY_MS);
  try {
    return await target.type.send(chunk, {
      settings: target.settings,
      outbound: courier.outbound,
      folder,
      drops: courier.drops,
      now: () => new Date(),
      abort: AbortSignal.any([abort, tooLong]),
      remembered: remembered === '' ? undefined : remembered,
      remember,
    });
  } catch (error) {
    if (tooLong.aborted && !abort.aborted)
      throw new DeliveryError('timed_out', 'The try took too long.', { retry: true });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An error of ours may pass, as a full disk does; its text may quote what is sent. */
const asDeliveryError = (thrown: unknown): DeliveryError =>
  thrown instanceof DeliveryError
    ? thrown
    : new DeliveryError('fault', 'A fault of ours; the log has more.', { retry: true });

function afterFailed(row: ChunkRow, error: DeliveryError): Partial<ChunkRow> {
  const { reason, message, retry, afterMs } = error;
  const said = { reason, detail: message.slice(0, DETAIL_CHARACTERS) };
  const isProcessed = reason === 'processing' && Date.now() - row.begun < PROCESSING_MS;
  // None of them is a try: nothing was asked of the chunk.
  const untried = { ...said, state: 'waiting', attempt: row.attempt - 1 } as const;
  if (isProcessed || isOfEverything(error)) return { ...untried, next: Date.now() + (afterMs ?? 0) };
  // It is said of what was sent before, by the limit of a day as well; whoever goes on saying it is down soon.
  if (reason === 'rate_limited')
    return { ...untried, next: Date.now() + backoffMs(afterMs === undefined ? UNTOLD_TRIES : 1, afterMs) };
  if (!retry || row.attempt >= MAX_TRIES || reason === 'processing') return { ...said, state: 'dead' };
  return { ...said, state: 'waiting', next: Date.now() + backoffMs(row.attempt, afterMs) };
}

/** A line that may be taken later is counted when that is known. */
function countTaken({ courier, putBack }: Trying, destination: string, taken: Taken): void {
  courier.count(destination, 'accepted', taken.accepted);
  for (const { reason, retry } of taken.failed)
    if (!retry || putBack >= MAX_PUT_BACK) courier.count(destination, reason, 1);
  for (const [reason, n] of taken.counted ?? []) courier.count(destination, reason, n);
}

async function length(lines: AsyncIterable<unknown>): Promise<number> {
  let n = 0;
  for await (const _ of lines) n += 1;
  return n;
}
