import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { z } from 'zod';
import { isOwnMachine } from '../dashboard/own-machine.ts';
import { nameOfKey } from '../registry/versions.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readJson } from './http.ts';
import { type Caller, may } from './keys.ts';
import { ApiError } from './problem.ts';
import { type Session, Sessions } from './session-token.ts';

const PLAIN = 'n90_session';
/** Of a cookie so named browsers see to it that no other host and no page without TLS has set it (RFC 6265bis, 4.1.3.2). */
const SECURE = '__Host-n90_session';
/** A form of another site cannot send it, and a script of one may not without asking first. */
export const CONSOLE_HEADER = 'Ninety-Console';

const HOUR_MS = 3_600_000;
/** A working day. */
const LIFE_MS = 12 * HOUR_MS;
/** Where nobody but the one at the machine can reach the server, the browser's profile is as safe as its data folder. */
const OWN_MACHINE_LIFE_MS = 30 * 24 * HOUR_MS;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export const signIn = z.strictObject({ key: z.string().min(8).max(256) });

/** What a key may do in the console, by its scopes. */
export type Role = 'viewer' | 'editor' | 'admin';

/** What `GET` and `POST /v1/session` answer. */
export interface ShownSession {
  /** Null = nobody is signed in. */
  readonly key: { readonly id: string; readonly name: string | null } | null;
  readonly scopes: readonly string[];
  readonly role: Role | null;
  /** ISO 8601; null = asked with the key itself. */
  readonly expires: string | null;
  /** What is set as the address where browsers reach this server; null = nothing is, or nobody is signed in. */
  readonly publicUrl: string | null;
}

export function roleOf(caller: Caller): Role | null {
  if (may(caller, 'admin')) return 'admin';
  if (may(caller, 'edit')) return 'editor';
  return may(caller, 'read') ? 'viewer' : null;
}

/**
 * Who asks the API: the one place that says it. A key that is sent is meant, also a wrong one; without one it is the
 * session of the console's cookie, and that only for what a page of our own asks.
 *
 * @throws ApiError `forbidden`, `cross_site`, for a request with the cookie that another site may have caused.
 */
export class Callers {
  readonly #backend: Pick<Backend, 'keys' | 'publicUrl'>;
  readonly sessions: Sessions;

  constructor(backend: Pick<Backend, 'keys' | 'publicUrl' | 'secret'>) {
    this.#backend = backend;
    this.sessions = new Sessions(backend.keys, backend.secret);
  }

  of(c: Context<Env>): Caller | undefined {
    const authorization = c.req.header('authorization');
    if (authorization !== undefined) return this.#backend.keys.caller(authorization);
    // People's own pages have doors and checks of their own.
    if (!c.req.path.startsWith('/v1/')) return undefined;
    const session = this.session(c);
    if (session === undefined) return undefined;
    expectOwnPage(c, this.#backend.publicUrl());
    return session.caller;
  }

  session(c: Context<Env>): Session | undefined {
    const token =
      getCookie(c, SECURE) ?? (isHttps(this.#backend.publicUrl()) ? undefined : getCookie(c, PLAIN));
    return token === undefined ? undefined : this.sessions.open(token, Date.now());
  }
}

/** `POST /v1/session` signs a browser in, `GET` says who asks, `DELETE` signs out. */
export function sessionRoutes(backend: Backend, callers: Callers): Hono<Env> {
  const { config, keys, publicUrl, registry } = backend;
  const app = new Hono<Env>();
  const shown = (caller: Caller, expires: number | undefined): ShownSession => ({
    key: { id: caller.id, name: nameOfKey(registry, caller.id) },
    scopes: caller.scopes,
    role: roleOf(caller),
    expires: expires === undefined ? null : new Date(expires).toISOString(),
    publicUrl: config.publicUrl ?? null,
  });
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });

  app.post('/', async (c) => {
    expectOwnPage(c, publicUrl());
    const { key } = await readJson(c, signIn);
    const caller = keys.caller(`Bearer ${key}`);
    if (caller === undefined)
      throw new ApiError(
        'unauthorized',
        'This server does not know that key. Check that it is whole, and of this server.',
      );
    if (roleOf(caller) === null)
      throw new ApiError(
        'forbidden',
        'The key is known, but may not read: the console needs the scope read, edit or admin.',
      );
    const isOwn = isOwnMachine(config, (c.env as HttpBindings).incoming);
    const expires = Date.now() + (isOwn ? OWN_MACHINE_LIFE_MS : LIFE_MS);
    const token = callers.sessions.seal(caller, expires);
    if (token === undefined) throw new ApiError('unauthorized', 'That key has just ended.');
    // What the browser sees counts, and not what stands between it and us.
    const secure = isHttps(c.req.header('origin') ?? '');
    c.header('Set-Cookie', cookie(token, Math.floor((expires - Date.now()) / 1000), secure));
    return c.json(shown(caller, expires), 201);
  });

  app.get('/', (c) => {
    const caller = c.get('caller');
    const bySession = c.req.header('authorization') === undefined;
    if (!bySession) expectScope(c, 'read');
    // The console asks before it knows: that nobody is signed in is an answer, and no refusal.
    if (caller === undefined)
      return c.json({
        key: null,
        scopes: [],
        role: null,
        expires: null,
        publicUrl: null,
      } satisfies ShownSession);
    return c.json(shown(caller, bySession ? callers.session(c)?.expires : undefined));
  });

  app.delete('/', (c) => {
    expectScope(c, 'read');
    c.header('Set-Cookie', cookie('', 0, false));
    c.header('Set-Cookie', cookie('', 0, true), { append: true });
    return c.body(null, 204);
  });
  return app;
}

const isHttps = (url: string) => url.startsWith('https:');

const cookie = (token: string, seconds: number, secure: boolean) =>
  `${secure ? SECURE : PLAIN}=${token}; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;

/**
 * SameSite keeps other sites out, but another port of this host is the same site: what changes something must say
 * that a page of our own origin asks, and carry a header that no form can send.
 */
function expectOwnPage(c: Context<Env>, publicUrl: string): void {
  const site = c.req.header('sec-fetch-site');
  if (SAFE.has(c.req.method)) {
    if (site === undefined || site === 'same-origin' || site === 'none') return;
  } else if (c.req.header(CONSOLE_HEADER) !== undefined && isOwnOrigin(c, publicUrl)) return;
  throw new ApiError('forbidden', 'With the console’s cookie only the console’s own pages may ask that.', {
    type: 'cross_site',
  });
}

function isOwnOrigin(c: Context<Env>, publicUrl: string): boolean {
  const origin = c.req.header('origin') ?? '';
  if (origin === new URL(publicUrl).origin) return true;
  const host = c.req.header('host');
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
