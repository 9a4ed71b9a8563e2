import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FORMATS, type Format } from '../delivery/formats/formats.ts';
import { UnreachableError } from '../import/unreachable.ts';
import { type Answer, type Client, RefusedError } from './client.ts';
import { CommandError } from './exit.ts';
import { keyOfLine } from './exported-line.ts';

/** Where an export goes. */
export interface Sink {
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Forgets all that was written; undefined where that cannot be. */
  readonly restart: (() => Promise<void>) | undefined;
}

/** What is exported. */
export interface Export {
  /** With `?` and all that is asked but for the place. */
  readonly path: string;
  /** The same of the manifest. */
  readonly manifest: string;
  readonly format: Format;
}

/** What came. */
export interface Exported {
  readonly cursor: string;
  readonly asOf: string | undefined;
  readonly count: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** How often the answer broke off and was gone on with. */
  readonly resumed: number;
}

/** How far it is. */
export interface Progress {
  lines: number;
  bytes: number;
}

/** A server that restarts is back within it: 1, 2, 4, 8 and then 15 seconds between tries. */
const TRIES = 10;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** Answers of a server that will perhaps have time later. */
const PASSING = new Set([429, 502, 503, 504]);

const LINE_FEED = 10;

/**
 * Reads an export into a sink, and goes on by itself where it breaks off: behind the last line that came whole, with
 * the answer's own cursor. At its end the SHA-256 of all that was written is compared with the server's: that of the
 * answer's trailer, or of the manifest where it came in pieces or something on the way took the trailers off.
 *
 * @param progress is kept up to date.
 * @throws CommandError `not_finished`; RefusedError, UnreachableError; what the sink fails with.
 */
export async function readExport(
  client: Client,
  { path, manifest, format }: Export,
  sink: Sink,
  signal: AbortSignal,
  progress: Progress = { lines: 0, bytes: 0 },
): Promise<Exported> {
  const { text } = FORMATS[format];
  let received = new Received(text?.head, progress);
  let first = await client.stream(path);
  const cursor = first.header('ninety-cursor') ?? '';
  const asOf = first.header('ninety-as-of');
  const at = `&at=${encodeURIComponent(cursor)}`;
  let resumed = 0;
  let digest: string | undefined;
  for (let tries = 0; ; ) {
    const before = progress.bytes;
    try {
      await received.take(first, sink);
      digest = resumed === 0 || text === undefined ? first.trailer('content-digest') : undefined;
      break;
    } catch (error) {
      if (!(error instanceof BrokenOffError)) throw error;
    }
    if (progress.bytes > before) tries = 0;
    if (text === undefined) {
      if (sink.restart === undefined) throw brokenOff(0);
      await sink.restart();
      received = new Received(undefined, progress);
    }
    const after =
      received.last === undefined ? '' : `&after=${encodeURIComponent(keyOfLine(format, received.last))}`;
    [first, tries] = await goOn(client, `${path}${at}${after}`, tries, signal);
    resumed += 1;
  }
  const { bytes, sha256, count } = received.all();
  const same =
    digest === undefined
      ? await matchesManifest(client, `${manifest}${at}`, { sha256, count })
      : digest === `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
  if (!same)
    throw new CommandError(
      'not_finished',
      'What arrived is not what the server sent: the checksums differ. Export again.',
    );
  // Of a Parquet file only the server knows how many rows it has.
  const told = Number(first.trailer('ninety-count') ?? count);
  return { cursor, asOf, count: text === undefined ? told : count, bytes, sha256, resumed };
}

/** An answer ended before its end. */
class BrokenOffError extends Error {}

/** What has been written of an export, only ever whole lines. */
class Received {
  readonly #hash = createHash('sha256');
  readonly #head: number | undefined;
  readonly #progress: Progress;
  #lines = 0;
  #bytes = 0;
  /** The newest line that was written; the head is none. */
  last: string | undefined;

  /** @param head lines of it; undefined: it is no text. */
  constructor(head: number | undefined, progress: Progress) {
    this.#head = head;
    this.#progress = progress;
    progress.lines = 0;
    progress.bytes = 0;
  }

  /** @throws BrokenOffError where the answer broke off; what the sink fails with. */
  async take(answer: Answer, sink: Sink): Promise<void> {
    let rest: Buffer = EMPTY;
    for await (const chunk of wholeOf(answer)) {
      const all: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = this.#head === undefined ? all.length : this.#endOfLines(all);
      rest = all.subarray(end);
      if (end > 0) await this.#write(all.subarray(0, end), sink);
    }
    if (rest.length > 0) await this.#write(rest, sink);
  }

  /** The head waits for the first line: an answer that has no line yet is begun anew, head and all. */
  #endOfLines(bytes: Buffer): number {
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (this.last !== undefined || this.#head === 0) return end;
    return bytes.subarray(0, end).indexOf(LINE_FEED) + 1 === end ? 0 : end;
  }

  async #write(bytes: Buffer, sink: Sink): Promise<void> {
    await sink.write(bytes);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#progress.bytes = this.#bytes;
    if (this.#head === undefined) return;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1))
      this.#lines += 1;
    this.#progress.lines = Math.max(0, this.#lines - this.#head);
    if (this.#progress.lines > 0)
      this.last = bytes.toString('utf8', bytes.lastIndexOf(LINE_FEED, -2) + 1, bytes.length - 1);
  }

  all = () => ({ bytes: this.#bytes, sha256: this.#hash.digest('hex'), count: this.#progress.lines });
}

const EMPTY = Buffer.alloc(0);

/** @throws BrokenOffError in the place of whatever ended it early. */
async function* wholeOf({ body }: Answer): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch {
    throw new BrokenOffError();
  }
}

const brokenOff = (tries: number) =>
  new CommandError(
    'not_finished',
    `The server broke off in the middle${tries === 0 ? '' : `, and did not go on in ${tries} tries`}: what was written is not the whole. Export again.`,
  );

/** @returns the answer, and how many tries it has taken since something came. */
async function goOn(
  client: Client,
  path: string,
  tries: number,
  signal: AbortSignal,
): Promise<[Answer, number]> {
  for (let made = tries; made < TRIES; made++) {
    await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** made), undefined, { signal });
    try {
      return [await client.stream(path), made + 1];
    } catch (error) {
      const mayPass =
        error instanceof UnreachableError || (error instanceof RefusedError && PASSING.has(error.status));
      if (!mayPass) throw error;
    }
  }
  throw brokenOff(TRIES);
}

async function matchesManifest(
  client: Client,
  path: string,
  found: { readonly sha256: string; readonly count: number },
): Promise<boolean> {
  const told = await client.json<{ sha256: string | null; count: number }>('GET', path);
  return told.sha256 === null || (told.sha256 === found.sha256 && told.count === found.count);
}
