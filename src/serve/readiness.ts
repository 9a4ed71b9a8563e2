/** Why a process that lives is not to be sent anything. */
export type NotReady = 'shutting_down' | 'journal_failed' | 'journal_full';

/** A disk that is full takes a counter here and there where it refuses hits: one write that succeeds says little. */
const QUIET_MS = 5_000;

/** Whether hits can be taken now: what became of the writes of the journal lately, and whether this process ends. */
export class Readiness {
  readonly #isFull: () => boolean;
  readonly #now: () => number;
  #failedAt: number | undefined;
  #isEnding = false;

  /** @param isFull whether the journal's quota is reached. @param now milliseconds of a clock that only goes forward. */
  constructor(isFull: () => boolean, now: () => number = () => performance.now()) {
    this.#isFull = isFull;
    this.#now = now;
  }

  /** A write of the journal has failed and none has succeeded since: somebody must try, where no hit comes. */
  get isFailing(): boolean {
    return this.#failedAt !== undefined;
  }

  /** The file system refused a write of the journal. */
  failed(): void {
    this.#failedAt = this.#now();
  }

  /** It took one. That counts once none has failed for five seconds. */
  succeeded(): void {
    if (this.#failedAt !== undefined && this.#now() - this.#failedAt >= QUIET_MS) this.#failedAt = undefined;
  }

  /** From now on this process takes what still comes, and wants no more. */
  end(): void {
    this.#isEnding = true;
  }

  /** @returns why not; undefined where it is ready. */
  whyNot(): NotReady | undefined {
    if (this.#isEnding) return 'shutting_down';
    if (this.isFailing) return 'journal_failed';
    return this.#isFull() ? 'journal_full' : undefined;
  }
}
