import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { matchRates, matchRatesDue, recordMatchRates } from '../report/match-rates.ts';
import { judgeMatchRates } from './match-rates.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const NOW = Date.now();
const HOUR_MS = 3_600_000;
const NOBODY: ReadonlyMap<string, number> = new Map();
const partner = (id: string) => ({ id, name: id, freshDays: 14, keepsMatches: false });

/** A record each six hours, the newest first. @param people who consented, of whom a share matched. */
const record = (id: string, rates: readonly number[], people = 1000) =>
  clickhouse.insert(
    'match_rates',
    rates.map((rate, at) => ({
      partner: id,
      days: 1,
      split: 'all',
      value: '',
      visitor_count: 2 * people,
      consented: people,
      matched: Math.round(rate * people),
      matched_consented: Math.round(rate * people),
      fresh: 0,
      time: new Date(NOW - at * 6 * HOUR_MS).toISOString(),
    })),
  );
const always = (rate: number, times = 20) => Array.from({ length: times }, () => rate);

beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

describe('the match rate of a partner', () => {
  it.each([
    ['steady', 'is as always', [0.6, ...always(0.6)], 1000, []],
    ['lower', 'is a little lower', [0.55, ...always(0.6)], 1000, []],
    ['fallen', 'has fallen by half', [0.3, ...always(0.6)], 1000, [0.3]],
    ['risen', 'has risen', [0.9, ...always(0.6)], 1000, []],
    [
      'dipped',
      'has fallen, and fell as low once before',
      [0.3, ...always(0.6, 10), 0.3, ...always(0.6, 10)],
      1000,
      [0.3],
    ],
    ['swings', 'swings anyway', [0.3, ...always(0.6).map((rate, at) => (at % 2 ? rate : 0.3))], 1000, []],
    ['few', 'is of so few that nothing says anything', [0.1, ...always(0.6)], 50, []],
    ['young', 'has no history', [0.1, ...always(0.6, 5)], 1000, []],
  ] as const)('%s: %s', async (id, _, rates, people, expected) => {
    await record(id, rates, people);
    const { findings } = await judgeMatchRates(clickhouse, [id], NOBODY);
    expect(findings.map(({ value }) => value)).toEqual(expected);
  });

  it.each([
    ['usual', 'is usual again', 'steady'],
    ['unknown', 'is of so few now that nobody can tell', 'few'],
    ['gone', 'is of a partner that was deleted', 'deleted'],
  ])('is %s where it %s', async (verdict, _, id) => {
    const { verdictOf } = await judgeMatchRates(clickhouse, ['steady', 'few'], new Map([[id, NOW]]));
    expect(verdictOf(id)).toBe(verdict);
  });

  it('is recorded once in a quarter of a day, and shown over time', async () => {
    const acme = partner('acme');
    await clickhouse.insert('hits', [
      { time: new Date(NOW - HOUR_MS).toISOString(), visitor: 1, hit: 1, site: 's' },
    ]);
    expect(await matchRatesDue(clickhouse, [acme])).toEqual([acme]);
    expect(await recordMatchRates(clickhouse, [acme])).toBe(1);
    expect(await matchRatesDue(clickhouse, [acme])).toEqual([]);
    const range = { from: NOW - 24 * HOUR_MS, to: NOW + HOUR_MS, step: 'day' } as const;
    const { partners } = await matchRates(clickhouse, range, [acme], 1);
    expect(partners[0]!.now.windows[0]).toMatchObject({ days: 1, visitors: 1 });
    expect(partners[0]!.points).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ by: 'all', visitors: 1, consentedMatchRate: null, matchRate: 0 }),
      ]),
    );
  });

  it('is looked at once where only the partner knows it', async () => {
    const kept = { ...partner('kept'), keepsMatches: true };
    await recordMatchRates(clickhouse, [kept]);
    expect(await matchRatesDue(clickhouse, [kept])).toEqual([]);
    const range = { from: NOW - 24 * HOUR_MS, to: NOW + HOUR_MS, step: 'day' } as const;
    expect((await matchRates(clickhouse, range, [kept], 1)).partners[0]!.points).toEqual([]);
  });
});
