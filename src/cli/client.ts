import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UnreachableError } from '../import/unreachable.ts';
import { isObject, parseJson } from '../json-object.ts';

/** A server that the commands speak to. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string;
}

/** What the server answered in place of what was asked; the message says what to do. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(server: Server, status: number, detail: string) {
    super(status === 401 ? `${server.url} does not know this key. ${HOW_TO_GIVE_A_KEY}` : detail);
    this.name = 'RefusedError';
    this.status = status;
  }
}

export const HOW_TO_GIVE_A_KEY =
  'Give an admin key with --key KEY, or set NINETY_ADMIN_KEY; the first start of a server prints one.';

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  /** Of a field that comes behind the body, once that is read. */
  readonly trailer: (name: string) => string | undefined;
  readonly body: Readable;
}

/** Speaks to a server's API. On node:http, because fetch gives up where a build takes five minutes. */
export class Client {
  readonly #server: Server;
  readonly #signal: AbortSignal;

  /** @param signal ends what is under way. */
  constructor(server: Server, signal: AbortSignal) {
    this.#server = server;
    this.#signal = signal;
  }

  get url(): string {
    return this.#server.url;
  }

  /**
   * Asks and hands back whatever is answered.
   *
   * @param options.body a text is JSON where no header says otherwise; a stream is sent as it comes.
   * @throws UnreachableError where nothing is; the signal's reason; what the stream fails with.
   */
  send(
    method: string,
    path: string,
    options: { readonly body?: string | Readable; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { url, key } = this.#server;
    const ask = url.startsWith('https:') ? httpsRequest : httpRequest;
    const headers = {
      Authorization: `Bearer ${key}`,
      ...(typeof options.body !== 'string' ? {} : { 'Content-Type': 'application/json' }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const asked = ask(`${url}${path}`, { method, headers, signal: this.#signal }, (incoming) =>
        resolve(answerOf(incoming)),
      );
      asked.once('error', (error) => reject(brokenOff(error, url, this.#signal)));
      if (options.body instanceof Readable) feed(options.body, asked, reject);
      else asked.end(options.body);
    });
  }

  /** @throws RefusedError, UnreachableError */
  async stream(path: string): Promise<Answer> {
    return this.#good(await this.send('GET', path));
  }

  /** @throws RefusedError, UnreachableError */
  async text(path: string): Promise<string> {
    return this.#read(await this.#good(await this.send('GET', path)));
  }

  /** @throws RefusedError, UnreachableError */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body === undefined ? {} : { body: JSON.stringify(body) });
    return this.#parse<T>(await this.#good(answer));
  }

  /** Sends a stream and reads the JSON that is answered. @throws RefusedError, UnreachableError, what the stream fails with */
  async upload<T>(path: string, body: Readable, contentType: string): Promise<T> {
    const headers = { 'Content-Type': contentType };
    const answer = await this.#good(await this.send('POST', path, { body, headers }));
    return this.#parse<T>(answer);
  }

  /** All pages of a list. @throws RefusedError, UnreachableError */
  async list<T>(path: string): Promise<T[]> {
    const all: T[] = [];
    for (let after = ''; ; ) {
      const page = await this.json<{ items: T[]; next: string | null }>('GET', `${path}?limit=1000${after}`);
      all.push(...page.items);
      if (page.next === null) return all;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  async #good(answer: Answer): Promise<Answer> {
    if (answer.status < 300) return answer;
    throw new RefusedError(this.#server, answer.status, detailOf(answer.status, await this.#read(answer)));
  }

  async #parse<T>(answer: Answer): Promise<T> {
    const said = await this.#read(answer);
    const value = said === '' ? undefined : parseJson(said);
    if (said !== '' && value === undefined)
      throw new RefusedError(this.#server, answer.status, detailOf(answer.status, said));
    return value as T;
  }

  async #read(answer: Answer): Promise<string> {
    try {
      return await text(answer.body);
    } catch (error) {
      throw brokenOff(error, this.#server.url, this.#signal);
    }
  }
}

/** The request ends with its body, well or not: a server must not take what broke off for the whole. */
function feed(body: Readable, asked: ClientRequest, fail: (error: unknown) => void): void {
  body.once('error', (error) => {
    fail(error);
    asked.destroy();
  });
  asked.once('close', () => body.destroy());
  body.pipe(asked);
}

const brokenOff = (error: unknown, url: string, signal: AbortSignal): unknown =>
  signal.aborted
    ? signal.reason
    : new UnreachableError(url, (error as NodeJS.ErrnoException).code ?? 'the answer broke off');

function answerOf(incoming: IncomingMessage): Answer {
  const { headers, statusCode = 0 } = incoming;
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const trailer = (name: string) => incoming.trailers[name];
  return { status: statusCode, header, trailer, body: incoming };
}

/** A problem's own sentence (RFC 9457); any other text was not written by this product. */
function detailOf(status: number, said: string): string {
  const problem = parseJson(said);
  if (isObject(problem) && 'detail' in problem) return String(problem['detail']);
  return `The answer was ${status}, and not one of a Ninety server. Check --url: it is the address at which the server listens, without a path.`;
}
