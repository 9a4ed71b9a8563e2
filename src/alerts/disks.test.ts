import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../test/client.ts';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { readConfig } from '../config.ts';
import { reportDisk, reportedDisks } from './disk-reports.ts';
import { judgeDisks } from './disks.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const GIB = 2 ** 30;
const MINUTE_MS = 60_000;
const NOBODY: ReadonlyMap<string, number> = new Map();

const report = (server: string, free: number, waiting = 0, ago = 0, quota = 10 * GIB) => ({
  server,
  free,
  total: 100 * GIB,
  journal_bytes: waiting,
  journal_quota: quota,
  time: new Date(Date.now() - ago).toISOString(),
});

beforeAll(async () => {
  await migrate(clickhouse, 90);
  await clickhouse.insert('disk_reports', [
    report('fine', 60 * GIB),
    report('full', 60 * GIB, 0, MINUTE_MS),
    report('full', GIB),
    report('behind', 60 * GIB, 6 * GIB),
    report('operators', 60 * GIB, 6 * GIB, 0, 0),
    report('silent', GIB, 6 * GIB, 10 * MINUTE_MS),
    report('replaced', GIB, 6 * GIB, 120 * MINUTE_MS),
  ]);
});
afterAll(() => clickhouse.close());

describe('of the disks of all servers, whoever looks', () => {
  it('finds the one that is about to be full, and the journal that is', async () => {
    const { findings } = await judgeDisks(clickhouse, true, NOBODY);
    expect(findings).toEqual([
      {
        subject: 'behind/journal',
        value: 6 * GIB,
        detail: '6.0 GiB wait for ClickHouse, of 10.0 that may; then hits are refused',
      },
      { subject: 'full', value: GIB, detail: '1.0 of 100.0 GiB are free' },
    ]);
  });

  it.each([
    ['usual', 'of one that has room', 'fine'],
    ['usual', 'of the journal of one that has shipped', 'fine/journal'],
    ['unknown', 'of one that has just not been heard of', 'silent'],
    ['unknown', 'of its journal', 'silent/journal'],
    ['gone', 'of one that another has taken the place of', 'replaced'],
    ['gone', 'of its journal', 'replaced/journal'],
    ['gone', 'of the journal of one that takes no hits', 'operators/journal'],
    ['gone', 'of a disk that ClickHouse had', 'clickhouse/old/default'],
  ])('says %s %s', async (verdict, _, subject) => {
    expect((await judgeDisks(clickhouse, true, NOBODY)).verdictOf(subject)).toBe(verdict);
  });

  it('looks at those of a ClickHouse of its own', async () => {
    const { verdictOf, findings } = await judgeDisks(clickhouse, false, NOBODY);
    const [disk] = await clickhouse.query<{ name: string }>(
      "SELECT concat('clickhouse/', hostName(), '/', name) AS name FROM system.disks LIMIT 1",
    );
    const isKnown =
      verdictOf(disk!.name) === 'usual' || findings.some(({ subject }) => subject === disk!.name);
    expect(isKnown).toBe(true);
  });
});

it('a server says how its own disk and journal stand', async () => {
  const data = await mkdtemp(join(tmpdir(), 'ninety-disk-'));
  await mkdir(join(data, 'journal/hits'), { recursive: true });
  await writeFile(join(data, 'journal/hits/w1-1-00000001.tsv'), 'x'.repeat(1_000));
  const config = readConfig({ NINETY_DATA: data, NINETY_JOURNAL_QUOTA_MB: '64' });
  const stop = reportDisk(clickhouse, config, (error) => {
    throw error;
  });
  const own = await until('it has said so', async () =>
    (await reportedDisks(clickhouse, 60)).find(({ server }) => server === `${hostname()}:${data}`),
  );
  stop();
  expect(own.journal).toEqual({ bytes: 1_000, quota: 64 * 2 ** 20 });
  expect(own.disk.total).toBeGreaterThan(own.disk.free);
  await rm(data, { recursive: true });
});
