/** A piece of a request's body, and the line that it tells of. */
export interface Piece {
  readonly number: number;
  readonly text: string;
}

export interface Batch {
  readonly texts: readonly string[];
  /** The line of each text. */
  readonly numbers: readonly number[];
}

/**
 * Puts pieces together to requests, in order, by the bytes that they really have.
 *
 * @param most bytes of a batch, separators between its texts included. A piece that alone has more is a batch of its
 *   own; who cuts bodies sees to it that there is none.
 */
export async function* batched(
  pieces: AsyncIterable<Piece> | Iterable<Piece>,
  most: number,
  separator = '',
): AsyncGenerator<Batch> {
  let texts: string[] = [];
  let numbers: number[] = [];
  let bytes = 0;
  for await (const { number, text } of pieces) {
    const more = Buffer.byteLength(text) + separator.length;
    if (texts.length > 0 && bytes + more > most) {
      yield { texts, numbers };
      [texts, numbers, bytes] = [[], [], 0];
    }
    texts.push(text);
    numbers.push(number);
    bytes += more;
  }
  if (texts.length > 0) yield { texts, numbers };
}
