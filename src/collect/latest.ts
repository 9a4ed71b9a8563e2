/**
 * How far back a clock may be set while a no still counts as later than all that was written down before. One that
 * took local time for UTC was wrong by 14 hours at most. A leap beyond that was no clock: to follow it would write
 * every no from then on into that future, where no later yes of anybody's could reach it.
 */
const CLOCK_LEAP_MS = 86_400_000;

/**
 * The latest moment that anything was written down with. A no is never earlier, though the clock be set back: the
 * newest word counts. A yes may wait then until the clock has caught up. Whoever writes words down shares one.
 */
export class Latest {
  #at = 0;

  /** @param now milliseconds since 1970, as the clock has it. @returns the same, or what was written down later. */
  of(now: number): number {
    if (now > this.#at || now < this.#at - CLOCK_LEAP_MS) this.#at = now;
    return this.#at;
  }
}
