import { isIPv4, isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Refusal } from './refusal.ts';

/** A page address as it may be stored. */
export interface ScrubbedUrl {
  /** Scheme, host, port, scrubbed path and the utm tags; no user info, no other query, no fragment. */
  readonly url: string;
  /** Of that URL, percent-encoded, starting with a slash. */
  readonly path: string;
  /** Host name without port, lower case, as the URL names it. */
  readonly host: string;
}

/** Longer than what browsers and servers commonly take as an address, and a bound for every pattern below. */
export const MAX_URL_LENGTH = 8192;

const UTM_TAGS = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] as const;
/** Code points. Campaign names are short; a longer value is a payload, not a name. */
const MAX_UTM_LENGTH = 100;

/**
 * Keys longer than 512 characters are not cached: 10,000 keys of 8 kB would be 80 MB, and such addresses
 * seldom come twice.
 */
const MAX_CACHED_KEY = 512;
const urls = new LRUCache<string, ScrubbedUrl>({ max: 10_000 });
const texts = new LRUCache<string, string>({ max: 10_000 });

/**
 * Takes from a page address whatever could name a person.
 *
 * User info, fragment and the query go, but for the utm tags, whose values are scrubbed and cut; in the
 * path e-mail addresses, phone numbers, full IP addresses and long tokens become `[email]`, `[phone]`,
 * `[ip]`, `[token]`, however often they were percent-encoded. The host stays: it is a server's.
 * Scrubbing a scrubbed URL changes nothing.
 *
 * @param url an absolute http or https URL, as the WHATWG URL standard reads it.
 * @returns `url_too_long` above {@link MAX_URL_LENGTH} characters, `bad_url` for whatever is no http(s) URL.
 */
export function scrubUrl(url: string): ScrubbedUrl | Refusal {
  if (url.length > MAX_URL_LENGTH) return 'url_too_long';
  const known = urls.get(url);
  if (known !== undefined) return known;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'bad_url';
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return 'bad_url';
  const path = scrubPath(parsed.pathname);
  const scrubbed = {
    url: `${parsed.protocol}//${parsed.host}${path}${utmTags(parsed)}`,
    path,
    host: parsed.hostname.replace(/\.$/, ''),
  };
  if (url.length <= MAX_CACHED_KEY) urls.set(url, scrubbed);
  return scrubbed;
}

/**
 * The same for titles, keywords, categories and event names: control characters become spaces, white
 * space is folded, what could name a person becomes a placeholder, the rest is cut.
 *
 * @param max length of the result in code points.
 */
export function scrubText(text: string, max: number): string {
  if (text.length > MAX_CACHED_KEY) return scrubUncachedText(text, max);
  const key = `${max} ${text}`;
  let scrubbed = texts.get(key);
  if (scrubbed === undefined) {
    scrubbed = scrubUncachedText(text, max);
    texts.set(key, scrubbed);
  }
  return scrubbed;
}

function scrubUncachedText(text: string, max: number): string {
  let bounded = text;
  if (text.length > MAX_URL_LENGTH) {
    // The last word goes: the bound may have cut an address in two, and half of one is known by no pattern.
    bounded = text.slice(0, MAX_URL_LENGTH).replace(/\S{1,8192}$/, '');
  }
  let scrubbed = cut(plain(redact(plain(bounded))), max);
  // A cut can end a number where it reads as another kind, so what is stored is looked at as it is stored.
  for (let again = redact(scrubbed); again !== scrubbed; again = redact(scrubbed)) {
    scrubbed = cut(plain(again), max);
  }
  return scrubbed;
}

const plain = (text: string) =>
  text
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .trim();

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  for (let points = 0; points < max && end < text.length; points++) {
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  }
  return text.slice(0, end).trimEnd();
}

/** Nothing of what is looked for is without one of these, and most paths and titles are: one linear look. */
const SUSPICIOUS = /[@%=\d]|[^\x20-\x7e]|[A-Za-z]{16}/;

function scrubPath(path: string): string {
  if (!SUSPICIOUS.test(path)) return path;
  return path
    .split('/')
    .map((segment) => redact(segment, pathEncoded))
    .join('/');
}

function utmTags(url: URL): string {
  if (!url.search.includes('utm_')) return '';
  const tags: string[] = [];
  for (const name of UTM_TAGS) {
    const value = scrubText(url.searchParams.get(name) ?? '', MAX_UTM_LENGTH);
    if (value !== '') tags.push(`${name}=${queryEncoded(value)}`);
  }
  return tags.length === 0 ? '' : `?${tags.join('&')}`;
}

const pathEncoded = (text: string) =>
  text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@[\]]+/g, (run) => encodeURIComponent(run));
const queryEncoded = (text: string) =>
  encodeURIComponent(text).replace(/%5B|%5D|'/g, (c) => (c === "'" ? '%27' : c === '%5B' ? '[' : ']'));

/** Text in which nothing is found stays as it was written; otherwise the unfolded text is what remains. */
function redact(text: string, encoded = (unfoldedText: string) => unfoldedText): string {
  if (!SUSPICIOUS.test(text)) return text;
  const open = unfolded(text);
  if (open === undefined) return '[token]';
  let found = open;
  let rounds = 0;
  // Until nothing changes, because a placeholder moves the borders of what stood beside it.
  for (let next = redactOnce(found); next !== found; next = redactOnce(found)) {
    if (++rounds > MAX_ROUNDS) return '[token]';
    found = next;
  }
  return found === open ? text : encoded(found);
}

/** Two are common; a text made to need one for each of its characters would take quadratic time. */
const MAX_ROUNDS = 16;

/** A text that is encoded more often than a chain of redirects encodes it hides something. */
const MAX_ENCODINGS = 8;

/**
 * Percent-decoding until nothing is left to decode, compatibility forms (`＠`, fullwidth digits) folded,
 * invisible characters out; undefined where that does not come to an end.
 */
function unfolded(text: string): string | undefined {
  let open = text;
  for (let round = 0; round < MAX_ENCODINGS; round++) {
    let next = open.includes('%') ? open.replace(/(?:%[0-9a-f]{2})+/gi, decodedRun) : open;
    if (/[^\x20-\x7e]/.test(next)) {
      next = next
        .normalize('NFKC')
        .replace(/\p{Cf}+/gu, '')
        .replace(/[\p{Cc}\s]+/gu, ' ');
    }
    if (next === open) return open;
    open = next;
  }
  return undefined;
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    // Not UTF-8 (pages of before 2005 were Latin-1): the ASCII in it is decoded all the same.
    return run.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
}

// What is looked for. Every pattern below is free of nested or adjacent repetitions over common characters,
// so its work is at most (length × the fixed bound it names).

const SESSION_PARAMETER =
  /(?<![a-z])(?:jsessionid|phpsessid|aspsessionid[a-z]{0,16}|session_?id|sid|cftoken|token|access_token)=[^\s;/&?#[\]]+/gi;
const IPV6_LIKE = /(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}/gi;
const IPV4_LIKE = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)/g;
const MAC_ADDRESS = /(?<![0-9a-f])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![0-9a-f])/gi;
const JWT = /(?<![\w-])eyj[\w-]{8,}(?:\.[\w-]{8,}){1,2}/gi;
const HEX = /[0-9a-f]{16,}/gi;
const HEX_GROUPS = /(?<![0-9a-f])[0-9a-f]{4,}(?:-[0-9a-f]{4,}){2,}/gi;
const WORD_RUN = /[\w+=/-]{20,}/g;

/** Western, Arabic, Persian and Devanagari digits; the other forms are folded before. */
const DIGIT = '[0-9\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]';
const BETWEEN = '[ \\-./()_+\u2010-\u2015\u2212]';
const NUMBER = new RegExp(`[+(]{0,2}${DIGIT}(?:${BETWEEN}{0,3}${DIGIT}){6,}`, 'g');
const DIGITS = new RegExp(DIGIT, 'g');

/** `1.1.1.1` and the shortest number with a plus are this long, the shortest token is. */
const MIN_NUMBER_LENGTH = 7;
const MIN_TOKEN_LENGTH = 16;

function redactOnce(text: string): string {
  let s = text.includes('=') ? text.replace(SESSION_PARAMETER, '[token]') : text;
  if (s.includes('@')) s = redactEmails(s);
  if (s.length < MIN_NUMBER_LENGTH) return s;
  // Before IPv6, because an IPv4 address can be the tail of one.
  if (s.includes('.')) s = s.replace(IPV4_LIKE, (quad) => (isIPv4(quad) ? '[ip]' : quad));
  if (s.includes(':')) s = s.replace(IPV6_LIKE, (run) => (isFullIPv6(run) ? '[ip]' : run));
  if (s.length >= MIN_TOKEN_LENGTH) {
    s = s
      .replace(MAC_ADDRESS, (mac) => (/[a-f:]/i.test(mac) ? '[token]' : mac))
      .replace(JWT, '[token]')
      .replace(HEX_GROUPS, (groups) => (isMixed(groups) && groups.length >= 20 ? '[token]' : groups))
      .replace(HEX, '[token]')
      .replace(WORD_RUN, redactRandom);
  }
  return s.replace(NUMBER, (run, at: number, all: string) => (isPhone(run, all[at - 1]) ? '[phone]' : run));
}

/** What ends the local part of an address to the left: all that RFC 5321 takes only in quotes. */
const NOT_LOCAL = /[\s"<>()[\],;:\\@]/;
const DOMAIN = /\[(?:ipv6:)?[\da-f:.]{2,45}\]|[\p{L}\p{N}.-]+/iuy;

/**
 * By hand and not by a pattern: `local@domain` as a pattern takes quadratic time on a long run without an
 * `@` behind it, and a bound on the local part would leave the head of a longer one standing.
 */
function redactEmails(text: string): string {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    if (at < done) continue;
    DOMAIN.lastIndex = at + 1;
    const domain = DOMAIN.exec(text)?.[0].replace(/[.-]+$/, '') ?? '';
    let start = at;
    if (text[at - 1] === '"') start = Math.max(done, text.lastIndexOf('"', at - 2));
    else while (start > done && !NOT_LOCAL.test(text[start - 1]!)) start--;
    // `@alice` is a handle; but `%0a@example.com` is an address, whose local part decoding has taken away.
    const isHandle = (start >= at || text[at - 1] === '/') && !domain.includes('.');
    if (isHandle || !isMailDomain(domain)) continue;
    out += `${text.slice(done, start)}[email]`;
    done = at + 1 + domain.length;
  }
  return out + text.slice(done);
}

/** `name@18.2.0` is a package's version. */
const isMailDomain = (domain: string) =>
  domain.startsWith('[') ||
  isIPv4(domain) ||
  /^(?=.*\p{L})[^.]+$|\.(?:xn--)?\p{L}[\p{L}\p{N}]+$/u.test(domain);

/** Times (`12:30:00`) and names (`std::vector`, `A::B`) hold colons too: an address has groups that tell. */
function isFullIPv6(run: string): boolean {
  const address = run.replace(/^:(?!:)|(?<!:):$/g, '');
  const groups = address.split(':').filter((group) => group !== '');
  return isIPv6(address) && /\d/.test(address) && (groups.length >= 3 || groups[0]?.length === 4);
}

const isMixed = (run: string) => /\d/.test(run) && /[a-z]/i.test(run);

/**
 * Slugs are words and numbers between separators; random text changes between letters and digits and
 * between the cases within one piece. One change a piece (`iphone15`, `4k`, `JavaScript`) is what slugs
 * have; in random base64url about every second character is one.
 */
function redactRandom(run: string): string {
  const pieces = run.split(/([_+=/-]+)/);
  const bothCases = /[a-z]/.test(run) && /[A-Z]/.test(run);
  let length = 0;
  let surplus = 0;
  let restless = 0;
  let random = 0;
  for (let i = 0; i < pieces.length; i += 2) {
    const piece = pieces[i]!;
    const changes = changesOf(piece);
    if (isRandom(piece, changes)) {
      random += piece.length;
      pieces[i] = '[token]';
      continue;
    }
    length += piece.length;
    if (changes < 2 || isShortHex(piece)) continue;
    restless += piece.length;
    surplus += changes - 1;
  }
  // Two thirds random: the short pieces between are of the same token, not words beside it.
  if (random >= length * 2) return '[token]';
  // Model numbers change often, but stand among words: `wh1000xm5-vs-wh1000xm4` has 4 in 20 characters.
  const isRestless = restless * 2 >= length && surplus * (bothCases ? 10 : 5) > length;
  if (isRestless && isMixed(run)) return '[token]';
  return pieces.join('');
}

/** Below {@link MIN_TOKEN_LENGTH} this is how some publishers number their articles. */
const isShortHex = (piece: string) =>
  piece.length < MIN_TOKEN_LENGTH && piece.length >= 8 && /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(piece);

function isRandom(piece: string, changes: number): boolean {
  if (piece.length >= 20 && isMixed(piece)) return true;
  if (piece.length < 12 || changes < 2 || isShortHex(piece)) return false;
  const oneCase = piece === piece.toLowerCase() || piece === piece.toUpperCase();
  return oneCase ? isMixed(piece) : changes * 4 > piece.length - 1;
}

/** Capitals at the start of a word are no change; an end of several capitals (`HTTPserver`) is one. */
function changesOf(piece: string): number {
  let changes = 0;
  let before = '';
  let capitals = 0;
  for (const c of piece) {
    const kind = c <= '9' ? 'digit' : c <= 'Z' ? 'upper' : 'lower';
    if (before !== '' && before !== kind && (before !== 'upper' || kind === 'digit' || capitals > 1))
      changes++;
    capitals = kind === 'upper' ? capitals + 1 : 0;
    before = kind;
  }
  return changes;
}

/** E.164 numbers have up to 15 digits; below nine a number without a plus is more often a product's. */
const MIN_PHONE_DIGITS = 9;
const MIN_INTERNATIONAL_DIGITS = 7;

function isPhone(run: string, before: string | undefined): boolean {
  if (isDateOrYears(run.replace(/^[+(]+/, ''))) return false;
  const digits = run.match(DIGITS)!.length;
  const international = /^\(?\+/.test(run) && !/[\p{L}\p{N}]/u.test(before ?? '');
  return digits >= (international ? MIN_INTERNATIONAL_DIGITS : MIN_PHONE_DIGITS);
}

const YEAR = '(?:19|20)\\d\\d';
const DAY = '(?:0?[1-9]|[12]\\d|3[01])';
const MONTH = '(?:0?[1-9]|1[0-2])';
const GAP = '[ \\-./()_\u2010-\u2015]{1,3}';
const DATE_OR_YEARS = new RegExp(
  [
    `${YEAR}${GAP}${MONTH}(?:${GAP}${DAY}(?:${GAP}\\d{1,2}){0,3})?`,
    `${DAY}${GAP}${MONTH}${GAP}${YEAR}(?:${GAP}\\d{1,2}){0,2}`,
    `(?:[1-9]\\d?${GAP})?${YEAR}(?:${GAP}${YEAR})+(?:${GAP}\\d{1,2})?`,
    `(?:\\d{1,2}${GAP}){0,2}${YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:${GAP}(?:\\d{1,4}|\\d{6}))?`,
  ]
    .map((form) => `^${form}$`)
    .join('|'),
);
const isDateOrYears = (run: string) => DATE_OR_YEARS.test(run);
