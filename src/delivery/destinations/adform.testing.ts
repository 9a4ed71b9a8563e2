import { randomBytes } from 'node:crypto';
import { type Answer, type Received, type Served, serve } from '../outbound/server.testing.ts';

export interface AdformOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Answers instead of the upload that has this number, from 1. */
  readonly instead?: (upload: number) => Answer | undefined;
  /** Milliseconds for which it is at a file. */
  readonly workMs?: number;
}

export interface AdformServer extends Served {
  /** What each segment has now: ids, each once. */
  readonly segments: ReadonlyMap<string, ReadonlySet<string>>;
  readonly uploads: () => number;
  readonly tokens: () => number;
}

const SCOPE = 'https://api.adform.com/scope/dmp.segments';
const MOST_BYTES = 100_000_000;
const FILES_AT_ONCE = 4;

/**
 * Adform as its help describes it: a token of client credentials with the scope of segments, then files of
 * `ID⇥segment,segment` in rows, at most 100 MB and four at a time. A file with one wrong row is refused whole.
 */
export async function serveAdform(options: AdformOptions): Promise<AdformServer> {
  const segments = new Map<string, Set<string>>();
  const known = new Set<string>();
  let uploads = 0;
  let underWay = 0;
  const served = await serve(async (received) => {
    if (received.path !== '/upload') return answer(received);
    // Counted while a file is worked off, which takes a moment.
    if (underWay >= FILES_AT_ONCE) return { status: 429, headers: { 'retry-after': '60' } };
    underWay += 1;
    await new Promise((resolve) => setTimeout(resolve, options.workMs ?? 0));
    underWay -= 1;
    return answer(received);
  });
  function answer({ method, path, headers, body }: Received): Answer {
    if (method !== 'POST') return { status: 405 };
    if (path === '/sts/connect/token') {
      const form = new URLSearchParams(body.toString());
      if (headers['content-type'] !== 'application/x-www-form-urlencoded') return { status: 415 };
      if (form.get('grant_type') !== 'client_credentials') {
        return { status: 400, body: { error: 'unsupported_grant_type' } };
      }
      if (form.get('client_id') !== options.clientId || form.get('client_secret') !== options.clientSecret) {
        return { status: 400, body: { error: 'invalid_client' } };
      }
      if (form.get('scope') !== SCOPE) return { status: 400, body: { error: 'invalid_scope' } };
      const made = randomBytes(16).toString('hex');
      known.add(made);
      return { status: 200, body: { access_token: made, token_type: 'Bearer', expires_in: 3600 } };
    }
    if (path !== '/upload') return { status: 404 };
    uploads += 1;
    const instead = options.instead?.(uploads);
    if (instead !== undefined) return instead;
    if (!known.has(headers.authorization?.replace(/^Bearer /, '') ?? '')) return { status: 401 };
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) return { status: 415 };
    if (Number(headers['content-length']) !== body.length) return { status: 411 };
    const text = body.toString();
    const part =
      /^Content-Disposition: form-data; name="file"; filename="[\w-]+\.(?:txt|csv)"\r\nContent-Type: text\/plain\r\n\r\n([\s\S]*)\r\n$/.exec(
        text.split(`--${boundary}`)[1]?.slice(2) ?? '',
      );
    if (part === null || !text.endsWith(`--${boundary}--\r\n`)) return { status: 400 };
    const file = part[1]!;
    if (Buffer.byteLength(file) > MOST_BYTES) return { status: 413 };
    const rows = file.split('\n').slice(0, -1);
    if (rows.length === 0 || rows.some((row) => !/^[^\s]+\t[\w.:-]+(?:,[\w.:-]+)*$/.test(row))) {
      return { status: 400 };
    }
    for (const row of rows) {
      const [id, codes] = row.split('\t') as [string, string];
      for (const code of codes.split(',')) {
        const has = segments.get(code) ?? new Set();
        segments.set(code, has.add(id));
      }
    }
    return { status: 202 };
  }
  return { ...served, segments, uploads: () => uploads, tokens: () => known.size };
}
