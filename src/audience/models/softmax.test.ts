import { describe, expect, it } from 'vitest';
import { minimise } from './lbfgs.ts';
import { RowsBuilder, rowsWhere } from './rows.ts';
import { columnsOf, curvatures, penalisedLoss } from './softmax.ts';
import { random } from './world.testing.ts';

const CASES = [2, 3, 5];

/** Rows of a few features whose class is drawn at random. */
function problemOf(classes: number, penalty: number) {
  const chance = random(classes);
  const builder = new RowsBuilder();
  for (let row = 0; row < 3000; row++) {
    const features = [0, 1, 2, 3].filter(() => chance() < 0.6);
    builder.add(
      Math.floor(chance() * classes),
      row % 20,
      features,
      features.map(() => chance() * 3),
    );
  }
  const rows = builder.done();
  const weights = 5 * columnsOf(classes);
  return {
    rows,
    chosen: rowsWhere(rows, () => true),
    classes,
    features: 4,
    penalties: new Float64Array(weights).fill(penalty),
    scales: Float64Array.from({ length: rows.count }, (_, row) => 1 / (1 + (row % 3))),
  };
}

describe('the loss of softmax regression', () => {
  it.each(CASES)('of %i classes has the gradient that its values have', (classes) => {
    const problem = problemOf(classes, 0.7);
    const loss = penalisedLoss(problem);
    const n = problem.penalties.length;
    const chance = random(99);
    const x = Float64Array.from({ length: n }, () => chance() - 0.5);
    const gradient = new Float64Array(n);
    loss(x, gradient);
    for (let i = 0; i < n; i++) {
      const [up, down] = [1e-5, -1e-5].map((step) => {
        const moved = x.slice();
        moved[i] = moved[i]! + step;
        return loss(moved, new Float64Array(n));
      });
      expect((up! - down!) / 2e-5).toBeCloseTo(gradient[i]!, 3);
    }
  });

  it('of classes without features is least where each is as likely as it is frequent', () => {
    const builder = new RowsBuilder();
    for (let row = 0; row < 1000; row++) builder.add(row % 10 < 7 ? 0 : row % 10 < 9 ? 1 : 2, 0, [], []);
    const rows = builder.done();
    const problem = {
      rows,
      chosen: rowsWhere(rows, () => true),
      classes: 3,
      features: 0,
      penalties: new Float64Array(3),
      scales: new Float64Array(1000).fill(1),
    };
    const { x } = minimise(penalisedLoss(problem), new Float64Array(3), {
      preconditioner: curvatures(problem),
      tolerance: 1e-9,
    });
    expect(Math.exp(x[0]! - x[1]!)).toBeCloseTo(7 / 2, 3);
    expect(Math.exp(x[0]! - x[2]!)).toBeCloseTo(7, 3);
  });
});
