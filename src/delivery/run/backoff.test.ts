import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryError, type DeliveryReason } from '../destination.ts';
import { BELIEVED_MS, backoffMs, MAX_TRIES } from './backoff.ts';
import { afterFailure, afterSuccess, type Breaker, isDown } from './breaker.ts';

const HOUR_MS = 3_600_000;

describe('the wait after a try', () => {
  it('is anything up to a bound that grows to six hours, and never less than the destination asks for', () => {
    const tries = fc.integer({ min: 1, max: MAX_TRIES });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(tries, fc.nat(10 * BELIEVED_MS), chance, (tries, after, chance) => {
        const wait = backoffMs(tries, after, () => chance);
        expect(wait).toBeGreaterThanOrEqual(Math.min(after, BELIEVED_MS));
        expect(wait).toBeLessThanOrEqual(Math.max(Math.min(after, BELIEVED_MS), 6 * HOUR_MS));
        expect(backoffMs(tries, 0, () => chance)).toBeLessThanOrEqual(10_000 * 3 ** (tries - 1));
      }),
    );
  });

  it('is at most a little more than a day over all tries', () => {
    const waits = Array.from({ length: MAX_TRIES - 1 }, (_, failed) => backoffMs(failed + 1, 0, () => 1));
    const all = waits.reduce((sum, wait) => sum + wait, 0);
    expect(all).toBeGreaterThan(24 * HOUR_MS);
    expect(all).toBeLessThan(30 * HOUR_MS);
  });
});

describe('a breaker', () => {
  const CLOSED: Breaker = { failures: 0, reason: '', detail: '', next: 0, version: 1, step: 0 };
  const NOW = 1_000_000;
  const failed = (reason: DeliveryReason, afterMs?: number) =>
    new DeliveryError(reason, 'no', { retry: true, afterMs });
  const minutesAfter = (failures: number) => {
    let breaker = CLOSED;
    for (let n = 0; n < failures; n += 1)
      breaker = afterFailure({ ...breaker, next: 0 }, failed('unreachable'), 1, NOW);
    return (breaker.next - NOW) / 60_000;
  };

  it.each([
    [1, 0],
    [4, 0],
    [5, 1],
    [6, 2],
    [7, 4],
    [10, 32],
    [11, 60],
    [40, 60],
  ])('after %i failures in a row lets the next go after %i minutes', (failures, minutes) => {
    expect(minutesAfter(failures)).toBe(minutes);
  });

  it.each<[sentence: string, error: DeliveryError, down: boolean, waitMs: number]>([
    ['is down at once where nothing of us is taken', failed('unauthorized'), true, 60_000],
    ['waits as long as the destination asks all to wait', failed('rate_limited', 90_000), false, 90_000],
    ['does not believe in a year', failed('unavailable', 365 * 24 * HOUR_MS), false, BELIEVED_MS],
    ['keeps nothing back for what one chunk cannot have', failed('rejected', 90_000), false, 0],
  ])('%s', (_, error, down, waitMs) => {
    const breaker = afterFailure(CLOSED, error, 1, NOW);
    expect([isDown(breaker), breaker.next - NOW]).toEqual([down, waitMs]);
  });

  it('is closed by one chunk that is taken', () => {
    const down = afterFailure(CLOSED, failed('unauthorized'), 1, NOW);
    expect(afterSuccess(down)).toEqual({ ...CLOSED, step: down.step });
  });
});
