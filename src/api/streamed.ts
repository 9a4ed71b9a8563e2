import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Context } from 'hono';
import type { Env } from './http.ts';

/**
 * Answers with a stream at constant memory, compressed where the caller takes gzip. A caller that goes away
 * ends the query behind it; a query that fails midway breaks the answer off, so that half of it is never
 * taken for the whole.
 */
export function streamed(
  c: Context<Env>,
  lines: Readable,
  abort: AbortController,
  headers: Record<string, string>,
): Response {
  const zip = takesGzip(c.req.header('accept-encoding') ?? '');
  const out = zip ? lines.pipe(createGzip()) : lines;
  if (zip) lines.once('error', (error) => out.destroy(error));
  out.once('close', () => abort.abort());
  const body = Readable.toWeb(out) as ReadableStream;
  c.get('hold')?.(out);
  return new Response(body, {
    headers: {
      ...headers,
      'Cache-Control': 'no-store',
      Vary: 'Accept-Encoding',
      ...(zip ? { 'Content-Encoding': 'gzip' } : {}),
    },
  });
}

/** RFC 9110, 12.5.3: a weight of 0 says "not this". */
const takesGzip = (accepted: string) =>
  accepted.split(',').some((entry) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(entry));
