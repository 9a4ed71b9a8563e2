import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Done, shielded } from './batch.ts';
import { type Disk, disk } from './disk.ts';
import { checkWorker, type JournalRefusal, newBoot, STREAMS, type Stream } from './name.ts';
import { Usage } from './usage.ts';
import { Writer } from './writer.ts';

export interface JournalOptions {
  /** Where the files lie, one folder a stream; made when missing. Workers of one machine share it. */
  readonly folder: string;
  /** Tells the writing processes of a folder apart: 1 to 32 letters, digits or underscores. */
  readonly worker: string;
  /**
   * Column names of each stream, tab separated: the first line of each file (TabSeparatedWithNames). Where
   * the last is `file`, the journal appends the file's name to each row itself.
   */
  readonly headers: Readonly<Record<Stream, string>>;
  /** Bytes of all files of the folder above which rows are refused as `journal_full`. */
  readonly quotaBytes: number;
  /** Acknowledge only what the device holds, not only the operating system. */
  readonly fsync: boolean;
  /** A file of this many bytes is closed. @default 8 MiB: some 15,000 hits, one good insert */
  readonly rotateBytes?: number;
  /** A file this many milliseconds old is closed, later while files pile up. @default 1000 */
  readonly rotateMs?: number;
  /** Bytes of one batch; a stream holds at most two in memory. @default 4 MiB */
  readonly bufferBytes?: number;
  /** Milliseconds between two looks at the folder. @default 1000 */
  readonly scanMs?: number;
  /** Called when a file is ready to be shipped. */
  readonly onRotate?: (stream: Stream, name: string) => void;
  /** Called when the file system refused something; the rows concerned learn it by their refusal. */
  readonly onError?: (error: unknown, stream: Stream | undefined) => void;
  /** The file system; for tests of one that fails. */
  readonly disk?: Disk;
}

// Withdrawals, opt-outs and the counters of what is refused must still find room when hits have filled the quota.
const RESERVED = 1 / 16;
const STOPS_EARLY: ReadonlySet<Stream> = new Set(['hits', 'matches']);
// With the engine away, a file a second is 86,400 a day. Closing a file later by one rotation time for each
// 16 that wait, up to a minute, lets some 1,900 pile up in that day: n + n²/32 seconds to 944, then one a minute.
const PILE = 16;
const LONGEST_STRETCH = 60;
// A look at a large folder must not become the work of the process.
const SCAN_SHARE = 20;

/**
 * The durable log between the front door and ClickHouse. A row is acknowledged when its bytes are in a file;
 * a file is closed by size, by time or by {@link rotate}, and belongs to whoever ships it from then on.
 */
export class Journal {
  /** Of this start of the process; part of its files' names. */
  readonly boot = newBoot();
  readonly worker: string;
  readonly #writers: Readonly<Record<Stream, Writer>>;
  readonly #usage: Usage;
  readonly #limits: Readonly<Record<Stream, number>>;
  readonly #onError: (error: unknown, stream: Stream | undefined) => void;
  #scanTimer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: JournalOptions) {
    const { folder, worker, rotateMs = 1000, onRotate, onError } = options;
    this.worker = worker;
    this.#onError = onError ?? (() => {});
    this.#usage = new Usage(folder);
    this.#limits = each((stream) => options.quotaBytes * (STOPS_EARLY.has(stream) ? 1 - RESERVED : 1));
    this.#writers = each(
      (stream) =>
        new Writer({
          folder: join(folder, stream),
          worker,
          boot: this.boot,
          header: options.headers[stream],
          fsync: options.fsync,
          rotateBytes: options.rotateBytes ?? 8 * 2 ** 20,
          rotateMs: () =>
            rotateMs * Math.min(LONGEST_STRETCH, 1 + Math.floor(this.#usage.closedFiles(stream) / PILE)),
          bufferBytes: options.bufferBytes ?? 4 * 2 ** 20,
          disk: options.disk ?? disk,
          onRotate: (name) => onRotate?.(stream, name),
          onError: (error) => this.#onError(error, stream),
        }),
    );
  }

  /**
   * Makes the folders and counts what lies there. Files of earlier starts are left to `recover`.
   *
   * @throws RangeError for a worker's name that a file name cannot carry; what the file system says.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    checkWorker(options.worker);
    for (const stream of STREAMS) await mkdir(join(options.folder, stream), { recursive: true, mode: 0o700 });
    const journal = new Journal(options);
    await journal.#usage.scan();
    journal.#scanLater(options.scanMs ?? 1000);
    return journal;
  }

  /**
   * Takes one row.
   *
   * @param row a TSV line without its newline (values escaped, so that it holds none), and without the
   *   value of a last column `file`.
   * @param done called once: without an argument after the row's bytes are in the file (and, with `fsync`,
   *   on the device), else with the reason. `journal_full` is said at once, before this returns; a row
   *   refused as `journal_failed` is in no file that is shipped.
   * @throws TypeError for a row with a newline in it: it would spoil a file of acknowledged rows.
   */
  append(stream: Stream, row: string, done: Done): void {
    const refusal = this.#take(stream, row, done);
    if (refusal) done(refusal);
  }

  /** {@link append} as a promise: undefined = acknowledged. */
  appendAsync(stream: Stream, row: string): Promise<JournalRefusal | undefined> {
    return new Promise((resolve) => this.append(stream, row, resolve));
  }

  /**
   * Closes the files that are being written: everything acknowledged before the call is ready to be shipped
   * after it.
   *
   * @throws what the file system said where a file could not be closed; that is tried again by itself.
   */
  async rotate(): Promise<void> {
    await Promise.all(STREAMS.map((stream) => this.#writers[stream].rotate()));
  }

  /** Refuses further rows, writes those it has, closes the files. @throws as {@link rotate}. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#scanTimer);
    const ends = await Promise.allSettled(STREAMS.map((stream) => this.#writers[stream].rotate()));
    for (const stream of STREAMS) this.#writers[stream].stop();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  /** Bytes of the folder's files, as of the last look and with what this process added since. */
  bytesWaiting(): number {
    return this.#usage.bytes;
  }

  /** Whether rows of a stream are refused as `journal_full` right now. */
  isFull(stream: Stream): boolean {
    return this.#usage.bytes >= this.#limits[stream];
  }

  #take(stream: Stream, row: string, done: Done): JournalRefusal | undefined {
    if (row.includes('\n')) throw new TypeError('a journal row must not hold a newline');
    if (this.#closed) return 'journal_failed';
    if (this.isFull(stream)) return 'journal_full';
    const bytes = this.#writers[stream].append(row, done);
    this.#usage.add(bytes);
    return bytes === 0 ? 'journal_full' : undefined;
  }

  #scanLater(pauseMs: number): void {
    let nextMs = pauseMs;
    const look = async () => {
      const began = performance.now();
      try {
        await this.#usage.scan();
      } catch (error) {
        shielded(() => this.#onError(error, undefined));
      }
      nextMs = Math.max(pauseMs, (performance.now() - began) * SCAN_SHARE);
      arm();
    };
    const arm = () => {
      if (!this.#closed) this.#scanTimer = setTimeout(() => void look(), nextMs).unref();
    };
    arm();
  }
}

function each<T>(make: (stream: Stream) => T): Record<Stream, T> {
  return {
    hits: make('hits'),
    matches: make('matches'),
    consents: make('consents'),
    optouts: make('optouts'),
    tallies: make('tallies'),
  };
}
