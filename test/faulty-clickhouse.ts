import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What Ninety asks of ClickHouse in one request, as far as its URL tells. */
export interface Asked {
  /** Table of an insert; empty for anything else. */
  readonly table: string;
  /** The request's URL, in which a journal file's name stands wherever one is shipped. */
  readonly url: string;
}

/**
 * - `pass`: nothing happens to it.
 * - `slow`: the answer comes two seconds late.
 * - `fail`: a 500 that ClickHouse did not write, as a proxy between answers.
 * - `refuse`: ClickHouse's own answer to rows that cannot be parsed.
 * - `cut_request`: the connection ends with half of the body sent.
 * - `cut_answer`: ClickHouse carries it out, and the connection ends in the middle of saying so.
 * - `leave`: the same, but the connection ends while ClickHouse is still at it.
 */
export type Fault = 'pass' | 'slow' | 'fail' | 'refuse' | 'cut_request' | 'cut_answer' | 'leave';

const SLOW_MS = 2_000;
/** CANNOT_PARSE_INPUT_ASSERTION_FAILED in ClickHouse's ErrorCodes.cpp. */
const CANNOT_PARSE = 27;

/** Stands between Ninety and a ClickHouse, and does to a request what it is told to do. */
export class FaultyClickHouse {
  /** How often each fault was done. */
  readonly done = new Map<Fault, number>();
  #fault: (asked: Asked) => Fault = () => 'pass';
  readonly #upstream: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  #server = createServer();
  #port = 0;

  private constructor(upstream: string) {
    this.#upstream = upstream;
  }

  /** @param upstream URL of the ClickHouse behind. */
  static async before(upstream: string): Promise<FaultyClickHouse> {
    const proxy = new FaultyClickHouse(upstream);
    await proxy.comeBack();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on each request meets the fault that this says. */
  meet(fault: (asked: Asked) => Fault): void {
    this.done.clear();
    this.#fault = fault;
  }

  heal(): void {
    this.#fault = () => 'pass';
  }

  /** Cuts every connection and refuses new ones. */
  async leave(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  async comeBack(): Promise<void> {
    this.#server = createServer((incoming, outgoing) => void this.#take(incoming, outgoing));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.leave();
    this.#agent.destroy();
  }

  async #take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    const query = new URL(url, this.#upstream).searchParams.get('query') ?? '';
    const table = /^\s*INSERT INTO (\w+)/.exec(query)?.[1] ?? '';
    const fault = this.#fault({ table, url: decodeURIComponent(url) });
    this.done.set(fault, (this.done.get(fault) ?? 0) + 1);
    incoming.on('error', () => undefined);
    if (fault === 'fail') return answer(incoming, outgoing, 500, {}, 'Bad day\n');
    if (fault === 'refuse')
      return answer(
        incoming,
        outgoing,
        400,
        { 'X-ClickHouse-Exception-Code': String(CANNOT_PARSE) },
        `Code: ${CANNOT_PARSE}. DB::Exception: Cannot parse input: expected '\\t' before: 'x'. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.1.1)\n`,
      );
    await this.#forward(incoming, outgoing, fault);
  }

  async #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): Promise<void> {
    const { method, headers, url, socket } = incoming;
    const sent = request(`${this.#upstream}${url}`, { method: method!, headers, agent: this.#agent });
    // Who is cut off here is cut off there too, but for what is left on purpose.
    sent.on('error', () => socket.destroy());
    if (fault === 'cut_request') {
      const [piece] = (await once(incoming, 'data')) as [Buffer];
      sent.write(piece.subarray(0, piece.length / 2), () => {
        sent.destroy();
        socket.destroy();
      });
      return;
    }
    incoming.on('close', () => void (incoming.complete || sent.destroy()));
    incoming.pipe(sent);
    if (fault === 'leave') incoming.once('end', () => socket.destroy());
    const [came] = (await once(sent, 'response').catch(() => [])) as [IncomingMessage?];
    if (came === undefined) return;
    if (fault === 'slow') await sleep(SLOW_MS);
    if (fault === 'cut_answer' || fault === 'leave') {
      came.resume();
      await once(came, 'end').catch(() => undefined);
      if (socket.writable)
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.destroy());
      return;
    }
    outgoing.writeHead(came.statusCode ?? 502, came.headers);
    came.on('error', () => socket.destroy()).pipe(outgoing);
  }
}

/** Answers once the request is there whole, as a server does that reads before it looks. */
async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  incoming.resume();
  await once(incoming, 'end').catch(() => undefined);
  outgoing.writeHead(status, headers).end(body);
}
