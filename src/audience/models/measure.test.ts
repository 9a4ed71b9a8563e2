import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, calibrationError, calibrationTable, stabilityIndex, zScore } from './measure.ts';
import { chooseThreshold, wilsonLowerBound } from './threshold.ts';

describe('auc', () => {
  it('is the share of pairs in the right order, ties counted half', () => {
    const examples = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(examples, (rows) => {
        const positives = rows.filter(([, isTrue]) => isTrue);
        const negatives = rows.filter(([, isTrue]) => !isTrue);
        const pairs = positives.flatMap(([a]) => negatives.map(([b]) => (a > b ? 1 : a === b ? 0.5 : 0)));
        const expected =
          pairs.length === 0 ? null : pairs.reduce<number>((sum, one) => sum + one, 0) / pairs.length;
        const found = auc(
          rows.map(([score]) => score),
          (place) => rows[place]![1],
        );
        if (expected === null) expect(found).toBeNull();
        else expect(found).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('a calibration table', () => {
  it('puts what was predicted beside what came true', () => {
    const table = calibrationTable([0.05, 0.07, 0.93, 1, 0.95], (place) => place === 1 || place > 2);
    expect(table).toEqual([
      { from: 0, to: 0.1, count: 2, predicted: (0.05 + 0.07) / 2, observed: 0.5 },
      { from: 0.9, to: 1, count: 3, predicted: (0.93 + 1 + 0.95) / 3, observed: 2 / 3 },
    ]);
    expect(calibrationError(table)).toBeCloseTo((2 / 5) * 0.44 + (3 / 5) * (0.96 - 2 / 3), 10);
    expect(calibrationError([])).toBeNull();
  });
});

describe('zScore', () => {
  it.each<[string, number[], number | null]>([
    ['of one there is none', [1], null],
    ['of nothing but noughts it is nought', [0, 0, 0], 0],
    ['is the mean in standard errors', [1, 2, 3], 2 / (1 / Math.sqrt(3))],
    ['of what is less is below nought', [-1, -2, -3], -2 / (1 / Math.sqrt(3))],
  ])('%s', (_, differences, expected) => {
    const found = zScore(differences);
    if (expected === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(expected, 10);
  });
});

describe('the population stability index', () => {
  it.each<[string, number[], number[], number]>([
    ['of the same distribution is 0, whatever the counts', [1, 2, 3], [10, 20, 30], 0],
    [
      'of halves that became thirds and two thirds',
      [50, 50],
      [25, 75],
      -0.25 * Math.log(0.5) + 0.25 * Math.log(1.5),
    ],
    ['of an empty bin is large and no more', [50, 50], [0, 100], 4.6],
  ])('%s', (_, before, now, expected) => {
    expect(stabilityIndex(before, now)).toBeCloseTo(expected, 1);
  });
});

describe('a threshold', () => {
  const rows = (n: number, probability: number, right: number) =>
    Array.from({ length: n }, (_, i) => ({ probability, isTrue: i < right }));

  it.each<[string, ReturnType<typeof rows>, number, number | null]>([
    ['there is none of nobody', [], 0.8, null],
    ['there is none where too few are right', rows(1000, 0.9, 790), 0.8, null],
    ['there is none where so few say nothing certain', rows(5, 0.9, 5), 0.8, null],
    [
      'is the lowest probability down to which enough are right',
      [...rows(200, 0.9, 180), ...rows(200, 0.6, 100)],
      0.8,
      0.9,
    ],
    [
      'goes lower where the sure ones make up for the others',
      [...rows(1000, 0.99, 990), ...rows(100, 0.6, 60)],
      0.9,
      0.6,
    ],
  ])('%s', (_, candidates, precision, expected) => {
    expect(chooseThreshold(candidates, precision)).toBe(expected);
  });

  it.each<[number, number, number]>([
    [81, 263, 0.2553],
    [15, 148, 0.0624],
    [0, 20, 0],
    [1, 29, 0.0061],
  ])('has the lower bound of %i of %i as Newcombe has it (1998, table I, method 3)', (right, n, expected) => {
    expect(wilsonLowerBound(right, n, 1.959964)).toBeCloseTo(expected, 4);
  });
});
