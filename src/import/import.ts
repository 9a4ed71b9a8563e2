import { postHits, type SendHits } from './post-hits.ts';
import { ImportReport, type RefusedHere } from './report.ts';

/** A line of what is imported: a hit as JSON in the long names, or why it is none. */
export type Line =
  | { readonly number: number; readonly hit: string }
  | { readonly number: number; readonly refused: RefusedHere };

/** What the source does now, and the bytes of it that are read. */
export interface Progress {
  readonly pass: 'times' | 'hits';
  readonly bytesRead: number;
}

/** Something that hits are read from. */
export interface Source {
  /**
   * Its lines, in order, numbered from 1.
   *
   * @throws UnreadableLogError, the signal's reason
   */
  readonly lines: (signal: AbortSignal) => AsyncIterable<Line>;
  readonly progress: () => Progress;
}

export interface ImportOptions {
  readonly source: Source;
  /** Lines up to this number are passed over. @default 0 */
  readonly skip?: number;
  readonly send: SendHits;
  readonly signal: AbortSignal;
}

/** What one request may hold is 1,000 hits and 1 MiB; the bytes leave room for the brackets and commas. */
const HITS_A_REQUEST = 1_000;
const BYTES_A_REQUEST = 1_000_000;
/** The server works on one while the next is read; more only wait there. */
const REQUESTS_AT_ONCE = 3;

/** Reads hits from somewhere and hands them to the server. Run it once. */
export class Import {
  readonly report = new ImportReport();
  readonly #options: ImportOptions;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { error: unknown; line: number } | undefined;
  #hits: string[] = [];
  #bytes = 0;
  /** Number of the line read last. */
  #line = 0;
  /** Line behind which the next request's lines begin. */
  #sentTo: number;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#sentTo = options.skip ?? 0;
  }

  progress(): Progress {
    return this.#options.source.progress();
  }

  /**
   * @returns the line up to which every line is stored or refused, and the error that ended the import
   *   there; undefined where it came to the end.
   */
  async run(): Promise<{ readonly line: number; readonly error: unknown } | undefined> {
    const broken = await this.#readAll().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const { signal } = this.#options;
    // Of a file that breaks off, what was read before is good.
    if (!signal.aborted) await this.#send();
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) return this.#failure;
    return broken && { line: this.#sentTo, error: broken.error };
  }

  async #readAll(): Promise<void> {
    const { source, signal, skip = 0 } = this.#options;
    for await (const line of source.lines(signal)) {
      this.#line = line.number;
      if (line.number <= skip) continue;
      this.report.lines++;
      if ('refused' in line) {
        this.report.refuse(line.refused, line.number);
        continue;
      }
      const bytes = Buffer.byteLength(line.hit) + 1;
      // What is gathered leaves without this line: the two together may be more than one request holds.
      if (this.#bytes + bytes > BYTES_A_REQUEST) await this.#send(line.number - 1);
      this.#hits.push(line.hit);
      this.#bytes += bytes;
      if (this.#hits.length === HITS_A_REQUEST) await this.#send();
      if (this.#failure !== undefined) return;
    }
  }

  /**
   * Begins a request with what is gathered; waits for room for it, not for its answer.
   *
   * @param to line up to which that is all.
   */
  async #send(to = this.#line): Promise<void> {
    const { send, signal } = this.#options;
    const hits = this.#hits;
    const before = this.#sentTo;
    this.#hits = [];
    this.#bytes = 0;
    this.#sentTo = Math.max(before, to);
    if (hits.length === 0) return;
    while (this.#underWay.size >= REQUESTS_AT_ONCE) await Promise.race(this.#underWay);
    if (this.#failure !== undefined) return;
    const request = postHits(hits, send, this.report, signal)
      .catch((error: unknown) => {
        // Of several that fail, the one that began first says how far the import came.
        if (this.#failure === undefined || before < this.#failure.line)
          this.#failure = { error, line: before };
      })
      .finally(() => this.#underWay.delete(request));
    this.#underWay.add(request);
  }
}
