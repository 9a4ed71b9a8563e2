import { randomBytes } from 'node:crypto';
import { type Answer, type Received, type Served, serve } from '../outbound/server.testing.ts';

export interface AdformOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Answers instead of the upload that has this number, from 1. */
  readonly instead?: (upload: number) => Answer | undefined;
  /** Whether a file takes for so long that its token has ended when it is there. */
  readonly endsTokens?: boolean;
  /** It is at a file until this ends. */
  readonly work?: () => Promise<void>;
}

export interface AdformServer extends Served {
  /** What each segment has now: ids, each once; a segment that has nobody is not there. */
  readonly segments: ReadonlyMap<string, ReadonlySet<string>>;
  readonly uploads: () => number;
  /** Files that it is at. */
  readonly underWay: () => number;
}

const SCOPE = 'https://api.adform.com/scope/dmp.segments';
const MOST_BYTES = 100_000_000;
const FILES_AT_ONCE = 4;

/**
 * Adform as its help describes it: a token of client credentials with the scope of segments, then files of
 * `ID⇥segment,segment` in rows, at most 100 MB and four at a time. `--` before a segment takes the id out of it, and
 * `--DeleteAll` out of all. A file with one wrong row is refused whole; rows of an id that contradict each other are
 * wrong, as nobody says which is taken last.
 */
export async function serveAdform(options: AdformOptions): Promise<AdformServer> {
  const segments = new Map<string, Set<string>>();
  const issued = new Set<string>();
  let uploads = 0;
  let underWay = 0;
  const served = await serve(async (received) => {
    if (received.path !== '/upload') return answer(received);
    // Counted while a file is worked off, which takes a moment.
    if (underWay >= FILES_AT_ONCE) return { status: 429, headers: { 'retry-after': '60' } };
    underWay += 1;
    await options.work?.();
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
      issued.add(made);
      return { status: 200, body: { access_token: made, token_type: 'Bearer', expires_in: 3600 } };
    }
    if (path !== '/upload') return { status: 404 };
    uploads += 1;
    const instead = options.instead?.(uploads);
    if (instead !== undefined) return instead;
    const bearer = headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (!issued.has(bearer)) return { status: 401 };
    if (options.endsTokens === true) issued.delete(bearer);
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
    const pairs = rows.flatMap((row) => {
      const [, id, codes] = /^([^\s]+)\t((?:--)?[\w.:][\w.:-]*(?:,(?:--)?[\w.:][\w.:-]*)*)$/.exec(row) ?? [];
      return (
        codes?.split(',').map((code) => ({ id: id!, code, plain: code.replace(/^--/, '') })) ?? [undefined]
      );
    });
    const known = pairs.filter((pair) => pair !== undefined);
    const isContradicted = ({ id, code, plain }: (typeof known)[number]) =>
      known.some(
        (other) => other.id === id && other.code !== code && [plain, 'DeleteAll'].includes(other.plain),
      );
    if (rows.length === 0 || known.length < pairs.length || known.some(isContradicted))
      return { status: 400 };
    for (const { id, code, plain } of known) {
      if (code === '--DeleteAll') for (const has of segments.values()) has.delete(id);
      else if (code !== plain) segments.get(plain)?.delete(id);
      else segments.set(code, (segments.get(code) ?? new Set()).add(id));
    }
    for (const [code, has] of segments) if (has.size === 0) segments.delete(code);
    return { status: 202 };
  }
  return { ...served, segments, uploads: () => uploads, underWay: () => underWay };
}
