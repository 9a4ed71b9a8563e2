import { setTimeout as sleep } from 'node:timers/promises';

/** However cheap the read: consoles ask every few seconds, and several at once. */
const LEAST_MS = 1_000;
/** A read that takes long on much data is repeated so seldom that it takes at most a tenth of the time. */
const SHARE = 0.1;
/** Who asks is given the last value rather than kept waiting longer. */
const PATIENCE_MS = 500;

export interface RememberedOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  /** How much of the time reading may take, from 0 to 1. @default a tenth */
  readonly share?: number;
  /**
   * Milliseconds for which a value is good at most: where a read takes long because the other side is away, what it
   * says is soon not so any more. @default no end
   */
  readonly mostMs?: number;
}

/**
 * Lets everybody who asks within a while share one read. A failed read is told to those who waited for it,
 * and is not kept.
 *
 * @returns a reader of the newest value: good for a second, or, where a tenth of the time is for reading, for nine times
 *   as long as that took; and for as long again while a newer one is being read.
 */
export function remembered<T>(
  read: () => Promise<T>,
  { now = () => performance.now(), share = SHARE, mostMs = Number.POSITIVE_INFINITY }: RememberedOptions = {},
): () => Promise<T> {
  let last: { readonly value: T; readonly goodUntil: number; readonly usableUntil: number } | undefined;
  let reading: Promise<T> | undefined;
  const readAgain = async () => {
    const started = now();
    try {
      const value = await read();
      const readAt = now();
      const life = Math.min(mostMs, Math.max(LEAST_MS, (readAt - started) * (1 / share - 1)));
      last = { value, goodUntil: readAt + life, usableUntil: readAt + 2 * life };
      return value;
    } finally {
      reading = undefined;
    }
  };
  return async () => {
    if (last !== undefined && now() < last.goodUntil) return last.value;
    reading ??= readAgain();
    // One that nobody has asked for in a while is from another time: better to wait.
    if (last === undefined || now() >= last.usableUntil) return reading;
    return Promise.race([reading, sleep(PATIENCE_MS, last.value)]);
  };
}
