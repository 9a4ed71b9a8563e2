import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { MAX_PARTNERS, matchRates, type RateSplit, tooManyRates } from './match-rates.ts';
import { rangeOf, type Step } from './range.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const NOW = Date.now();
const DAY_MS = 86_400_000;
const partner = { id: 'acme', name: 'Acme', freshDays: 14, keepsMatches: false };
const rangeBack = (days: number, step: Step) => {
  const range = rangeOf({ from: NOW - days * DAY_MS, step }, 90, NOW);
  if (typeof range === 'string') throw new Error(range);
  return range;
};

beforeAll(async () => {
  await migrate(clickhouse, 90);
  const record = (split: string, value: string, visitors: number) => ({
    partner: 'acme',
    days: 1,
    split,
    value,
    visitor_count: visitors,
    consented: visitors,
    matched: 1,
    matched_consented: 1,
    fresh: 1,
    time: new Date(NOW - DAY_MS).toISOString(),
  });
  await clickhouse.insert('match_rates', [
    record('all', '', 10),
    record('browser', 'Chrome', 6),
    record('browser', 'Safari', 4),
    record('country', 'DE', 10),
  ]);
});
afterAll(() => clickhouse.close());

describe('past match rates', () => {
  it.each([
    [undefined, [['all', '']]],
    [
      'browser',
      [
        ['all', ''],
        ['browser', 'Chrome'],
        ['browser', 'Safari'],
      ],
    ],
    [
      'country',
      [
        ['all', ''],
        ['country', 'DE'],
      ],
    ],
  ] as const)('by %s', async (by, expected) => {
    const { partners } = await matchRates(clickhouse, rangeBack(3, 'day'), [partner], 1, { by });
    expect(partners[0]!.points.map((point) => [point.by, point.value])).toEqual(expected);
  });

  it.each([
    ['as many partners as a report has, by hour over two months', MAX_PARTNERS, 60, 'hour', undefined, true],
    ['those by country', MAX_PARTNERS, 60, 'hour', 'country', false],
    ['those by country and day', MAX_PARTNERS, 60, 'day', 'country', true],
    ['one partner by country and hour', 1, 60, 'hour', 'country', true],
  ] as const)('%s', (_, partners, days, step, by: RateSplit | undefined, isFew) => {
    const sentence = tooManyRates(rangeBack(days, step), partners, by);
    expect(sentence === undefined).toBe(isFew);
  });
});
