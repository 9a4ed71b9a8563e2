import { describe, expect, it } from 'vitest';
import type { Build } from '../audience/builds.ts';
import { freshnessOf } from './freshness.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');
const HOUR_MS = 3_600_000;
const build = (given: Partial<Build>): Build => ({
  segment: 's',
  build: 7,
  version: 2,
  asOf: '2026-01-01T23:30:00.000Z',
  size: 1,
  sizeByVia: null,
  failure: null,
  attempted: '2026-01-01T23:30:00.000Z',
  ...given,
});
const none = { build: 0, asOf: null, size: null };

describe('a segment is', () => {
  it.each([
    ['building before its first build', undefined, { state: 'building', ageSeconds: null }],
    ['fresh after it', build({}), { state: 'fresh', ageSeconds: 1800 }],
    [
      'building where it has been changed since',
      build({ version: 1 }),
      { state: 'building', ageSeconds: 1800 },
    ],
    [
      'stale where the newest build failed, and says why',
      build({ failure: 'it cannot be' }),
      { state: 'stale', reason: 'it cannot be', ageSeconds: 1800 },
    ],
    [
      'stale where no build has come for too long',
      build({ asOf: '2026-01-01T22:59:59.000Z' }),
      { state: 'stale', reason: expect.stringMatching(/^late: /), ageSeconds: 3601 },
    ],
    [
      'failed where it never was built',
      build({ ...none, failure: 'it cannot be' }),
      { state: 'failed', reason: 'it cannot be', ageSeconds: null },
    ],
    [
      'no younger than now, whatever the clocks',
      build({ asOf: '2026-01-02T00:00:09.000Z' }),
      { ageSeconds: 0 },
    ],
  ] as const)('%s', (_, made, expected) => {
    expect(freshnessOf(made, 2, HOUR_MS, NOW)).toMatchObject(expected);
  });
});
