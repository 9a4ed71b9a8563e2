import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ago, bytes, count, counted, duration, momentOf, outcome, timeOfDay } from './format.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [99_400, '99.4 kB'],
    [99_500, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [4_294_967_296, '4.3 GB'],
    [5e16, '50000 TB'],
  ])('%d bytes are %s', (n, text) => {
    expect(bytes(n)).toBe(text);
  });

  it('are grouped by thousands, and take the plural unless they are one', () => {
    expect(count(1_234_567)).toBe('1,234,567');
    expect([counted(0, 'hit'), counted(1, 'hit'), counted(2_000, 'hit')]).toEqual([
      '0 hits',
      '1 hit',
      '2,000 hits',
    ]);
  });

  it('are written as Intl writes them', () => {
    const { format } = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
    // Of eighths all digits are shown, so that nothing is rounded.
    fc.assert(fc.property(fc.integer(), (n) => count(n / 8, 3) === format(n / 8)));
    fc.assert(fc.property(fc.maxSafeInteger(), (n) => count(n) === format(n)));
    expect([count(0.4), count(1_234.5678, 3)]).toEqual(['0', '1,234.568']);
  });

  it.each([
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [61_500, '1 min 1 s'],
  ])('%d ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('a moment', () => {
  const now = '2026-03-01T12:00:00.000Z';
  it.each([
    ['2026-03-01T12:00:00.500Z', 'just now'],
    ['2026-03-01T11:59:00.001Z', 'just now'],
    ['2026-03-01T11:59:00.000Z', '1 min ago'],
    ['2026-03-01T11:00:00.000Z', '1 h ago'],
    ['2026-02-27T12:00:00.000Z', '2 d ago'],
  ])('%s is %s', (moment, text) => {
    expect(ago(moment, now)).toBe(text);
  });
});

it('a moment is told in the reader’s own time zone', () => {
  const local = new Date(2026, 2, 1, 9, 5, 7).toISOString();
  expect([timeOfDay(local), momentOf(local)]).toEqual(['09:05', '2026-03-01 09:05:07']);
});

describe('the result of a run', () => {
  it('is told in counts', () => {
    expect(outcome({ build: 17, asOf: '2026-03-01T12:00:00Z', built: { a: 5, b: 6 }, failed: {} })).toBe(
      'built 2, failed 0',
    );
    expect(outcome({ retentionDays: 90, partitionsDropped: 1_200 })).toBe(
      'retention days 90, partitions dropped 1,200',
    );
  });

  it('is nothing where there is none', () => {
    expect([outcome(null), outcome('text'), outcome({})]).toEqual(['', '', '']);
  });
});
