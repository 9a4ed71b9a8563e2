import { describe, expect, it } from 'vitest';
import { thresholdsOf } from './curves.ts';

describe('thresholds', () => {
  it('go from nobody to everybody, in shares of the held-out labels', () => {
    const curve = {
      thresholds: [0.9, 0.2],
      truePositives: [3, 4],
      falsePositives: [1, 6],
      decided: [4, 5],
      right: [3, 3],
    };
    expect(thresholdsOf(curve, 4, 10)).toEqual([
      {
        threshold: null,
        truePositives: 0,
        falsePositives: 0,
        decided: 0,
        right: 0,
        coverage: 0,
        precision: null,
        recall: 0,
      },
      {
        threshold: 0.9,
        truePositives: 0.75,
        falsePositives: 1 / 6,
        decided: 4,
        right: 3,
        coverage: 0.4,
        precision: 0.75,
        recall: 0.75,
      },
      {
        threshold: 0.2,
        truePositives: 1,
        falsePositives: 1,
        decided: 5,
        right: 3,
        coverage: 0.5,
        precision: 0.6,
        recall: 0.75,
      },
    ]);
  });

  it('say nothing where there was nobody to measure on', () => {
    const none = { thresholds: [], truePositives: [], falsePositives: [], decided: [], right: [] };
    expect(thresholdsOf(none, 0, 0)).toMatchObject([
      { threshold: null, truePositives: null, falsePositives: null, coverage: null, precision: null },
    ]);
  });
});
