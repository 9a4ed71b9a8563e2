import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../outbound/at-once.ts';

const MINUTE_MS = 60_000;

/** Keeps what is begun at an even distance: a minute's worth at its beginning would be refused by who counts by seconds. */
export class Pace {
  readonly #distanceMs: number;
  /** Who gives up waiting leaves no gap: a turn is taken when it has come. */
  readonly #inOrder = atMost(1);
  #free: number;

  /**
   * @param perMinute what may be begun; undefined = anything.
   * @param last when something was begun last, by an earlier process too; milliseconds since 1970.
   */
  constructor(perMinute: number | undefined, last: number) {
    this.#distanceMs = perMinute === undefined ? 0 : MINUTE_MS / perMinute;
    this.#free = last + this.#distanceMs;
  }

  /** Waits for its turn. @returns whether that came before the signal did. */
  turn(signal: AbortSignal): Promise<boolean> {
    return this.#inOrder(async () => {
      // From turn to turn, not from when a timer ran: what is late by a moment each time would be late by a share.
      const at = Math.max(this.#free, Date.now());
      if (at > Date.now()) await sleep(at - Date.now(), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
      this.#free = at + this.#distanceMs;
      return true;
    });
  }
}
