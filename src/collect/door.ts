import type { VisitorCookie } from '../identity/cookie.ts';
import { Recent } from '../recent.ts';
import type { ClientHints } from './client-hints.ts';
import type { Collector, Outcome } from './collector.ts';
import { detached } from './detached.ts';
import { GIF, gifHeaders } from './gif.ts';
import type { HitInput } from './hit.ts';
import type { PageMemory } from './page.ts';
import { REFUSALS, type Refusal } from './refusal.ts';
import type { Sender } from './sender.ts';

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
  /** The same list comes again and again: what is made of it is worth keeping. */
  readonly lasting?: boolean;
  /** A `Set-Cookie` beside them. */
  readonly setCookie?: readonly string[] | undefined;
  readonly body: Uint8Array | string;
}

/** The parameters of a request. */
export const parametersOf = ({ url }: Pick<Request, 'url'>): URLSearchParams => {
  const query = url.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
};

/** Cookies as headers, names and values in turn. */
export const setCookies = (...values: readonly string[]): readonly string[] =>
  values.flatMap((value) => ['Set-Cookie', value]);

/** Longest request line that is read; a longer one is answered with 431. */
export const REQUEST_LIMIT = 16_384;

const STORED_HEADERS = gifHeaders('stored');
const REFUSED_HEADERS: Partial<Record<Refusal, readonly string[]>> = {};
for (const reason of Object.keys(REFUSALS) as Refusal[])
  REFUSED_HEADERS[reason] = gifHeaders(`refused; reason=${reason}`);

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
  const sender = browser(cookie, request, now, 'pixel');
  collector.collect(input, sender, (outcome) =>
    respond({
      status: 200,
      headers: outcome.stored ? STORED_HEADERS : REFUSED_HEADERS[outcome.reason]!,
      lasting: true,
      setCookie: cookieHeaders(cookie, outcome, sender),
      body: GIF,
    }),
  );
}

/**
 * What a browser's own request says of its sender.
 *
 * @param isShared whether several hits come in the request.
 */
export const browser = (
  cookie: VisitorCookie,
  request: Request,
  time: number,
  origin: 'pixel' | 'api',
  isShared = false,
): Sender => {
  const cookies = request.header('cookie');
  const visitor = cookie.read(cookies);
  return {
    time,
    address: request.address,
    userAgent: request.header('user-agent') ?? '',
    acceptLanguage: request.header('accept-language'),
    gpc: request.header('sec-gpc') === '1',
    cookie: visitor,
    optedOut: cookie.optedOut(cookies),
    mayMint: true,
    jar: isShared ? { visitor } : undefined,
    origin,
    browser: {
      clientHints: clientHints(request),
      fetchMetadata: request.header('sec-fetch-mode') !== undefined,
      secure: request.secure,
    },
    consentGiven: false,
  };
};

function clientHints(request: Request): ClientHints | undefined {
  const brands = request.header('sec-ch-ua');
  if (brands === undefined) return undefined;
  return {
    brands,
    mobile: request.header('sec-ch-ua-mobile'),
    platform: request.header('sec-ch-ua-platform'),
  };
}

/**
 * The cookies that the outcome asks for: kept alive by every stored hit, removed by a withdrawal. The word of who has
 * opted in again is kept alive too: without it the ids that opted out before would refuse the browser once more.
 */
export function cookieHeaders(
  cookie: VisitorCookie,
  outcome: Outcome,
  { browser: signs, optedOut }: Sender,
): readonly string[] | undefined {
  const secure = signs?.secure ?? false;
  if (!outcome.stored) return outcome.forget ? cookie.expire(secure) : undefined;
  const kept = cookie.write(outcome.visitor, secure);
  return optedOut === false ? [kept, cookie.optIn(secure)] : [kept];
}

const NUMBER = /^-?\d{1,12}$/;
const number = (text: string | undefined) =>
  text === undefined ? undefined : NUMBER.test(text) ? Number(text) : Number.NaN;
const list = (text: string) => text.split(',', 200);

/** The parameters of the pixel; a parameter's place here is its place among the raw values. */
const NAMES = [
  's',
  'e',
  'u',
  'r',
  't',
  'c',
  'k',
  'd',
  'x',
  'did',
  'dt',
  'fid',
  'tz',
  'id',
  'gdpr',
  'gdpr_consent',
  'gpp',
  'gpp_sid',
  'us_privacy',
  'ca',
  'cr',
  'p',
] as const;
const PLACES: ReadonlyMap<string, number> = new Map(NAMES.map((name, place) => [name, place]));

/**
 * @param query without the question mark. The first of a repeated parameter counts; unknown ones and
 *   broken percent signs are left as they are.
 */
export function hitOfQuery(query: string): HitInput {
  const raw = rawValues(query);
  const [
    s,
    e,
    u,
    r,
    t,
    c,
    k,
    d,
    x,
    did,
    dt,
    fid,
    tz,
    id,
    gdpr,
    gdprConsent,
    gpp,
    gppSid,
    usPrivacy,
    ca,
    cr,
    p,
  ] = raw;
  const page = u === undefined || u === '' ? readPage('', t, c, k) : knownPage(u, t, c, k);
  return {
    memory: page.memory,
    site: value(s),
    event: value(e),
    url: page.url,
    referrer: r === undefined || r === '' ? undefined : knownReferrer(r),
    title: page.title,
    categories: page.categories,
    keywords: page.keywords,
    dwellMs: number(value(d)),
    scroll: number(value(x)),
    deviceId: value(did),
    deviceType: value(dt),
    firstPartyId: value(fid),
    tz: number(value(tz)),
    hitId: value(id),
    campaign: value(ca),
    creative: value(cr),
    props: value(p),
    gdpr: value(gdpr),
    gdprConsent: value(gdprConsent),
    gpp: value(gpp),
    gppSid: value(gppSid),
    usPrivacy: value(usPrivacy),
  };
}

function rawValues(query: string): (string | undefined)[] {
  const raw: (string | undefined)[] = new Array(NAMES.length).fill(undefined);
  for (let from = 0; from < query.length; ) {
    let end = query.indexOf('&', from);
    if (end === -1) end = query.length;
    const equals = query.indexOf('=', from);
    if (equals !== -1 && equals < end) {
      const place = PLACES.get(query.slice(from, equals));
      if (place !== undefined && raw[place] === undefined) raw[place] = query.slice(equals + 1, end);
    }
    from = end + 1;
  }
  return raw;
}

/** What a page says of itself, as it came and as it reads. */
interface PageText {
  readonly t: string | undefined;
  readonly c: string | undefined;
  readonly k: string | undefined;
  readonly url: string | undefined;
  readonly title: string | undefined;
  readonly categories: readonly string[] | undefined;
  readonly keywords: readonly string[] | undefined;
  /** undefined where the query does not name its page. */
  readonly memory: PageMemory | undefined;
}

function readPage(u: string, t: string | undefined, c: string | undefined, k: string | undefined): PageText {
  const categories = value(c);
  const keywords = value(k);
  return {
    t,
    c,
    k,
    url: value(u),
    title: value(t),
    categories: categories === undefined ? undefined : list(categories),
    keywords: keywords === undefined ? undefined : list(keywords),
    memory: u === '' ? undefined : {},
  };
}

/**
 * Pages by their raw `u`, each with the title and lists it had last, and addresses of referrers. A site's
 * hits fall on few pages: reading a query took 2.3 µs when its values were decoded each time, 1.1 µs since.
 * The very same strings come out each time, so that the collector's memory of the page finds them without
 * reading them again.
 */
const pages = new Recent<string, PageText>(5_000);
const referrers = new Recent<string, string>(5_000);
/** Characters that are remembered of one page, all its values together; a longer one is read each time. */
const MAX_REMEMBERED = 1_024;

function knownPage(u: string, t: string | undefined, c: string | undefined, k: string | undefined): PageText {
  const known = pages.get(u);
  if (known !== undefined && known.t === t && known.c === c && known.k === k) return known;
  const page = readPage(u, t, c, k);
  if (u.length + (t?.length ?? 0) + (c?.length ?? 0) + (k?.length ?? 0) > MAX_REMEMBERED) return page;
  const kept = readPage(detached(u), t && detached(t), c && detached(c), k && detached(k));
  pages.set(detached(u), kept);
  return kept;
}

function knownReferrer(raw: string): string {
  let referrer = referrers.get(raw);
  if (referrer === undefined) {
    referrer = decode(raw);
    if (raw.length <= MAX_REMEMBERED) {
      referrer = detached(referrer);
      referrers.set(detached(raw), referrer);
    }
  }
  return referrer;
}

const value = (raw: string | undefined) => (raw === undefined || raw === '' ? undefined : decode(raw));

function decode(raw: string): string {
  if (!raw.includes('%') && !raw.includes('+')) return raw;
  const spaced = raw.includes('+') ? raw.replaceAll('+', ' ') : raw;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}
