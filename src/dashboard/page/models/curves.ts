import type { HeldOutCurve } from '../../../audience/models/model.ts';

/** What a threshold would do to the labelled visitors that the model never saw. */
export interface AtThreshold {
  /** Decided for the class is who has at least this probability; null = nobody is. */
  readonly threshold: number | null;
  /** Of those who are of the class, the share at or above it; null where there is nobody. */
  readonly truePositives: number | null;
  /** Of those who are not, the share at or above it all the same. */
  readonly falsePositives: number | null;
  /** How many are decided for it: who is at or above it, and likelier of no other class. */
  readonly decided: number;
  /** Of these, how many are of the class. */
  readonly right: number;
  /** Of all, the share decided for it. */
  readonly coverage: number | null;
  /** Of those decided for it, the share that is of it. */
  readonly precision: number | null;
  /** Of those who are of it, the share decided for it. */
  readonly recall: number | null;
}

/**
 * The points of a curve as shares, the highest threshold first: from nobody to everybody.
 *
 * @param ofIt held-out visitors who are of the class. @param all held-out visitors.
 */
export function thresholdsOf(curve: HeldOutCurve, ofIt: number, all: number): AtThreshold[] {
  const at = (place: number): AtThreshold => {
    const decided = curve.decided[place] ?? 0;
    const right = curve.right[place] ?? 0;
    return {
      threshold: curve.thresholds[place] ?? null,
      truePositives: share(curve.truePositives[place] ?? 0, ofIt),
      falsePositives: share(curve.falsePositives[place] ?? 0, all - ofIt),
      decided,
      right,
      coverage: share(decided, all),
      precision: share(right, decided),
      recall: share(right, ofIt),
    };
  };
  return [at(-1), ...curve.thresholds.map((_, place) => at(place))];
}

const share = (part: number, of: number) => (of === 0 ? null : part / of);

/** A threshold in so many digits that different ones look different where they matter. */
export const thresholdText = (threshold: number | null): string =>
  threshold === null ? 'above all' : threshold.toFixed(3);
