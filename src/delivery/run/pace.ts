import { setTimeout as sleep } from 'node:timers/promises';

const MINUTE_MS = 60_000;

/** Keeps what is begun at an even distance: a minute's worth at its beginning would be refused by who counts by seconds. */
export class Pace {
  readonly #distanceMs: number;
  #free: number;

  /**
   * @param perMinute what may be begun; undefined = anything.
   * @param last when something was begun last, by an earlier process too; milliseconds since 1970.
   */
  constructor(perMinute: number | undefined, last: number) {
    this.#distanceMs = perMinute === undefined ? 0 : MINUTE_MS / perMinute;
    this.#free = last + this.#distanceMs;
  }

  /** Waits for its turn. @throws the signal's reason */
  async turn(signal: AbortSignal): Promise<void> {
    const at = Math.max(this.#free, Date.now());
    this.#free = at + this.#distanceMs;
    if (at > Date.now()) await sleep(at - Date.now(), undefined, { signal });
  }
}
