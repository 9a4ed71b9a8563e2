import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { Ledger } from './ledger.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const ledger = new Ledger(clickhouse, 'host/1/x');

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const find = async (job: string) => (await ledger.list(100)).filter((run) => run.job === job);

describe('the ledger', () => {
  it('has a run from its start, and what it did and cost at its end', async () => {
    const line = await ledger.record('counting', async () => {
      expect(await find('counting')).toMatchObject([{ state: 'running', ended: null, result: null }]);
      return { result: { counted: 3, of: ['a', 'b'] }, rowsRead: 12_345_678_901, bytesRead: 7 };
    });
    expect(line).toMatchObject({
      job: 'counting',
      state: 'done',
      result: { counted: 3, of: ['a', 'b'] },
      rowsRead: 12_345_678_901,
      bytesRead: 7,
      error: '',
    });
    expect(Date.parse(line!.ended!)).toBeGreaterThanOrEqual(Date.parse(line!.started));
    expect(await find('counting')).toEqual([line]);
  });

  it('has a job that threw, with what it said', async () => {
    const line = await ledger.record('failing', () => Promise.reject(new Error('no such segment')));
    expect(line).toMatchObject({ state: 'failed', error: 'no such segment', result: {} });
    expect(await find('failing')).toEqual([line]);
  });

  it('has what was thrown and is no error', async () => {
    expect(await ledger.record('odd', () => Promise.reject('odd'))).toMatchObject({
      state: 'failed',
      error: 'odd',
    });
  });

  it('keeps the runs of one job apart, also those that run at once', async () => {
    await Promise.all(
      [1, 2, 3].map((n) =>
        ledger.record('thrice', async () => ({ result: { n }, rowsRead: 0, bytesRead: 0 })),
      ),
    );
    const runs = await find('thrice');
    expect(new Set(runs.map(({ run }) => run)).size).toBe(3);
    expect(runs.map(({ result }) => (result as { n: number }).n).sort()).toEqual([1, 2, 3]);
  });

  it('says of a run that nobody has heard of for a while that it died, and of one that goes on that it runs', async () => {
    const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const run = (id: string, started: number, beat: number) => ({
      run: id,
      job: 'killed',
      state: 'running',
      started: at(started),
      beat: at(beat),
    });
    await clickhouse.insert('job_runs', [
      run('killed', 20, 20),
      run('killed', 20, 15),
      run('long', 30, 30),
      run('long', 30, 0),
    ]);
    expect(await find('killed')).toMatchObject([
      { run: 'killed', state: 'died', ended: null },
      { run: 'long', state: 'running' },
    ]);
    const dead = await ledger.dead(['killed', 'counting']);
    expect(dead).toMatchObject([{ run: 'killed', job: 'killed', retries: 0 }]);
    await ledger.bury(dead[0]!);
    expect(await ledger.dead(['killed'])).toEqual([]);
    expect((await find('killed'))[0]).toMatchObject({ run: 'killed', state: 'died' });
    expect(Date.parse((await find('killed'))[0]!.ended!)).toBeGreaterThan(Date.parse(at(1)));
  });

  it('believes who ends a run rather than who took it for dead', async () => {
    const line = await ledger.record('slow', async () => {
      const [run] = await find('slow');
      await ledger.bury(run!);
      return { result: { late: true }, rowsRead: 1, bytesRead: 1 };
    });
    expect(await find('slow')).toEqual([line]);
    expect(line).toMatchObject({ state: 'done', result: { late: true } });
  });

  it('lets one of several have the run of a name, and nobody after it', async () => {
    const others = ['host/2/y', 'host/3/z'].map((name) => new Ledger(clickhouse, name));
    let ran = 0;
    const work = async () => {
      ran += 1;
      return { result: {}, rowsRead: 0, bytesRead: 0 };
    };
    const lines = await Promise.all(
      [ledger, ...others].map((one) => one.record('due', work, { run: 'due@noon' })),
    );
    expect(lines.filter((line) => line !== undefined)).toHaveLength(1);
    expect(await ledger.record('due', work, { run: 'due@noon' })).toBeUndefined();
    expect(ran).toBe(1);
    expect(await find('due')).toMatchObject([{ run: 'due@noon', state: 'done' }]);
  });

  it('says what a statement had in memory while the job ran', async () => {
    const line = await ledger.record('large', async () => {
      await clickhouse.query('SELECT uniqExact(number), sleep(2) FROM numbers(2000000)');
      return { result: {}, rowsRead: 0, bytesRead: 0 };
    });
    expect(line!.peakMemory).toBeGreaterThan(2 ** 24);
    expect((await find('large'))[0]!.peakMemory).toBe(line!.peakMemory);
  });

  it('lists the newest first, and no more than asked for', async () => {
    const two = await ledger.list(2);
    expect(two).toHaveLength(2);
    const all = await ledger.list(100);
    expect(all.slice(0, 2)).toEqual(two);
    const starts = all.map(({ started }) => Date.parse(started));
    expect(starts).toEqual([...starts].sort((a, b) => b - a));
  });

  it('does not run a job that it cannot write down', async () => {
    const away = new ClickHouse({
      urls: ['http://127.0.0.1:9'],
      user: '',
      password: '',
      database: 'x',
      cluster: undefined,
    });
    let ran = false;
    const record = new Ledger(away, 'x').record('unwritten', async () => {
      ran = true;
      return { result: {}, rowsRead: 0, bytesRead: 0 };
    });
    await expect(record).rejects.toMatchObject({ fault: 'unavailable' });
    expect(ran).toBe(false);
    await away.close();
  });
});
