import { nanoid } from 'nanoid';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

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
  readonly state: 'running' | 'done' | 'failed' | 'died';
  readonly started: string;
  readonly ended: string | null;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly result: unknown;
  readonly error: string;
}

/** After so long without an end, a run that still says `running` is taken for dead. */
const DEAD_AFTER_S = 900;

/** Every run of every job, from its start; ClickHouse keeps it as long as the hits. */
export class Ledger {
  readonly #clickhouse: ClickHouse;
  readonly #holder: string;

  constructor(clickhouse: ClickHouse, holder: string) {
    this.#clickhouse = clickhouse;
    this.#holder = holder;
  }

  /**
   * Runs a job and writes down how it went.
   *
   * @returns the finished line; a job that threw gives a `failed` one, with the error's text.
   */
  async record(job: string, work: () => Promise<RunResult>): Promise<Run> {
    const run = nanoid();
    const started = new Date();
    const row = { run, job, started: started.toISOString(), holder: this.#holder };
    await this.#write({ ...row, state: 'running' }, run, 'running');
    let end: {
      state: 'done' | 'failed';
      result: Record<string, unknown>;
      rows_read: number;
      bytes_read: number;
      error: string;
    };
    try {
      const { result, rowsRead, bytesRead } = await work();
      end = { state: 'done', result, rows_read: rowsRead, bytes_read: bytesRead, error: '' };
    } catch (error) {
      end = {
        state: 'failed',
        result: {},
        rows_read: 0,
        bytes_read: 0,
        error: error instanceof Error ? error.message : String(error),
      };
    }
    const ended = new Date().toISOString();
    await this.#write({ ...row, ...end, result: JSON.stringify(end.result), ended }, run, end.state);
    return {
      run,
      job,
      state: end.state,
      started: row.started,
      ended,
      rowsRead: end.rows_read,
      bytesRead: end.bytes_read,
      result: end.result,
      error: end.error,
    };
  }

  /** The newest runs first. */
  async list(limit: number): Promise<Run[]> {
    const rows = await this.#clickhouse.query<{
      run: string;
      job: string;
      state: 'running' | 'done' | 'failed';
      started: string;
      ended: string | null;
      rows_read: string;
      bytes_read: string;
      result: string;
      error: string;
      age: number;
    }>(
      `SELECT run, any(job_runs.job) AS job, argMax(job_runs.state, toInt8(job_runs.state)) AS state,
              min(job_runs.started) AS started, max(job_runs.ended) AS ended,
              max(job_runs.rows_read) AS rows_read, max(job_runs.bytes_read) AS bytes_read,
              argMax(job_runs.result, toInt8(job_runs.state)) AS result, argMax(job_runs.error, toInt8(job_runs.state)) AS error,
              dateDiff('second', started, now64(3)) AS age
       FROM job_runs GROUP BY run ORDER BY started DESC, run LIMIT {limit:UInt32}`,
      { limit },
    );
    return rows.map((row) => ({
      run: row.run,
      job: row.job,
      state: row.state === 'running' && row.age > DEAD_AFTER_S ? 'died' : row.state,
      started: iso(row.started),
      ended: row.ended === null ? null : iso(row.ended),
      rowsRead: Number(row.rows_read),
      bytesRead: Number(row.bytes_read),
      result: row.result === '' ? null : (JSON.parse(row.result) as unknown),
      error: row.error,
    }));
  }

  async #write(row: object, run: string, state: string): Promise<void> {
    await this.#clickhouse.insert('job_runs', [row], `run/${run}/${state}`);
  }
}
