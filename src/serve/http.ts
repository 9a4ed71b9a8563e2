import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Env } from '../api/http.ts';
import { type Caller, may } from '../api/keys.ts';
import type { ApiRefusal } from '../api/problem.ts';
import { clientAddress, type TrustedProxies } from '../collect/address.ts';
import { BODY_LIMIT, batch, problem, type Trust } from '../collect/batch.ts';
import type { Collector } from '../collect/collector.ts';
import { GIF, pixel, REQUEST_LIMIT, type Request, type Response } from '../collect/door.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import { type SetuidOptions, setuid } from '../sync/setuid.ts';

export interface HttpOptions {
  readonly collector: Collector | undefined;
  readonly cookie: VisitorCookie;
  readonly sync: SetuidOptions;
  readonly caller: (authorization: string | undefined) => Caller | undefined;
  readonly app: Hono<Env>;
  readonly trusted: TrustedProxies;
  /** Whether browsers reach us by https even though the last hop is http. */
  readonly publicHttps: boolean;
  /** Logs what was thrown. */
  readonly fault: (error: unknown) => void;
  readonly refuse: (reason: Refusal | ApiRefusal) => void;
}

const GIF_TEXT = GIF.toString('latin1');
/** Request line and headers together; a consent string and a few cookies fit beside the longest line. */
const HEADERS_LIMIT = 49_152;

/**
 * The server. The paths that browsers call in numbers are plain functions straight on node:http, because a
 * framework's request and response objects cost as much there as all our own work; the rest is hono's.
 */
export function httpServer(options: HttpOptions): Server {
  const { collector, cookie, sync, refuse } = options;
  const fallback = getRequestListener(options.app.fetch);
  const server = createServer(
    {
      maxHeaderSize: HEADERS_LIMIT,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      // How late the two above may come; by default as late as the longer of them is long.
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 65_000,
      noDelay: true,
    },
    (incoming, outgoing) => guarded(options, outgoing, () => route(incoming, outgoing)),
  );
  const route = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    // While the server is closing, a connection ends with the answer under way.
    if (!server.listening) outgoing.shouldKeepAlive = false;
    const url = incoming.url ?? '/';
    if (url.length > REQUEST_LIMIT) {
      refuse('request_too_long');
      return send(
        outgoing,
        problem(431, 'request_too_long', `A request line of at most ${REQUEST_LIMIT} characters is read.`),
      );
    }
    const forward = () => {
      // What declares itself too large need not reach the app, which would hang up in the middle of it.
      if (Number(incoming.headers['content-length'] ?? 0) > BODY_LIMIT)
        refuseBody(incoming, outgoing, refuse);
      else void fallback(incoming, outgoing);
    };
    if (collector === undefined) return forward();
    const path = pathOf(url);
    if (path === '/p.gif' && incoming.method === 'GET') {
      return pixel(collector, cookie, request(incoming, options), Date.now(), (response) =>
        send(outgoing, response),
      );
    }
    if (path === '/setuid' && incoming.method === 'GET') {
      return setuid(sync, request(incoming, options), Date.now(), (response) => send(outgoing, response));
    }
    if (path === '/v1/hits') return hits(options, collector, incoming, outgoing);
    return forward();
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseConnection(error, socket, refuse));
  return server;
}

/** A fault of ours in one request is that request's alone. */
function guarded({ fault }: HttpOptions, outgoing: ServerResponse, work: () => void): void {
  try {
    work();
  } catch (error) {
    fault(error);
    if (outgoing.headersSent) outgoing.destroy();
    else send(outgoing, problem(500, 'internal', 'This is a fault of ours; the log has more.'));
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function request(incoming: IncomingMessage, { trusted, publicHttps }: HttpOptions): Request {
  const { headers } = incoming;
  const remote = incoming.socket.remoteAddress ?? '';
  const forwarded = headers['x-forwarded-for'];
  return {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    address: clientAddress(remote, Array.isArray(forwarded) ? forwarded.join(',') : forwarded, trusted),
    secure:
      publicHttps ||
      (headers['x-forwarded-proto'] !== undefined &&
        firstOf(headers['x-forwarded-proto']) === 'https' &&
        trusted.has(clientAddress(remote, undefined, trusted))),
  };
}

/** Of several proxies the first wrote down how the browser came. */
const firstOf = (header: string | string[]) => String(header).split(',', 1)[0]?.trim();

function send(outgoing: ServerResponse, { status, headers, body }: Response): void {
  if (outgoing.destroyed) return;
  outgoing.writeHead(status, headers as string[]);
  // A text leaves in one piece with the headers, bytes in a piece of their own.
  if (body === GIF) outgoing.end(GIF_TEXT, 'latin1');
  else outgoing.end(body);
}

/** `POST /v1/hits`, and the preflight that a page's JSON needs. */
function hits(
  options: HttpOptions,
  collector: Collector,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { origin } = incoming.headers;
  const cors =
    origin === undefined
      ? []
      : ['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin'];
  const answer = (response: Response) =>
    send(outgoing, { ...response, headers: [...response.headers, ...cors] });
  if (incoming.method === 'OPTIONS') {
    return send(outgoing, {
      status: 204,
      headers: [
        ...cors,
        'Access-Control-Allow-Methods',
        'POST',
        'Access-Control-Allow-Headers',
        'content-type',
        'Access-Control-Max-Age',
        '86400',
      ],
      body: '',
    });
  }
  const decline = (status: number, reason: ApiRefusal, detail: string, ...more: string[]) => {
    options.refuse(reason);
    const response = problem(status, reason, detail);
    answer({ ...response, headers: [...response.headers, ...more] });
  };
  if (incoming.method !== 'POST')
    return decline(405, 'method_not_allowed', 'POST hits here.', 'Allow', 'POST, OPTIONS');
  const authorization = incoming.headers.authorization;
  const caller = options.caller(authorization);
  if (authorization !== undefined && (caller === undefined || !may(caller, 'collect'))) {
    const unknown = caller === undefined;
    return decline(
      unknown ? 401 : 403,
      unknown ? 'unauthorized' : 'forbidden',
      'A key of scope collect is needed; without a key, send no Authorization header.',
    );
  }
  readBody(incoming, BODY_LIMIT, (body) => {
    if (body === undefined) return refuseBody(incoming, outgoing, options.refuse, cors);
    guarded(options, outgoing, () =>
      batch(
        collector,
        options.cookie,
        request(incoming, options),
        body,
        trustOf(caller, incoming),
        Date.now(),
        options.refuse,
        answer,
      ),
    );
  });
}

/** How long a sender may go on sending what is thrown away. */
const LINGER_MS = 2_000;

/**
 * Answers while the body is still coming. The rest of it is read and thrown away for a while: closing a
 * connection on unread bytes resets it, and the answer may be lost with it (RFC 9112, 9.6).
 */
function refuseBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  refuse: (reason: Refusal) => void,
  cors: readonly string[] = [],
): void {
  refuse('body_too_large');
  if (outgoing.destroyed) return;
  const detail = `At most ${BODY_LIMIT} bytes a request.`;
  const { status, headers, body } = problem(413, 'body_too_large', detail);
  outgoing.writeHead(status, [...headers, ...cors, 'Connection', 'close']);
  outgoing.write(body);
  const end = () => {
    clearTimeout(late);
    outgoing.end();
  };
  const late = setTimeout(end, LINGER_MS);
  incoming.once('end', end).once('close', end).resume();
}

/** The import command says by a header what its hits are; only an administrator's key may. */
function trustOf(caller: Caller | undefined, incoming: IncomingMessage): Trust {
  if (caller === undefined) return 'browser';
  const says = incoming.headers['ninety-import'];
  if (says === undefined || !may(caller, 'admin')) return 'server';
  return says === 'given' ? 'import-given' : 'import';
}

/** @param done called with the text, or undefined where it is longer than `limit` bytes; not at all when the caller went away. */
function readBody(incoming: IncomingMessage, limit: number, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) {
      incoming.off('data', take).off('end', end);
      incoming.pause();
      return done(undefined);
    }
    chunks.push(chunk);
  };
  const end = () => done(Buffer.concat(chunks).toString('utf8'));
  incoming.on('data', take).on('end', end);
}

/** What is no HTTP, too long or too slow is answered by name, counted, and cut off. */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  refuse: (reason: Refusal) => void,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const reason = CONNECTION_FAULTS[error.code ?? ''] ?? 'bad_request';
  refuse(reason);
  const status = { request_too_long: 431, request_timeout: 408, bad_request: 400 }[reason];
  const { headers, body } = problem(status, reason, REFUSALS[reason]);
  const fields = headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [],
  );
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', ...fields];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const CONNECTION_FAULTS: Readonly<Record<string, 'request_too_long' | 'request_timeout'>> = {
  HPE_HEADER_OVERFLOW: 'request_too_long',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
