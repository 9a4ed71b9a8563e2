import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isObject, parseJson } from '../../json-object.ts';
import {
  type Chunk,
  type Context,
  DeliveryError,
  type DeliveryReason,
  type DestinationType,
  type FailedLine,
  type Taken,
} from '../destination.ts';
import { atMost } from '../outbound/at-once.ts';
import { type Job, XandrApi } from './xandr-api.ts';
import { MOST_TTL_MINUTES, segmentLines, writeSegmentFile, XANDR_DEVICES } from './xandr-file.ts';

/** "Your segment file should not be larger than 0.5GB", of which gzip saves most. */
const FILE_BYTES = 500_000_000;
/** A file of some ten megabytes: "files of 100 to 300 MB" are best, and a failed one is sent again whole. */
const CHUNK_LINES = 500_000;
/** "Allow up to 24 hours for the file to process." */
const JOB_MS = 24 * 3_600_000;

/** How it is waited for Xandr. */
export interface Pace {
  /** Between two uploads of a member: "We recommend you do not exceed one upload per minute." */
  readonly uploadMs: number;
  /** Between two questions about a job; with ten jobs under way this is well below 100 reads a minute. */
  readonly askMs: number;
  /** After so long a job is left to itself, and asked about again in a later try. */
  readonly patienceMs: number;
  /** When that is. */
  readonly laterMs: number;
}

const PACE: Pace = { uploadMs: 60_000, askMs: 15_000, patienceMs: 15 * 60_000, laterMs: 5 * 60_000 };

const settings = z.object({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .default('https://api.appnexus.com')
    .describe('API of Microsoft Monetize'),
  memberId: z
    .string()
    .regex(/^\d{1,10}$/, 'must be a number')
    .describe('Member whose segments these are'),
  username: z.string().min(1).max(200).describe('User of the API'),
  password: z.string().min(1).max(500).describe('Password of that user'),
  externalIds: z.boolean().default(false).describe("The partner's ids are the member's own, not Xandr's"),
});

/**
 * Microsoft Monetize and Curate (Xandr), Batch Segment Service: a job is asked for, its file uploaded, and the job
 * asked about until it is completed. The job is written down before its upload, so that whoever goes on after a crash
 * asks about it and uploads nothing twice.
 *
 * Xandr counts what it did not take, and does not say which: `num_invalid_user` and `num_invalid_format` are lines,
 * the counters of segments name each segment once, however many lines it was in.
 */
export function xandrAt(pace: Pace): DestinationType<typeof settings> {
  return {
    type: 'xandr',
    title: 'Microsoft Monetize and Curate (Xandr)',
    summary: 'Segments by the Batch Segment Service of Microsoft Monetize, formerly Xandr and AppNexus.',
    settings,
    secrets: ['password'],
    places: ['endpoint'],
    takes: { partner: true, devices: XANDR_DEVICES },
    gvlId: 32,
    tells: 'changes',
    bySegment: false,
    removes: true,
    expiryDays: { usual: 180, most: MOST_TTL_MINUTES / 60 / 24 },
    limits: () => ({ lines: CHUNK_LINES, concurrency: 10, perMinute: 1 }),
    refuseCode: (code) =>
      /^[1-9]\d{0,9}$/.test(code) ? undefined : 'must be the number of a segment at Xandr',
    hasAll: (remembered) => noted(remembered)?.uploaded === true,
    send: (chunk, context) => send(chunk, context, pace),
    preview: async (chunk, { externalIds }) => {
      let text = '';
      for await (const line of segmentLines(chunk, externalIds, new Map())) text += line;
      return text;
    },
  };
}

export const xandr = xandrAt(PACE);

type Settings = z.output<typeof settings>;

async function send(chunk: Chunk, context: Context<Settings>, pace: Pace): Promise<Taken> {
  const api = new XandrApi(context.settings, context);
  const failed = new Map<number, FailedLine>();
  const lines = segmentLines(chunk, context.settings.externalIds, failed);
  const begun = await begunJob(api, context);
  if (begun !== undefined) {
    // Which lines were left out of the file then is found out again, not written down.
    for await (const _ of lines);
    return taken(chunk, failed, await completed(api, begun, context, pace));
  }
  const path = join(context.folder, 'segments.gz');
  const file = await writeSegmentFile(lines, path, context.abort);
  if (file.lines === 0) return { accepted: 0, failed: [...failed.values()] };
  if (file.bytes > FILE_BYTES) throw new DeliveryError('too_large', `${file.bytes} bytes`, { retry: false });
  const member = `${context.settings.endpoint} ${context.settings.memberId}`;
  const uploaded = await queueOf(member)(async () => {
    await turn(member, pace, context.abort);
    const { job, uploadUrl } = await api.newJob();
    const state = { job, begun: context.now().getTime() };
    await context.remember(JSON.stringify(state));
    await api.upload(uploadUrl, path, file.bytes).finally(() => lastUpload.set(member, performance.now()));
    await context.remember(JSON.stringify({ ...state, uploaded: true }));
    return state;
  });
  return taken(chunk, failed, await completed(api, uploaded, context, pace));
}

interface Begun {
  readonly job: string;
  /** Milliseconds since 1970. */
  readonly begun: number;
}

/** The job of an earlier try, where its file reached Xandr; else a new one is to be made. */
async function begunJob(api: XandrApi, { remembered }: Context<Settings>): Promise<Begun | undefined> {
  const state = noted(remembered ?? '');
  if (state === undefined) return undefined;
  const { job, begun, uploaded } = state;
  // Killed between the upload and its note: a job that never had a file stays at its beginning.
  if (!uploaded && (await api.job(job)).phase === 'starting') return undefined;
  return { job, begun };
}

/** What a try wrote down. */
function noted(remembered: string): (Begun & { readonly uploaded: boolean }) | undefined {
  const state = parseJson(remembered);
  if (!isObject(state)) return undefined;
  const { job, begun, uploaded } = state;
  if (typeof job !== 'string' || typeof begun !== 'number') return undefined;
  return { job, begun, uploaded: uploaded === true };
}

async function completed(
  api: XandrApi,
  { job, begun }: Begun,
  context: Context<Settings>,
  pace: Pace,
): Promise<Job> {
  const since = context.now().getTime();
  for (;;) {
    const told = await api.job(job);
    if (told.phase === 'completed') return told;
    const now = context.now().getTime();
    if (told.phase === 'error' || now - begun > JOB_MS) {
      await context.remember('');
      const detail = told.phase === 'error' ? told.errorCode : 'not completed within a day';
      throw new DeliveryError('job_failed', detail, { retry: true });
    }
    if (now - since >= pace.patienceMs) {
      throw new DeliveryError('processing', told.phase, { retry: true, afterMs: pace.laterMs });
    }
    await pause(pace.askMs, context.abort);
  }
}

/** What the counters of a job say of the lines. */
const COUNTERS: readonly (readonly [string, DeliveryReason])[] = [
  ['num_invalid_user', 'unknown_id'],
  ['num_invalid_format', 'line_rejected'],
  ['num_invalid_timestamp', 'line_rejected'],
  ['num_other_error', 'line_rejected'],
  ['num_invalid_segment', 'unknown_segment'],
  ['num_inactive_segment', 'bad_segment'],
  ['num_unauth_segment', 'bad_segment'],
  ['num_past_expiration', 'expired'],
];

function taken(chunk: Chunk, failed: ReadonlyMap<number, FailedLine>, job: Job): Taken {
  const counted = new Map<DeliveryReason, number>();
  for (const [counter, reason] of COUNTERS) {
    const count = job.count(counter);
    if (count > 0) counted.set(reason, (counted.get(reason) ?? 0) + count);
  }
  const sent = chunk.count - failed.size;
  const refused = job.count('num_invalid_user') + job.count('num_invalid_format');
  // A user may be valid in a line of which no segment is: `num_valid` counts pairs of both.
  const valid = job.count('num_valid') === 0 ? 0 : job.count('num_valid_user');
  return { accepted: Math.max(0, Math.min(sent - refused, valid)), failed: [...failed.values()], counted };
}

/** One upload at a time for a member: a new job's URL makes the one before it invalid. */
function queueOf(key: string): ReturnType<typeof atMost> {
  const known = queues.get(key) ?? atMost(1);
  queues.set(key, known);
  return known;
}
const queues = new Map<string, ReturnType<typeof atMost>>();

/** When the last upload of each member was over: on the way it may have been late, and Xandr counts at its end. */
const lastUpload = new Map<string, number>();

async function turn(key: string, pace: Pace, abort: AbortSignal): Promise<void> {
  const last = lastUpload.get(key);
  if (last !== undefined) await pause(last + pace.uploadMs - performance.now(), abort);
}

async function pause(ms: number, abort: AbortSignal): Promise<void> {
  await wait(Math.max(0, ms), undefined, { signal: abort }).catch(() => abort.throwIfAborted());
}
