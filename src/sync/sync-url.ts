import { type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Partner } from '../registry/kinds.ts';
import { type Filling, findMacros, type MacroFault, meaningOf, type PrivacyStrings } from './macros.ts';

/** How a browser makes a sync: as an image that is redirected, or in a frame. */
export type SyncType = 'image' | 'iframe';

/** What of a partner its URLs are read and filled by. */
export type SyncParty = Pick<
  Partner,
  'gvlId' | 'gppId' | 'uidMacro' | 'iframeUidMacro' | 'uidParameter' | 'idEncoding' | 'echoParameters'
>;

type SyncPartner = SyncParty & { readonly id: string };

/**
 * - `unknown_macro`, `foreign_number`, `misplaced_macro`: see {@link meaningOf}.
 * - `macro_in_host`: what comes from a browser would say where browsers are sent.
 * - `malformed`: no browser would send it as it is written.
 * - `no_match`: neither our id goes out nor a redirect URL by which the partner's could come back.
 */
export type SyncUrlFault = MacroFault | 'macro_in_host' | 'malformed' | 'no_match';

export interface SyncUrlProblem {
  readonly reason: SyncUrlFault;
  /** The macro or character that is wrong, where it is one. */
  readonly macro?: string;
  /** What is wrong and what to do, for a person. */
  readonly message: string;
}

/** A sync URL that cannot be used, with everything that is wrong with it. */
export class SyncUrlError extends Error {
  readonly problems: readonly SyncUrlProblem[];

  constructor(problems: readonly SyncUrlProblem[]) {
    super(problems.map((problem) => problem.message).join('; '));
    this.name = 'SyncUrlError';
    this.problems = problems;
  }
}

/** Where a value goes, and how often it is percent-encoded to come out unmodified at the innermost URL. */
interface Place {
  readonly filling: Filling;
  readonly level: number;
}

interface Reading {
  readonly parts: readonly (string | Place)[];
  readonly problems: readonly SyncUrlProblem[];
  /** Whether a redirect URL stands in it by which the partner's id can come back. */
  readonly returns: boolean;
}

/** @returns everything that keeps a URL from being used for syncs with a partner; none = it can be. */
export const syncUrlProblems = (url: string, type: SyncType, party: SyncParty): readonly SyncUrlProblem[] =>
  read(url, type, party).problems;

/** A partner's sync URL, read once and filled for every sync. */
export class SyncUrl {
  readonly type: SyncType;
  /** Our visitor's id goes to the partner: the partner keeps a match. */
  readonly needsVisitor: boolean;
  /** The partner sends its id back: we keep a match. */
  readonly returns: boolean;
  /** By https. */
  readonly secure: boolean;
  readonly #parts: readonly (string | Place)[];
  readonly #partner: SyncPartner;

  private constructor(reading: Reading, type: SyncType, partner: SyncPartner) {
    this.type = type;
    this.#parts = reading.parts;
    this.#partner = partner;
    this.needsVisitor = reading.parts.some((part) => typeof part !== 'string' && part.filling === 'visitor');
    this.returns = reading.returns;
    this.secure = /^https:/i.test(String(reading.parts[0]));
  }

  /** @throws SyncUrlError */
  static parse(url: string, type: SyncType, partner: SyncPartner): SyncUrl {
    const reading = read(url, type, partner);
    if (reading.problems.length > 0) throw new SyncUrlError(reading.problems);
    return new SyncUrl(reading, type, partner);
  }

  /**
   * As {@link parse}, for what is stored already: a URL from before its macros were looked at must not keep a
   * collector from starting, and is not followed.
   */
  static ifUsable(url: string | undefined, type: SyncType, partner: SyncPartner): SyncUrl | undefined {
    if (url === undefined) return undefined;
    const reading = read(url, type, partner);
    return reading.problems.length > 0 ? undefined : new SyncUrl(reading, type, partner);
  }

  /**
   * The URL to send a browser to.
   *
   * @param visitor undefined = not known, which leaves its place empty.
   * @param publicUrl ours, as browsers reach it, without a slash at its end.
   * @param echo a parameter of the request that asked for the sync: what the partner wants to see again.
   */
  fill(
    strings: PrivacyStrings,
    visitor: VisitorId | undefined,
    publicUrl: string,
    echo: (parameter: string) => string | undefined = () => undefined,
  ): string {
    const value = (filling: Filling) => {
      if (filling === 'redirect') return redirectUrl(this.#partner, this.type, strings, publicUrl);
      if (filling === 'visitor')
        return visitor === undefined ? '' : encodedId(visitor, this.#partner.idEncoding);
      return strings[filling];
    };
    let url = '';
    for (const part of this.#parts)
      url += typeof part === 'string' ? part : encoded(value(part.filling), part.level);
    for (const parameter of this.#partner.echoParameters) {
      const echoed = echo(parameter);
      if (echoed !== undefined) url += `${url.includes('?') ? '&' : '?'}${parameter}=${encoded(echoed, 1)}`;
    }
    return url;
  }
}

/** By which macro the partner's id is meant in a URL of this type. */
const uidMacroOf = (party: SyncParty, type: SyncType): string =>
  type === 'iframe' ? (party.iframeUidMacro ?? party.uidMacro) : party.uidMacro;

/** Our `/setuid` as Prebid Server writes its own into a partner's URL. */
function redirectUrl(
  partner: SyncPartner,
  type: SyncType,
  { gdpr, gdprConsent, usPrivacy, gpp, gppSid }: PrivacyStrings,
  publicUrl: string,
): string {
  const strings = `gdpr=${encoded(gdpr, 1)}&gdpr_consent=${encoded(gdprConsent, 1)}&us_privacy=${encoded(usPrivacy, 1)}&gpp=${encoded(gpp, 1)}&gpp_sid=${encoded(gppSid, 1)}`;
  const form = type === 'image' ? 'i' : 'b';
  return `${publicUrl}/setuid?bidder=${partner.id}&${strings}&f=${form}&${partner.uidParameter}=${uidMacroOf(partner, type)}`;
}

/** Our id as a partner wants it: the 11 characters, their bytes in base64url, or the number's 8 bytes in hex. */
export function encodedId(visitor: VisitorId, encoding: Partner['idEncoding']): string {
  if (encoding === 'base64url') return Buffer.from(visitor, 'latin1').toString('base64url');
  return encoding === 'hex' ? visitorNumber(visitor).toString(16).padStart(16, '0') : visitor;
}

/** Half a surrogate pair, which JSON can bring and no URL can carry, becomes U+FFFD. */
function encoded(value: string, level: number): string {
  let text = value.replace(/\p{Surrogate}/gu, '\uFFFD');
  for (let n = 0; n < level; n++)
    text = encodeURIComponent(text).replace(
      /[!'()*]/g,
      (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return text;
}

const ORIGIN = /^https?:\/\/[^/?#]*/i;

function read(url: string, type: SyncType, party: SyncParty): Reading {
  const origin = ORIGIN.exec(url)?.[0] ?? '';
  const problems: SyncUrlProblem[] = originProblems(origin);
  const parts: (string | Place)[] = [];
  const regions = nestedUrls(url, origin.length);
  const uidMacro = uidMacroOf(party, type);
  let returns = regions.some(({ start, end }) => holds(url.slice(start, end), uidMacro));
  let end = origin.length;
  let literal = origin;
  for (const macro of findMacros(url)) {
    if (macro.at < origin.length) continue;
    const region = regions.find(({ start, end }) => macro.at >= start && macro.at < end);
    const meaning = meaningOf(macro.name, region !== undefined, { ...party, uidMacro });
    literal += checked(url.slice(end, macro.at), problems);
    end = macro.at + macro.length;
    if (meaning.fill !== undefined) {
      parts.push(literal, { filling: meaning.fill, level: region?.level ?? 1 });
      literal = '';
      if (meaning.fill === 'redirect') returns = true;
      continue;
    }
    // A browser keeps what follows a raw # to itself, so that #PMUID would never reach the partner.
    literal += url.slice(macro.at, end).replace(/^#/, '%23');
    if (meaning.fault === undefined) returns = true;
    else problems.push({ reason: meaning.fault, macro: macro.name, message: meaning.message });
  }
  literal += checked(url.slice(end), problems);
  parts.push(literal);
  const givesId = parts.some((part) => typeof part !== 'string' && part.filling === 'visitor');
  if (problems.length === 0 && !givesId && !returns) problems.push(NO_MATCH);
  return { parts: parts.filter((part) => part !== ''), problems, returns };
}

const NO_MATCH: SyncUrlProblem = {
  reason: 'no_match',
  message:
    'nobody can be matched by it: it holds neither our id nor a way back. Add our id ($UID) where the partner keeps the match, or our redirect URL ({{.RedirectURL}}) where we keep it',
};

function originProblems(origin: string): SyncUrlProblem[] {
  const macro = findMacros(origin)[0]?.name;
  if (macro !== undefined) {
    const message = `${macro} stands in the host, and what a browser brings must not say where it is sent`;
    return [{ reason: 'macro_in_host', macro, message }];
  }
  if (origin.includes('@') || !URL.canParse(origin))
    return [{ reason: 'malformed', message: `${origin} is no address of a host` }];
  return [];
}

/** Characters that no URL holds as they are (RFC 3986, 2), and percent signs that encode nothing. */
const NOT_OF_A_URL = /[^!-~]|["#<>\\^`{|}]|%(?![0-9A-Fa-f]{2})/;

function checked(literal: string, problems: SyncUrlProblem[]): string {
  const wrong = NOT_OF_A_URL.exec(literal)?.[0];
  if (wrong !== undefined) {
    const message =
      wrong === '#'
        ? 'what follows # never leaves the browser; write it as %23'
        : `${JSON.stringify(wrong)} does not stand in a URL as it is: a place that is to be filled in, or to be written as ${encoded(wrong, 1)}`;
    problems.push({ reason: 'malformed', macro: wrong, message });
  }
  return literal;
}

interface Nested {
  readonly start: number;
  readonly end: number;
  readonly level: number;
}

const SCHEME = /https?(:|%(?:25)*3[Aa])(?:\/|%(?:25)*2[Ff]){2}/gi;

/**
 * The URLs inside a URL. One that is a parameter's value ends with it; one that is the whole query, as Xandr's
 * getuid takes it, reaches to the end. A raw one among the parameters is decoded once by who reads them, as an
 * encoded one is; a raw one that is the whole query is taken as it stands.
 */
function nestedUrls(url: string, from: number): Nested[] {
  const found: Nested[] = [];
  const query = url.indexOf('?', from);
  for (const match of url.slice(from).matchAll(SCHEME)) {
    const start = from + match.index;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    const isQuery = start === query + 1;
    const next = url.indexOf('&', start);
    const colon = match[1]!;
    const encodings = colon === ':' ? 0 : (colon.length - 3) / 2 + 1;
    found.push({
      start,
      end: isQuery || next < 0 ? url.length : next,
      level: 1 + Math.max(encodings, isQuery ? 0 : 1),
    });
  }
  return found;
}

/** Whether a nested URL holds the partner's own macro, which may look like none. */
const holds = (nested: string, uidMacro: string): boolean =>
  uidMacro !== '' && [0, 1, 2].some((level) => nested.includes(encoded(uidMacro, level)));
