/** Visitors from `first` to `last`, both included, in the order of their numbers: their hits lie together. */
export interface Slice {
  readonly first: bigint;
  readonly last: bigint;
}

/** How the visitors of a build are cut up, which is the same for all of its pieces. */
export interface Cut {
  readonly slices: readonly Slice[];
}

const LAST = 2n ** 64n - 1n;
export const EVERYBODY: Slice = { first: 0n, last: LAST };

/** SQL of who is of a slice, over `visitor`; its parameters are {@link sliceParams}. */
export const OF_SLICE = 'visitor BETWEEN {first:UInt64} AND {last:UInt64}';

export const sliceParams = (slice: Slice) =>
  slice === EVERYBODY ? {} : { first: slice.first, last: slice.last };

/** @param bounds visitors at which a slice begins, in any order. @returns slices that hold everybody once. */
export function slicesAt(bounds: readonly bigint[]): Slice[] {
  const starts = [...new Set([0n, ...bounds])].sort((a, b) => (a < b ? -1 : 1));
  return starts.map((first, place) => ({ first, last: (starts[place + 1] ?? LAST + 1n) - 1n }));
}
