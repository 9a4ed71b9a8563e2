/** A reader's place in the log of one exported set. */
export interface Cursor {
  readonly segment: string;
  readonly source: string;
  /** The pull whose changes the reader has. */
  readonly seq: number;
  /** The pull up to which it was told removals; later than `seq` where adds were held back since. */
  readonly removals: number;
  /** Milliseconds since 1970 at which it was handed out. */
  readonly issued: number;
}

/** A removal is kept so long; an older cursor could miss one, so it is refused and the set is read whole. */
export const CURSOR_LIFE_DAYS = 30;

/** The cursor is of a log that is gone (a database restored from a backup): changes since it cannot be told. */
export class CursorAheadError extends Error {
  constructor() {
    super('the cursor lies ahead of the log');
    this.name = 'CursorAheadError';
  }
}

/** @returns text that is opaque to the reader and safe in a URL. */
export const writeCursor = (cursor: Cursor): string =>
  Buffer.from(
    JSON.stringify([1, cursor.segment, cursor.source, cursor.seq, cursor.removals, cursor.issued]),
  ).toString('base64url');

/** @returns undefined where the text is no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 6 || parts[0] !== 1) return undefined;
    const [, segment, source, seq, removals, issued] = parts as unknown[];
    if (
      typeof segment !== 'string' ||
      typeof source !== 'string' ||
      !isCount(seq) ||
      !isCount(removals) ||
      !isCount(issued)
    )
      return undefined;
    return { segment, source, seq, removals, issued };
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
