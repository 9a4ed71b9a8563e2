import { createHash } from 'node:crypto';

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
  /** Marks of the sets that were below the floor then: of these the reader was told removals alone. */
  readonly below: readonly number[];
}

/** A removal is kept so long; an older cursor could miss one, so it is refused and the set is read whole. */
export const CURSOR_LIFE_DAYS = 30;

/** An answer that broke off is gone on with for so long: what was true of a person when it began leaves no later. */
export const ANSWER_LIFE_MS = 3_600_000;

/** The cursor is of a log that is gone (a database restored from a backup): changes since it cannot be told. */
export class CursorAheadError extends Error {
  constructor() {
    super('the cursor lies ahead of the log');
    this.name = 'CursorAheadError';
  }
}

/**
 * A set's mark in a cursor: 32 bits. Two sets of one mark are rare (one chance in 8,000 with a thousand sets), and do
 * no harm: a reader is told again what it has.
 */
export const markOf = (segment: string, name: string): number =>
  createHash('sha256').update(`${segment}\n${name}`).digest().readUInt32BE(0);

/** @returns text that is opaque to the reader and safe in a URL. */
export function writeCursor({ segment, source, seq, asOf, issued, below }: Cursor): string {
  const marks = Buffer.alloc(below.length * MARK_BYTES);
  below.forEach((mark, at) => {
    marks.writeUInt32BE(mark, at * MARK_BYTES);
  });
  return Buffer.from(
    JSON.stringify([2, segment, source, seq, asOf, issued, marks.toString('base64url')]),
  ).toString('base64url');
}

const MARK_BYTES = 4;

/** @returns undefined where the text is no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(parts)) return undefined;
    const [version, segment, source, ...rest] = parts as unknown[];
    if (typeof segment !== 'string' || typeof source !== 'string') return undefined;
    if (version === 1) return readFirst(segment, source, rest);
    const [seq, asOf, issued, marks, ...more] = rest;
    if (version !== 2 || more.length > 0 || typeof marks !== 'string') return undefined;
    if (!isCount(seq) || !isCount(asOf) || !isCount(issued)) return undefined;
    const bytes = Buffer.from(marks, 'base64url');
    if (bytes.length % MARK_BYTES > 0) return undefined;
    const below = Array.from({ length: bytes.length / MARK_BYTES }, (_, at) =>
      bytes.readUInt32BE(at * MARK_BYTES),
    );
    return { segment, source, seq, asOf, issued, below };
  } catch {
    return undefined;
  }
}

/**
 * What was handed out first, and lives thirty days: it tells how far the reader was told adds, and how far removals,
 * which is further where it was below the floor.
 */
function readFirst(segment: string, source: string, rest: readonly unknown[]): Cursor | undefined {
  const [seq, removals, issued, ...more] = rest;
  if (more.length > 0 || !isCount(seq) || !isCount(removals) || !isCount(issued)) return undefined;
  return {
    segment,
    source,
    seq: Math.max(seq, removals),
    asOf: 0,
    issued,
    below: removals > seq ? [markOf(segment, source)] : [],
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
