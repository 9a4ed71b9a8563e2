import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  type Chunk,
  type Context,
  DeliveryError,
  type DeliveryReason,
  type DestinationType,
  type Taken,
} from '../destination.ts';
import type { WrittenFile } from '../files/line-file.ts';
import { atMost } from '../outbound/at-once.ts';
import { FailedLines } from './failed-lines.ts';
import { httpUrl } from './http-url.ts';
import { MOST_TTL_MINUTES } from './ttl.ts';
import { type Job, XandrApi } from './xandr-api.ts';
import { segmentLines, writeSegmentFiles, XANDR_DEVICES } from './xandr-file.ts';
import { type ChunkJobs, type FileJob, isAllUploaded, readJobs, withJob, writeJobs } from './xandr-jobs.ts';

/**
 * "Your segment file should not be larger than 0.5GB". That it holds before and after compression leaves open which is
 * meant; what does not shrink grows by less than a thousandth in gzip.
 */
const MOST_FILE_MEGABYTES = 499;
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
  endpoint: httpUrl.default('https://api.appnexus.com').describe('API of Microsoft Monetize'),
  memberId: z
    .string()
    .regex(/^\d{1,10}$/, 'must be a number')
    .describe('Member whose segments these are'),
  username: z.string().min(1).max(200).describe('User of the API'),
  password: z.string().min(1).max(500).describe('Password of that user'),
  externalIds: z.boolean().default(false).describe("The partner's ids are the member's own, not Xandr's"),
  fileMegabytes: z
    .int()
    .min(1)
    .max(MOST_FILE_MEGABYTES)
    .default(MOST_FILE_MEGABYTES)
    .describe('A file is followed by another, as a job of its own, when it has so many before compression'),
});

/**
 * Microsoft Monetize and Curate (Xandr), Batch Segment Service: a job is asked for, its file uploaded, and the job
 * asked about until it is completed. What is too much for a file is several, each with a job of its own. A job is written
 * down before its upload, so that whoever goes on after a crash asks about it and uploads nothing twice.
 *
 * Xandr counts what it did not take, and does not say which: `num_invalid_user` and `num_invalid_format` are lines,
 * the counters of segments name each segment once a file, however many lines it was in.
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
    // A new job makes the URL of the member's one before invalid, whoever asked for either.
    limits: ({ endpoint, memberId }) => ({
      lines: CHUNK_LINES,
      concurrency: 10,
      perMinute: 1,
      endpoints: [`${endpoint.replace(/\/+$/, '')}/batch-segment/${memberId}`],
    }),
    refuseCode: (code) =>
      /^[1-9]\d{0,9}$/.test(code) ? undefined : 'must be the number of a segment at Xandr',
    hasAll: (remembered) => {
      const jobs = readJobs(remembered);
      return jobs !== undefined && isAllUploaded(jobs);
    },
    send: (chunk, context) => send(chunk, context, pace),
    preview: async (chunk, { externalIds }) => {
      let text = '';
      for await (const line of segmentLines(chunk, externalIds, new FailedLines())) text += line;
      return text;
    },
  };
}

export const xandr = xandrAt(PACE);

type Settings = z.output<typeof settings>;

async function send(chunk: Chunk, context: Context<Settings>, pace: Pace): Promise<Taken> {
  const api = new XandrApi(context.settings, context);
  const failed = new FailedLines();
  const lines = segmentLines(chunk, context.settings.externalIds, failed);
  let jobs = await begunJobs(api, context);
  if (jobs !== undefined && isAllUploaded(jobs)) {
    // Which lines were left out of the files then is found out again, not written down.
    for await (const _ of lines);
  } else {
    const fileBytes = context.settings.fileMegabytes * 1_000_000;
    const files = await writeSegmentFiles(lines, context.folder, fileBytes, context.abort);
    if (files.length === 0) return failed.beside(chunk.count, 0);
    jobs = await uploadMissing(files, fileBytes, jobs, api, context, pace);
  }
  return taken(chunk, failed, await completed(api, jobs, context, pace));
}

/** The jobs of an earlier try, as far as their files reached Xandr. */
async function begunJobs(
  api: XandrApi,
  { remembered, remember }: Context<Settings>,
): Promise<ChunkJobs | undefined> {
  let jobs = readJobs(remembered ?? '');
  if (jobs === undefined) return undefined;
  for (const [place, job] of jobs.jobs.entries()) {
    if (job === undefined || job.uploaded) continue;
    // Killed between the upload and its note: a job that never had a file stays at its beginning.
    const isThere = (await api.job(job.job)).phase !== 'starting';
    jobs = withJob(jobs, place, isThere ? { ...job, uploaded: true } : undefined);
    await remember(writeJobs(jobs));
  }
  return jobs;
}

/** @param before of an earlier try, whose files are the same where they were parted alike. */
async function uploadMissing(
  files: readonly WrittenFile[],
  fileBytes: number,
  before: ChunkJobs | undefined,
  api: XandrApi,
  context: Context<Settings>,
  pace: Pace,
): Promise<ChunkJobs> {
  const isSame = before?.files === files.length && before.fileBytes === fileBytes;
  let jobs: ChunkJobs = isSame
    ? before
    : { files: files.length, fileBytes, jobs: Array.from(files, () => undefined) };
  const note = async (place: number, job: FileJob) => {
    jobs = withJob(jobs, place, job);
    await context.remember(writeJobs(jobs));
  };
  const member = `${context.settings.endpoint} ${context.settings.memberId}`;
  for (const [place, file] of files.entries()) {
    if (jobs.jobs[place] !== undefined) continue;
    await queueOf(member)(async () => {
      await turn(member, pace, context.abort);
      const { job, uploadUrl } = await api.newJob();
      const begun = context.now().getTime();
      await note(place, { job, begun, uploaded: false });
      await api
        .upload(uploadUrl, file.path, file.bytes)
        .finally(() => lastUpload.set(member, performance.now()));
      await note(place, { job, begun, uploaded: true });
    });
  }
  return jobs;
}

/** Asks about jobs until all are completed. @returns what each of them tells. */
async function completed(
  api: XandrApi,
  jobs: ChunkJobs,
  context: Context<Settings>,
  pace: Pace,
): Promise<Job[]> {
  const since = context.now().getTime();
  const done: Job[] = [];
  for (const [place, { job, begun }] of jobs.jobs.filter((each) => each !== undefined).entries()) {
    let told = await api.job(job);
    while (told.phase !== 'completed') {
      const now = context.now().getTime();
      if (told.phase === 'error' || now - begun > JOB_MS) {
        // The file is uploaded anew; those of the other jobs are not.
        await context.remember(writeJobs(withJob(jobs, place, undefined)));
        const detail = told.phase === 'error' ? told.errorCode : 'not completed within a day';
        throw new DeliveryError(told.isLimited ? 'rate_limited' : 'job_failed', detail, { retry: true });
      }
      if (now - since >= pace.patienceMs)
        throw new DeliveryError('processing', told.phase, { retry: true, afterMs: pace.laterMs });
      await pause(pace.askMs, context.abort);
      told = await api.job(job);
    }
    done.push(told);
  }
  return done;
}

/** What the counters of a job say of the lines. */
const LINE_COUNTERS: readonly (readonly [string, DeliveryReason])[] = [
  ['num_invalid_user', 'unknown_id'],
  ['num_invalid_format', 'line_rejected'],
  ['num_invalid_timestamp', 'line_rejected'],
  ['num_other_error', 'line_rejected'],
];
/** And of segments: "Deduplicated". */
const SEGMENT_COUNTERS: readonly (readonly [string, DeliveryReason])[] = [
  ['num_invalid_segment', 'unknown_segment'],
  ['num_inactive_segment', 'bad_segment'],
  ['num_unauth_segment', 'bad_segment'],
  ['num_past_expiration', 'expired'],
];

function taken(chunk: Chunk, failed: FailedLines, jobs: readonly Job[]): Taken {
  const counted = new Map<DeliveryReason, number>();
  const add = (reason: DeliveryReason, count: number) => {
    if (count > 0) counted.set(reason, (counted.get(reason) ?? 0) + count);
  };
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  const of = (counter: string) => jobs.map((job) => job.count(counter));
  for (const [counter, reason] of LINE_COUNTERS) add(reason, sum(of(counter)));
  // The same segment may be in all files: there are at least so many.
  for (const [counter, reason] of SEGMENT_COUNTERS) add(reason, Math.max(...of(counter)));
  const sent = chunk.count - failed.count;
  const refused = sum(of('num_invalid_user')) + sum(of('num_invalid_format'));
  // A user may be valid in a line of which no segment is: `num_valid` counts pairs of both.
  const valid = sum(jobs.map((job) => (job.count('num_valid') === 0 ? 0 : job.count('num_valid_user'))));
  return { ...failed.beside(chunk.count, Math.max(0, Math.min(sent - refused, valid))), counted };
}

/** One upload at a time for a member also within a run. */
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
