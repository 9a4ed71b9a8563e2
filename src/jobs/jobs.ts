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
    this.run(name, due).catch((error: Error) =>
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
   * @param work in place of the job's own: the same job for a part of its work.
   * @returns its line of the ledger, also where it failed.
   */
  async run(name: string, work = this.#jobs.get(name)?.work): Promise<Run> {
    if (work === undefined) throw new RangeError(`there is no job ${name}`);
    const id = Symbol(name).toString() + Math.random();
    const run = this.#ledger.record(name, work);
    this.#running.set(this.#running.has(name) ? id : name, run);
    try {
      const line = await run;
      if (line.state === 'failed') this.#log.error({ job: name, error: line.error }, 'job failed');
      return line;
    } finally {
      for (const [key, value] of this.#running) if (value === run) this.#running.delete(key);
    }
  }
}
