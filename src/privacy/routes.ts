import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Env } from '../api/http.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Response as DoorResponse, Request } from '../collect/door.ts';
import { type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Registry } from '../registry/registry.ts';
import { type Known, readKnown } from './known.ts';
import { type OptinOptions, optin } from './optin.ts';
import { type OptoutOptions, optout } from './optout.ts';
import { privacyPage } from './privacy-page.ts';

/** What people's own pages stand on. */
export interface PrivacyDoor extends OptoutOptions, OptinOptions {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly retentionDays: number;
  /** Logs what was thrown. */
  readonly fault: (error: unknown) => void;
  /** The request as the front door reads it. */
  readonly request: (incoming: IncomingMessage) => Request;
}

/** `GET /optout`, `GET /privacy`, `POST /optin`: what a person can see and say here, without a key. */
export function privacyRoutes(door: PrivacyDoor): Hono<Env> {
  const { cookie, optouts, registry } = door;
  const app = new Hono<Env>();
  const requestOf = (env: unknown) => door.request((env as HttpBindings).incoming);

  app.get('/optout', async (c) => sent(await optout(door, requestOf(c.env), Date.now())));

  app.get('/privacy', async (c) => {
    const request = requestOf(c.env);
    const visitor = cookie.read(request.header('cookie'));
    const optedOut =
      cookie.optedOut(request.header('cookie')) === true || (visitor !== undefined && optouts.has(visitor));
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

  app.post('/optin', (c) => sent(optin(door, requestOf(c.env))));
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

function sent({ status, headers, body }: DoorResponse): Response {
  const fields = new Headers();
  for (let at = 0; at + 1 < headers.length; at += 2) fields.append(headers[at]!, headers[at + 1]!);
  // A 204 may have no body, not even an empty one (Fetch, "null body status").
  const content = body.length === 0 ? null : (body as string | Uint8Array<ArrayBuffer>);
  return new Response(content, { status, headers: fields });
}
