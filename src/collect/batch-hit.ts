import { isIP } from 'node:net';
import { clientAddress } from './address.ts';
import type { HitInput } from './hit.ts';
import type { Refusal } from './refusal.ts';
import type { Sender } from './sender.ts';

/**
 * - `browser`: a page, without a key.
 * - `server`: a key of scope `collect`: may say time, address and browser of each hit.
 * - `file`: the import command, with a file of hits that say all that is known of their visitors.
 * - `import`, `import-given`: the import command: hits whose visitors are for reckoning only; `given` = whose
 *   owner has their consent.
 */
export type Trust = 'browser' | 'server' | 'file' | 'import' | 'import-given';

/** A hit in the long names, with what only a keyed server may say. */
export interface BatchHit extends Omit<HitInput, 'memory'> {
  time?: number | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  language?: string | undefined;
}

/**
 * The long names of a hit, by what their values are in JSON.
 *
 * - `list`: of texts, or one text with commas.
 * - `text_or_number`: numbers in a page's own JSON, text in a query: both mean the same.
 * - `time`: milliseconds since 1970, or ISO 8601.
 * - `props`: a flat object, or its JSON text; the collector reads it.
 */
export const HIT_FIELDS = {
  site: 'text',
  event: 'text',
  url: 'text',
  referrer: 'text',
  title: 'text',
  categories: 'list',
  keywords: 'list',
  dwellMs: 'number',
  scroll: 'number',
  deviceId: 'text',
  deviceType: 'text',
  firstPartyId: 'text',
  tz: 'number',
  hitId: 'text',
  gdpr: 'text_or_number',
  gdprConsent: 'text',
  gpp: 'text',
  gppSid: 'text_or_number',
  usPrivacy: 'text',
  campaign: 'text',
  creative: 'text',
  props: 'props',
  time: 'time',
  ip: 'text',
  userAgent: 'text',
  language: 'text',
} as const satisfies Record<keyof BatchHit, FieldKind>;

export type FieldKind = 'text' | 'number' | 'list' | 'text_or_number' | 'time' | 'props';

const KINDS: Readonly<Record<string, FieldKind>> = { ...HIT_FIELDS };
/** Values of one list; a page has a few. */
const LIST_LIMIT = 200;

/** @returns undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads one hit of a body.
 *
 * @param item whatever the JSON held.
 * @returns a hit of which the types are checked, or why it is none; what values mean is the collector's.
 */
export function readHit(item: unknown): BatchHit | Refusal {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'bad_json';
  const given = item as Record<string, unknown>;
  const hit: Record<string, unknown> = {};
  let bad = false;
  for (const name in given) {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (kind === undefined) return 'unknown_field';
    const value = given[name];
    if (value === null || value === undefined) continue;
    const read = readValue(value, kind);
    if (read === undefined) bad = true;
    hit[name] = read;
  }
  return bad ? 'bad_field' : (hit as BatchHit);
}

/** @returns undefined for what the field cannot hold. */
function readValue(value: unknown, kind: FieldKind): unknown {
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return typeof value === 'number' ? value : undefined;
    case 'text_or_number':
      return readTextOrNumber(value);
    case 'list':
      if (typeof value === 'string') return value === '' ? [] : value.split(',', LIST_LIMIT);
      return isListOf(value, isText) && value.length <= LIST_LIMIT ? value : undefined;
    case 'time':
      return readTime(value);
    case 'props':
      return value;
  }
}

const isText = (value: unknown) => typeof value === 'string';
const isListOf = (value: unknown, is: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(is);

/** A list of lists is no list of ids, and joining a deep one overflows the stack. */
function readTextOrNumber(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return isListOf(value, (item) => typeof item === 'number' || typeof item === 'string')
    ? value.join(',')
    : undefined;
}

const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Milliseconds since 1970, or ISO 8601; without an offset it is UTC, whatever the server's own zone. */
function readTime(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) ? given : undefined;
  const form = typeof given === 'string' ? ISO_8601.exec(given) : null;
  if (form === null) return undefined;
  const time = Date.parse(form[1] === undefined && form[0].includes('T') ? `${form[0]}Z` : form[0]);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * What a key allows to be said in place of what the connection shows.
 *
 * @param sender the connection's own.
 * @param now when the hit came, where it does not say when it happened.
 * @returns whose hit it is, or why that may not be said.
 */
export function senderOf(hit: BatchHit, sender: Sender, trust: Trust, now = sender.time): Sender | Refusal {
  const says =
    hit.time !== undefined ||
    hit.ip !== undefined ||
    hit.userAgent !== undefined ||
    hit.language !== undefined;
  if (trust === 'browser') return says ? 'not_allowed' : sender;
  if (hit.ip !== undefined && isIP(hit.ip) === 0) return 'bad_field';
  const own = trust === 'server';
  return {
    time: hit.time ?? now,
    // Where the import command runs says nothing of the visitors: their country is unknown.
    address: hit.ip !== undefined ? clientAddress(hit.ip, undefined, NO_PROXY) : own ? sender.address : '',
    // The connection's own user agent is the server's, which says nothing of the visitor.
    userAgent: hit.userAgent,
    acceptLanguage: hit.language,
    gpc: sender.gpc,
    cookie: sender.cookie,
    optedOut: sender.optedOut,
    // Speaking for somebody else without saying who: a new id each time would be a visitor that is none.
    mayMint: own && hit.ip === undefined && hit.userAgent === undefined,
    minted: sender.minted,
    origin: own || trust === 'file' ? 'api' : 'import',
    browser: undefined,
    consentGiven: trust === 'import-given',
  };
}

const NO_PROXY = { has: () => false };
