import type { Chunk } from '../destination.ts';

/** The longest life of a member at The Trade Desk and at Xandr, in minutes: 180 days. */
export const MOST_TTL_MINUTES = 259_200;

/**
 * The life of a segment's member as those two are told it, in minutes: a whole number, and at least 1, because 0 means
 * something else there, a removal at the one and the longest life at the other.
 */
export const ttlMinutesOf = (chunk: Chunk, code: string): number =>
  Math.min(
    Math.max(Math.floor(chunk.segments.get(code)?.ttlMinutes ?? MOST_TTL_MINUTES), 1),
    MOST_TTL_MINUTES,
  );
