import { GRACE_MS } from '../jobs/due-times.ts';
import type { JobHealth } from '../jobs/health.ts';
import { type Finding, type Judgement, verdictBy } from './kinds.ts';

/** Of a job, what tells whether it should have run. */
export interface WatchedJob {
  readonly name: string;
  /** Milliseconds between two due times. */
  readonly periodMs: number;
  /** When it was due last before a moment, both in milliseconds since 1970; undefined = not for long. */
  readonly lastDue: (upTo: number) => number | undefined;
  /** The ledger has no line of a due time at which nothing was to be done. */
  readonly isQuiet: boolean;
}

const HOUR_MS = 3_600_000;
/** A run may take so many periods of its job. */
const LONG_PERIODS = 3;
/** One run that failed is done again soon where the job is run often; of a seldom one it is news. */
const FAILURES_OFTEN = 2;
/** Runs of a quiet job are each of a part of it, and one part that fails is told of elsewhere. */
const FAILURES_QUIET = 5;
const ERROR_LENGTH = 200;

/** @param health by job, of those that have run lately. @param now milliseconds since 1970. */
export function judgeJobs(
  jobs: readonly WatchedJob[],
  health: ReadonlyMap<string, JobHealth>,
  now: number,
): Judgement[] {
  const watched = Math.min(now, ...[...health.values()].map(({ first }) => first));
  const failing: Finding[] = [];
  const stuck: Finding[] = [];
  for (const job of jobs) {
    const known = health.get(job.name);
    if (known !== undefined && known.failures >= failuresOf(job))
      failing.push({
        subject: job.name,
        value: known.failures,
        detail: `${known.failures} runs failed since the last that did not; the newest: ${known.error.split('\n')[0]!.slice(0, ERROR_LENGTH)}`,
      });
    const late = lateness(job, known, watched, now);
    if (late !== undefined) stuck.push({ subject: job.name, detail: late });
  }
  const names = jobs.map(({ name }) => name);
  return [
    // Of one that has not run for days the ledger knows nothing: that it failed stays said.
    { kind: 'job_failing', verdictOf: verdictBy(names, new Set(health.keys())), findings: failing },
    { kind: 'job_stuck', verdictOf: verdictBy(names), findings: stuck },
  ];
}

const failuresOf = ({ isQuiet, periodMs }: WatchedJob) =>
  isQuiet ? FAILURES_QUIET : periodMs >= HOUR_MS ? 1 : FAILURES_OFTEN;

/** @param watched since when there is a ledger of any job. */
function lateness(
  { isQuiet, periodMs, lastDue }: WatchedJob,
  health: JobHealth | undefined,
  watched: number,
  now: number,
): string | undefined {
  const { runningSince, isRunning = false, ended } = health ?? {};
  if (runningSince !== undefined && now - runningSince > Math.max(HOUR_MS, LONG_PERIODS * periodMs))
    return `a run goes on since ${new Date(runningSince).toISOString()}`;
  if (isQuiet || isRunning) return undefined;
  const due = lastDue(now - GRACE_MS);
  if (due === undefined || due <= (ended ?? watched)) return undefined;
  const last =
    ended === undefined
      ? 'no run of it has come to an end'
      : `its last ended at ${new Date(ended).toISOString()}`;
  return `a run was due at ${new Date(due).toISOString()}; ${last}`;
}
