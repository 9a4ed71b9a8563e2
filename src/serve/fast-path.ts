import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Response } from '../collect/door.ts';
import { type Head, readHead } from './request-head.ts';

export interface FastPathOptions {
  /** Whether it is for a head like this one; anything else is for node:http. */
  readonly takes: (head: Head) => boolean;
  /** @param remote address of the connection. @param respond called once, now or later. */
  readonly answer: (head: Head, remote: string, respond: (response: Response) => void) => void;
  /** @returns what is said in place of an answer that cannot be written. */
  readonly fault: (error: unknown) => Response;
  /** Milliseconds for the first request to come. */
  readonly firstMs: number;
  /** Milliseconds between an answer and the next request. */
  readonly keepAliveMs: number;
}

/**
 * Puts a short way in front of a server's own parser: a connection's plain GETs (see `readHead`) are answered
 * straight from the socket, and with the first request that is anything else, or comes in pieces, or before
 * the last one is answered, the connection goes over to node:http for good, which sees it as if it were new.
 * So there is one parser for all that is hard, and none for what is not.
 *
 * Why: of a pixel request's time on node:http two thirds went into its parser's callbacks, request, response
 * and stream objects. A server that only answers takes 24 µs of CPU a request there and 11 µs on the socket.
 *
 * @param server not yet listening.
 */
export function putFastPath(server: Server, options: FastPathOptions): void {
  const toHttp = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const handOver = (socket: Socket) => {
    for (const listener of toHttp) listener.call(server, socket);
  };
  const connections = new Set<Connection>();
  server.on('connection', (socket: Socket) => {
    const connection = new Connection(
      socket,
      options,
      () => server.listening,
      () => {
        connections.delete(connection);
        handOver(socket);
      },
    );
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  // What ends a server's connections knows of those that its parser has.
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    closeIdle();
    for (const connection of connections) connection.closeIfIdle();
  };
  const closeAll = server.closeAllConnections.bind(server);
  server.closeAllConnections = () => {
    closeAll();
    for (const connection of connections) connection.destroy();
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #options: FastPathOptions;
  readonly #open: () => boolean;
  readonly #handOver: () => void;
  /** Of the request under way: a new connection has none. */
  #busy = false;
  /** More came before the answer did. */
  #early = false;
  #ended = false;
  #remote: string | undefined;
  #answered = false;

  constructor(socket: Socket, options: FastPathOptions, open: () => boolean, handOver: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#open = open;
    this.#handOver = handOver;
    socket.setTimeout(options.firstMs);
    socket.on('data', this.#take).on('end', this.#end).on('timeout', this.#late).on('error', this.#fail);
  }

  closeIfIdle(): void {
    if (!this.#busy) this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #take = (bytes: Buffer): void => {
    if (this.#busy) {
      // Given back at once: an end that came behind bytes already taken could not be told of later.
      this.#early = true;
      this.#socket.pause();
      this.#socket.unshift(bytes);
      return;
    }
    const head = readHead(bytes);
    if (head === undefined || !this.#options.takes(head)) return this.#passOn(bytes);
    this.#busy = true;
    this.#remote ??= this.#socket.remoteAddress ?? '';
    this.#options.answer(head, this.#remote, this.#respond);
  };

  readonly #respond = (response: Response): void => {
    // Whoever failed behind its own answer has been answered.
    if (!this.#busy) return;
    this.#busy = false;
    const socket = this.#socket;
    if (socket.destroyed) return;
    const last = this.#ended || !this.#open();
    const drained = socket.write(this.#encoded(response, last ? LAST : this.#options.keepAliveMs), 'latin1');
    if (last) this.#endLast();
    else if (this.#early) this.#passOn();
    else {
      if (!this.#answered) {
        this.#answered = true;
        socket.setTimeout(this.#options.keepAliveMs);
      }
      // Who asks and does not read is heard no further.
      if (!drained) {
        socket.pause();
        socket.once('drain', () => socket.resume());
      }
    }
  };

  /** It may be asked for long after the request came, where nobody is left to catch anything. */
  #encoded(response: Response, keepAliveMs: number): string {
    try {
      return encode(response, keepAliveMs);
    } catch (error) {
      return encode(this.#options.fault(error), keepAliveMs);
    }
  }

  /** What came behind is read, so that the connection closes when the other end does, and goes unanswered. */
  #endLast(): void {
    const socket = this.#socket;
    socket.end();
    socket.off('data', this.#take).resume();
  }

  readonly #end = (): void => {
    this.#ended = true;
    if (!this.#busy) this.#socket.end();
  };

  readonly #late = (): void => {
    if (!this.#busy) this.destroy();
  };

  readonly #fail = (): void => this.destroy();

  #passOn(bytes?: Buffer): void {
    const socket = this.#socket;
    socket.off('data', this.#take).off('end', this.#end).off('timeout', this.#late).off('error', this.#fail);
    socket.setTimeout(0);
    // First of all: bytes given back to a flowing stream come again at once.
    socket.pause();
    if (bytes !== undefined) socket.unshift(bytes);
    this.#handOver();
    // Not in this turn: the parser takes over the socket's reading, and these bytes come before what it reads.
    process.nextTick(() => socket.resume());
  }
}

const LAST = 0;
const BREAK = /[\r\n]/;

/** An answer as it goes over the wire, each character a byte. @throws for a header with a line break in it. */
function encode({ status, headers, lasting, setCookie, body }: Response, keepAliveMs: number): string {
  const text = typeof body === 'string' ? utf8(body) : latin1(body);
  let head = lasting ? known(headers) : fields(headers);
  if (!head.includes('Content-Length: ')) head += `Content-Length: ${text.length}\r\n`;
  if (setCookie !== undefined) for (const each of setCookie) head += field('Set-Cookie', each);
  const end = keepAliveMs === LAST ? 'close' : `keep-alive\r\nKeep-Alive: timeout=${keepAliveMs / 1000}`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}Date: ${date()}\r\nConnection: ${end}\r\n\r\n${text}`;
}

function field(name: string, value: string): string {
  if (BREAK.test(value)) throw new Error(`a line break in the header ${name}`);
  return `${name}: ${value}\r\n`;
}

function fields(headers: readonly string[]): string {
  let text = '';
  for (let at = 0; at < headers.length; at += 2) text += field(headers[at]!, headers[at + 1]!);
  return text;
}

const heads = new WeakMap<readonly string[], string>();

/** Of a list that comes again. */
function known(headers: readonly string[]): string {
  let text = heads.get(headers);
  if (text === undefined) {
    text = fields(headers);
    heads.set(headers, text);
  }
  return text;
}

const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

const texts = new WeakMap<Uint8Array, string>();

/** Few bodies are bytes, and those are always the same. */
function latin1(bytes: Uint8Array): string {
  let text = texts.get(bytes);
  if (text === undefined) {
    text = Buffer.from(bytes).toString('latin1');
    texts.set(bytes, text);
  }
  return text;
}

let second = 0;
let dateText = '';

/** The Date header (RFC 9110, 6.6.1), made once a second. */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    dateText = new Date(now * 1000).toUTCString();
  }
  return dateText;
}
