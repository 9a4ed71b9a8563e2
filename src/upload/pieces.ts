/** Lines that are looked up at once: the ids of a million are a hash table of some 100 MB in ClickHouse. */
export const PIECE = 1_000_000;
const HASHES = 2n ** 64n;

/** First and last number, in decimal. */
export interface Piece {
  readonly from: string;
  readonly to: string;
}

/**
 * Cuts 64-bit numbers that are spread evenly, as hashes and visitors are, into ranges of at most a million lines.
 *
 * @param lines how many there are.
 */
export function pieces(lines: number): Piece[] {
  const count = BigInt(Math.ceil(lines / PIECE));
  return Array.from({ length: Number(count) }, (_, n) => ({
    from: String((HASHES * BigInt(n)) / count),
    to: String((HASHES * BigInt(n + 1)) / count - 1n),
  }));
}
