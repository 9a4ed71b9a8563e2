import { curveOf } from './curve.ts';
import { auc, calibrationError, calibrationTable, zScore } from './measure.ts';
import type { ClassReport, TellingFeature } from './model.ts';

/** Predictions for some labelled visitors. */
export interface Predicted {
  /** One number a class, visitor after visitor. */
  readonly probabilities: Float64Array;
  /** Number of the class that each is of. */
  readonly labels: Uint8Array;
  readonly classes: number;
}

/** The likeliest class of each, or none where it is under its threshold. */
export function decide(
  { probabilities, labels, classes }: Predicted,
  thresholds: readonly (number | null)[],
): (number | undefined)[] {
  return Array.from(labels, (_, place) => {
    const likeliest = likeliestOf(probabilities, place, classes);
    const threshold = thresholds[likeliest] ?? null;
    return threshold !== null && probabilities[place * classes + likeliest]! >= threshold
      ? likeliest
      : undefined;
  });
}

/** @returns the number of the class with the highest probability, of equals the first. */
export function likeliestOf(probabilities: Float64Array, place: number, classes: number): number {
  let likeliest = 0;
  for (let c = 1; c < classes; c++)
    if (probabilities[place * classes + c]! > probabilities[place * classes + likeliest]!) likeliest = c;
  return likeliest;
}

/** How good predictions are beside those of somebody who knows only how frequent each class is. */
export interface Quality {
  readonly logLoss: number | null;
  readonly priorLogLoss: number | null;
  /** By how many standard errors the log-loss is lower. */
  readonly zScore: number | null;
}

/** @param shares of the classes among those that the model was trained on. */
export function qualityOf({ probabilities, labels, classes }: Predicted, shares: readonly number[]): Quality {
  if (labels.length === 0) return { logLoss: null, priorLogLoss: null, zScore: null };
  const gains = new Float64Array(labels.length);
  let own = 0;
  let prior = 0;
  for (const [place, label] of labels.entries()) {
    const loss = -Math.log(Math.max(probabilities[place * classes + label]!, Number.MIN_VALUE));
    const priorLoss = -Math.log(shares[label]!);
    own += loss;
    prior += priorLoss;
    gains[place] = priorLoss - loss;
  }
  return { logLoss: own / labels.length, priorLogLoss: prior / labels.length, zScore: zScore(gains) };
}

/** What is said of each class, on visitors that the model never saw. */
export function classReports(
  predicted: Predicted,
  values: readonly {
    readonly value: string;
    readonly count: number;
    readonly features: readonly TellingFeature[];
  }[],
  thresholds: readonly (number | null)[],
): ClassReport[] {
  const { probabilities, labels, classes } = predicted;
  const decided = decide(predicted, thresholds);
  return values.map(({ value, count, features }, c) => {
    const own = Float64Array.from(labels, (_, place) => probabilities[place * classes + c]!);
    const isTrue = (place: number) => labels[place] === c;
    const isLikeliest = (place: number) => likeliestOf(probabilities, place, classes) === c;
    const calibration = calibrationTable(own, isTrue);
    const heldOut = labels.reduce((sum, label) => sum + Number(label === c), 0);
    const chosen = decided.reduce<number>((sum, one) => sum + Number(one === c), 0);
    const right = decided.reduce<number>((sum, one, place) => sum + Number(one === c && isTrue(place)), 0);
    return {
      value,
      count,
      heldOut,
      auc: auc(own, isTrue),
      threshold: thresholds[c] ?? null,
      precision: chosen === 0 ? null : right / chosen,
      recall: heldOut === 0 ? null : right / heldOut,
      coverage: labels.length === 0 ? null : chosen / labels.length,
      calibrationError: calibrationError(calibration),
      calibration,
      curve: curveOf({ scores: own, isTrue, isLikeliest }, thresholds[c] ?? null),
      features,
    };
  });
}

/** Mean of what is known, by count. */
export function meanByCount(
  classes: readonly ClassReport[],
  of: (one: ClassReport) => number | null,
): number | null {
  const known = classes.flatMap((one) => {
    const value = of(one);
    return value === null ? [] : [{ value, count: one.heldOut }];
  });
  const count = known.reduce((sum, one) => sum + one.count, 0);
  return count === 0 ? null : known.reduce((sum, one) => sum + one.value * one.count, 0) / count;
}
