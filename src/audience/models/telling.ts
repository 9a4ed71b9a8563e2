import type { TellingFeature } from './model.ts';
import type { Rows } from './rows.ts';
import type { Feature } from './weights.ts';

/** Features that are told of a class. */
const TOLD = 20;
/** Below this a spread is what rounding leaves of a feature that all have alike. */
const LEAST_SPREAD = 1e-4;

/**
 * The features that speak most for a class, and against it, by how much they move visitors apart: their weight times
 * the standard deviation of their value (a standardised coefficient). What everybody has moves nobody, whatever it
 * weighs, and what a few have moves few.
 *
 * @param trained numbers of the rows that were trained on. @param weights in the order of {@link Linear}.
 * @returns a function from how many classes there are, and the number of one, to its features.
 */
export function tellingFeatures(
  vocabulary: readonly Feature[],
  rows: Rows,
  trained: Uint32Array,
  weights: Float64Array,
): (classes: number, c: number) => TellingFeature[] {
  const spreads = spreadsOf(rows, trained, vocabulary.length);
  return (classes, c) => {
    const weightOf = (number: number) =>
      classes === 2 ? weights[number]! * (c === 0 ? -1 : 1) : weights[number * classes + c]!;
    const force = (number: number) => Math.abs(weightOf(number)) * spreads[number]!;
    return vocabulary
      .map((_, number) => number)
      .filter((number) => spreads[number]! > LEAST_SPREAD && weightOf(number) !== 0)
      .sort((a, b) => force(b) - force(a))
      .slice(0, TOLD)
      .map((number) => ({
        feature: vocabulary[number]!.feature,
        weight: weightOf(number),
        support: vocabulary[number]!.support,
      }));
  };
}

/** Standard deviation of each feature's value over some rows, of those in which it is not as well. */
function spreadsOf(rows: Rows, chosen: Uint32Array, features: number): Float64Array {
  const sums = new Float64Array(features);
  const squares = new Float64Array(features);
  for (const row of chosen) {
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) {
      const feature = rows.features[i]!;
      sums[feature] = sums[feature]! + rows.values[i]!;
      squares[feature] = squares[feature]! + rows.values[i]! ** 2;
    }
  }
  const n = chosen.length;
  return sums.map((sum, feature) => Math.sqrt(Math.max(0, squares[feature]! / n - (sum / n) ** 2)));
}
