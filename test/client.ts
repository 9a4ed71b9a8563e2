import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came back, the body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/**
 * One request as node:http makes it, because `fetch` leaves out headers that only browsers may set.
 *
 * @param body sent with its length.
 */
export async function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<Answer> {
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  const sent = request(url, { method, agent, headers: { ...headers, ...length } }).end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
}

/** Longer than a busy machine may need for anything: who waits for what comes loses nothing by it. */
const PATIENCE_MS = 120_000;

/** Asks until the answer is neither undefined nor false. @throws Error naming `what` after two minutes. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  while (true) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms in vain: ${what}`);
    await sleep(50);
  }
}

/** One line of `GET …/members`. */
export interface Change {
  readonly id: string;
  readonly op: 'add' | 'remove';
}

/** A pull: its lines in order of id, and where to go on. */
export interface Pulled {
  readonly lines: readonly Change[];
  readonly cursor: string;
}

/** Who has a key. */
export class Operator {
  readonly url: string;
  readonly key: string;

  constructor(url: string, key: string) {
    this.url = url;
    this.key = key;
  }

  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' };
    return send(method, this.url + path, headers, body === undefined ? undefined : JSON.stringify(body));
  }

  /** @throws Error with status and body unless the answer is a 2xx. */
  async json<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  /** Builds a segment from every hit acknowledged so far. @returns its size. */
  async build(segment: string): Promise<number> {
    return (await this.json<{ size: number }>('POST', `/v1/segments/${segment}/build?wait=1`)).size;
  }

  async estimate(rule: unknown): Promise<number> {
    return (await this.json<{ size: number }>('POST', '/v1/segments/estimate', { rule })).size;
  }

  async pull(segment: string, as: string, since?: string): Promise<Pulled> {
    const from = since === undefined ? '' : `&since=${since}`;
    const answer = await this.send('GET', `/v1/segments/${segment}/members?as=${as}${from}`);
    if (answer.status !== 200) throw new Error(`pull: ${answer.status} ${answer.body}`);
    const lines = answer.body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Change)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    return { lines, cursor: String(answer.headers['ninety-cursor']) };
  }

  /** What `/metrics` counts under each reason. */
  async refusals(): Promise<Map<string, number>> {
    const { body } = await send('GET', `${this.url}/metrics`);
    const lines = body.matchAll(/^ninety_refused_total\{reason="(\w+)"\} (\d+)$/gm);
    return new Map([...lines].map(([, reason, n]) => [reason!, Number(n)]));
  }

  /** How many hits `/metrics` counts as kept, over all sites. */
  async stored(): Promise<number> {
    const { body } = await send('GET', `${this.url}/metrics`);
    const lines = body.matchAll(/^ninety_hits_stored_total\{site="[^"]*"\} (\d+)$/gm);
    return [...lines].reduce((sum, [, n]) => sum + Number(n), 0);
  }
}

export const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';

/** Somebody with a browser that keeps our cookie. */
export class Person {
  readonly #collector: string;
  readonly #headers: Readonly<Record<string, string>>;
  #cookie: string | undefined;

  constructor(collector: string, headers: Readonly<Record<string, string>> = {}) {
    this.#collector = collector;
    this.#headers = { 'user-agent': CHROME, ...headers };
  }

  /** The 11 characters; empty while there is no cookie. */
  get visitor(): string {
    return this.#cookie?.slice(0, 11) ?? '';
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const cookie = this.#cookie === undefined ? {} : { cookie: `n90=${this.#cookie}` };
    const answer = await send('GET', this.#collector + path, { ...this.#headers, ...cookie, ...headers });
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [, value, maxAge] = /^n90=([^;]*); Max-Age=(\d+)/.exec(set) ?? [];
      this.#cookie = maxAge === '0' ? undefined : (value ?? this.#cookie);
    }
    return answer;
  }

  /** A hit of `/p.gif`. @returns the `Ninety-Result`. */
  async see(
    parameters: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const answer = await this.get(`/p.gif?${new URLSearchParams(parameters)}`, headers);
    return String(answer.headers['ninety-result']);
  }
}
