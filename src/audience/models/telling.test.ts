import { describe, expect, it } from 'vitest';
import { RowsBuilder } from './rows.ts';
import { tellingFeatures } from './telling.ts';

const NAMES = ['everybody', 'many', 'few', 'nothing'];
const vocabulary = NAMES.map((feature, n) => ({ token: String(n), feature, support: 10 }));
const rows = new RowsBuilder();
for (let row = 0; row < 100; row++) {
  const seen = [0, ...(row % 2 === 0 ? [1] : []), ...(row < 4 ? [2] : []), ...(row % 3 === 0 ? [3] : [])];
  rows.add(
    row % 2,
    0,
    seen,
    seen.map(() => 1),
  );
}
const all = Uint32Array.from({ length: 100 }, (_, row) => row);
const featuresOf = (weights: number[], classes: number, c: number) =>
  tellingFeatures(
    vocabulary,
    rows.done(),
    all,
    Float64Array.from(weights),
  )(classes, c).map(({ feature, weight }) => `${feature} ${weight}`);

describe('the features that tell', () => {
  it('are those that move visitors apart: not what everybody has, and little what a few have', () => {
    expect(featuresOf([9, 1, 1.5, 0], 2, 1)).toEqual(['many 1', 'few 1.5']);
  });

  it('speak against the one of two classes as they speak for the other', () => {
    expect(featuresOf([9, 1, -1.5, 0], 2, 0)).toEqual(['many -1', 'few 1.5']);
  });

  it('are each class’s own where there are more', () => {
    const weights = [9, 9, 9, 0, 2, 0, 0, 0, 1, 0, 0, -5];
    expect([0, 1, 2].map((c) => featuresOf(weights, 3, c))).toEqual([
      [],
      ['many 2'],
      ['nothing -5', 'few 1'],
    ]);
  });
});
