import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { closedFiles } from '../journal/closed-files.ts';
import { judgeSizes } from './segment-sizes.ts';
import { hasArrived, judgeTraffic } from './traffic.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const folder = await mkdtemp(join(tmpdir(), 'ninety-usual-'));
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOBODY: ReadonlyMap<string, number> = new Map();
/** Ten past an hour: the hour before it is over. */
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 10 * 60_000;
const LAST = NOW - 10 * 60_000 - HOUR_MS;

/** The day on which the last hour lies is as loud as its weekday, whatever today is: the others are ten times louder. */
const rhythm = (time: number) => (new Date(time).getUTCDay() === new Date(LAST).getUTCDay() ? 200 : 2000);
const steady = () => 500;
/** Not the same in any two hours, and never far off. */
const noisy = (time: number) => 500 + ((time / HOUR_MS) % 7) * 10;

const few = (time: number) => 1 + ((time / HOUR_MS) % 5);

/** @param days of history. @param last hits of the hour that is looked at. @param odd of one day of the history. */
const STORIES: readonly (readonly [
  site: string,
  sentence: string,
  isUnusual: boolean,
  of: (time: number) => number,
  days: number,
  last: number,
  odd?: number,
])[] = [
  ['quiet', 'is as quiet as always on this weekday', false, rhythm, 30, 210],
  ['loud', 'is as loud as on all other days, and never on this one', true, rhythm, 30, 2000],
  ['gone', 'has gone silent', true, rhythm, 30, 0],
  ['same', 'is as always', false, steady, 30, 500],
  ['less', 'has a little less', false, steady, 30, 400],
  ['half', 'has half', true, steady, 30, 240],
  ['border', 'is near the border', false, steady, 30, 370],
  ['thrice', 'has three times as much', true, steady, 30, 1500],
  ['noise', 'has what lies in its noise', false, noisy, 30, 590],
  ['once', 'is as always, and was not a week ago', false, steady, 30, 500, 5000],
  ['still', 'is silent, and was loud for once a week ago', true, steady, 30, 0, 5000],
  ['new', 'is new, and has gone silent', true, rhythm, 10, 0],
  ['young', 'is new, and quiet as on one weekday of all', false, rhythm, 10, 200],
  ['baby', 'was not there for a week', false, steady, 5, 0],
  ['tiny', 'has so little that nothing says anything', false, few, 30, 0],
  ['small', 'has little, and has gone silent', true, () => 25, 30, 0],
  ['swinging', 'has little, never the same, and has gone silent', true, (time) => few(time) + 20, 30, 0],
  ['calm', 'has little, and less than that', false, () => 25, 30, 8],
  ['clock', 'has always had the same, however little, and has gone silent', true, () => 3, 30, 0],
  ['week', 'has little, is new, and has gone silent', true, (time) => few(time) + 20, 10, 0],
];

beforeAll(async () => {
  await migrate(clickhouse, 90);
  const rows = STORIES.flatMap(([site, , , of, days, last, odd]) =>
    Array.from({ length: days * 24 }, (_, at) => {
      const time = LAST - (at + 1) * HOUR_MS;
      const isOdd = odd !== undefined && at >= 6 * 24 && at < 8 * 24;
      return { site, time, n: isOdd ? odd : of(time) };
    }).concat({ site, time: LAST, n: last }),
  ).filter(({ n }) => n > 0);
  await clickhouse.insert(
    'tallies',
    rows.map(({ site, time, n }) => ({
      room: 'collect',
      site,
      reason: 'stored',
      time: Math.floor(time / 1000) + 60,
      n,
    })),
  );
});
afterAll(async () => {
  await clickhouse.close();
  await rm(folder, { recursive: true });
});

describe('the traffic of a site', () => {
  it.each(
    STORIES.map(
      ([site, sentence, isUnusual]) =>
        [isUnusual ? 'alerts' : 'does not alert', sentence, site, isUnusual] as const,
    ),
  )('%s where it %s', async (_, __, site, isUnusual) => {
    const { findings } = await judgeTraffic(clickhouse, [site], NOBODY, NOW);
    expect(findings.map(({ subject }) => subject)).toEqual(isUnusual ? [site] : []);
  });

  it('is told with what is usual', async () => {
    const { findings } = await judgeTraffic(clickhouse, ['half'], NOBODY, NOW);
    expect(findings[0]).toMatchObject({ value: 240, usual: { low: 350, median: 500, high: 650 } });
    expect(findings[0]!.detail).toMatch(/^240 hits from .*Z for an hour; usual are 350 to 650, mostly 500$/);
  });

  it('opens at the border of its range, and clears only well inside of it', async () => {
    const at = async (open: ReadonlyMap<string, number>) =>
      (await judgeTraffic(clickhouse, ['border'], open, NOW)).findings.length;
    expect([await at(NOBODY), await at(new Map([['border', NOW]]))]).toEqual([0, 1]);
  });
});

describe('an hour of traffic', () => {
  const over = LAST + HOUR_MS;
  const mark = (collector: string, shipped: number, silentMs: number) =>
    clickhouse.insert('journal_marks', [
      {
        collector,
        shipped: new Date(shipped).toISOString(),
        time: new Date(Date.now() - silentMs).toISOString(),
        stopped: false,
        secret: '',
      },
    ]);
  const arrived = (steadyMs: number) => hasArrived(clickhouse, LAST / 1000, folder, steadyMs);

  it('is judged when no collector has any of it left', async () => {
    expect(await arrived(DAY_MS)).toBe(true);
    await mark('one', over + 1, 0);
    expect(await arrived(DAY_MS)).toBe(true);
    await mark('two', over - 60_000, 5 * 60_000);
    expect(await arrived(DAY_MS)).toBe(false);
    await mark('two', over + 1, 0);
    expect(await arrived(DAY_MS)).toBe(true);
  });

  it('does not wait for a collector that is gone, but where nobody could have heard of it', async () => {
    await mark('gone', over - 3 * HOUR_MS, 3 * HOUR_MS);
    expect(await arrived(0)).toBe(false);
    expect(await arrived(DAY_MS)).toBe(true);
  });

  it('waits for what lies in the journal here', async () => {
    const file = join(folder, 'journal/tallies/w1-1-00000001.tsv');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'x');
    await utimes(file, over / 1000, over / 1000);
    expect(await closedFiles(join(folder, 'journal'), 'tallies')).toHaveLength(1);
    expect(await arrived(DAY_MS)).toBe(false);
  });
});

describe('the size of a segment', () => {
  const builds = (segment: string, version: number, size: number, days: number, from = 0) =>
    Array.from({ length: (days - from) * 24 }, (_, at) => {
      const time = NOW - from * DAY_MS - at * HOUR_MS;
      return {
        segment,
        build: Math.floor(time / 1000),
        state: 'built',
        version,
        as_of: new Date(time).toISOString(),
        time: new Date(time).toISOString(),
        size,
      };
    });
  const object = (id: string, version: number, rule: object, name: string) => ({
    kind: 'segment',
    id,
    version,
    time: new Date(NOW - 40 * DAY_MS).toISOString(),
    deleted: false,
    body: JSON.stringify({ name, rule, merge: 'visitor' }),
  });
  const judge = async (id: string) =>
    (await judgeSizes(clickhouse, [id], NOBODY, NOW)).findings.map(({ value }) => value);

  it('alerts where it has fallen', async () => {
    await clickhouse.insert('objects', [object('fallen', 1, { did: {} }, 'a')]);
    await clickhouse.insert('builds', [...builds('fallen', 1, 100, 1), ...builds('fallen', 1, 9000, 30, 1)]);
    expect(await judge('fallen')).toEqual([100]);
  });

  it('alerts where none are left of what was always few', async () => {
    await clickhouse.insert('objects', [object('emptied', 1, { did: {} }, 'a')]);
    await clickhouse.insert('builds', [...builds('emptied', 1, 0, 1), ...builds('emptied', 1, 25, 30, 1)]);
    expect(await judge('emptied')).toEqual([0]);
  });

  it('is held against the builds before it, however seldom they are, and stays alerted of until the next', async () => {
    const daily = (built: number) =>
      Array.from({ length: 30 }, (_, day) => ({
        segment: 'daily',
        build: Math.floor(built / 1000) - day,
        state: 'built',
        version: 1,
        as_of: new Date(built - day * DAY_MS).toISOString(),
        time: new Date(built - day * DAY_MS).toISOString(),
        size: day === 0 ? 10 : 1000,
      }));
    const built = NOW - 30 * 60_000;
    await clickhouse.insert('objects', [object('daily', 1, { did: {} }, 'a')]);
    await clickhouse.insert('builds', daily(built));
    const open = new Map([['daily', built]]);
    const at = async (hours: number, alerted = open) => {
      const { findings, verdictOf } = await judgeSizes(
        clickhouse,
        ['daily'],
        alerted,
        built + hours * HOUR_MS,
      );
      return findings.length > 0 ? 'found' : verdictOf('daily');
    };
    expect([await at(0.1, new Map()), await at(1.4), await at(1.9), await at(5), await at(20)]).toEqual([
      'found',
      'found',
      'found',
      'unknown',
      'unknown',
    ]);
  });

  it('does so also where only its name has changed since, and not where its rule has', async () => {
    const asA = (id: string, rule: object) => [object(id, 1, { did: {} }, 'a'), object(id, 2, rule, 'b')];
    const fell = (id: string) => [...builds(id, 2, 100, 1), ...builds(id, 1, 9000, 30, 1)];
    await clickhouse.insert('objects', [
      ...asA('renamed', { did: {} }),
      ...asA('revised', { did: { event: 'x' } }),
    ]);
    await clickhouse.insert('builds', [...fell('renamed'), ...fell('revised')]);
    expect(await judge('renamed')).toEqual([100]);
    expect(await judge('revised')).toEqual([]);
  });

  it('is not alerted of any more where the rule has changed since, or it is deleted', async () => {
    const verdict = async (id: string, since: number) =>
      (
        await judgeSizes(clickhouse, ['revised', 'renamed'], new Map([[id, since]]), NOW + 5 * HOUR_MS)
      ).verdictOf(id);
    expect(await verdict('revised', NOW - 41 * DAY_MS)).toBe('gone');
    expect(await verdict('revised', NOW)).toBe('unknown');
    expect(await verdict('renamed', NOW)).toBe('unknown');
    expect(await verdict('deleted', NOW)).toBe('gone');
  });
});
