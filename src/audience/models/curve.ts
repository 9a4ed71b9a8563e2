import type { HeldOutCurve } from './model.ts';

/**
 * Between two points of a curve that are kept, neither share of it moves by more than one of so many steps, but for
 * those who have the same score: at most two hundred points, whatever is held out.
 */
const STEPS = 100;

/** What is known of a held-out visitor, by the place in the list of them. */
export interface HeldOut {
  readonly scores: ArrayLike<number>;
  /** Whether the visitor is of the class. */
  readonly isTrue: (place: number) => boolean;
  /** Whether no other class is likelier, without which nobody is decided for it. */
  readonly isLikeliest: (place: number) => boolean;
}

/**
 * How many of the held-out labels are at or above each threshold of one class: the exact counts at every score that
 * there is, of which those are kept that enter a new hundredth of the positives or of the negatives (Fawcett, An
 * introduction to ROC analysis, 2006, algorithm 1).
 *
 * The predictions that it is made of are a fifth of the labels that a training reads, which are bounded.
 *
 * @param own the model's own threshold, at which the counts are kept too; null = it has none.
 */
export function curveOf({ scores, isTrue, isLikeliest }: HeldOut, own: number | null): HeldOutCurve {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]!,
  );
  const positives = order.reduce((sum, place) => sum + Number(isTrue(place)), 0);
  const negatives = order.length - positives;
  const step = (n: number, of: number) => (of === 0 ? 0 : Math.floor((n * STEPS) / of));
  const curve = {
    thresholds: [] as number[],
    truePositives: [] as number[],
    falsePositives: [] as number[],
    decided: [] as number[],
    right: [] as number[],
  };
  let [truePositives, falsePositives, decided, right, reached] = [0, 0, 0, 0, 0];
  const keep = (threshold: number) => {
    curve.thresholds.push(threshold);
    curve.truePositives.push(truePositives);
    curve.falsePositives.push(falsePositives);
    curve.decided.push(decided);
    curve.right.push(right);
  };
  let isOwnKept = own === null;
  for (let at = 0; at < order.length; ) {
    const score = scores[order[at]!]!;
    if (!isOwnKept && score < own!) {
      if (curve.thresholds.at(-1) !== own) keep(own!);
      isOwnKept = true;
    }
    for (; at < order.length && scores[order[at]!] === score; at++) {
      const place = order[at]!;
      if (isTrue(place)) truePositives += 1;
      else falsePositives += 1;
      if (!isLikeliest(place)) continue;
      decided += 1;
      if (isTrue(place)) right += 1;
    }
    // Both only grow, so that their sum grows wherever one of them does.
    const steps = step(truePositives, positives) + step(falsePositives, negatives);
    if (steps > reached || score === own) {
      keep(score);
      reached = steps;
    }
  }
  if (!isOwnKept && curve.thresholds.at(-1) !== own) keep(own!);
  return curve;
}
