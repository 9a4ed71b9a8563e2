import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** What went through. */
export interface Passed {
  readonly bytes: number;
  /** SHA-256 of the bytes. */
  readonly sha256: Buffer;
  /** How many line feeds there were. */
  readonly lines: number;
}

const LINE_FEED = 10;

/** Lets bytes through as they are, and keeps account of them. */
export class Account extends Transform {
  readonly #hash = createHash('sha256');
  readonly #countsLines: boolean;
  readonly #ifEmpty: Buffer;
  readonly #ended: (passed: Passed) => Promise<void>;
  #bytes = 0;
  #lines = 0;

  /**
   * @param countsLines whether they are a text, of which lines can be counted.
   * @param ifEmpty goes through where nothing else does.
   * @param ended called when the last byte is through, and waited for before the stream ends.
   */
  constructor(countsLines: boolean, ifEmpty: Buffer, ended: (passed: Passed) => Promise<void>) {
    super();
    this.#countsLines = countsLines;
    this.#ifEmpty = ifEmpty;
    this.#ended = ended;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, next: TransformCallback): void {
    this.#pass(chunk);
    next();
  }

  override _flush(next: TransformCallback): void {
    if (this.#bytes === 0 && this.#ifEmpty.length > 0) this.#pass(this.#ifEmpty);
    this.#ended({ bytes: this.#bytes, sha256: this.#hash.digest(), lines: this.#lines }).then(
      () => next(),
      (error: Error) => next(error),
    );
  }

  #pass(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    if (this.#countsLines)
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1))
        this.#lines += 1;
    this.push(chunk);
  }
}
