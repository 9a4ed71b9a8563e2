import type { CalibrationBin } from './model.ts';

const BINS = 10;

/**
 * The area under the ROC curve: how often of one who is of a class and one who is not the first has the higher score,
 * ties counted half (Mann and Whitney).
 *
 * @returns null where one of both is missing.
 */
export function auc(scores: ArrayLike<number>, isTrue: (place: number) => boolean): number | null {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[a]! - scores[b]!,
  );
  let rankSum = 0;
  let positives = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to += 1;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) {
      if (!isTrue(order[i]!)) continue;
      positives += 1;
      rankSum += rank;
    }
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Predictions of one class in ten bins of the same width, those that are empty left out. */
export function calibrationTable(
  probabilities: ArrayLike<number>,
  isTrue: (place: number) => boolean,
): CalibrationBin[] {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, predicted: 0, observed: 0 }));
  for (let i = 0; i < probabilities.length; i++) {
    const bin = bins[Math.min(BINS - 1, Math.floor(probabilities[i]! * BINS))]!;
    bin.count += 1;
    bin.predicted += probabilities[i]!;
    if (isTrue(i)) bin.observed += 1;
  }
  return bins.flatMap(({ count, predicted, observed }, bin) =>
    count === 0
      ? []
      : [
          {
            from: bin / BINS,
            to: (bin + 1) / BINS,
            count,
            predicted: predicted / count,
            observed: observed / count,
          },
        ],
  );
}

/** Expected calibration error (Naeini et al. 2015); null of an empty table. */
export function calibrationError(table: readonly CalibrationBin[]): number | null {
  const count = table.reduce((sum, bin) => sum + bin.count, 0);
  if (count === 0) return null;
  return table.reduce((sum, bin) => sum + (bin.count / count) * Math.abs(bin.predicted - bin.observed), 0);
}

/**
 * By how many standard errors the mean of some differences is above nought.
 *
 * @returns null of fewer than two; 0 where all are alike nought.
 */
export function zScore(differences: ArrayLike<number>): number | null {
  const n = differences.length;
  if (n < 2) return null;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += differences[i]!;
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (differences[i]! - mean) ** 2;
  return mean === 0 ? 0 : mean / Math.sqrt(squares / (n - 1) / n);
}

/** A share below which a bin of a distribution counts as this much, so that an empty one is not infinitely far off. */
const LEAST_SHARE = 1e-4;

/**
 * Population stability index: how far a distribution has moved from what it was. Below 0.1 is usually called stable,
 * above 0.2 or 0.25 moved (Siddiqi, Credit Risk Scorecards, 2006).
 *
 * @param before counts by bin. @param now counts by the same bins.
 */
export function stabilityIndex(before: readonly number[], now: readonly number[]): number {
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => Math.max(LEAST_SHARE, total === 0 ? 0 : count / total));
  };
  const [a, b] = [shares(before), shares(now)];
  return a.reduce(
    (sum, share, bin) => sum + ((b[bin] ?? LEAST_SHARE) - share) * Math.log((b[bin] ?? LEAST_SHARE) / share),
    0,
  );
}
