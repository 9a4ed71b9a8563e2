import { describe, expect, it } from 'vitest';
import { readIsoTime } from './iso-time.ts';

const NOON = Date.UTC(2026, 0, 31, 12);

describe('a time of ISO 8601', () => {
  it.each<[string, number | undefined]>([
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T12:00', NOON],
    ['2026-01-31T12:00:00', NOON],
    ['2026-01-31T12:00:00.25', NOON + 250],
    ['2026-01-31T12:00:00Z', NOON],
    ['2026-01-31T13:00+01:00', NOON],
    ['2026-01-31T06:30:00.123456789-05:30', NOON + 123],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2026-02-29', undefined],
    ['2026-02-31T00:00:00Z', undefined],
    ['2026-13-01', undefined],
    ['2026-01-00', undefined],
    ['2026-01-31T25:00Z', undefined],
    ['2026-01-31T12:00:00 Z', undefined],
    ['2026-01-31 12:00', undefined],
    ['2026-01-31Z', undefined],
    ['20260131', undefined],
    ['1769817600', undefined],
    ['', undefined],
  ])('%j is %s', (text, time) => {
    expect(readIsoTime(text)).toBe(time);
  });
});
