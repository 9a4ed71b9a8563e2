import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedHashes } from './sorted-hashes.ts';

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const few = fc.oneof(hash, fc.bigInt({ min: 0n, max: 20n }));

describe('sorted hashes', () => {
  it('are a set also when more come than are kept beside the sorted ones, one by one and together', () => {
    const hashes = new SortedHashes();
    const all = Array.from(
      { length: 10_000 },
      (_, at) => (BigInt(at) * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n),
    );
    for (const one of all.slice(0, 5_000)) hashes.add(BigUint64Array.of(one));
    hashes.add(BigUint64Array.from(all));
    expect(hashes.size).toBe(all.length);
    expect(all.filter((one) => !hashes.has(one) || hashes.has(one + 1n))).toEqual([]);
  });

  it('are a set, however they come', () => {
    fc.assert(
      fc.property(fc.array(fc.array(few, { maxLength: 40 }), { maxLength: 8 }), hash, (batches, stranger) => {
        const hashes = new SortedHashes();
        const truth = new Set<bigint>();
        for (const batch of batches) {
          const added = hashes.add(BigUint64Array.from(batch));
          const expected = [...new Set(batch)].filter((one) => !truth.has(one));
          expect([...added]).toEqual(expected.sort((a, b) => (a < b ? -1 : 1)));
          for (const one of batch) truth.add(one);
        }
        expect(hashes.size).toBe(truth.size);
        for (const one of [...truth, stranger, 0n, 21n]) expect(hashes.has(one)).toBe(truth.has(one));
      }),
    );
  });
});
