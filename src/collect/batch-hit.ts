import { isIP } from 'node:net';
import { readIsoTime } from '../iso-time.ts';
import { isObject } from '../json-object.ts';
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
 * - `address`: IPv4 or IPv6.
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
  ip: 'address',
  userAgent: 'text',
  language: 'text',
} as const satisfies Record<keyof BatchHit, FieldKind>;

export type FieldKind = 'text' | 'number' | 'list' | 'text_or_number' | 'address' | 'time' | 'props';

const KINDS: Readonly<Record<string, FieldKind>> = { ...HIT_FIELDS };
/** Values of one list; a page has a few. */
const LIST_LIMIT = 200;

/** A hit as far as it can be read. */
export interface ReadHit {
  /** Of the fields that are right; the types are checked, what values mean is the collector's. */
  readonly hit: BatchHit;
  /** Why it cannot be kept, whatever the rest says: for the collector, which hears the consent before. */
  readonly fault: Extract<Refusal, 'unknown_field' | 'bad_field' | 'not_allowed'> | undefined;
}

/**
 * Reads one hit of a body.
 *
 * @param item whatever the JSON held.
 * @param trust of who sent it.
 */
export function readHit(item: unknown, trust: Trust): ReadHit | 'bad_json' {
  if (!isObject(item)) return 'bad_json';
  const hit: Record<string, unknown> = {};
  let unknown = false;
  let bad = false;
  for (const name in item) {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (kind === undefined) {
      unknown = true;
      continue;
    }
    const value = item[name];
    if (value === null || value === undefined) continue;
    const read = readValue(value, kind);
    if (read === undefined) bad = true;
    else hit[name] = read;
  }
  const fault = unknown
    ? 'unknown_field'
    : bad
      ? 'bad_field'
      : trust === 'browser' && saysMore(hit)
        ? 'not_allowed'
        : undefined;
  return { hit, fault };
}

/** Whether it says what the connection shows, which takes a key. */
const saysMore = ({ time, ip, userAgent, language }: BatchHit) =>
  time !== undefined || ip !== undefined || userAgent !== undefined || language !== undefined;

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
    case 'address':
      return typeof value === 'string' && isIP(value) !== 0 ? value : undefined;
    case 'time':
      if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
      return typeof value === 'string' ? readIsoTime(value) : undefined;
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

/**
 * What a key allows to be said in place of what the connection shows.
 *
 * @param sender the connection's own.
 * @param now when the hit came, where it does not say when it happened.
 * @returns whose hit it is.
 */
export function senderOf(hit: BatchHit, sender: Sender, trust: Trust, now = sender.time): Sender {
  if (trust === 'browser') return sender;
  const isServer = trust === 'server';
  // Who names a browser or an address speaks for somebody else.
  const isOwn = isServer && hit.ip === undefined && hit.userAgent === undefined;
  // Who comes with ids is who they say, whoever else is in the same body.
  const isNamed = sender.cookie !== undefined || !!hit.deviceId || !!hit.firstPartyId;
  return {
    time: hit.time ?? now,
    // Where a server stands, or the import command runs, says nothing of the visitors: their country is unknown.
    address: hit.ip !== undefined ? clientAddress(hit.ip, undefined, NO_PROXY) : isOwn ? sender.address : '',
    // The connection's own user agent is the server's, which says nothing of the visitor.
    userAgent: hit.userAgent,
    acceptLanguage: hit.language,
    gpc: sender.gpc,
    cookie: sender.cookie,
    optedOut: sender.optedOut,
    // Speaking for somebody else without saying who: a new id each time would be a visitor that is none.
    mayMint: isOwn,
    jar: isOwn && !isNamed ? sender.jar : undefined,
    origin: isServer || trust === 'file' ? 'api' : 'import',
    browser: undefined,
    consentGiven: trust === 'import-given',
  };
}

const NO_PROXY = { has: () => false };
