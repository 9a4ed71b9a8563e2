/** However cheap the read: consoles ask every few seconds, and several at once. */
const LEAST_MS = 1_000;
/** A read that takes long on much data is repeated so seldom that it takes at most a tenth of the time. */
const SHARE = 10;

/**
 * Lets everybody who asks within a short time share one read. A failed read is not kept.
 *
 * @param now milliseconds of a clock that only goes forward.
 * @returns the newest value, at most a second, or nine times its own reading time, old.
 */
export function remembered<T>(
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (kept !== undefined && now() < until) return kept;
    const started = now();
    const reading = read();
    kept = reading;
    until = Number.POSITIVE_INFINITY;
    reading.then(
      () => {
        until = now() + Math.max(LEAST_MS, (now() - started) * (SHARE - 1));
      },
      () => {
        until = 0;
      },
    );
    return reading;
  };
}
