import { nanoid } from 'nanoid';
import { type LogLine, parseLine } from './access-log.ts';
import type { Line, Progress, Source } from './import.ts';
import type { Log, Reading } from './lines.ts';
import { viewedPage } from './page.ts';
import { newVisitors } from './visitor.ts';

export interface AccessLogOptions {
  readonly log: Log;
  /** Key of the site whose log it is. */
  readonly site: string;
  /** Where the site is, such as `www.example.com`: a log names paths only. */
  readonly host: string;
  /** Shift the times so that the newest line is now. */
  readonly now: boolean;
}

/** The page views of a web server's log, under visitors of this reading alone. */
export class AccessLogSource implements Source {
  readonly #options: AccessLogOptions;
  readonly #visitorOf = newVisitors();
  readonly #id = nanoid();
  #reading: Reading | undefined;
  #pass: 'times' | 'hits' = 'hits';

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  progress(): Progress {
    return { pass: this.#pass, bytesRead: this.#reading?.bytesRead() ?? 0 };
  }

  async *lines(signal: AbortSignal): AsyncGenerator<Line> {
    const shift = this.#options.now ? Date.now() - (await this.#newest(signal)) : 0;
    let number = 0;
    for await (const text of this.#read(signal)) yield this.#line(text, ++number, shift);
  }

  #read(signal: AbortSignal): AsyncGenerator<string | undefined> {
    this.#reading = this.#options.log.read(signal);
    return this.#reading.lines;
  }

  /** Milliseconds since 1970; now for a log without a readable line. */
  async #newest(signal: AbortSignal): Promise<number> {
    this.#pass = 'times';
    let newest = Number.NEGATIVE_INFINITY;
    for await (const text of this.#read(signal)) {
      const time = text === undefined ? undefined : parseLine(text)?.time;
      if (time !== undefined && time > newest) newest = time;
    }
    this.#pass = 'hits';
    return newest === Number.NEGATIVE_INFINITY ? Date.now() : newest;
  }

  #line(text: string | undefined, number: number, shift: number): Line {
    const line = text === undefined ? undefined : parseLine(text);
    if (line === undefined) return { number, refused: 'malformed' };
    const page = viewedPage(line);
    if (typeof page === 'string') return { number, refused: page };
    return { number, hit: this.#hit(line, page.target, number, shift) };
  }

  #hit(
    { address, time, referrer, userAgent }: LogLine,
    target: string,
    number: number,
    shift: number,
  ): string {
    const { site, host } = this.#options;
    return JSON.stringify({
      site,
      url: `http://${host}${target}`,
      referrer,
      time: time + shift,
      ip: address,
      userAgent,
      firstPartyId: this.#visitorOf(address, userAgent ?? ''),
      hitId: `${this.#id}:${number}`,
    });
  }
}
