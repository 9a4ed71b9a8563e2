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

/** A piece is sorted and written by one core while it is read and joined by several. */
const AT_ONCE = 2;

/**
 * Does something with every piece, two at a time.
 *
 * @throws what the first that fails throws, when none is under way any more; no further one is begun then.
 */
export async function eachPiece(all: readonly Piece[], work: (piece: Piece) => Promise<void>): Promise<void> {
  const rest = [...all];
  const worker = async () => {
    for (let piece = rest.shift(); piece !== undefined; piece = rest.shift()) {
      await work(piece).catch((error: unknown) => {
        rest.length = 0;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
