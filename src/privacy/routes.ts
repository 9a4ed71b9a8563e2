import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Env } from '../api/http.ts';
import { ApiError } from '../api/problem.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Response as DoorResponse, Request } from '../collect/door.ts';
import { type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Registry } from '../registry/registry.ts';
import { type Known, readKnown } from './known.ts';
import { type OptoutOptions, optout } from './optout.ts';
import { privacyPage } from './privacy-page.ts';

/** What people's own pages stand on. */
export interface PrivacyDoor extends OptoutOptions {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly retentionDays: number;
  readonly publicUrl: () => string;
  /** The request as the front door reads it. */
  readonly request: (incoming: IncomingMessage) => Request;
}

/** `GET /optout`, `GET /privacy`, `POST /optin`: what a person can see and say here, without a key. */
export function privacyRoutes(door: PrivacyDoor): Hono<Env> {
  const { cookie, suppressions, registry } = door;
  const app = new Hono<Env>();
  const requestOf = (env: unknown) => door.request((env as HttpBindings).incoming);

  app.get('/optout', async (c) => sent(await optout(door, requestOf(c.env), Date.now())));

  app.get('/privacy', async (c) => {
    const request = requestOf(c.env);
    const visitor = cookie.read(request.header('cookie'));
    const optedOut =
      cookie.optedOut(request.header('cookie')) || (visitor !== undefined && suppressions.has(visitor));
    return sent(
      privacyPage({
        host: new URL(door.publicUrl()).host,
        visitor,
        optedOut,
        gpc: request.header('sec-gpc') === '1',
        known: visitor === undefined || optedOut ? undefined : await known(door, visitor),
        retentionDays: door.retentionDays,
        segmentName: (id) => registry.get('segment', id)?.name,
        partnerName: (id) => registry.get('partner', id)?.name,
      }),
    );
  });

  app.post('/optin', (c) => {
    const request = requestOf(c.env);
    if (!isOwnOrigin(request, door.publicUrl()))
      throw new ApiError('forbidden', 'Opting in works by the button on /privacy only.');
    const { secure } = request;
    // The old id is suppressed for ever; without it the next hit gives a new one, where the law allows.
    const headers = ['Set-Cookie', cookie.optIn(secure), 'Set-Cookie', cookie.expire(secure)];
    return sent({
      status: 303,
      headers: ['Location', '/privacy', 'Cache-Control', 'no-store', 'Content-Length', '0', ...headers],
      body: '',
    });
  });
  return app;
}

/** A page that shows less because ClickHouse is away is better than none; other faults are ours and are logged. */
async function known(door: PrivacyDoor, visitor: VisitorId): Promise<Known | 'unavailable'> {
  try {
    return await readKnown(door.clickhouse, visitorNumber(visitor));
  } catch (error) {
    door.fault(error);
    return 'unavailable';
  }
}

/**
 * Whether a form was sent from a page of ours: browsers name the page's origin with every POST. Where no public
 * URL is set a server has several names (localhost, its address); the one it was called by is meant.
 */
function isOwnOrigin(request: Request, publicUrl: string): boolean {
  const origin = request.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { host, origin: named } = new URL(origin);
  return named === new URL(publicUrl).origin || host === request.header('host');
}

function sent({ status, headers, body }: DoorResponse): Response {
  const fields = new Headers();
  for (let at = 0; at + 1 < headers.length; at += 2) fields.append(headers[at]!, headers[at + 1]!);
  return new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers: fields });
}
