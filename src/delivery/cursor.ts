/** A reader's place in the log of one exported set. */
export interface Cursor {
  readonly segment: string;
  readonly source: string;
  /** The pull whose changes the reader has. */
  readonly seq: number;
  /** Milliseconds since 1970 at which it was handed out. */
  readonly issued: number;
}

/** A removal is kept so long; an older cursor could miss one, so it is refused and the set is read whole. */
export const CURSOR_LIFE_DAYS = 30;

/** @returns text that is opaque to the reader and safe in a URL. */
export const writeCursor = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify([1, cursor.segment, cursor.source, cursor.seq, cursor.issued])).toString(
    'base64url',
  );

/** @returns undefined where the text is no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 5 || parts[0] !== 1) return undefined;
    const [, segment, source, seq, issued] = parts as unknown[];
    if (
      typeof segment !== 'string' ||
      typeof source !== 'string' ||
      !Number.isSafeInteger(seq) ||
      !Number.isSafeInteger(issued)
    )
      return undefined;
    return { segment, source, seq: seq as number, issued: issued as number };
  } catch {
    return undefined;
  }
}
