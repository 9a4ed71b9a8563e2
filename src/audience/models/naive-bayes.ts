import type { Rows } from './rows.ts';
import { columnsOf } from './softmax.ts';

/**
 * What each feature says of each class by itself: ln p(feature | class) - ln p(feature), from the values that it has
 * in rows of the class. It learns from few rows what a regression needs many for, and believes features that say the
 * same thing twice (McCallum and Nigam, A Comparison of Event Models for Naive Bayes Text Classification, 1998).
 *
 * @param smoothing so much of every feature is seen beforehand, spread as the classes are.
 * @returns weights in the order of {@link Linear}, without intercepts: 0 for all of them.
 */
export function logRatios(
  rows: Rows,
  chosen: Uint32Array,
  classes: number,
  features: number,
  smoothing: number,
): Float64Array {
  const seen = new Float64Array(features * classes);
  const totals = new Float64Array(classes);
  for (const row of chosen) {
    const label = rows.labels[row]!;
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) {
      const at = rows.features[i]! * classes + label;
      seen[at] = seen[at]! + rows.values[i]!;
      totals[label] = totals[label]! + rows.values[i]!;
    }
  }
  const all = totals.reduce((sum, total) => sum + total, 0);
  const shares = totals.map((total) => Math.max(total / all, Number.EPSILON));
  const columns = columnsOf(classes);
  const weights = new Float64Array((features + 1) * columns);
  for (let f = 0; f < features; f++) {
    const own = seen.subarray(f * classes, (f + 1) * classes);
    const sum = own.reduce((a, b) => a + b, 0);
    const ratio = (c: number) => Math.log((own[c]! / shares[c]! + smoothing) / (sum + smoothing));
    if (columns === 1) weights[f] = ratio(1) - ratio(0);
    else for (let c = 0; c < classes; c++) weights[f * classes + c] = ratio(c);
  }
  return weights;
}
