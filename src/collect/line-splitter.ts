/** Longest line of hits that is read, in bytes of UTF-8. A URL, title, consent string and 200 keywords fit. */
export const LINE_LIMIT = 65_536;
/** Most bytes that UTF-8 takes for a UTF-16 code unit. */
const BYTES_A_UNIT = 3;

/**
 * Cuts a text that comes in pieces into its lines, and never holds more of it than one line may be long. By
 * hand, because readline keeps a line of any length in memory.
 *
 * A line that is too long comes out as `undefined`. A carriage return before a line's end is not part of it.
 */
export class LineSplitter {
  #head = '';
  #tooLong = false;

  /** @returns the lines that end in this piece. */
  push(piece: string): (string | undefined)[] {
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', from)) {
      lines.push(this.#tooLong ? undefined : lineOf(this.#head + piece.slice(from, end)));
      this.#head = '';
      this.#tooLong = false;
      from = end + 1;
    }
    if (!this.#tooLong) this.#head += piece.slice(from);
    if (this.#head.length > LINE_LIMIT) {
      this.#tooLong = true;
      this.#head = '';
    }
    return lines;
  }

  /** @returns what stands behind the last line's end, where something does. */
  end(): (string | undefined)[] {
    if (this.#tooLong) return [undefined];
    return this.#head === '' ? [] : [lineOf(this.#head)];
  }
}

function lineOf(text: string): string | undefined {
  const fits =
    text.length * BYTES_A_UNIT <= LINE_LIMIT ||
    (text.length <= LINE_LIMIT && Buffer.byteLength(text) <= LINE_LIMIT);
  if (!fits) return undefined;
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
