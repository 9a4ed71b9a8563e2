import { isIP } from 'node:net';
import type { VisitorCookie } from '../identity/cookie.ts';
import { clientAddress } from './address.ts';
import type { Collector, Outcome, Sender } from './collector.ts';
import { browser, cookieHeader, type Request, type Response } from './door.ts';
import type { HitInput } from './hit.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

export const BODY_LIMIT = 1_048_576;
export const HITS_LIMIT = 1_000;
const RETRY_AFTER_S = 5;

/**
 * - `browser`: a page, without a key.
 * - `server`: a key of scope `collect`: may say time, address and browser of each hit.
 * - `import`, `import-given`: the import command: the same, for a log whose visitors are for reckoning only;
 *   `given` = the log's owner has their consent.
 */
export type Trust = 'browser' | 'server' | 'import' | 'import-given';

/** A hit in the long names, with what only a keyed server may say. */
interface BatchHit extends HitInput {
  time?: number | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  language?: string | undefined;
}

/**
 * `POST /v1/hits`: an array, one object, or NDJSON. Every hit ends on its own; one that is refused leaves
 * the others be.
 *
 * @param trust what the request's key allows it to say.
 * @param refuse counts what never became a hit.
 * @param respond called once, when every stored hit is in a file on disk.
 */
export function batch(
  collector: Collector,
  cookie: VisitorCookie,
  request: Request,
  body: string,
  trust: Trust,
  now: number,
  refuse: (reason: Refusal) => void,
  respond: (response: Response) => void,
): void {
  const items = readItems(body);
  if (items === 'bad_json') {
    refuse(items);
    return respond(
      problem(400, items, 'The body must be a JSON array of hits, one hit, or one hit a line (NDJSON).'),
    );
  }
  if (items === 'too_many_hits') {
    refuse(items);
    return respond(problem(413, items, `At most ${HITS_LIMIT} hits a request.`));
  }
  const sender = browser(cookie, request, now, 'api');
  const refused: { index: number; reason: Refusal }[] = [];
  let waiting = items.length;
  // What the last hit of the request asks for, whichever is in its file first.
  let cookieOf = -1;
  let set: string | undefined;
  // Hits of one browser that has no id yet are one visitor's.
  const minted = collector.mint();
  const finish = () => {
    refused.sort((a, b) => a.index - b.index);
    const response = answer(items.length - refused.length, refused);
    const cookies = set !== undefined && trust === 'browser' ? ['Set-Cookie', set] : [];
    respond({ ...response, headers: [...response.headers, ...cookies] });
  };
  if (waiting === 0) return finish();
  const take = (item: unknown, index: number) => {
    const end = (outcome: Outcome) => {
      if (!outcome.stored) refused.push({ index, reason: outcome.reason });
      const asked = cookieHeader(cookie, outcome, request.secure);
      if (asked !== undefined && index > cookieOf) {
        cookieOf = index;
        set = asked;
      }
      waiting--;
      if (waiting === 0) finish();
    };
    const hit = readHit(item);
    if (typeof hit === 'string') {
      refuse(hit);
      return end({ stored: false, reason: hit, forget: false });
    }
    const from = senderOf(hit, sender, trust);
    if (typeof from === 'string') {
      refuse(from);
      return end({ stored: false, reason: from, forget: false });
    }
    collector.collect(hit, { ...from, minted }, end);
  };
  for (const [index, item] of items.entries()) take(item, index);
}

/**
 * 202, also where hits were refused; 503 where nothing was kept because the journal takes nothing, so that
 * the sender tries the whole again. One that lost a part so is told which, because all again would double the rest.
 */
function answer(accepted: number, refused: readonly { index: number; reason: Refusal }[]): Response {
  const failure = refused.find(({ reason }) => reason === 'journal_full' || reason === 'journal_failed');
  const later = failure === undefined ? [] : ['Retry-After', String(RETRY_AFTER_S)];
  if (failure !== undefined && accepted === 0) {
    const response = problem(503, failure.reason, REFUSALS[failure.reason], { accepted, refused });
    return { ...response, headers: [...response.headers, ...later] };
  }
  const text = JSON.stringify({ accepted, refused });
  return {
    status: 202,
    headers: [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(text)),
      'Cache-Control',
      'no-store',
      ...later,
    ],
    body: text,
  };
}

/** What a key allows to be said in place of what the connection shows. */
function senderOf(hit: BatchHit, sender: Sender, trust: Trust): Sender | Refusal {
  const says =
    hit.time !== undefined ||
    hit.ip !== undefined ||
    hit.userAgent !== undefined ||
    hit.language !== undefined;
  if (trust === 'browser') return says ? 'not_allowed' : sender;
  if (hit.ip !== undefined && isIP(hit.ip) === 0) return 'bad_field';
  return {
    ...sender,
    time: hit.time ?? sender.time,
    address: hit.ip === undefined ? sender.address : clientAddress(hit.ip, undefined, NO_PROXY),
    // The connection's own user agent is the server's, which says nothing of the visitor.
    userAgent: hit.userAgent,
    acceptLanguage: hit.language,
    // Speaking for somebody else without saying who: a new id each time would be a visitor that is none.
    mayMint: hit.ip === undefined && hit.userAgent === undefined,
    origin: trust === 'server' ? 'api' : 'import',
    consentGiven: trust === 'import-given',
  };
}

const NO_PROXY = { has: () => false };

function readItems(body: string): unknown[] | 'bad_json' | 'too_many_hits' {
  const text = body.trim();
  const whole = parsed(text);
  if (whole !== undefined) {
    const items = Array.isArray(whole) ? (whole as unknown[]) : [whole];
    return items.length > HITS_LIMIT ? 'too_many_hits' : items;
  }
  if (text.startsWith('[')) return 'bad_json';
  // Counted before they are read: half a million lines that are no JSON would hold up everybody for seconds.
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > HITS_LIMIT) return 'too_many_hits';
  const items = lines.map(parsed);
  return items.some((item) => item !== undefined) ? items : 'bad_json';
}

/** @returns undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TEXTS = [
  'site',
  'event',
  'url',
  'referrer',
  'title',
  'deviceId',
  'deviceType',
  'firstPartyId',
  'hitId',
  'gdprConsent',
  'gpp',
  'usPrivacy',
  'ip',
  'userAgent',
  'language',
] as const;
const NUMBERS = ['dwellMs', 'scroll', 'tz'] as const;
const LISTS = ['categories', 'keywords'] as const;
/** Numbers in a page's own JSON, text in a query: both mean the same. */
const EITHER = ['gdpr', 'gppSid'] as const;
const NAMES = new Set<string>([...TEXTS, ...NUMBERS, ...LISTS, ...EITHER, 'time']);

/** Checks the types only; what values mean is the collector's. */
function readHit(item: unknown): BatchHit | Refusal {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'bad_json';
  const given = item as Record<string, unknown>;
  const hit: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!NAMES.has(name)) return 'unknown_field';
    if (value === null || value === undefined) continue;
    hit[name] = value;
  }
  for (const name of TEXTS) if (hit[name] !== undefined && typeof hit[name] !== 'string') return 'bad_field';
  for (const name of NUMBERS)
    if (hit[name] !== undefined && typeof hit[name] !== 'number') return 'bad_field';
  for (const name of EITHER) {
    // A list of lists is no list of ids, and joining a deep one overflows the stack.
    const value = hit[name];
    if (Array.isArray(value) && value.every((v) => typeof v === 'number' || typeof v === 'string'))
      hit[name] = value.join(',');
    if (typeof hit[name] === 'number') hit[name] = String(hit[name]);
    if (hit[name] !== undefined && typeof hit[name] !== 'string') return 'bad_field';
  }
  for (const name of LISTS) {
    const value = hit[name];
    if (typeof value === 'string') hit[name] = value === '' ? [] : value.split(',', 200);
    else if (
      value !== undefined &&
      !(Array.isArray(value) && value.length <= 200 && value.every((v) => typeof v === 'string'))
    )
      return 'bad_field';
  }
  if (hit['time'] !== undefined) {
    const time = readTime(hit['time']);
    if (time === undefined) return 'bad_field';
    hit['time'] = time;
  }
  return hit as BatchHit;
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
 * An error of the API as RFC 9457 has it, with the reason as its type.
 *
 * @param extra members beside the standard ones.
 */
export function problem(
  status: number,
  reason: string,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Response {
  const text = JSON.stringify({
    type: `urn:ninety:${reason}`,
    title: reason.replaceAll('_', ' '),
    status,
    detail,
    ...extra,
  });
  return {
    status,
    headers: [
      'Content-Type',
      'application/problem+json',
      'Content-Length',
      String(Buffer.byteLength(text)),
      'Cache-Control',
      'no-store',
    ],
    body: text,
  };
}
