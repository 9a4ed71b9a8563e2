import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Why a log cannot be read. */
export type UnreadableReason = 'missing' | 'no_file' | 'forbidden' | 'damaged' | 'unreadable';

/** A log that cannot be read; the message says what to do. */
export class UnreadableLogError extends Error {
  readonly reason: UnreadableReason;

  constructor(reason: UnreadableReason, file: string) {
    super(`${file} ${WHAT_TO_DO[reason]}`);
    this.name = 'UnreadableLogError';
    this.reason = reason;
  }
}

const WHAT_TO_DO: Readonly<Record<UnreadableReason, string>> = {
  missing: 'does not exist. Name an existing log, or - to read from standard input.',
  no_file:
    'is a folder. Name one log in it; several can be piped: cat logs/* | npx ninety import access-log -',
  forbidden: 'may not be read by this user. Run the command as one who may.',
  damaged: 'is compressed, and its data are damaged or cut off. What stands before that place was read.',
  unreadable: 'cannot be read any further: the disk, or what is piped in, reported an error.',
};

/** A log to be read once or twice. */
export interface Log {
  /** On disk, compressed or not; undefined for standard input. */
  readonly bytes: number | undefined;
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

/** Request line and referrer of 8 kB each, and a browser's name; servers cut them shorter. */
export const MAX_LINE = 65_536;

/**
 * @param file a path; plain text or gzip, told apart by its first bytes; `-` is standard input, plain text.
 * @throws UnreadableLogError
 */
export async function openLog(file: string): Promise<Log> {
  if (file === '-') {
    return {
      bytes: undefined,
      read: (signal) => ({ lines: split(process.stdin, NAME_OF_STDIN, signal), bytesRead: () => 0 }),
    };
  }
  const { bytes, zipped } = await inspect(file);
  return {
    bytes,
    read: (signal) => {
      const source = createReadStream(file);
      const text = zipped ? pipeline(source, createGunzip(), () => undefined) : source;
      return { lines: split(text, file, signal), bytesRead: () => source.bytesRead };
    },
  };
}

const NAME_OF_STDIN = 'Standard input';

/** RFC 1952, 2.3.1. */
const GZIP_MAGIC = 0x1f8b;

async function inspect(file: string): Promise<{ bytes: number; zipped: boolean }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new UnreadableLogError('no_file', file);
    const head = Buffer.alloc(2);
    await handle.read(head, 0, 2, 0);
    return { bytes: stat.size, zipped: head.readUInt16BE() === GZIP_MAGIC };
  } catch (error) {
    throw asUnreadable(error, file);
  } finally {
    await handle?.close();
  }
}

/** By hand, because readline keeps a line of any length in memory. */
async function* split(
  source: Readable,
  file: string,
  signal: AbortSignal,
): AsyncGenerator<string | undefined> {
  let head = '';
  let tooLong = false;
  addAbortSignal(signal, source).setEncoding('utf8');
  try {
    for await (const chunk of source as AsyncIterable<string>) {
      let from = 0;
      for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
        const line = head + chunk.slice(from, end);
        yield tooLong || line.length > MAX_LINE ? undefined : withoutReturn(line);
        head = '';
        tooLong = false;
        from = end + 1;
      }
      head += tooLong ? '' : chunk.slice(from);
      if (head.length > MAX_LINE) {
        tooLong = true;
        head = '';
      }
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : asUnreadable(error, file);
  }
  if (tooLong || head !== '') yield tooLong ? undefined : withoutReturn(head);
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

const REASONS: Readonly<Record<string, UnreadableReason>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EISDIR: 'no_file',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  Z_DATA_ERROR: 'damaged',
  Z_BUF_ERROR: 'damaged',
};

function asUnreadable(error: unknown, file: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof UnreadableLogError || code === undefined) return error;
  return new UnreadableLogError(REASONS[code] ?? 'unreadable', file);
}
