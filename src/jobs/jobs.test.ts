import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { migrate } from '../clickhouse/schema.ts';
import { type Job, Jobs } from './jobs.ts';
import { Ledger, type RunResult } from './ledger.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const ledger = new Ledger(clickhouse, 'test');
const ledgerOf = (name: string, termMs?: number) => new Ledger(clickhouse, name, termMs);
const NOTHING: RunResult = { result: {}, rowsRead: 0, bytesRead: 0 };
const EVERY_SECOND = '* * * * * *';
const NEVER = '0 0 29 2 *';

/** Of all tests; each line names its job. */
const lines: string[] = [];
const log = pino({}, { write: (line: string) => lines.push(line) });

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const jobs = (...list: Job[]) => new Jobs(list, ledger, log);
const runsOf = async (name: string) => (await ledger.list(1000)).filter(({ job }) => job === name);

describe('running a job', () => {
  it('writes the run down and gives its line', async () => {
    const work = async () => ({ result: { built: 2 }, rowsRead: 5, bytesRead: 6 });
    const line = await jobs({ name: 'asked', schedule: NEVER, work }).run('asked');
    expect(line).toMatchObject({ job: 'asked', state: 'done', result: { built: 2 } });
    expect(await runsOf('asked')).toEqual([line]);
    expect(lines.join()).not.toContain('"job":"asked"');
  });

  it('gives a failed line for a job that throws, and logs it', async () => {
    const work = () => Promise.reject(new Error('it cannot be'));
    expect(await jobs({ name: 'broken', schedule: NEVER, work }).run('broken')).toMatchObject({
      state: 'failed',
      error: 'it cannot be',
    });
    expect(lines.join()).toContain('"job":"broken","error":"it cannot be"');
  });

  it('can be for a part of its work', async () => {
    const all = jobs({ name: 'part', schedule: NEVER, work: () => Promise.reject(new Error('the whole')) });
    const line = await all.run('part', async () => ({ ...NOTHING, result: { only: 'one' } }));
    expect(line).toMatchObject({ state: 'done', result: { only: 'one' } });
  });

  it('is not possible for a name that no job has', async () => {
    const all = jobs({ name: 'known', schedule: NEVER, work: async () => NOTHING });
    expect(all.names()).toEqual(['known']);
    await expect(all.run('unknown')).rejects.toThrow(RangeError);
  });
});

// Each has a job of its own, and most of its time goes by until it is due: side by side they wait together.
describe.concurrent('the schedule', () => {
  it('runs jobs by itself, and ends with stop', async () => {
    let runs = 0;
    const all = jobs({
      name: 'ticking',
      schedule: EVERY_SECOND,
      work: async () => {
        runs += 1;
        return NOTHING;
      },
    });
    all.start();
    while (runs < 2) await sleep(50);
    await all.stop();
    const atStop = runs;
    await sleep(1_500);
    expect(runs).toBe(atStop);
    expect((await runsOf('ticking')).map(({ state }) => state)).toEqual(Array(runs).fill('done'));
  });

  it('leaves out a run that is due while the last is still going', async () => {
    let inside = 0;
    let most = 0;
    let done = 0;
    const all = jobs({
      name: 'slow',
      schedule: EVERY_SECOND,
      work: async () => {
        inside += 1;
        most = Math.max(most, inside);
        await sleep(1_600);
        inside -= 1;
        done += 1;
        return NOTHING;
      },
    });
    all.start();
    while (done < 2) await sleep(50);
    await all.stop();
    expect(most).toBe(1);
    expect(await runsOf('slow')).toHaveLength(done);
  });

  it('does not leave out a run for a part that was asked for', async () => {
    let runs = 0;
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const all = jobs({
      name: 'parted',
      schedule: EVERY_SECOND,
      work: async () => {
        runs += 1;
        return NOTHING;
      },
    });
    all.start();
    const part = all.run('parted', () => gate.then(() => NOTHING));
    while (runs < 1) await sleep(50);
    open();
    expect(await part).toMatchObject({ state: 'done' });
    await all.stop();
  });

  it('waits at its end for what is running, and for what was asked for beside it', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const all = jobs({ name: 'gated', schedule: NEVER, work: () => gate.then(() => NOTHING) });
    const running = [all.run('gated'), all.run('gated')];
    let stopped = false;
    const stopping = all.stop().then(() => {
      stopped = true;
    });
    await sleep(100);
    expect(stopped).toBe(false);
    open();
    await stopping;
    for (const run of running) expect(await run).toMatchObject({ state: 'done' });
  });

  it('goes on after runs that failed and runs that could not be written down', async () => {
    const away = new ClickHouse({
      urls: ['http://127.0.0.1:9'],
      user: '',
      password: '',
      database: 'x',
      cluster: undefined,
    });
    let asked = 0;
    class Counted extends Ledger {
      override isRunning(job: string) {
        asked += 1;
        return super.isRunning(job);
      }
    }
    const all = new Jobs(
      [{ name: 'away', schedule: EVERY_SECOND, work: async () => NOTHING }],
      new Counted(away, 'x'),
      log,
    );
    all.start();
    while (asked < 2) await sleep(50);
    await all.stop();
    await away.close();
    expect(lines.join()).toContain('"job":"away","error":"ClickHouse query failed: no answer"');
  });

  it('is kept once by all who have it', async () => {
    let done = 0;
    const work = async () => {
      done += 1;
      return NOTHING;
    };
    const both = ['one', 'other']
      .map((name) => ledgerOf(name))
      .map((own) => new Jobs([{ name: 'shared', schedule: EVERY_SECOND, work }], own, log));
    for (const each of both) each.start();
    while ((await runsOf('shared')).length < 4) await sleep(50);
    await Promise.all(both.map((each) => each.stop()));
    // A run is named by when it was due; of two that begin late on a busy machine both may fall into one second.
    const runs = (await runsOf('shared')).map(({ run }) => run);
    expect(runs).toHaveLength(done);
    expect(new Set(runs).size).toBe(done);
  });

  it('runs what is due in parts beside each other, and writes nothing down where nothing is due', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let [looks, quick, slow] = [0, 0, 0];
    const end = (count: () => void) => {
      count();
      return NOTHING;
    };
    const parts = async () => {
      looks += 1;
      if (looks === 1) return new Map();
      return new Map([
        ['slow', () => gate.then(() => end(() => slow++))],
        ['quick', async () => end(() => quick++)],
      ]);
    };
    const all = jobs({ name: 'divided', schedule: EVERY_SECOND, work: async () => NOTHING, parts });
    all.start();
    while (quick < 2) await sleep(50);
    open();
    await all.stop();
    expect(slow).toBe(1);
    const runs = await runsOf('divided');
    expect(runs).toHaveLength(quick + slow);
    expect(new Set(runs.map(({ run }) => run.replace(/@.*/, '')))).toEqual(
      new Set(['divided/slow', 'divided/quick']),
    );
  });

  it.each([
    ['*/10 * * * *', 600_000],
    ['7 * * * *', 3_600_000],
    ['0 4 * * *', 86_400_000],
  ])('%s comes round every %i ms', (schedule, period) => {
    expect(jobs({ name: 'periodic', schedule, work: async () => NOTHING }).periodMs('periodic')).toBe(period);
  });

  it('never comes round for a job that there is not', () => {
    expect(jobs().periodMs('none')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe.concurrent('a run whose process is killed', () => {
  // Said at a third of it that a run goes on, by an insert that on a busy machine may take a second.
  const TERM_MS = 2_500;

  /** Of a process that is killed nothing more is heard. */
  class Mortal extends ClickHouse {
    isDead = false;
    override insert(...given: Parameters<ClickHouse['insert']>): Promise<void> {
      return this.isDead ? new Promise(() => {}) : super.insert(...given);
    }
  }

  async function killed(name: string): Promise<void> {
    const own = new Mortal(database);
    const work = () => new Promise<RunResult>(() => {});
    void new Jobs([{ name, schedule: NEVER, work }], new Ledger(own, 'killed', TERM_MS), log).run(name);
    while ((await runsOf(name)).length === 0) await sleep(20);
    own.isDead = true;
  }

  it('is said to have died, and another does the job again at once', async () => {
    await killed('taken');
    let ran = 0;
    const work = async () => {
      ran += 1;
      return { ...NOTHING, result: { again: true } };
    };
    const alive = ['one', 'other'].map(
      (name) => new Jobs([{ name: 'taken', schedule: NEVER, work }], ledgerOf(name, TERM_MS), log),
    );
    for (const each of alive) each.start();
    const ended = async () =>
      (await runsOf('taken')).filter(({ state }) => state === 'done' || state === 'died');
    while ((await ended()).length < 2) await sleep(50);
    await sleep(TERM_MS);
    await Promise.all(alive.map((each) => each.stop()));
    expect(ran).toBe(1);
    const [again, first] = await runsOf('taken');
    expect(again).toMatchObject({ state: 'done', retries: 1, result: { again: true } });
    expect(first).toMatchObject({ state: 'died', retries: 0, error: expect.stringContaining('process') });
    expect(again!.run).toBe(`${first!.run}+`);
  });

  it('is found again where ClickHouse goes away just when its job was to be begun again', async () => {
    await killed('unlucky');
    let tries = 0;
    class Leaving extends ClickHouse {
      override async insert(...given: Parameters<ClickHouse['insert']>): Promise<void> {
        if (given[2]?.endsWith('+/running') && tries++ === 0)
          throw new ClickHouseError('unavailable', 'insert', undefined, '');
        return super.insert(...given);
      }
    }
    const own = new Leaving(database);
    let ran = 0;
    const work = async () => {
      ran += 1;
      return NOTHING;
    };
    const alive = new Jobs(
      [{ name: 'unlucky', schedule: NEVER, work }],
      new Ledger(own, 'alive', TERM_MS),
      log,
    );
    alive.start();
    while (!(await runsOf('unlucky')).some(({ state }) => state === 'done')) await sleep(50);
    await alive.stop();
    await own.close();
    // The second is that of the run that came of it; where it takes long it says more often that it is at work.
    expect(tries).toBeGreaterThan(1);
    expect(ran).toBe(1);
    expect((await runsOf('unlucky')).map(({ state, retries }) => [state, retries])).toEqual([
      ['done', 1],
      ['died', 0],
    ]);
  });

  it('is begun again a few times, and then not before it is due', async () => {
    const started = new Date(Date.now() - 60_000).toISOString();
    await clickhouse.insert('job_runs', [
      { run: 'r+++', job: 'deadly', state: 'running', started, retries: 3 },
    ]);
    let ran = false;
    const work = async () => {
      ran = true;
      return NOTHING;
    };
    const alive = new Jobs([{ name: 'deadly', schedule: NEVER, work }], ledgerOf('alive', TERM_MS), log);
    alive.start();
    while ((await runsOf('deadly'))[0]?.ended === null) await sleep(50);
    await alive.stop();
    expect(ran).toBe(false);
    expect(await runsOf('deadly')).toMatchObject([{ state: 'died' }]);
    expect(lines.join()).toContain('job died again');
  });
});
