import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveOf } from './curve.ts';
import { auc } from './measure.ts';
import type { HeldOutCurve } from './model.ts';

interface Row {
  readonly score: number;
  readonly isTrue: boolean;
  readonly isLikeliest: boolean;
}

const curveOfRows = (rows: readonly Row[], own: number | null) =>
  curveOf(
    {
      scores: rows.map(({ score }) => score),
      isTrue: (place) => rows[place]!.isTrue,
      isLikeliest: (place) => rows[place]!.isLikeliest,
    },
    own,
  );

/** The counts at a threshold, one visitor after the other. */
function plainly(rows: readonly Row[], threshold: number) {
  const above = rows.filter(({ score }) => score >= threshold);
  const n = (of: (row: Row) => boolean) => above.filter(of).length;
  return {
    threshold,
    truePositives: n(({ isTrue }) => isTrue),
    falsePositives: n(({ isTrue }) => !isTrue),
    decided: n(({ isLikeliest }) => isLikeliest),
    right: n(({ isTrue, isLikeliest }) => isTrue && isLikeliest),
  };
}

const pointsOf = (curve: HeldOutCurve) =>
  curve.thresholds.map((threshold, at) => ({
    threshold,
    truePositives: curve.truePositives[at],
    falsePositives: curve.falsePositives[at],
    decided: curve.decided[at],
    right: curve.right[at],
  }));

const isBelow = (threshold: number) => (one: number) => one < threshold;

/** Many alike, and many different. */
const scores = fc.oneof(
  fc.integer({ min: 0, max: 8 }).map((n) => n / 8),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const rowsOf = (maxLength: number) =>
  fc.array(fc.record({ score: scores, isTrue: fc.boolean(), isLikeliest: fc.boolean() }), { maxLength });
const own = fc.option(scores, { nil: null });

describe('a curve of held-out labels', () => {
  it('is that of every score, counted plainly, while there are few', () => {
    fc.assert(
      fc.property(rowsOf(60), own, (rows, threshold) => {
        const wanted = new Set(rows.map(({ score }) => score));
        if (threshold !== null) wanted.add(threshold);
        const expected = [...wanted].sort((a, b) => b - a).map((one) => plainly(rows, one));
        expect(pointsOf(curveOfRows(rows, threshold))).toEqual(expected);
      }),
    );
  });

  it('of many is exact at what it keeps, keeps two hundred, and leaves no gap of more than a hundredth', () => {
    const many = fc
      .tuple(
        fc.integer({ min: 2, max: 40 }),
        rowsOf(40).filter((rows) => rows.length > 0),
      )
      .map(([times, rows]) =>
        rows.flatMap((row) =>
          Array.from({ length: times }, (_, n) => ({ ...row, score: row.score + n * 1e-4 })),
        ),
      );
    fc.assert(
      fc.property(many, own, (rows, threshold) => {
        const curve = curveOfRows(rows, threshold);
        const points = pointsOf(curve);
        expect(points).toEqual(curve.thresholds.map((one) => plainly(rows, one)));
        expect(points.length).toBeLessThanOrEqual(201);
        if (threshold !== null) expect(curve.thresholds).toContain(threshold);
        const positives = rows.filter(({ isTrue }) => isTrue).length;
        for (const { score } of rows) {
          const before = curve.thresholds.findIndex(isBelow(score)) - 1;
          const kept =
            before === -1 ? { truePositives: 0, falsePositives: 0 } : points.at(before === -2 ? -1 : before)!;
          const exact = plainly(rows, score);
          expect(exact.truePositives - kept.truePositives!).toBeLessThanOrEqual(positives / 100);
          expect(exact.falsePositives - kept.falsePositives!).toBeLessThanOrEqual(
            (rows.length - positives) / 100,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has the area that all scores have', () => {
    fc.assert(
      fc.property(rowsOf(60), (rows) => {
        const points = [{ truePositives: 0, falsePositives: 0 }, ...pointsOf(curveOfRows(rows, null))];
        const [positives, negatives] = [points.at(-1)!.truePositives!, points.at(-1)!.falsePositives!];
        const area = points.slice(1).reduce((sum, point, at) => {
          const before = points[at]!;
          const width = point.falsePositives! - before.falsePositives!;
          return sum + (width * (point.truePositives! + before.truePositives!)) / 2;
        }, 0);
        const exact = auc(
          rows.map(({ score }) => score),
          (place) => rows[place]!.isTrue,
        );
        if (exact === null) expect(positives * negatives).toBe(0);
        else expect(area / (positives * negatives)).toBeCloseTo(exact, 12);
      }),
    );
  });
});
