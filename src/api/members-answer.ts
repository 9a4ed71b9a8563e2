import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Context } from 'hono';
import type { Cursors } from '../delivery/cursor.ts';
import type { Encoding } from '../delivery/formats/encoding.ts';
import { FORMATS, type Format } from '../delivery/formats/formats.ts';
import type { Answer, Receipt } from '../delivery/pull.ts';
import type { Env } from './http.ts';

/** How a pull is answered. */
export interface Answering {
  readonly cursors: Cursors;
  readonly format: Format;
  readonly encoding: Encoding | undefined;
  /** Ends the query behind it, where the caller goes away. */
  readonly abort: AbortController;
}

/**
 * Answers with a pull at constant memory. Behind the last byte come trailers: `Ninety-Count`, how many lines there
 * were, and `Content-Digest` (RFC 9530), the SHA-256 of the bytes as they were sent. A pull that fails midway breaks
 * the answer off, so that half of it is never taken for the whole.
 *
 * @param read begins the pull, and is given what is to be called at its end.
 */
export async function answered(
  c: Context<Env>,
  { cursors, format, encoding, abort }: Answering,
  read: (receipt: (receipt: Receipt) => void) => Promise<Answer>,
): Promise<Response> {
  const { outgoing } = c.env as { readonly outgoing?: ServerResponse };
  const { cursor, asOf, lines } = await read(({ count, sha256 }) =>
    outgoing?.addTrailers({ 'Ninety-Count': String(count), 'Content-Digest': digestOf(sha256) }),
  );
  lines.once('close', () => abort.abort());
  const body = Readable.toWeb(lines) as ReadableStream;
  c.get('hold')?.(lines);
  return new Response(body, {
    headers: {
      'Content-Type': FORMATS[format].contentType,
      'Ninety-Cursor': cursors.write(cursor),
      ...(asOf === undefined ? {} : { 'Ninety-As-Of': asOf }),
      ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
      'Cache-Control': 'no-store',
      Vary: 'Accept-Encoding',
      Trailer: 'Ninety-Count, Content-Digest',
      // A short answer would else be given its length, and an answer with a length has no trailers.
      'Transfer-Encoding': 'chunked',
    },
  });
}

/** RFC 9530, 2. */
export const digestOf = (sha256: Buffer): string => `sha-256=:${sha256.toString('base64')}:`;

/**
 * Reads a pull to its end and tells what it has; no line leaves.
 *
 * @param read as above. @throws what the pull fails with.
 */
export async function receiptOf(
  read: (receipt: (receipt: Receipt) => void) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly receipt: Receipt }> {
  let told: Receipt | undefined;
  const answer = await read((receipt) => {
    told = receipt;
  });
  await finished(answer.lines.resume());
  return { answer, receipt: told! };
}
