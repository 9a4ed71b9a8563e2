import { describe, expect, it } from 'vitest';
import { calibrate } from './calibrate.ts';
import { combine, predict } from './combine.ts';
import { fitModel } from './fit.ts';
import { auc, calibrationError, calibrationTable } from './measure.ts';
import { isHeldOut, RowsBuilder, rowsWhere } from './rows.ts';
import { random } from './world.testing.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('calibrate', () => {
  it('finds the slope and the shift that log-odds were bent by', () => {
    const chance = random(3);
    const truth = Array.from({ length: 20_000 }, () => 6 * chance() - 3);
    const labels = Uint8Array.from(truth, (odds) => Number(chance() < sigmoid(odds)));
    const bent = Float64Array.from(truth.flatMap((odds) => [0, (odds - 1) * 2]));
    const { slopes, shifts } = calibrate([bent], labels, 2);
    expect(slopes[0]).toBeCloseTo(0.5, 1);
    expect(shifts[1]).toBeCloseTo(1, 1);
  });

  it('believes of two models the one that knows', () => {
    const chance = random(4);
    const truth = Array.from({ length: 5000 }, () => 6 * chance() - 3);
    const labels = Uint8Array.from(truth, (odds) => Number(chance() < sigmoid(odds)));
    const knows = Float64Array.from(truth.flatMap((odds) => [0, odds]));
    const guesses = Float64Array.from(truth.flatMap(() => [0, 6 * chance() - 3]));
    const { slopes } = calibrate([guesses, knows], labels, 2);
    expect(Math.abs(slopes[0]!)).toBeLessThan(0.05);
    expect(slopes[1]).toBeCloseTo(1, 1);
  });

  it('of nothing makes nothing', () => {
    expect(calibrate([new Float64Array(0)], new Uint8Array(0), 2)).toEqual({
      slopes: [0],
      shifts: [0, 0],
    });
  });
});

/** Of two classes each page is seen by one more often by a known factor, so that the best possible score is known. */
function planted(classes: number, lean: number) {
  const chance = random(11);
  const PAGES = 400;
  const builder = new RowsBuilder();
  const best: number[] = [];
  for (let visitor = 0; visitor < 3000; visitor++) {
    const label = Math.floor(chance() * classes);
    const counts = new Map<number, number>();
    const odds = new Array<number>(classes).fill(0);
    for (let hit = 0; hit < 40; hit++) {
      const group = Math.floor((PAGES / classes) * chance() ** 2);
      const owner = chance() < lean ? label : Math.floor(chance() * classes);
      const page = group * classes + owner;
      counts.set(page, (counts.get(page) ?? 0) + 1);
      for (let c = 0; c < classes; c++) odds[c]! += Math.log((1 - lean) / classes + (c === owner ? lean : 0));
    }
    builder.add(
      label,
      Math.floor(chance() * 20),
      [...counts.keys()],
      [...counts.values()].map((n) => 1 + Math.log(n)),
    );
    best.push(odds[0]! - Math.max(...odds.slice(1)));
  }
  return { rows: builder.done(), features: PAGES, best };
}

describe('what all methods learn together', () => {
  it.each([2, 4])(
    'tells %i planted classes apart about as well as can be, and says how sure it is',
    async (classes) => {
      const { rows, features, best } = planted(classes, 0.12);
      const fitted = await fitModel(rows, classes, features);
      const { model } = combine(fitted, rows, classes);
      const tested = rowsWhere(rows, isHeldOut);
      const { probabilities, labels } = predict(model, rows, tested, fitted.inverseLengths);
      const first = Float64Array.from(labels, (_, place) => probabilities[place * classes]!);
      const isTrue = (place: number) => labels[place] === 0;
      const possible = auc(
        Float64Array.from(tested, (row) => best[row]!),
        isTrue,
      )!;
      expect(auc(first, isTrue)! / possible).toBeGreaterThan(0.95);
      expect(calibrationError(calibrationTable(first, isTrue))).toBeLessThan(0.06);
    },
  );

  it('where there is nothing to tell is next to the prior', async () => {
    const { rows, features } = planted(2, 0);
    const fitted = await fitModel(rows, 2, features);
    const { model } = combine(fitted, rows, 2);
    const { probabilities, labels } = predict(model, rows, rowsWhere(rows, isHeldOut), fitted.inverseLengths);
    for (const [place] of labels.entries()) expect(probabilities[place * 2]).toBeCloseTo(0.5, 0);
  });
});
