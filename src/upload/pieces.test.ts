import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pieces } from './pieces.ts';

it('cover every number once, at most a million lines each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000_000 }), (lines) => {
      const ranges = pieces(lines).map(({ from, to }) => [BigInt(from), BigInt(to)] as const);
      expect(ranges).toHaveLength(Math.ceil(lines / 1_000_000));
      expect(ranges[0]![0]).toBe(0n);
      expect(ranges.at(-1)![1]).toBe(2n ** 64n - 1n);
      for (const [at, [from]] of ranges.entries()) if (at > 0) expect(from).toBe(ranges[at - 1]![1] + 1n);
    }),
  );
});

it('are none where there is nothing', () => {
  expect(pieces(0)).toEqual([]);
});
