/**
 * One-sided 95 %. What is chosen as the best of many places looks better than it is, and a stated precision is a
 * promise: the lower bound of the interval must keep it, not the share that was found.
 */
const Z = 1.645;

/**
 * The probability from which visitors are decided to be of a class, so low that as many as possible are while the
 * share of them that really is keeps a stated precision (lower bound of Wilson's score interval, 1927).
 *
 * @param candidates of rows that the model was not trained on and whose likeliest class this is: its probability, and
 *   whether it is true.
 * @param precision from 0 to 1.
 * @returns null where no threshold keeps it.
 */
export function chooseThreshold(
  candidates: readonly { readonly probability: number; readonly isTrue: boolean }[],
  precision: number,
): number | null {
  const sorted = [...candidates].sort((a, b) => b.probability - a.probability);
  let threshold: number | null = null;
  let right = 0;
  for (const [i, { probability, isTrue }] of sorted.entries()) {
    if (isTrue) right += 1;
    const next = sorted[i + 1]?.probability;
    // Whoever has the same probability is decided too.
    if (next !== probability && wilsonLowerBound(right, i + 1) >= precision) threshold = probability;
  }
  return threshold;
}

/** Lower bound of the share behind `right` of `n`. */
export function wilsonLowerBound(right: number, n: number, z = Z): number {
  if (n === 0) return 0;
  const share = right / n;
  const middle = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return (middle - half) / (1 + z ** 2 / n);
}
