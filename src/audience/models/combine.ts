import { calibrate } from './calibrate.ts';
import type { Fitted } from './fit.ts';
import { METHODS, type Scale } from './learn.ts';
import type { Predicted } from './report.ts';
import type { Rows } from './rows.ts';
import { columnsOf, logitsOf, softmaxInPlace } from './softmax.ts';

/** What all methods have learned, as one calibrated model. */
export interface Combined {
  readonly classes: number;
  /** By scale, in the order of `Linear`; the intercepts of all stand in `none`. */
  readonly weights: Readonly<Record<Scale, Float64Array>>;
  /** Of each method. */
  readonly slopes: readonly number[];
}

/**
 * Adds up what the methods say so that it comes true most often, judged on rows that none was trained on. A sum of
 * linear models is one, so that to score takes no longer than with a single one of each scale.
 *
 * @returns the model, and what it says of the rows that were trained on, each by the others.
 */
export function combine(
  { learned, outOfFold }: Fitted,
  rows: Rows,
  classes: number,
): { model: Combined; outOfFold: Predicted } {
  const labels = Uint8Array.from(outOfFold, (row) => rows.labels[row]!);
  const { slopes, shifts } = calibrate(
    learned.map((one) => one.outOfFold),
    labels,
    classes,
  );
  const columns = columnsOf(classes);
  const { length } = learned[0]!.weights;
  const weights = { none: new Float64Array(length), length: new Float64Array(length) };
  for (const [m, { method, weights: own }] of learned.entries()) {
    const into = weights[METHODS[method].scale];
    for (let i = 0; i < length; i++) {
      const part = slopes[m]! * own[i]!;
      if (i < length - columns) into[i] = into[i]! + part;
      else weights.none[i] = weights.none[i]! + part;
    }
  }
  for (let c = 0; c < columns; c++) {
    const i = length - columns + c;
    weights.none[i] = weights.none[i]! + shifts[columns === 1 ? 1 : c]!;
  }
  const probabilities = Float64Array.from({ length: labels.length * classes }, (_, i) =>
    learned.reduce((sum, one, m) => sum + slopes[m]! * one.outOfFold[i]!, shifts[i % classes]!),
  );
  softmaxEach(probabilities, labels, classes);
  return { model: { classes, weights, slopes }, outOfFold: { probabilities, labels, classes } };
}

/** What the model says of some rows. */
export function predict(
  { classes, weights }: Combined,
  rows: Rows,
  chosen: Uint32Array,
  inverseLengths: Float64Array,
): Predicted {
  const ones = new Float64Array(rows.count).fill(1);
  const labels = Uint8Array.from(chosen, (row) => rows.labels[row]!);
  const probabilities = logitsOf({ classes, weights: weights.none }, rows, chosen, ones);
  const more = logitsOf({ classes, weights: weights.length }, rows, chosen, inverseLengths);
  for (let i = 0; i < more.length; i++) probabilities[i] = probabilities[i]! + more[i]!;
  softmaxEach(probabilities, labels, classes);
  return { probabilities, labels, classes };
}

function softmaxEach(logits: Float64Array, labels: Uint8Array, classes: number): void {
  for (const [place, label] of labels.entries())
    softmaxInPlace(logits.subarray(place * classes, (place + 1) * classes), label);
}
