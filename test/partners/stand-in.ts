import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a browser brings to a partner. */
export interface Visit {
  readonly path: string;
  /** All behind the question mark, as it came. */
  readonly query: string;
  /** Its own id for this browser, from its own cookie; undefined where the browser brings none. */
  readonly uid: string | undefined;
}

/** What the partner says: where to go next, or a page; and the id that its cookie is to hold from now on. */
export interface Reply {
  readonly location?: string;
  readonly html?: string;
  readonly setUid?: string;
}

/** A partner, played by a small server on a loopback address of its own. */
export interface StandIn {
  readonly host: string;
  /** `http://127.0.0.n:port`. */
  readonly origin: string;
  /** All visits, in order. */
  readonly visits: readonly Visit[];
  readonly close: () => Promise<void>;
}

const COOKIE = 'partner_uid';
const GIF = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

/**
 * @param host a loopback address, such as 127.0.0.2: to browsers each is a site of its own, and their cookies are
 *   third parties' to each other.
 * @param answer undefined = none, ever.
 */
export async function standIn(
  host: string,
  answer: (visit: Visit) => Reply | undefined | Promise<Reply | undefined>,
): Promise<StandIn> {
  const visits: Visit[] = [];
  const server = createServer((request, response) => {
    const [, path = '', query = ''] = /^([^?]*)\??(.*)$/.exec(request.url ?? '') ?? [];
    const visit = { path, query, uid: uidOf(request) };
    visits.push(visit);
    void Promise.resolve(answer(visit)).then((reply) => {
      if (reply === undefined) return;
      const { location, html, setUid } = reply;
      response.writeHead(location === undefined ? 200 : 302, {
        'Content-Type': html === undefined ? 'image/gif' : 'text/html',
        'Cache-Control': 'no-store',
        ...(location === undefined ? {} : { Location: location }),
        // Browsers take Secure cookies of loopback addresses without TLS.
        ...(setUid === undefined
          ? {}
          : { 'Set-Cookie': `${COOKIE}=${setUid}; Path=/; Secure; SameSite=None` }),
      });
      response.end(html ?? (location === undefined ? GIF : ''));
    });
  }).listen(0, host);
  await once(server, 'listening');
  return {
    host,
    origin: `http://${host}:${(server.address() as AddressInfo).port}`,
    visits,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const uidOf = ({ headers }: IncomingMessage) =>
  new RegExp(`\\b${COOKIE}=([^;]+)`).exec(headers.cookie ?? '')?.[1];

/** @returns an id of so many digits. */
export const digits = (count: number): string =>
  Array.from({ length: count }, (_, at) => randomInt(at === 0 ? 1 : 0, 10)).join('');
