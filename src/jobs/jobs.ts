import { nanoid } from 'nanoid';
import { type Logger as CronLogger, createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import { dueTimes } from './due-times.ts';
import type { Dead, Entry, Ledger, Run, RunResult } from './ledger.ts';

/** A job: what it does, and when it runs by itself. */
export interface Job {
  readonly name: string;
  /** Cron expression; UTC. */
  readonly schedule: string;
  readonly work: () => Promise<RunResult>;
  /** What a run by the schedule does, where it is less. */
  readonly due?: () => Promise<RunResult>;
  /**
   * What is due by the schedule, in place of all of it: parts by their names, which run beside each other, each as a
   * run of its own. None = nothing is written down.
   */
  readonly parts?: () => Promise<ReadonlyMap<string, () => Promise<RunResult>>>;
}

/** A job, as an operator asks what there is. */
export interface PlannedJob extends Pick<Job, 'name' | 'schedule'> {
  /** ISO 8601: when it is next due; null = never again. */
  readonly next: string | null;
}

/** How often a job that dies is begun again at once; one that takes its process with it each time waits then. */
const MAX_RETRIES = 3;
const LOOKS_A_TERM = 4;

/**
 * The jobs of this product: each runs by its schedule and when asked, and every run is in the ledger. Of several
 * that have the same schedule, as on several machines, one runs what is due; and what one has begun and not ended,
 * because it was killed, another begins again.
 */
export class Jobs {
  readonly #jobs: ReadonlyMap<string, Job>;
  readonly #ledger: Ledger;
  readonly #log: Logger;
  /** What the scheduler has to say (a due time that was slept through) belongs into the log, not on the terminal. */
  readonly #cronLog: CronLogger;
  readonly #tasks: ScheduledTask[] = [];
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #dueTimes = new Map<string, ReturnType<typeof dueTimes>>();
  #takeOvers: NodeJS.Timeout | undefined;

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

  /** Every job there is, also one that has never run. */
  planned(): PlannedJob[] {
    return [...this.#jobs.values()].map(({ name, schedule }) => ({
      name,
      schedule,
      next: nextRuns(schedule, 1)[0]?.toISOString() ?? null,
    }));
  }

  /** Milliseconds between two runs by the schedule, as the next two say. */
  periodMs(name: string): number {
    const job = this.#jobs.get(name);
    if (!job) return Number.POSITIVE_INFINITY;
    const [first, second] = nextRuns(job.schedule, 2);
    return first && second ? second.getTime() - first.getTime() : Number.POSITIVE_INFINITY;
  }

  /**
   * When a job was due by its schedule for the last time before a moment, both in milliseconds since 1970; undefined
   * where it was not within eight days.
   */
  lastDue(name: string, upTo: number): number | undefined {
    const job = this.#jobs.get(name);
    if (job === undefined) return undefined;
    const known = this.#dueTimes.get(name) ?? dueTimes(job.schedule);
    this.#dueTimes.set(name, known);
    return known(upTo);
  }

  /** Whether the ledger has no line of a due time at which nothing was to be done. */
  isQuiet(name: string): boolean {
    return this.#jobs.get(name)?.parts !== undefined;
  }

  /** Begins to run the jobs by their schedules. A run that is due while the last is still going is left out. */
  start(): void {
    for (const job of this.#jobs.values()) {
      const task = createTask(job.schedule, ({ date }) => this.#runDue(job, date), {
        timezone: 'UTC',
        name: job.name,
        logger: this.#cronLog,
      });
      void task.start();
      this.#tasks.push(task);
    }
    this.#takeOvers = setInterval(() => this.#takeOver(), this.#ledger.termMs / LOOKS_A_TERM).unref();
  }

  #runDue(job: Job, at: Date): void {
    if (job.parts !== undefined) return this.#runParts(job, at);
    const { name, work, due = work } = job;
    // The name is the same wherever the schedule is: of those who give it to a run one wins.
    this.#runUnlessRunning(name, due, { run: `${name}@${at.toISOString()}` });
  }

  /** A part that is still going is left out, and keeps no other back. */
  #runParts({ name, parts }: Job, at: Date): void {
    const run = async () => {
      for (const [part, work] of (await parts?.()) ?? []) {
        const key = `${name}/${part}`;
        if (this.#running.has(key)) continue;
        const entry = { run: `${key}@${at.toISOString()}`, part: true };
        this.#keep(key, name, this.#record(name, work, entry));
      }
    };
    if (!this.#running.has(name)) this.#keep(name, name, run());
  }

  /** Until it has ended; with ClickHouse away there is no ledger to write a run into, and the next due time tries again. */
  #keep(key: string, job: string, run: Promise<unknown>): void {
    const running = run
      .catch((error: Error) => this.#log.warn({ job, error: error.message }, 'job not run'))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
  }

  #runUnlessRunning(name: string, work: Job['work'], entry: Entry): void {
    if (this.#running.has(name)) return;
    const run = async () => {
      if (!(await this.#ledger.isRunning(name))) await this.#record(name, work, entry);
    };
    this.#keep(name, name, run());
  }

  /** Looks for runs that died, of whatever process, and does the job again. */
  async #takeOver(): Promise<void> {
    try {
      for (const dead of await this.#ledger.dead(this.names())) await this.#doAgain(dead);
    } catch (error) {
      this.#log.debug({ error: (error as Error).message }, 'runs that died could not be looked for');
    }
  }

  async #doAgain(dead: Dead): Promise<void> {
    const { run, job, retries } = dead;
    if (retries >= MAX_RETRIES)
      this.#log.error({ job, run }, 'job died again; it waits for its next due time');
    else if (!(await this.#ledger.isRunning(job))) {
      // One that begins just now may still be left out: the next look tells.
      if (this.#running.has(job) || this.#takeOvers === undefined) return;
      this.#log.warn({ job, run }, 'job died; it is begun again');
      const again = this.#jobs.get(job)!;
      // What a part was of is known to nobody any more: what is due says it, or it is the whole job.
      if (again.parts !== undefined) this.#runParts(again, new Date());
      else await this.#begin(job, { run: `${run}+`, retries: retries + 1 });
    }
    // Last: who dies, or finds ClickHouse away, before this leaves it to be found again.
    await this.#ledger.bury(dead);
  }

  /**
   * Does the whole job, also where it was a part that died: what the part was of is known to nobody any more.
   *
   * @returns when it is in the ledger, by us or by another who was first.
   */
  #begin(name: string, entry: Entry): Promise<void> {
    return new Promise((begun, failed) => {
      const running = this.#record(name, this.#jobs.get(name)!.work, { ...entry, begun })
        .then(() => begun(), failed)
        .finally(() => this.#running.delete(name));
      this.#running.set(name, running);
    });
  }

  /** Stops the schedules and waits for what is running, and for the parts that it has begun meanwhile. */
  async stop(): Promise<void> {
    clearInterval(this.#takeOvers);
    this.#takeOvers = undefined;
    await Promise.all(this.#tasks.map((task) => task.destroy()));
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
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
    const isPart = part !== undefined;
    // Its own key among the runs under way; the job's name keeps the schedule from running beside it.
    const key = isPart || this.#running.has(name) ? `${name}/${nanoid()}` : name;
    const run = this.#record(name, part ?? job.work, { part: isPart });
    this.#running.set(key, run);
    try {
      // Nobody else gives a run the name that it gets by itself.
      return (await run)!;
    } finally {
      this.#running.delete(key);
    }
  }

  async #record(name: string, work: Job['work'], entry: Entry): Promise<Run | undefined> {
    const line = await this.#ledger.record(name, work, entry);
    if (line?.state === 'failed') this.#log.error({ job: name, error: line.error }, 'job failed');
    return line;
  }
}

/** The next moments that a schedule names. */
function nextRuns(schedule: string, count: number): Date[] {
  const task = createTask(schedule, () => undefined, { timezone: 'UTC' });
  const next = task.getNextRuns(count);
  void task.destroy();
  return next;
}
