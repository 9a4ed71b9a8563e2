import { nanoid } from 'nanoid';
import { type LogLine, parseLine } from './access-log.ts';
import type { Log, Reading } from './lines.ts';
import { viewedPage } from './page.ts';
import { postHits, type SendHits } from './post-hits.ts';
import { ImportReport } from './report.ts';
import { newVisitors } from './visitor.ts';

export interface ImportOptions {
  readonly log: Log;
  /** Key of the site whose log it is. */
  readonly site: string;
  /** Where the site is, such as `www.example.com`: a log names paths only. */
  readonly host: string;
  /** Shift the times so that the newest line is now. */
  readonly now: boolean;
  readonly send: SendHits;
  readonly signal: AbortSignal;
}

/** What one request may hold is 1,000 hits and 1 MiB; the bytes leave room for the brackets and commas. */
const HITS_A_REQUEST = 1_000;
const BYTES_A_REQUEST = 1_000_000;
/** The server works on one while the next is read; more only wait there. */
const REQUESTS_AT_ONCE = 3;

/** Reads a web server's log and hands its page views to the server. Run it once. */
export class AccessLogImport {
  readonly report = new ImportReport();
  readonly #options: ImportOptions;
  readonly #visitorOf = newVisitors();
  readonly #id = nanoid();
  readonly #underWay = new Set<Promise<void>>();
  #reading: Reading | undefined;
  #pass: 'times' | 'hits' = 'hits';
  #failure: { error: unknown; line: number } | undefined;
  #hits: string[] = [];
  #bytes = 0;
  /** Line behind which the next request's lines begin. */
  #sentTo = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  /** What it does now, and the bytes of the log that are read. */
  progress(): { readonly pass: 'times' | 'hits'; readonly bytesRead: number } {
    return { pass: this.#pass, bytesRead: this.#reading?.bytesRead() ?? 0 };
  }

  /**
   * @returns the line up to which every line is stored or refused, and the error that ended the import
   *   there; undefined where it came to the end of the log.
   */
  async run(): Promise<{ readonly line: number; readonly error: unknown } | undefined> {
    const broken = await this.#readAll().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const { signal } = this.#options;
    // Of a log that breaks off, what was read before is good.
    if (!signal.aborted) await this.#send();
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) return this.#failure;
    return broken && { line: signal.aborted ? this.#sentTo : this.report.lines, error: broken.error };
  }

  async #readAll(): Promise<void> {
    const shift = this.#options.now ? Date.now() - (await this.#newest()) : 0;
    for await (const text of this.#lines()) {
      this.report.lines++;
      this.#take(text, shift);
      if (this.#hits.length === HITS_A_REQUEST || this.#bytes > BYTES_A_REQUEST) await this.#send();
      if (this.#failure !== undefined) return;
    }
  }

  #lines(): AsyncGenerator<string | undefined> {
    this.#reading = this.#options.log.read(this.#options.signal);
    return this.#reading.lines;
  }

  /** Milliseconds since 1970; now for a log without a readable line. */
  async #newest(): Promise<number> {
    this.#pass = 'times';
    let newest = Number.NEGATIVE_INFINITY;
    for await (const text of this.#lines()) {
      const time = text === undefined ? undefined : parseLine(text)?.time;
      if (time !== undefined && time > newest) newest = time;
    }
    this.#pass = 'hits';
    return newest === Number.NEGATIVE_INFINITY ? Date.now() : newest;
  }

  #take(text: string | undefined, shift: number): void {
    const { report } = this;
    const line = text === undefined ? undefined : parseLine(text);
    if (line === undefined) return report.refuse('malformed', report.lines);
    const page = viewedPage(line);
    if (typeof page === 'string') return report.refuse(page, report.lines);
    const hit = this.#hit(line, page.target, shift);
    this.#hits.push(hit);
    this.#bytes += Buffer.byteLength(hit) + 1;
  }

  #hit({ address, time, referrer, userAgent }: LogLine, target: string, shift: number): string {
    const { site, host } = this.#options;
    return JSON.stringify({
      site,
      url: `http://${host}${target}`,
      referrer,
      time: time + shift,
      ip: address,
      userAgent,
      firstPartyId: this.#visitorOf(address, userAgent ?? ''),
      hitId: `${this.#id}:${this.report.lines}`,
    });
  }

  /** Begins a request with what is gathered; waits for room for it, not for its answer. */
  async #send(): Promise<void> {
    const { send, signal } = this.#options;
    const hits = this.#hits;
    const before = this.#sentTo;
    this.#hits = [];
    this.#bytes = 0;
    this.#sentTo = this.report.lines;
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
