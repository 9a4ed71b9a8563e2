/**
 * What may be done on what the signals say, the lower beating the higher. The collector decides in the end; the
 * tag decides what leaves the page at all, and whether it keeps an id.
 */
export type Verdict = typeof REFUSED | typeof PENDING | typeof UNTOLD | typeof ALLOWED;
export const REFUSED = 0;
/** A choice is not made or not known yet, and unknown is not yes: nothing is sent. */
export const PENDING = 1;
/** Only the collector can read a signal, or an API kept silent: the hit is sent, and no id is kept. */
export const UNTOLD = 2;
export const ALLOWED = 3;
