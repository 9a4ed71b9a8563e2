import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { jobHealth } from './health.ts';
import { Ledger } from './ledger.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const ledger = new Ledger(clickhouse, 'test');
const done = async () => ({ result: {}, rowsRead: 0, bytesRead: 0 });
const failed = (why: string) => async () => {
  throw new Error(why);
};
const healthOf = async (job: string) => (await jobHealth(clickhouse, ['divided'], ledger.termMs)).get(job);

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

it('tells how many runs failed since the last that did not, and of the newest why', async () => {
  await ledger.record('j', failed('long ago'));
  await ledger.record('j', done);
  const before = Date.now();
  await ledger.record('j', failed('first'));
  await ledger.record('j', failed('second'));
  expect(await healthOf('j')).toMatchObject({ failures: 2, error: 'second', runningSince: undefined });
  expect((await healthOf('j'))!.ended).toBeGreaterThanOrEqual(before);
  await ledger.record('j', done);
  expect(await healthOf('j')).toMatchObject({ failures: 0 });
});

it('takes no part that somebody asked for the job itself', async () => {
  await ledger.record('whole', failed('the job'));
  await ledger.record('whole', done, { part: true });
  expect(await healthOf('whole')).toMatchObject({ failures: 1, error: 'the job' });
  await ledger.record('whole', done);
  await ledger.record('whole', failed('a part'), { part: true });
  expect(await healthOf('whole')).toMatchObject({ failures: 0 });
  const { ended } = (await healthOf('whole'))!;
  await ledger.record('whole', done, { part: true });
  expect((await healthOf('whole'))!.ended).toBe(ended);
  await ledger.record('parted', done, { part: true });
  expect(await healthOf('parted')).toMatchObject({ ended: undefined });
});

it('counts the parts of one that has no other runs', async () => {
  await ledger.record('divided', failed('first'), { part: true });
  await ledger.record('divided', failed('second'), { part: true });
  expect(await healthOf('divided')).toMatchObject({ failures: 2, error: 'second' });
});

it('counts one that never did well, too', async () => {
  await ledger.record('never', failed('no'));
  expect(await healthOf('never')).toMatchObject({ failures: 1, error: 'no' });
});

it('tells since when a run goes on, and not of one that nobody hears of any more', async () => {
  const row = (job: string, ago: number, silent: number, part = false) => ({
    run: `${job}-1`,
    job,
    part,
    state: 'running',
    started: new Date(Date.now() - ago).toISOString(),
    beat: new Date(Date.now() - silent).toISOString(),
  });
  await clickhouse.insert('job_runs', [
    row('long', 7_200_000, 1_000),
    row('a part', 7_200_000, 1_000, true),
    row('silent', 7_200_000, 3_600_000),
  ]);
  const long = await healthOf('long');
  expect(Date.now() - long!.runningSince!).toBeGreaterThanOrEqual(7_200_000);
  expect(long).toMatchObject({ ended: undefined, isRunning: true });
  const part = await healthOf('a part');
  expect(Date.now() - part!.runningSince!).toBeGreaterThanOrEqual(7_200_000);
  expect(part!.isRunning).toBe(false);
  expect(await healthOf('silent')).toMatchObject({ runningSince: undefined, ended: undefined });
  expect(await healthOf('nobody')).toBeUndefined();
});
