import { describe, expect, it } from 'vitest';
import { refusedBy } from './refusal.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('an answer that is no success', () => {
  it.each<[number, string, string, boolean, number | undefined]>([
    [302, '', 'rejected', false, undefined],
    [400, '', 'rejected', false, undefined],
    [401, '', 'unauthorized', false, undefined],
    [403, '', 'forbidden', false, undefined],
    [404, '', 'rejected', false, undefined],
    [408, '', 'timed_out', true, undefined],
    [413, '', 'too_large', false, undefined],
    [429, '30', 'rate_limited', true, 30_000],
    [429, 'Sun, 01 Mar 2026 12:00:45 GMT', 'rate_limited', true, 45_000],
    [429, 'Sunday, 01-Mar-26 12:00:45 GMT', 'rate_limited', true, 45_000],
    [429, 'Sun, 01 Mar 2026 11:00:00 GMT', 'rate_limited', true, 0],
    [503, '-1', 'unavailable', true, undefined],
    [503, 'soon', 'unavailable', true, undefined],
    [503, '120', 'unavailable', true, 120_000],
    [500, '', 'unavailable', true, undefined],
  ])('of status %i and Retry-After %j says %s', (status, header, reason, retry, afterMs) => {
    const headers: Record<string, string> = header === '' ? {} : { 'retry-after': header };
    expect(refusedBy({ status, headers, body: Buffer.alloc(0) }, now)).toMatchObject({
      reason,
      retry,
      afterMs,
    });
  });
});
