import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_POINTS, pointsOf, rangeOf, rangeQuery, STEP_MS, STEPS } from './range.ts';

const NOW = Date.parse('2026-03-31T12:34:56.789Z');
const read = (asked: Record<string, string>) => rangeOf(rangeQuery.parse(asked), 90, NOW);
const shown = (range: ReturnType<typeof read>) =>
  typeof range === 'string'
    ? range
    : [new Date(range.from).toISOString(), new Date(range.to).toISOString(), range.step];

describe('a range is', () => {
  it.each([
    ['the last seven days by day', {}, ['2026-03-24T00:00:00.000Z', '2026-03-31T12:34:56.789Z', 'day']],
    [
      'a day by hour',
      { from: '2026-03-30', to: '2026-03-31' },
      ['2026-03-30T00:00:00.000Z', '2026-03-31T00:00:00.000Z', 'hour'],
    ],
    [
      'an hour by minute',
      { from: '2026-03-31T11:00:30Z', to: '2026-03-31T12:00Z' },
      ['2026-03-31T11:00:00.000Z', '2026-03-31T12:00:00.000Z', 'minute'],
    ],
    [
      'no older than the retention, and no later than now',
      { from: '2025-01-01', to: '2027-01-01' },
      ['2026-01-01T00:00:00.000Z', '2026-03-31T12:34:56.789Z', 'day'],
    ],
    [
      'not the other way round',
      { from: '2026-03-31', to: '2026-03-30' },
      expect.stringMatching(/^from must/),
    ],
    ['not before the retention', { to: '2025-12-31' }, expect.stringMatching(/^from must/)],
    ['not too long for its step', { step: 'minute' }, expect.stringMatching(/at most 1500 points/)],
  ])('%s', (_, asked, expected) => {
    expect(shown(read(asked))).toEqual(expected);
  });

  it.each([[{ from: 'yesterday' }], [{ to: '2026-02-31' }], [{ step: 'week' }]])('not %j', (asked) => {
    expect(rangeQuery.safeParse(asked).success).toBe(false);
  });

  it('covered by its points, each moment by one, and never by too many', () => {
    const moment = fc.integer({ min: NOW - 80 * STEP_MS.day, max: NOW });
    fc.assert(
      fc.property(moment, moment, fc.constantFrom(...STEPS), (a, b, step) => {
        const range = rangeOf({ from: Math.min(a, b), to: Math.max(a, b) + 1, step }, 90, NOW);
        if (typeof range === 'string') return;
        const points = pointsOf(range);
        expect(points.length).toBeLessThanOrEqual(MAX_POINTS);
        expect(points.every((at) => at % STEP_MS[step] === 0)).toBe(true);
        expect(points[0]).toBeLessThanOrEqual(Math.min(a, b));
        expect(points.at(-1)! + STEP_MS[step]).toBeGreaterThanOrEqual(range.to);
      }),
    );
  });
});
