import { nanoid } from 'nanoid';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { watchMemory } from './memory.ts';

/** What a run did and what it cost. */
export interface RunResult {
  /** Shown as it is: what was done, in numbers. */
  readonly result: Record<string, unknown>;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** One line of the ledger, as the API shows it. */
export interface Run {
  readonly run: string;
  readonly job: string;
  /** `died`: nobody has heard of it for a while, as when its process was killed. */
  readonly state: 'running' | 'done' | 'failed' | 'died';
  readonly started: string;
  readonly ended: string | null;
  readonly rowsRead: number;
  readonly bytesRead: number;
  /** Bytes, of the largest statement of the database that was seen while it ran; 0 = it was over before a look. */
  readonly peakMemory: number;
  /** How many runs of the same died before it. */
  readonly retries: number;
  readonly result: unknown;
  readonly error: string;
}

/** How a run is to be written down. */
export interface Entry {
  /** Name that several may try to give to a run, of whom one wins; else it gets one of its own. */
  readonly run?: string;
  /** It is of a part of the job. */
  readonly part?: boolean;
  readonly retries?: number;
  /** Told when it is written down and its work begins. */
  readonly begun?: () => void;
}

/** A run that died. */
export interface Dead {
  readonly run: string;
  readonly job: string;
  readonly started: string;
  readonly retries: number;
}

/** A run that has not been heard of for so long is taken for dead; it is heard of four times as often. */
const TERM_MS = 40_000;
const BEATS_A_TERM = 4;

/** Of several rows of a run the last by this counts: who ends a run knows better than who took it for dead. */
export const NEWEST = "multiIf(job_runs.state = 'running', 0, job_runs.died, 1, 2)";

/** Every run of every job, from its start; ClickHouse keeps it as long as the hits. */
export class Ledger {
  readonly #clickhouse: ClickHouse;
  readonly #holder: string;
  readonly #own = new Set<string>();
  /** Milliseconds without a sign of life after which a run is taken for dead. */
  readonly termMs: number;

  /** @param holder a name that no other process has. */
  constructor(clickhouse: ClickHouse, holder: string, termMs = TERM_MS) {
    this.#clickhouse = clickhouse;
    this.#holder = holder;
    this.termMs = termMs;
  }

  /**
   * Runs a job and writes down how it went, and while it runs that it does.
   *
   * @returns the finished line; a job that threw gives a `failed` one, with the error's text. Undefined where
   *   the run has a name that another has given to one already: then nothing was done.
   * @throws ClickHouseError where it cannot be written down; then nothing was done, or nobody knows the end of it.
   */
  async record(
    job: string,
    work: () => Promise<RunResult>,
    { run = nanoid(), part = false, retries = 0, begun }: Entry = {},
  ): Promise<Run | undefined> {
    const started = new Date().toISOString();
    const row = { run, job, started, holder: `${this.#holder}/${nanoid()}`, part, retries };
    await this.#write({ ...row, state: 'running' }, `run/${run}/running`);
    if ((await this.#holderOf(job, run)) !== row.holder) return undefined;
    begun?.();
    const { end, peakMemory } = await this.#watched(row, work);
    const ended = new Date().toISOString();
    const { state, result, rowsRead, bytesRead, error } = end;
    await this.#write(
      {
        ...row,
        state,
        ended,
        beat: ended,
        rows_read: rowsRead,
        bytes_read: bytesRead,
        peak_memory: peakMemory,
        result: JSON.stringify(result),
        error,
      },
      `run/${run}/${state}`,
    );
    return { run, job, state, started, ended, rowsRead, bytesRead, peakMemory, retries, result, error };
  }

  /** Runs the work; meanwhile the run is heard of, and its memory looked at. */
  async #watched(row: { readonly run: string }, work: () => Promise<RunResult>) {
    const beats = this.#beat(row);
    const memory = watchMemory(this.#clickhouse);
    this.#own.add(row.run);
    const end = await outcomeOf(work);
    this.#own.delete(row.run);
    clearInterval(beats);
    return { end, peakMemory: await memory() };
  }

  /** The newest runs first. What they did is read of these alone: of a thousand segments it is twenty kilobytes a run. */
  async list(limit: number): Promise<Run[]> {
    const rows = await this.#clickhouse.query<{
      run: string;
      job: string;
      state: 'running' | 'done' | 'failed';
      died: boolean;
      started: string;
      beat: string;
      ended: string | null;
      rows_read: string;
      bytes_read: string;
      peak_memory: string;
      retries: number;
      result: string;
      error: string;
    }>(
      `SELECT run, any(job_runs.job) AS job, min(job_runs.started) AS started, max(job_runs.beat) AS beat,
              argMax(job_runs.state, ${NEWEST}) AS state, argMax(job_runs.died, ${NEWEST}) AS died,
              argMax(job_runs.ended, ${NEWEST}) AS ended,
              max(job_runs.rows_read) AS rows_read, max(job_runs.bytes_read) AS bytes_read,
              max(job_runs.peak_memory) AS peak_memory, max(job_runs.retries) AS retries,
              argMax(job_runs.result, ${NEWEST}) AS result, argMax(job_runs.error, ${NEWEST}) AS error
       FROM job_runs
       WHERE (job_runs.job, job_runs.started, job_runs.run) IN (
         SELECT job, started, run FROM job_runs GROUP BY job, started, run ORDER BY started DESC, run LIMIT {limit:UInt32})
       GROUP BY run ORDER BY started DESC, run`,
      { limit },
    );
    return rows.map((row) => ({
      run: row.run,
      job: row.job,
      state: row.died || (row.state === 'running' && this.#isSilent(row.beat)) ? 'died' : row.state,
      started: iso(row.started),
      ended: row.ended === null ? null : iso(row.ended),
      rowsRead: Number(row.rows_read),
      bytesRead: Number(row.bytes_read),
      peakMemory: Number(row.peak_memory),
      retries: row.retries,
      result: row.result === '' ? null : (JSON.parse(row.result) as unknown),
      error: row.error,
    }));
  }

  /** Whether a run of the whole job goes on somewhere. */
  async isRunning(job: string): Promise<boolean> {
    const rows = await this.#open('job_runs.job = {job:String} AND NOT part', { job });
    return rows.some(({ beat }) => !this.#isSilent(beat));
  }

  /**
   * The runs of these jobs that died, and that nobody has buried yet; none of this process, which may have been
   * kept from saying that they go on.
   */
  async dead(jobs: readonly string[]): Promise<Dead[]> {
    const rows = await this.#open('job_runs.job IN {jobs:Array(String)}', { jobs });
    return rows
      .filter(({ run, beat }) => this.#isSilent(beat) && !this.#own.has(run))
      .map(({ run, job, started, retries }) => ({ run, job, started: iso(started), retries }));
  }

  /** Writes down that a run died, if nobody has yet. */
  async bury({ run, job, started, retries }: Dead): Promise<void> {
    const row = { run, job, started, holder: this.#holder, retries, ended: new Date().toISOString() };
    await this.#write({ ...row, state: 'failed', died: true, error: DIED }, `run/${run}/died`);
  }

  /** Runs of the last days without an end; a job takes no longer. */
  async #open(condition: string, params: Record<string, unknown>) {
    return this.#clickhouse.query<{
      run: string;
      job: string;
      started: string;
      beat: string;
      retries: number;
    }>(
      `SELECT run, any(job_runs.job) AS job, min(job_runs.started) AS started, max(job_runs.beat) AS beat,
              max(job_runs.retries) AS retries
       FROM job_runs WHERE ${condition} AND job_runs.started > now64(3) - INTERVAL ${OPEN_DAYS} DAY
       GROUP BY run HAVING countIf(job_runs.state != 'running') = 0`,
      params,
    );
  }

  async #holderOf(job: string, run: string): Promise<string | undefined> {
    const [row] = await this.#clickhouse.query<{ holder: string }>(
      `SELECT holder FROM job_runs WHERE job = {job:String} AND run = {run:String} AND state = 'running'
       ORDER BY beat LIMIT 1`,
      { job, run },
    );
    return row?.holder;
  }

  #beat(row: object): NodeJS.Timeout {
    // One that is not written is not missed: with all of them away, whoever looks takes the run for dead.
    const beat = () => this.#write({ ...row, state: 'running', beat: new Date().toISOString() });
    return setInterval(() => beat().catch(() => undefined), this.termMs / BEATS_A_TERM).unref();
  }

  #isSilent(beat: string): boolean {
    return Date.now() - Date.parse(iso(beat)) > this.termMs;
  }

  async #write(row: object, token?: string): Promise<void> {
    await this.#clickhouse.insert('job_runs', [row], token);
  }
}

const OPEN_DAYS = 3;
const DIED = 'its process ended, or lost ClickHouse, while it ran';

async function outcomeOf(
  work: () => Promise<RunResult>,
): Promise<RunResult & { readonly state: 'done' | 'failed'; readonly error: string }> {
  try {
    return { ...(await work()), state: 'done', error: '' };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { state: 'failed', result: {}, rowsRead: 0, bytesRead: 0, error: message };
  }
}
