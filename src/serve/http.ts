import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { BODY_LIMIT, problem } from '../collect/batch.ts';
import { pixel, REQUEST_LIMIT, type Request, type Response } from '../collect/door.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { syncRedirect } from '../sync/redirect.ts';
import { setuid } from '../sync/setuid.ts';
import { syncPage } from '../sync/sync-page.ts';
import { mayLast } from './body.ts';
import { cookieSyncRoute } from './cookie-sync.ts';
import { FAULT, guarded, type HttpOptions, incomingRequest, request, send } from './exchange.ts';
import { putFastPath } from './fast-path.ts';
import { hits, refuseBody } from './hits.ts';
import { meRoute } from './me.ts';

/** Request line and headers together; a consent string and a few cookies fit beside the longest line. */
const HEADERS_LIMIT = 49_152;
const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 65_000;
/** Paths of the app that bound what they read themselves: as it comes, however long, or by a limit of their own. */
const STREAMED: ReadonlySet<string> = new Set([
  '/v1/traits',
  '/v1/matches',
  '/v1/labels',
  '/v1/segments/plan',
  '/v1/segments/apply',
]);

type Answer = (request: Request, respond: (response: Response) => void) => void;

/**
 * The server. The paths that browsers call in numbers are plain functions without a framework, because its
 * request and response objects cost as much there as all our own work; the rest is hono's.
 */
export function httpServer(options: HttpOptions): Server {
  const { collector, cookie, sync, refuse, fault } = options;
  const fallback = getRequestListener(options.app.fetch);
  const server = createServer(
    {
      maxHeaderSize: HEADERS_LIMIT,
      headersTimeout: HEADERS_MS,
      requestTimeout: 30_000,
      // How late the two above may come; by default as late as the longer of them is long.
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (incoming, outgoing) => guarded(options, outgoing, () => route(incoming, outgoing)),
  );
  const route = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    newest.set(incoming.socket, outgoing);
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
    const answer = answerOf(incoming.method ?? 'GET', url);
    if (answer !== undefined)
      return answer(incomingRequest(incoming, options), (response) =>
        // It may come later, where nobody is left to catch anything.
        guarded(options, outgoing, () => send(outgoing, response)),
      );
    if (collector !== undefined && pathOf(url) === '/v1/hits')
      return hits(options, collector, incoming, outgoing);
    if (collector !== undefined && pathOf(url) === '/cookie_sync')
      return cookieSyncRoute(options, incoming, outgoing);
    const begun = syncOf(url);
    if (begun !== undefined && incoming.method === 'GET')
      return begun(incomingRequest(incoming, options), (response) => send(outgoing, response));
    if (begun !== undefined) return send(outgoing, ONLY_GET);
    // What declares itself too large need not reach the app, which would hang up in the middle of it.
    if (Number(incoming.headers['content-length'] ?? 0) > BODY_LIMIT && !STREAMED.has(pathOf(url)))
      return refuseBody(incoming, outgoing, refuse);
    // The app makes a URL of it once something asks for one, in the midst of its work.
    if (!URL.canParse(`http://${incoming.headers.host ?? 'localhost'}`)) {
      refuse('bad_request');
      return send(outgoing, problem(400, 'bad_request', 'The Host header is no name of a host.'));
    }
    void fallback(incoming, outgoing);
  };
  /** The functions that stand behind node:http and the fast path alike. */
  const answerOf = (method: string, url: string): Answer | undefined => {
    if (collector === undefined) return undefined;
    const path = pathOf(url);
    // A beacon is a POST without a body: the same hit in the same query, sent while the page goes away.
    if (path === '/p.gif' && (method === 'GET' || method === 'POST'))
      return (from, respond) => pixel(collector, cookie, from, Date.now(), respond);
    if (path === '/setuid' && method === 'GET')
      return (from, respond) => setuid(sync, from, Date.now(), respond);
    if (path === '/v1/me') return (from, respond) => meRoute(options, from, respond);
    return undefined;
  };
  /** What begins a sync comes once a page at most, and reads headers that the fast path steps over. */
  const syncOf = (url: string): Answer | undefined => {
    if (collector === undefined) return undefined;
    const path = pathOf(url);
    if (path === '/sync.html') return (from, respond) => syncPage(sync, from, Date.now(), respond);
    if (path.startsWith('/sync/')) return (from, respond) => syncRedirect(sync, from, Date.now(), respond);
    return undefined;
  };
  putFastPath(server, {
    takes: ({ url }) => url.length <= REQUEST_LIMIT && answerOf('GET', url) !== undefined,
    answer: ({ url, header }, remote, respond) => {
      try {
        const from = request({ method: 'GET', url, header }, remote, options);
        answerOf('GET', url)?.(from, respond);
      } catch (error) {
        fault(error);
        respond(FAULT);
      }
    },
    fault: (error) => {
      fault(error);
      return FAULT;
    },
    firstMs: HEADERS_MS,
    keepAliveMs: KEEP_ALIVE_MS,
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseConnection(error, socket, refuse));
  return server;
}

const { headers: problemHeaders, ...onlyGet } = problem(405, 'method_not_allowed', 'Here is only GET.');
const ONLY_GET: Response = { ...onlyGet, headers: [...problemHeaders, 'Allow', 'GET'] };

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** How long, and for how many reads, a sender may go on sending what is thrown away. */
const LINGER_MS = 2_000;
const LINGER_READS = 32;

/** Connections that were refused and are not yet closed, each with how often more was read from it. */
const refused = new WeakMap<Duplex, number>();
/** What the newest request of a connection is answered with. */
const newest = new WeakMap<Duplex, ServerResponse>();

/**
 * What is no HTTP, too long or too slow is answered by name, counted, and cut off. Not at once: closing a
 * connection on unread bytes resets it, and the answer may be lost with it (RFC 9112, 9.6). While an answer is
 * under way none is written, because it would stand in the midst of that one, or in its place.
 */
function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  refuse: (reason: Refusal) => void,
): void {
  const answer = newest.get(socket);
  // A body that streams looks after itself, until it is answered.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && mayLast(socket) && !answer?.writableEnded) return;
  const reads = refused.get(socket);
  if (reads !== undefined && reads < LINGER_READS) return void refused.set(socket, reads + 1);
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  refused.set(socket, 0);
  const reason = CONNECTION_FAULTS[error.code ?? ''] ?? 'bad_request';
  refuse(reason);
  // Behind whole requests: what they asked for still leaves.
  if (answer?.req.complete && !answer.writableFinished) {
    if (!answer.headersSent) answer.shouldKeepAlive = false;
    return void answer.once('close', () => endLate(socket));
  }
  // In the body of one that is answered already, or that waits for the answers before its own.
  if (answer?.req.complete === false && (answer.headersSent || answer.socket === null))
    return void socket.destroy();
  const status = { request_too_long: 431, request_timeout: 408, bad_request: 400 }[reason];
  const { headers, body } = problem(status, reason, REFUSALS[reason]);
  const fields = headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [],
  );
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', ...fields];
  endLate(socket, `${head.join('\r\n')}\r\n\r\n${body}`);
}

function endLate(socket: Duplex, text = ''): void {
  socket.end(text);
  const late = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(late));
}

const CONNECTION_FAULTS: Readonly<Record<string, 'request_too_long' | 'request_timeout'>> = {
  HPE_HEADER_OVERFLOW: 'request_too_long',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};
