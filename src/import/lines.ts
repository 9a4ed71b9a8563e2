import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LINE_LIMIT, LineSplitter } from '../collect/line-splitter.ts';

/** Why a file cannot be read. */
export type UnreadableReason =
  | 'missing'
  | 'no_file'
  | 'forbidden'
  | 'damaged'
  | 'unreadable'
  | 'no_parquet'
  | 'packed_parquet';

/** A file that cannot be read; the message says what to do. */
export class UnreadableLogError extends Error {
  readonly reason: UnreadableReason;

  constructor(reason: UnreadableReason, file: string) {
    super(`${file} ${WHAT_TO_DO[reason]}`);
    this.name = 'UnreadableLogError';
    this.reason = reason;
  }
}

const WHAT_TO_DO: Readonly<Record<UnreadableReason, string>> = {
  missing: 'does not exist. Name an existing file, or - to read from standard input.',
  no_file:
    'is a folder. Name one file in it; several can be piped, as in: cat logs/* | npx ninety import access-log -',
  forbidden: 'may not be read by this user. Run the command as one who may.',
  damaged: 'is compressed, and its data are damaged or cut off. What stands before that place was read.',
  unreadable: 'cannot be read any further: the disk, or what is piped in, reported an error.',
  no_parquet: 'is no Parquet file, or its end is missing. --format tells what it is.',
  packed_parquet:
    'is packed with gzip, and Parquet is read from its end, which is not there before all is unpacked. Unpack it first, as in: gunzip --keep FILE (Parquet is compressed inside).',
};

/** A log to be read once or twice. */
export interface Log {
  /** On disk, compressed or not; undefined for standard input. */
  readonly bytes: number | undefined;
  /** Begins to read from the start, as it comes; otherwise as {@link Log.read}. */
  readonly readText: (signal: AbortSignal) => TextReading;
  /** Begins to read from the first line; the signal ends it, also while nothing comes. */
  readonly read: (signal: AbortSignal) => Reading;
}

export interface Reading {
  /**
   * The lines in their order; undefined in place of one that is too long to be a log line.
   *
   * @throws UnreadableLogError, the signal's reason
   */
  readonly lines: AsyncGenerator<string | undefined>;
  /** So far; of a compressed file its own bytes, not those of the text. */
  readonly bytesRead: () => number;
}

export interface TextReading {
  /** Pieces of text, without a byte order mark. @throws UnreadableLogError, the signal's reason */
  readonly pieces: AsyncGenerator<string>;
  readonly bytesRead: () => number;
}

/**
 * Request line and referrer of 8 kB each, and a browser's name; servers cut them shorter. A hit's own line has
 * the same limit at the server.
 */
export const MAX_LINE = LINE_LIMIT;

/**
 * @param file a path; plain text or gzip, told apart by its first bytes; `-` is standard input, plain text.
 * @throws UnreadableLogError
 */
export async function openLog(file: string): Promise<Log> {
  if (file === '-')
    return logOf(undefined, (signal) => ({
      pieces: piecesOf(process.stdin, NAME_OF_STDIN, signal),
      bytesRead: () => 0,
    }));
  const { bytes, zipped } = await inspect(file);
  return logOf(bytes, (signal) => {
    const source = createReadStream(file);
    const text = zipped ? pipeline(source, createGunzip(), () => undefined) : source;
    return { pieces: piecesOf(text, file, signal), bytesRead: () => source.bytesRead };
  });
}

const logOf = (bytes: number | undefined, readText: (signal: AbortSignal) => TextReading): Log => ({
  bytes,
  readText,
  read: (signal) => {
    const { pieces, bytesRead } = readText(signal);
    return { lines: split(pieces), bytesRead };
  },
});

const NAME_OF_STDIN = 'Standard input';

/** RFC 1952, 2.3.1. */
const GZIP_MAGIC = 0x1f8b;

async function inspect(file: string): Promise<{ bytes: number; zipped: boolean }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new UnreadableLogError('no_file', file);
    return { bytes: stat.size, zipped: await isGzip(handle) };
  } catch (error) {
    throw asUnreadable(error, file);
  } finally {
    await handle?.close();
  }
}

/** Whether a file begins as gzip does, whatever its name. */
export async function isGzip(handle: FileHandle): Promise<boolean> {
  const head = Buffer.alloc(2);
  await handle.read(head, 0, 2, 0);
  return head.readUInt16BE() === GZIP_MAGIC;
}

async function* split(pieces: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  const splitter = new LineSplitter();
  for await (const piece of pieces) for (const line of splitter.push(piece)) yield line;
  for (const line of splitter.end()) yield line;
}

async function* piecesOf(source: Readable, file: string, signal: AbortSignal): AsyncGenerator<string> {
  let isFirst = true;
  addAbortSignal(signal, source).setEncoding('utf8');
  try {
    for await (const piece of source as AsyncIterable<string>) {
      yield isFirst && piece.startsWith('\ufeff') ? piece.slice(1) : piece;
      isFirst = false;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : asUnreadable(error, file);
  }
}

const REASONS: Readonly<Record<string, UnreadableReason>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EISDIR: 'no_file',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  Z_DATA_ERROR: 'damaged',
  Z_BUF_ERROR: 'damaged',
};

/** What the file system or the unpacking said, as a person can use it. */
export function asUnreadable(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof UnreadableLogError || code === undefined) return error;
  return new UnreadableLogError(REASONS[code] ?? 'unreadable', file);
}
