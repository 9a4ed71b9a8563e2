import type { ClickHouse } from '../clickhouse/client.ts';
import { NEWEST } from './ledger.ts';

/** How the runs of a job went lately; times in milliseconds since 1970. */
export interface JobHealth {
  /** When the oldest run began that is looked at. */
  readonly first: number;
  /** When the newest ended, well or not; undefined = none has. */
  readonly ended: number | undefined;
  /** When the oldest began that goes on still, be it of a part; undefined = none does. */
  readonly runningSince: number | undefined;
  /** Whether one of them is of the whole job. */
  readonly isRunning: boolean;
  /** How many have failed since the newest that did not. */
  readonly failures: number;
  /** Of the newest that failed. */
  readonly error: string;
}

const DAYS = 8;

/**
 * The health of each job that has run within {@link DAYS} days. What somebody had built of a part says nothing of
 * the job: a run of a part counts only where the job has no other.
 *
 * @param inParts jobs that run by parts. @param silentMs after how long without a sign of life a run does not go on.
 * @throws ClickHouseError
 */
export async function jobHealth(
  clickhouse: ClickHouse,
  inParts: readonly string[],
  silentMs: number,
): Promise<Map<string, JobHealth>> {
  const rows = await clickhouse.query<{
    job: string;
    oldest: string;
    newest_end: string;
    running: string;
    whole: 0 | 1;
    failures: string;
    failure: string;
  }>(
    `SELECT job, toUnixTimestamp64Milli(min(began)) AS oldest,
            toUnixTimestamp64Milli(maxIf(last, counts AND state != 'running')) AS newest_end,
            toUnixTimestamp64Milli(minIf(began, isAlive)) AS running, countIf(isAlive AND counts) > 0 AS whole,
            countIf(counts AND state = 'failed' AND began > done) AS failures,
            argMaxIf(message, began, counts AND state = 'failed') AS failure
     FROM (
       SELECT toString(job) AS job, began, last, state, message, NOT part OR job IN {inParts:Array(String)} AS counts,
              state = 'running' AND last > now64(3) - toIntervalMillisecond({silentMs:UInt32}) AS isAlive,
              maxIf(began, counts AND state = 'done') OVER (PARTITION BY job) AS done
       FROM (
         SELECT any(job_runs.job) AS job, max(job_runs.part) AS part, min(job_runs.started) AS began,
                greatest(max(job_runs.beat), max(ifNull(job_runs.ended, job_runs.beat))) AS last,
                toString(argMax(job_runs.state, ${NEWEST})) AS state, argMax(job_runs.error, ${NEWEST}) AS message
         FROM job_runs WHERE job_runs.started > now64(3) - INTERVAL ${DAYS} DAY GROUP BY run))
     GROUP BY job`,
    { inParts, silentMs },
  );
  const timeOf = (text: string) => (Number(text) > 0 ? Number(text) : undefined);
  return new Map(
    rows.map(({ job, oldest, newest_end, running, whole, failures, failure }) => [
      job,
      {
        first: Number(oldest),
        ended: timeOf(newest_end),
        runningSince: timeOf(running),
        isRunning: whole === 1,
        failures: Number(failures),
        error: failure,
      },
    ]),
  );
}
