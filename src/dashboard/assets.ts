import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Env } from '../api/http.ts';
import { PAGES } from './pages.ts';

const FOLDER = new URL('./page/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** As the build has left them beside a file, the smaller first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
type Encoding = (typeof ENCODINGS)[number][0];

interface Asset {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Readonly<Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>>;
}

/** Nothing from elsewhere, nothing inline, in nobody's frame: what the page shows is not for everybody. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'none'",
].join('; ');

const GUARDS = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
/** A year, the most that is believed (RFC 9111 leaves it open; browsers cut it there). */
const KEPT = 'public, max-age=31536000, immutable';

/**
 * The console: one page for all its addresses, which without a session shows no more than where to sign in, and the
 * pieces that it loads. A piece is named by what is in it, so a browser keeps it for good.
 *
 * @throws what the file system says where the build has left a file out.
 */
export function assetRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  const serve = (path: string, asset: Asset, headers: Readonly<Record<string, string>>) =>
    app.get(path, etag(), (c) => {
      const accepted = c.req.header('accept-encoding') ?? '';
      const [encoding] = ENCODINGS.find(
        ([name]) => asset.packed[name] !== undefined && new RegExp(`\\b${name}\\b`).test(accepted),
      ) ?? [undefined];
      return c.body(encoding === undefined ? asset.plain : asset.packed[encoding]!, 200, {
        'Content-Type': asset.type,
        ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
        Vary: 'Accept-Encoding',
        ...GUARDS,
        ...headers,
      });
    });
  for (const name of readdirSync(new URL('assets/', FOLDER)))
    if (Object.hasOwn(TYPES, extname(name)))
      serve(`/console/assets/${name}`, read(`assets/${name}`), { 'Cache-Control': KEPT });
  // With the tag the browser asks each time and is told that nothing has changed.
  const page = read('index.html');
  // No wildcard over all: what is not there is told so.
  for (const path of ['/', ...PAGES.flatMap(({ id }) => [`/console/${id}`, `/console/${id}/*`])])
    serve(path, page, { 'Cache-Control': 'no-cache' });
  return app;
}

function read(name: string): Asset {
  const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, FOLDER)));
  return {
    type: TYPES[extname(name)]!,
    plain: bytes(name),
    packed: Object.fromEntries(ENCODINGS.map(([encoding, end]) => [encoding, bytes(`${name}${end}`)])),
  };
}
