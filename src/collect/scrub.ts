import { Recent } from '../recent.ts';
import { detached } from './detached.ts';
import { redactHost } from './redact/host.ts';
import { redactPath } from './redact/path.ts';
import { redactText } from './redact/redact.ts';
import type { Refusal } from './refusal.ts';

/** A page address as it may be stored. */
export interface ScrubbedUrl {
  /** Scheme, host, port, scrubbed path and the utm tags; no user info, no other query, no fragment. */
  readonly url: string;
  /** Of that URL, percent-encoded, starting with a slash. */
  readonly path: string;
  /** Host name without port, lower case, as that URL names it. */
  readonly host: string;
}

/** Longer than what browsers and servers commonly take as an address, and a bound for every look at one. */
export const MAX_URL_LENGTH = 8192;

const UTM_TAGS = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term'] as const;
/** Code points. Campaign names are short; a longer value is a payload, not a name. */
const MAX_UTM_LENGTH = 100;

/**
 * Keys longer than 512 characters are not cached: 10,000 keys of 8 kB would be 80 MB, and such addresses
 * seldom come twice.
 */
const MAX_CACHED_KEY = 512;
const urls = new Recent<string, ScrubbedUrl>(5_000);
const texts = new Recent<string, string>(5_000);

/**
 * Takes from a page address whatever could name a person.
 *
 * User info, fragment and the query go, but for the utm tags, whose values are scrubbed and cut. In the path
 * e-mail addresses, phone numbers, bank accounts, payment cards, full IP addresses, long tokens and session
 * ids become `[email]`, `[phone]`, `[iban]`, `[card]`, `[ip]`, `[token]`, and so do names where the path or a
 * parameter in it says that one follows (`[name]`), however often they were percent-encoded. The host stays,
 * it is a server's, but for addresses and ids in it. Scrubbing a scrubbed URL changes nothing.
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
  const host = redactHost(parsed.hostname);
  const port = parsed.port === '' ? '' : `:${parsed.port}`;
  const path = redactPath(parsed.pathname);
  const scrubbed = {
    url: `${parsed.protocol}//${host}${port}${path}${utmTags(parsed)}`,
    path,
    host: host.replace(/\.$/, ''),
  };
  if (url.length <= MAX_CACHED_KEY) urls.set(detached(url), scrubbed);
  return scrubbed;
}

/**
 * The same for titles, keywords, categories and event names: control characters become spaces, white
 * space is folded, what could name a person becomes a placeholder, the rest is cut.
 *
 * @param max length of the result in code points.
 * @returns a text of its own, whatever larger one the given was cut out of.
 */
export function scrubText(text: string, max: number): string {
  if (text.length > MAX_CACHED_KEY) return detached(scrubUncachedText(text, max));
  const key = `${max} ${text}`;
  let scrubbed = texts.get(key);
  if (scrubbed === undefined) {
    scrubbed = detached(scrubUncachedText(text, max));
    // A joined text refers to its parts, so it keeps a whole request alive as a piece of one does: 15 kB an entry.
    texts.set(detached(key), scrubbed);
  }
  return scrubbed;
}

function scrubUncachedText(text: string, max: number): string {
  let bounded = plain(text.slice(0, MAX_URL_LENGTH));
  // The last word goes: the bound may have cut an address in two, and half of one is known by no pattern.
  if (text.length > MAX_URL_LENGTH) bounded = bounded.slice(0, Math.max(0, bounded.lastIndexOf(' ')));
  // A cut can end a number where it reads as another kind, so what is stored is looked at as it is stored.
  for (let round = 0; round < MAX_CUTS; round++) {
    const found = redactText(bounded);
    bounded = cut(plain(found), max);
    if (bounded === found) return found;
  }
  return '';
}

/** Two are enough for all that was ever seen; what does not settle is not stored. */
const MAX_CUTS = 8;

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

function utmTags(url: URL): string {
  if (!url.search.includes('utm_')) return '';
  const tags: string[] = [];
  for (const name of UTM_TAGS) {
    const value = scrubText(url.searchParams.get(name) ?? '', MAX_UTM_LENGTH);
    if (value !== '') tags.push(`${name}=${queryEncoded(value)}`);
  }
  return tags.length === 0 ? '' : `?${tags.join('&')}`;
}

const queryEncoded = (text: string) =>
  encodeURIComponent(text).replace(/%5B|%5D|'/g, (c) => (c === "'" ? '%27' : c === '%5B' ? '[' : ']'));
