import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Hono } from 'hono';
import type { Env } from '../api/http.ts';
import type { Caller } from '../api/keys.ts';
import type { ApiRefusal } from '../api/problem.ts';
import { clientAddress, type TrustedProxies } from '../collect/address.ts';
import { problem } from '../collect/batch.ts';
import type { Collector } from '../collect/collector.ts';
import { type Request, type Response, setCookies } from '../collect/door.ts';
import { GIF } from '../collect/gif.ts';
import type { Refusal } from '../collect/refusal.ts';
import type { MeDoor, Nothing } from '../delivery/me/me.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import type { SyncDoor } from '../sync/door.ts';

export interface HttpOptions {
  readonly collector: Collector | undefined;
  readonly cookie: VisitorCookie;
  readonly sync: SyncDoor;
  readonly me: MeDoor;
  readonly caller: (authorization: string | undefined) => Caller | undefined;
  readonly app: Hono<Env>;
  readonly trusted: TrustedProxies;
  /** Whether the pages of an origin are a registered site's, and may read what they are answered. */
  readonly isSiteOrigin: (origin: string) => boolean;
  /** Whether browsers reach us by https even though the last hop is http. */
  readonly publicHttps: boolean;
  /** Logs what was thrown. */
  readonly fault: (error: unknown) => void;
  readonly refuse: (reason: Refusal | ApiRefusal | Nothing) => void;
}

const GIF_TEXT = GIF.toString('latin1');

/** What one request is answered with when we fail at it; the fault is that request's alone. */
export const FAULT: Response = problem(500, 'internal', 'This is a fault of ours; the log has more.');

/** Does the work of one request of node:http. */
export function guarded({ fault }: HttpOptions, outgoing: ServerResponse, work: () => void): void {
  try {
    work();
  } catch (error) {
    fault(error);
    if (outgoing.headersSent) outgoing.destroy();
    else send(outgoing, FAULT);
  }
}

/**
 * A request as the front door reads it, its proxies resolved.
 *
 * @param remote address of the connection.
 */
export function request(
  { method, url, header }: Pick<Request, 'method' | 'url' | 'header'>,
  remote: string,
  { trusted, publicHttps }: HttpOptions,
): Request {
  const proto = header('x-forwarded-proto');
  return {
    method,
    url,
    header,
    address: clientAddress(remote, header('x-forwarded-for'), trusted),
    secure:
      publicHttps ||
      (proto !== undefined &&
        firstOf(proto) === 'https' &&
        trusted.has(clientAddress(remote, undefined, trusted))),
  };
}

/** {@link request} of node:http. */
export const incomingRequest = (incoming: IncomingMessage, options: HttpOptions): Request =>
  request(
    {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      header: (name) => {
        const value = incoming.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    },
    incoming.socket.remoteAddress ?? '',
    options,
  );

/** Of several proxies the first wrote down how the browser came. */
const firstOf = (header: string) => header.split(',', 1)[0]?.trim();

export function send(outgoing: ServerResponse, { status, headers, setCookie, body }: Response): void {
  if (outgoing.destroyed) return;
  const all = setCookie === undefined ? headers : [...headers, ...setCookies(...setCookie)];
  outgoing.writeHead(status, all as string[]);
  // A text leaves in one piece with the headers, bytes in a piece of their own.
  if (body === GIF) outgoing.end(GIF_TEXT, 'latin1');
  else outgoing.end(body);
}
