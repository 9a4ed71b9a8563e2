import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Env } from '../api/http.ts';

/** The files of the page, by the path they are served under; the build leaves them beside this file. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/console/console.css': ['console.css', 'text/css; charset=utf-8'],
  '/console/console.js': ['console.js', 'text/javascript; charset=utf-8'],
  '/console/icon.svg': ['icon.svg', 'image/svg+xml'],
};

/** Nothing from elsewhere, nothing inline, in nobody's frame: the page holds a key. */
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

/**
 * The console's page, without a number in it: whoever may see those is asked at `/v1/overview`.
 *
 * @throws what the file system says where the build has left a file out.
 */
export function assetRoutes(): Hono<Env> {
  const app = new Hono<Env>();
  for (const [path, [file, type]] of Object.entries(FILES)) {
    const bytes = new Uint8Array(readFileSync(new URL(`./page/${file}`, import.meta.url)));
    app.get(path, etag(), (c) => c.body(bytes, 200, { 'Content-Type': type, ...headers }));
  }
  return app;
}

const headers = {
  // With the tag the browser asks each time and is told that nothing has changed.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
