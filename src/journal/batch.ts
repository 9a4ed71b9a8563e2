import type { JournalRefusal } from './name.ts';

/** Called once for each row: without an argument when it is in the file, else with why it is not kept. */
export type Done = (refusal?: JournalRefusal) => void;

const NEWLINE = 10;
// Rows of 20,000 hits a second over a millisecond; a burst doubles it once and it stays that size.
const FIRST_BYTES = 64 * 1024;
// UTF-8 takes at most three bytes for a UTF-16 code unit.
const BYTES_A_UNIT = 3;

/**
 * Rows of one stream, encoded one after another into one buffer, and who waits for them. The buffer is
 * kept and reused: memory stays flat whatever passes through.
 */
export class Batch {
  readonly #limitBytes: number;
  readonly #carriesName: boolean;
  #buffer: Buffer;
  #length = 0;
  #waiting: Done[] = [];
  #name = '';
  #rowEnd = '\n';

  /**
   * @param limitBytes how large the buffer may grow.
   * @param carriesName whether each row ends with the name of its file.
   */
  constructor(limitBytes: number, carriesName: boolean) {
    this.#limitBytes = limitBytes;
    this.#carriesName = carriesName;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, limitBytes));
  }

  get rows(): number {
    return this.#waiting.length;
  }

  /** The encoded rows; valid until the batch is settled. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /**
   * Encodes one row.
   *
   * @param row a TSV line without its newline.
   * @param name of the file that it probably goes to; see {@link readdress}.
   * @returns the bytes it took; 0 = no room, and `done` will not be called.
   */
  add(row: string, name: string, done: Done): number {
    if (this.#length === 0 && name !== this.#name) this.#setName(name);
    const line = row + this.#rowEnd;
    const most = line.length * BYTES_A_UNIT;
    if (most > this.#buffer.length - this.#length && !this.#makeRoom(most, line)) return 0;
    const written = this.#buffer.write(line, this.#length);
    this.#length += written;
    this.#waiting.push(done);
    return written;
  }

  /**
   * Makes the rows carry this file's name. They were encoded with the name that was current then, and the
   * file may have been closed since; within a journal all names are equally long, so it is overwritten in
   * place. A newline inside a value is escaped in TSV, so each newline byte ends a row.
   */
  readdress(name: string): void {
    if (name === this.#name || !this.#carriesName) return;
    const bytes = this.bytes;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
      bytes.write(name, end - name.length, 'latin1');
    }
    this.#setName(name);
  }

  /** Empties the batch and tells everybody who waits how it ended. */
  settle(refusal?: JournalRefusal): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    for (const done of waiting) {
      try {
        done(refusal);
      } catch (error) {
        throwLater(error);
      }
    }
  }

  #setName(name: string): void {
    this.#name = name;
    this.#rowEnd = this.#carriesName ? `\t${name}\n` : '\n';
  }

  /** `most` is the quick upper bound; only near the limit is the line measured exactly. */
  #makeRoom(most: number, line: string): boolean {
    let wanted = this.#length + most;
    if (wanted > this.#limitBytes) {
      wanted = this.#length + Buffer.byteLength(line);
      if (wanted > this.#limitBytes) return false;
      if (wanted <= this.#buffer.length) return true;
    }
    let size = this.#buffer.length;
    while (size < wanted) size = Math.min(size * 2, this.#limitBytes);
    const larger = Buffer.allocUnsafeSlow(size);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
    return true;
  }
}

/** Lets what a callback threw reach the process without taking along the rows beside it. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls what was handed in; see {@link throwLater}. */
export function shielded(call: () => void): void {
  try {
    call();
  } catch (error) {
    throwLater(error);
  }
}
