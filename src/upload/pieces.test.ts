import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eachPiece, pieces } from './pieces.ts';

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

it('are each worked on once, two at a time, and none is begun after one that failed', async () => {
  const all = pieces(7_000_000);
  const seen: unknown[] = [];
  let underWay = 0;
  let most = 0;
  await eachPiece(all, async (piece) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    seen.push(piece);
    underWay -= 1;
  });
  expect(seen).toEqual(all);
  expect(most).toBe(2);
  let begun = 0;
  const failing = eachPiece(all, async () => {
    begun += 1;
    await new Promise(setImmediate);
    throw new Error(`piece ${begun}`);
  });
  await expect(failing).rejects.toThrow('piece 2');
  expect(begun).toBe(2);
});
