import { describe, expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const left = (remaining: number, resetS: number) => ({ remaining, resetS });

describe('an allowance', () => {
  it('is each one’s own, runs out, and is there again when the window has ended', () => {
    const allowance = new Allowance('requests', 2, 10);
    expect(allowance.look('a', NOW)).toEqual(left(2, 60));
    expect(allowance.take('a', NOW)).toEqual(left(1, 60));
    expect(allowance.take('a', NOW + 30_500)).toEqual(left(0, 30));
    expect(allowance.take('a', NOW + 59_999)).toBeUndefined();
    expect(allowance.look('a', NOW + 59_999)).toEqual(left(0, 1));
    expect(allowance.take('b', NOW + 59_999)).toEqual(left(1, 60));
    expect(allowance.take('a', NOW + 60_000)).toEqual(left(1, 60));
  });

  it('keeps nobody waiting for longer than a window where the clock was set back', () => {
    const allowance = new Allowance('requests', 1, 10);
    allowance.take('a', NOW);
    expect(allowance.take('a', NOW - 1)).toEqual(left(0, 60));
  });

  it('remembers no more than it may, and whoever comes all the time longest', () => {
    const allowance = new Allowance('requests', 1_000_000, 10);
    for (let other = 0; other < 1_000; other++) {
      allowance.take('regular', NOW);
      allowance.take(`other ${other}`, NOW);
    }
    expect(allowance.look('regular', NOW).remaining).toBe(999_000);
    expect(allowance.look('other 0', NOW).remaining).toBe(1_000_000);
  });
});
