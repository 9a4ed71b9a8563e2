import { ApiError } from './problem.ts';

/** Each reads every hit of its time and may hold hundreds of megabytes while it does. */
const AT_ONCE = 2;
/** Beyond that whoever asks is told so at once: the last would wait for minutes. */
const WAITING = 20;

/** Bounds how many reports that read many hits run at once in this process; the others wait for their turn. */
export class ReportQueue {
  readonly #atOnce: number;
  readonly #most: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce = AT_ONCE, waiting = WAITING) {
    this.#atOnce = atOnce;
    this.#most = waiting;
  }

  /**
   * @param signal of the request: whoever has gone before their turn is not worked for.
   * @returns what the work returns. @throws ApiError `busy` where too many wait or who asked has gone; what the work
   *   throws.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else if (this.#waiting.length >= this.#most)
      throw new ApiError('busy', 'Too many reports are being made; ask again in a few seconds.');
    // Who ends hands its turn over, so that nobody who comes in between takes it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (signal?.aborted) throw new ApiError('busy', 'Whoever asked did not wait for the turn.');
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
