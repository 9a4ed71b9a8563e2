import { nanoid } from 'nanoid';
import { type Logger as CronLogger, createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import type { Ledger, Run, RunResult } from './ledger.ts';

/** A job: what it does, and when it runs by itself. */
export interface Job {
  readonly name: string;
  /** Cron expression; UTC. */
  readonly schedule: string;
  readonly work: () => Promise<RunResult>;
  /** What a run by the schedule does, where it is less. */
  readonly due?: () => Promise<RunResult>;
}

/** The jobs of this product: each runs by its schedule and when asked, and every run is in the ledger. */
export class Jobs {
  readonly #jobs: ReadonlyMap<string, Job>;
  readonly #ledger: Ledger;
  readonly #log: Logger;
  /** What the scheduler has to say (a due time that was slept through) belongs into the log, not on the terminal. */
  readonly #cronLog: CronLogger;
  readonly #tasks: ScheduledTask[] = [];
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(jobs: readonly Job[], ledger: Ledger, log: Logger) {
    this.#jobs = new Map(jobs.map((job) => [job.name, job]));
    this.#ledger = ledger;
    this.#log = log;
    this.#cronLog = {
      info: (message) => log.debug(message),
      debug: (message) => log.debug(String(message)),
      warn: (message) => log.warn(message),
      error: (message) => log.error(String(message)),
    };
  }

  names(): string[] {
    return [...this.#jobs.keys()];
  }

  /** Milliseconds between two runs by the schedule, as the next two say. */
  periodMs(name: string): number {
    const job = this.#jobs.get(name);
    if (!job) return Number.POSITIVE_INFINITY;
    const task = createTask(job.schedule, () => undefined, { timezone: 'UTC' });
    const [first, second] = task.getNextRuns(2);
    void task.destroy();
    return first && second ? second.getTime() - first.getTime() : Number.POSITIVE_INFINITY;
  }

  /** Begins to run the jobs by their schedules. A run that is due while the last is still going is left out. */
  start(): void {
    for (const job of this.#jobs.values()) {
      const task = createTask(job.schedule, () => this.#runDue(job), {
        timezone: 'UTC',
        name: job.name,
        logger: this.#cronLog,
      });
      void task.start();
      this.#tasks.push(task);
    }
  }

  #runDue({ name, work, due = work }: Job): void {
    if (this.#running.has(name)) return;
    // With ClickHouse away there is no ledger to write a run into; the next due time tries again.
    this.#record(name, due, name).catch((error: Error) =>
      this.#log.warn({ job: name, error: error.message }, 'job not run'),
    );
  }

  /** Stops the schedules and waits for what is running. */
  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.destroy()));
    await Promise.allSettled(this.#running.values());
  }

  /**
   * Runs a job now.
   *
   * @param part in place of the job's own work: the same job for a part of it. A run that is due meanwhile is
   *   not left out for it.
   * @returns its line of the ledger, also where it failed.
   */
  async run(name: string, part?: Job['work']): Promise<Run> {
    const job = this.#jobs.get(name);
    if (job === undefined) throw new RangeError(`there is no job ${name}`);
    const isWhole = part === undefined && !this.#running.has(name);
    return this.#record(name, part ?? job.work, isWhole ? name : `${name}/${nanoid()}`);
  }

  /** @param key its own among the runs under way; the job's name keeps the schedule from running beside it. */
  async #record(name: string, work: Job['work'], key: string): Promise<Run> {
    const run = this.#ledger.record(name, work);
    this.#running.set(key, run);
    try {
      const line = await run;
      if (line.state === 'failed') this.#log.error({ job: name, error: line.error }, 'job failed');
      return line;
    } finally {
      this.#running.delete(key);
    }
  }
}
