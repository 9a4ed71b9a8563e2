/** A chunk is tried so often before it becomes a dead letter: by {@link backoffMs} over half a day to a day. */
export const MAX_TRIES = 12;
/** Lines that a destination did not take, and may take later, are sent again so often. */
export const MAX_PUT_BACK = 4;

/** A rate limit that says not for how long it holds is waited for like so many failures: minutes, not seconds. */
export const UNTOLD_TRIES = 4;

const FIRST_MS = 10_000;
const FACTOR = 3;
const MOST_MS = 6 * 3_600_000;
/** Who asks for longer is not believed: nobody would see for so long that nothing is delivered. */
export const BELIEVED_MS = 24 * 3_600_000;

/**
 * How long to wait after a try that failed: anything up to an exponentially growing bound ("full jitter", after Marc
 * Brooker, Exponential Backoff And Jitter, 2015), because those who were refused together would else come again
 * together; and never less than the destination asks for (RFC 9110, 10.2.3, Retry-After).
 *
 * @param tries that failed, from 1.
 * @param afterMs what the destination asks for.
 * @returns milliseconds.
 */
export function backoffMs(tries: number, afterMs = 0, random: () => number = Math.random): number {
  const bound = Math.min(MOST_MS, FIRST_MS * FACTOR ** (tries - 1));
  return Math.max(Math.min(afterMs, BELIEVED_MS), Math.floor(random() * bound));
}
