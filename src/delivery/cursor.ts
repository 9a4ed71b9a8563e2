import { createHmac, timingSafeEqual } from 'node:crypto';
import { derivedKey } from './derived-key.ts';

/** A reader's place in the log of exported sets. */
export interface Cursor {
  /** Empty where it is of all that a destination may have. */
  readonly segment: string;
  /** Under which name the sets are kept; of all of a destination's its id and a slash. */
  readonly source: string;
  /** The upkeep whose changes the reader has. */
  readonly seq: number;
  /** Milliseconds since 1970 for which the rules were asked; 0 where that is not one moment. */
  readonly asOf: number;
  /** Milliseconds since 1970 at which it was handed out. */
  readonly issued: number;
}

const MOST_DAYS = 29;

/**
 * Removals are kept a day longer; an older cursor could miss one, so it is refused and the set is read whole. By the
 * day after the last cursor that needs it a removal is let go of, with the adds that it has taken back.
 *
 * @returns days; 0 of a retention of one day, where nothing is kept that changes could be told from.
 */
export const cursorLifeDays = (retentionDays: number): number => Math.min(MOST_DAYS, retentionDays - 1);

/** An answer that broke off is gone on with for so long: what was true of a person when it began leaves no later. */
export const ANSWER_LIFE_MS = 3_600_000;

/** The cursor is of a log that is gone (a database restored from a backup): changes since it cannot be told. */
export class CursorAheadError extends Error {
  constructor() {
    super('the cursor lies ahead of the log');
    this.name = 'CursorAheadError';
  }
}

const VERSION = 3;
/** HMAC-SHA256. */
const MAC_BYTES = 32;

/**
 * Writes cursors, and reads again those that this installation wrote. They are signed, because what was handed out once
 * is handed out again to who brings its cursor, without asking consent anew: a place or a moment that a reader makes up
 * would show it people who have withdrawn since.
 */
export class Cursors {
  readonly #key: Buffer;

  /** @param secret NINETY_SECRET, or the one in the data folder. */
  constructor(secret: string) {
    this.#key = derivedKey(secret, 'cursors/v1');
  }

  /** @returns text that is opaque to the reader and safe in a URL. Its length depends on the names alone. */
  write({ segment, source, seq, asOf, issued }: Cursor): string {
    const text = Buffer.from(JSON.stringify([VERSION, segment, source, seq, asOf, issued]));
    return Buffer.concat([this.#mac(text), text]).toString('base64url');
  }

  /** @returns undefined where the text is no cursor of ours. */
  read(text: string): Cursor | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length <= MAC_BYTES) return undefined;
    const said = bytes.subarray(MAC_BYTES);
    if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(said))) return undefined;
    // Signed by us, so it is what we wrote; only another version may have written otherwise.
    const [version, segment, source, seq, asOf, issued] = JSON.parse(said.toString('utf8')) as Written;
    return version === VERSION ? { segment, source, seq, asOf, issued } : undefined;
  }

  #mac(text: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

type Written = readonly [
  version: number,
  segment: string,
  source: string,
  seq: number,
  asOf: number,
  issued: number,
];
