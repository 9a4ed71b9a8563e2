import { parseJson } from '../json-object.ts';
import { readHit, senderOf, type Trust } from './batch-hit.ts';
import type { Collector, Outcome } from './collector.ts';
import type { Refusal } from './refusal.ts';
import type { Sender } from './sender.ts';

/**
 * Hits and their bytes that may wait for the journal, of one stream. While one write is under way the next
 * batch fills, so more would only wait there; and the 4 MiB that the journal holds in memory are everybody's:
 * 32 streams at once fit, above which hits are refused as `journal_full`.
 */
const MOST_HITS = 256;
const MOST_BYTES = 131_072;
/** Lines that are no hits never wait for the journal, so the other requests get their turn after so many. */
const LINES_A_TURN = 256;
/** Refusals that are told line by line; the answer must not grow with the body. */
const TOLD_REFUSALS = 1_000;

/** How the lines of a stream ended so far. */
export interface StreamReport {
  /** Lines read, blank ones included. All are stored or refused for good, but for those in `again`. */
  readonly taken: number;
  /** Numbers, from 0, of the lines that the journal lost: at most as many as may wait for it at once. */
  readonly again: readonly number[];
  readonly accepted: number;
  /** The first 1,000. `index` is the line's number, from 0, blank ones counted. */
  readonly refused: readonly { readonly index: number; readonly reason: Refusal }[];
  readonly refusedByReason: Readonly<Partial<Record<Refusal, number>>>;
}

export interface HitStreamOptions {
  readonly collector: Pick<Collector, 'collect'>;
  /** The connection's own; each line gets the time at which it came. */
  readonly sender: Sender;
  readonly trust: Trust;
  /** Counts what never became a hit. */
  readonly refuse: (reason: Refusal) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Hits one a line, however many: each line is handed on as it comes, and the sender is held back while the
 * journal has enough to write, so memory stays flat.
 *
 * Ends at the first line that the journal does not take, so that the sender can go on from there.
 */
export class HitStream {
  readonly #options: HitStreamOptions;
  #lines = 0;
  #sinceTurn = 0;
  #waiting = 0;
  #bytesWaiting = 0;
  #wake: (() => void) | undefined;
  #accepted = 0;
  readonly #refused: { index: number; reason: Refusal }[] = [];
  readonly #refusedByReason: Partial<Record<Refusal, number>> = {};
  #lost: number[] = [];
  #failure: 'journal_full' | 'journal_failed' | undefined;

  constructor(options: HitStreamOptions) {
    this.#options = options;
  }

  /** Why the journal did not take a line; nothing may be handed on any more. */
  get failure(): 'journal_full' | 'journal_failed' | undefined {
    return this.#failure;
  }

  /**
   * Takes the next line.
   *
   * @param line undefined for one that was too long to be read.
   * @returns what to wait for before the next one; undefined = nothing.
   */
  take(line: string | undefined): Promise<void> | undefined {
    const index = this.#lines++;
    if (line === undefined) this.#refuse(index, 'line_too_long');
    else this.#collect(index, line.trim());
    if (this.#isFull()) return this.#room();
    if (++this.#sinceTurn < LINES_A_TURN) return undefined;
    this.#sinceTurn = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Returns when every line taken is stored or refused. */
  async settled(): Promise<void> {
    while (this.#waiting > 0) await this.#woken();
  }

  report(): StreamReport {
    const again = [...this.#lost].sort((a, b) => a - b);
    let taken = this.#lines;
    // Where the lost lines are the last, the sender simply goes on from the first of them.
    while (again.length > 0 && again.at(-1) === taken - 1) {
      again.pop();
      taken--;
    }
    return {
      taken,
      again,
      accepted: this.#accepted,
      refused: [...this.#refused].sort((a, b) => a.index - b.index),
      refusedByReason: this.#refusedByReason,
    };
  }

  #collect(index: number, line: string): void {
    if (line === '') return;
    const { collector, sender, trust, now } = this.#options;
    const read = readHit(parseJson(line), trust);
    if (read === 'bad_json') return this.#refuse(index, read);
    this.#waiting++;
    this.#bytesWaiting += line.length;
    const end = (outcome: Outcome) => {
      this.#waiting--;
      this.#bytesWaiting -= line.length;
      this.#end(index, outcome);
      this.#wake?.();
    };
    collector.collect(read.hit, senderOf(read.hit, sender, trust, now()), end, read.fault);
  }

  #end(index: number, outcome: Outcome): void {
    if (outcome.stored) this.#accepted++;
    else if (outcome.reason === 'journal_full' || outcome.reason === 'journal_failed') {
      this.#failure ??= outcome.reason;
      this.#lost.push(index);
    } else this.#note(index, outcome.reason);
  }

  /** Refuses what never came to the collector, which counts by itself. */
  #refuse(index: number, reason: Refusal): void {
    this.#options.refuse(reason);
    this.#note(index, reason);
  }

  #note(index: number, reason: Refusal): void {
    this.#refusedByReason[reason] = (this.#refusedByReason[reason] ?? 0) + 1;
    if (this.#refused.length < TOLD_REFUSALS) this.#refused.push({ index, reason });
  }

  #isFull(): boolean {
    return this.#waiting >= MOST_HITS || this.#bytesWaiting >= MOST_BYTES;
  }

  async #room(): Promise<void> {
    this.#sinceTurn = 0;
    while (this.#isFull()) await this.#woken();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
