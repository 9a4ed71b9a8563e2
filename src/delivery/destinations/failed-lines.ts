import type { DeliveryReason, FailedLine, Taken } from '../destination.ts';

/**
 * Lines of a chunk that were not taken, each once, whatever it is part of: the first word on it counts. All are kept by
 * number, so it is for chunks of a bounded number of lines.
 */
export class FailedLines {
  readonly #byNumber = new Map<number, FailedLine>();

  add(number: number, reason: DeliveryReason, detail: string, retry = false): void {
    if (!this.#byNumber.has(number)) this.#byNumber.set(number, { number, reason, detail, retry });
  }

  get count(): number {
    return this.#byNumber.size;
  }

  /** @param accepted without: all others of the chunk. */
  beside(lines: number, accepted = lines - this.count): Taken {
    return { accepted, failed: [...this.#byNumber.values()] };
  }
}
