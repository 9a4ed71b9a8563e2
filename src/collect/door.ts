import type { VisitorCookie } from '../identity/cookie.ts';
import type { Collector, Outcome, Sender } from './collector.ts';
import type { HitInput } from './hit.ts';
import type { Refusal } from './refusal.ts';

/** A request as every HTTP server can give it: node:http, hono and Bun alike. */
export interface Request {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly header: (name: string) => string | undefined;
  /** The visitor's address, proxies already resolved. */
  readonly address: string;
  /** Whether the browser came by https. */
  readonly secure: boolean;
}

export interface Response {
  readonly status: number;
  /** Name and value in turn, as node:http writes them fastest. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | string;
}

/** The smallest transparent GIF: 43 bytes. */
export const GIF = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
/** Longest request line that is read; a longer one is answered with 431. */
export const REQUEST_LIMIT = 16_384;

const PIXEL_HEADERS = [
  'Content-Type',
  'image/gif',
  'Content-Length',
  String(GIF.length),
  'Cache-Control',
  'no-store',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
  'X-Content-Type-Options',
  'nosniff',
  'Timing-Allow-Origin',
  '*',
] as const;

/**
 * The pixel: one hit out of the query, always answered with the GIF; `Ninety-Result` tells how it ended.
 *
 * @param respond called once, after a stored hit is in a file on disk.
 */
export function pixel(
  collector: Collector,
  cookie: VisitorCookie,
  request: Request,
  now: number,
  respond: (response: Response) => void,
): void {
  const query = request.url.indexOf('?');
  const input = hitOfQuery(query === -1 ? '' : request.url.slice(query + 1));
  if (input.url === undefined) input.url = request.header('referer');
  collector.collect(input, browser(cookie, request, now, 'pixel'), (outcome) => {
    const headers: string[] = [
      ...PIXEL_HEADERS,
      'Ninety-Result',
      outcome.stored ? 'stored' : `refused; reason=${outcome.reason}`,
    ];
    const set = cookieHeader(cookie, outcome, request.secure);
    if (set !== undefined) headers.push('Set-Cookie', set);
    respond({ status: 200, headers, body: GIF });
  });
}

/** What a browser's own request says of its sender. */
export const browser = (
  cookie: VisitorCookie,
  request: Request,
  time: number,
  origin: 'pixel' | 'api',
): Sender => ({
  time,
  address: request.address,
  userAgent: request.header('user-agent') ?? '',
  acceptLanguage: request.header('accept-language'),
  gpc: request.header('sec-gpc') === '1',
  cookie: cookie.read(request.header('cookie')),
  mayMint: true,
  origin,
});

/** The cookie that the outcome asks for: kept alive by every stored hit, removed by a withdrawal. */
export function cookieHeader(cookie: VisitorCookie, outcome: Outcome, secure: boolean): string | undefined {
  if (outcome.stored) return cookie.write(outcome.visitor, secure);
  return outcome.forget ? cookie.expire(secure) : undefined;
}

/** Counts what was refused before it became a hit. */
export type CountRefusal = (reason: Refusal) => void;

const NUMBER = /^-?\d{1,12}$/;
const number = (text: string) => (NUMBER.test(text) ? Number(text) : Number.NaN);
const list = (text: string) => (text === '' ? [] : text.split(',', 200));

/** One place where the short names of the pixel become the long ones. */
const QUERY_NAMES: Readonly<Record<string, (hit: HitInput, value: string) => void>> = {
  s: (hit, v) => {
    hit.site = v;
  },
  e: (hit, v) => {
    hit.event = v;
  },
  u: (hit, v) => {
    hit.url = v;
  },
  r: (hit, v) => {
    hit.referrer = v;
  },
  t: (hit, v) => {
    hit.title = v;
  },
  c: (hit, v) => {
    hit.categories = list(v);
  },
  k: (hit, v) => {
    hit.keywords = list(v);
  },
  d: (hit, v) => {
    hit.dwellMs = number(v);
  },
  x: (hit, v) => {
    hit.scroll = number(v);
  },
  did: (hit, v) => {
    hit.deviceId = v;
  },
  dt: (hit, v) => {
    hit.deviceType = v;
  },
  fid: (hit, v) => {
    hit.firstPartyId = v;
  },
  tz: (hit, v) => {
    hit.tz = number(v);
  },
  id: (hit, v) => {
    hit.hitId = v;
  },
  gdpr: (hit, v) => {
    hit.gdpr = v;
  },
  gdpr_consent: (hit, v) => {
    hit.gdprConsent = v;
  },
  gpp: (hit, v) => {
    hit.gpp = v;
  },
  gpp_sid: (hit, v) => {
    hit.gppSid = v;
  },
  us_privacy: (hit, v) => {
    hit.usPrivacy = v;
  },
};

/**
 * @param query without the question mark. The first of a repeated parameter counts; unknown ones and
 *   broken percent signs are left as they are.
 */
export function hitOfQuery(query: string): HitInput {
  const hit: HitInput = {};
  const seen = new Set<string>();
  let from = 0;
  while (from < query.length) {
    let end = query.indexOf('&', from);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', from);
    if (equals !== -1 && equals < end) {
      const name = query.slice(from, equals);
      const take = Object.hasOwn(QUERY_NAMES, name) ? QUERY_NAMES[name] : undefined;
      if (take !== undefined && !seen.has(name)) {
        seen.add(name);
        const value = query.slice(equals + 1, end);
        if (value !== '') take(hit, decode(value));
      }
    }
    from = end + 1;
  }
  return hit;
}

function decode(value: string): string {
  if (!value.includes('%') && !value.includes('+')) return value;
  const spaced = value.includes('+') ? value.replaceAll('+', ' ') : value;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}
