import { expect, it } from 'vitest';
import type { PastRate } from '../../../report/match-rates.ts';
import { linesBy, linesOfAll } from './rate-lines.ts';

const DAYS = ['2026-01-30', '2026-01-31'];

const rate = (day: string, value: string, visitors: number, matched: number): PastRate => ({
  time: `${day}T18:00:00.000Z`,
  by: value === '' ? 'all' : 'browser',
  value,
  visitors,
  consented: visitors,
  matched,
  matchedConsented: matched,
  fresh: matched,
  matchRate: matched / visitors,
  consentedMatchRate: matched / visitors,
  freshRate: matched / visitors,
});

it('a browser that is not seen on a day has no rate there, and not the rate of another day', () => {
  const points = [
    rate('2026-01-30', 'Safari', 10, 1),
    rate('2026-01-30', 'Firefox', 4, 1),
    rate('2026-01-31', 'Chrome', 20, 10),
    rate('2026-01-31', 'Firefox', 4, 2),
  ];
  expect(linesBy(points, DAYS)).toEqual([
    { title: 'Chrome', rates: [null, 0.5] },
    { title: 'Firefox', rates: [0.25, 0.5] },
    { title: 'Safari', rates: [0.1, null] },
  ]);
});

it('of everybody there is one line of all and one of the consented', () => {
  const points = [rate('2026-01-30', '', 10, 1), rate('2026-01-31', '', 10, 2)];
  expect(linesOfAll(points, DAYS)).toEqual([
    { title: 'of all', rates: [0.1, 0.2] },
    { title: 'of the consented', rates: [0.1, 0.2] },
  ]);
});
