import type { Refusal } from '../collect/refusal.ts';
import { isObject, parseJson } from '../json-object.ts';
import type { SyncTypes } from './target.ts';

/** Names that are looked at in one request; more than that a page has no bidders. */
const MAX_BIDDERS = 300;
/** Where a caller names none, or 0: what browsers are given on one page (Prebid, `syncsPerBidder` and user syncs). */
const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 32;

/** The parameters that a request to `/cookie_sync` shares with `/setuid`. */
const TEXTS = ['gdpr_consent', 'us_privacy', 'gpp', 'gpp_sid', 'account'] as const;

/** What a page or a Prebid Server asks `/cookie_sync` for. */
export interface CookieSyncRequest {
  readonly bidders: readonly string[];
  /** Names beyond {@link MAX_BIDDERS}. */
  readonly beyond: readonly string[];
  readonly coopSync: boolean;
  readonly limit: number;
  readonly debug: boolean;
  /** A consent signal by its name. */
  readonly signal: (name: string) => string | undefined;
  /** Which types of sync the filters allow for a bidder. */
  readonly typesOf: (bidder: string) => SyncTypes;
}

/** Why a request cannot be read; the message says which field, for whoever wrote it. */
export interface BadRequest {
  /** A consent signal by its name, as far as it can be read: a no is heard all the same. */
  readonly signal: (name: string) => string | undefined;
  readonly reason: Extract<Refusal, 'bad_json' | 'bad_field'>;
  readonly message: string;
}

/** A number in the contract; also met as a text, as it stands in URLs. */
const GDPR: ReadonlySet<unknown> = new Set([0, 1, '0', '1', '']);

/** @param body JSON, whatever its Content-Type says. */
export function readCookieSync(body: string): CookieSyncRequest | BadRequest {
  const json = parseJson(body);
  if (!isObject(json))
    return {
      reason: 'bad_json',
      message: 'JSON parsing failed: the body must be an object',
      signal: () => undefined,
    };
  const signal = (name: string) => {
    const value = json[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const bad = (message: string): BadRequest => ({ reason: 'bad_field', message, signal });
  const { bidders, gdpr, limit, coopSync, debug, filterSettings } = json;
  if (!isAbsent(bidders) && !isTexts(bidders)) return bad('bidders must be an array of strings');
  for (const name of TEXTS)
    if (!isAbsent(json[name]) && typeof json[name] !== 'string') return bad(`${name} must be a string`);
  if (!isAbsent(gdpr) && !GDPR.has(gdpr)) return bad('gdpr must be 0 or 1, or left out');
  if (!isAbsent(limit) && !Number.isInteger(limit)) return bad('limit must be an integer');
  for (const [name, flag] of Object.entries({ coopSync, debug }))
    if (!isAbsent(flag) && typeof flag !== 'boolean') return bad(`${name} must be true or false`);
  const types = readFilters(filterSettings);
  if (typeof types === 'string') return bad(types);
  const names = isTexts(bidders) ? [...new Set(bidders)] : [];
  return {
    bidders: names.slice(0, MAX_BIDDERS),
    beyond: names.slice(MAX_BIDDERS),
    coopSync: coopSync === true,
    limit: typeof limit === 'number' && limit > 0 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT,
    debug: debug === true,
    signal,
    typesOf: (bidder) => ({ iframe: types.iframe(bidder), image: types.image(bidder) }),
  };
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

type Allows = (bidder: string) => boolean;
const EVERYBODY: Allows = () => true;

/** @returns what is wrong with them, as a sentence, where something is. */
function readFilters(settings: unknown): { readonly iframe: Allows; readonly image: Allows } | string {
  if (isAbsent(settings)) return { iframe: EVERYBODY, image: EVERYBODY };
  if (!isObject(settings)) return 'filterSettings must be an object';
  const iframe = readFilter(settings['iframe'], 'iframe');
  if (typeof iframe !== 'function') return iframe;
  const image = readFilter(settings['image'], 'image');
  return typeof image === 'function' ? { iframe, image } : image;
}

/** Both of its fields may be left out, as the published description of the endpoint has it. */
function readFilter(filter: unknown, type: string): Allows | string {
  if (isAbsent(filter)) return EVERYBODY;
  const where = `filterSettings.${type}`;
  if (!isObject(filter)) return `${where} must be an object`;
  const { bidders, filter: mode } = filter;
  if (!isAbsent(mode) && mode !== 'include' && mode !== 'exclude')
    return `${where}.filter must be either 'include' or 'exclude'`;
  const includes = mode !== 'exclude';
  if (isAbsent(bidders) || bidders === '*') return () => includes;
  if (!isTexts(bidders)) return `${where}.bidders must be either '*' or an array of strings`;
  const named = new Set(bidders);
  return (bidder) => named.has(bidder) === includes;
}
