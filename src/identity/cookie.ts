import { createHmac } from 'node:crypto';
import { Recent } from '../recent.ts';
import { isVisitorId, type VisitorId } from './visitor.ts';

export const COOKIE_NAME = 'n90';
/** Beside it: when this browser was sent to which partner, and when it was matched. */
export const STATE_COOKIE = 'n90s';
/** This browser's own word on being observed; it names nobody. */
export const OPT_OUT_COOKIE = 'n90_optout';

/** Opted out, on a page of ours, or after the dot the key of the site through which it was said. */
const OPTED_OUT = /^1(?:\.([\w-]{1,64}))?$/;
/** Opted in again: what had opted out before is no longer this browser's last word. */
const OPTED_IN = '0';
/** Five years, the least that the DAA's principles ask of an opt-out; browsers cut it to what they allow. */
const OPT_OUT_DAYS = 5 * 365;

/** Six bytes: forging one takes 2^47 tries on average, against a server that answers each. */
const TAG_LENGTH = 8;
const ID_LENGTH = 11;
const DAY_SECONDS = 86_400;
/** No browser sends more for one host; a longer header is not searched. */
const HEADER_LIMIT = 16_384;

/**
 * The visitor's cookie: 11 characters of id and 8 of a keyed tag, so that one we did not make is
 * recognised (and replaced) without asking anybody.
 */
export class VisitorCookie {
  readonly #secret: string;
  readonly #attributes: { readonly secure: string; readonly plain: string };
  readonly #expired: { readonly secure: readonly string[]; readonly plain: readonly string[] };
  readonly #optOut: { readonly secure: string; readonly plain: string };
  readonly #optIn: { readonly secure: string; readonly plain: string };
  // A browsing visitor sends the same cookie with every hit, and an HMAC (4 µs) is the dearest step of reading
  // and of writing it. Only tags that we made ourselves are in here.
  readonly #tags = new Recent<VisitorId, string>(50_000);

  /**
   * @param days how long the browser keeps it, counted from the last hit.
   */
  constructor(secret: string, days: number) {
    this.#secret = secret;
    // A cookie for other sites' pages must be Secure and SameSite=None; over plain http browsers refuse
    // such a one, and Lax works where page and server share a site (localhost).
    const end = (attributes: string) => ({
      secure: `${attributes}; Secure; SameSite=None`,
      plain: `${attributes}; SameSite=Lax`,
    });
    this.#attributes = end(`; Max-Age=${days * DAY_SECONDS}; Path=/; HttpOnly`);
    const expired = [COOKIE_NAME, STATE_COOKIE].map((name) => end(`${name}=; Max-Age=0; Path=/; HttpOnly`));
    this.#expired = { secure: expired.map(({ secure }) => secure), plain: expired.map(({ plain }) => plain) };
    this.#optOut = end(`; Max-Age=${OPT_OUT_DAYS * DAY_SECONDS}; Path=/; HttpOnly`);
    // As long as the cookie, with which every stored hit keeps it alive.
    this.#optIn = end(`${OPT_OUT_COOKIE}=${OPTED_IN}; Max-Age=${days * DAY_SECONDS}; Path=/; HttpOnly`);
  }

  /** @returns the visitor, or undefined where the header holds no cookie that we made. */
  read(header: string | undefined): VisitorId | undefined {
    if (header === undefined || header.length > HEADER_LIMIT) return undefined;
    let from = 0;
    while (true) {
      const at = header.indexOf(`${COOKIE_NAME}=`, from);
      if (at === -1) return undefined;
      from = at + COOKIE_NAME.length + 1;
      if (at > 0 && header[at - 1] !== ' ' && header[at - 1] !== ';') continue;
      const end = header.indexOf(';', from);
      const value = (end === -1 ? header.slice(from) : header.slice(from, end)).trim();
      const visitor = this.#verify(value);
      if (visitor !== undefined) return visitor;
    }
  }

  /** @returns the `Set-Cookie` value that gives (or keeps) the visitor this id. */
  write(visitor: VisitorId, secure: boolean): string {
    return `${COOKIE_NAME}=${visitor}${this.#tag(visitor)}${secure ? this.#attributes.secure : this.#attributes.plain}`;
  }

  /** @returns the `Set-Cookie` values that remove it, and what is kept beside it of the same visitor. */
  expire(secure: boolean): readonly string[] {
    return secure ? this.#expired.secure : this.#expired.plain;
  }

  /** @returns the browser's last word: true = opted out, false = opted in again since, undefined = it has said nothing. */
  optedOut(header: string | undefined): boolean | undefined {
    const word = wordOf(header);
    return word === undefined ? undefined : word !== OPTED_IN;
  }

  /** @returns the key of the site through which the browser opted out; empty = on a page of ours; undefined = not at all. */
  optedOutThrough(header: string | undefined): string | undefined {
    const word = wordOf(header);
    return word === undefined || word === OPTED_IN ? undefined : word.slice(2);
  }

  /**
   * @param through key of the site whose page said so, and alone may take it back; else the person's own word to us.
   * @returns the `Set-Cookie` value that marks the browser as opted out.
   */
  optOut(secure: boolean, through = ''): string {
    const attributes = secure ? this.#optOut.secure : this.#optOut.plain;
    return `${OPT_OUT_COOKIE}=1${through && `.${through}`}${attributes}`;
  }

  /** @returns the `Set-Cookie` value that puts the word of an opt-in in the mark's place. */
  optIn(secure: boolean): string {
    return secure ? this.#optIn.secure : this.#optIn.plain;
  }

  #tag(visitor: VisitorId): string {
    let tag = this.#tags.get(visitor);
    if (tag === undefined) {
      tag = this.#makeTag(visitor);
      this.#tags.set(visitor, tag);
    }
    return tag;
  }

  #makeTag(visitor: VisitorId): string {
    return createHmac('sha256', this.#secret)
      .update(`cookie:${visitor}`)
      .digest('base64url')
      .slice(0, TAG_LENGTH);
  }

  #verify(value: string): VisitorId | undefined {
    if (value.length !== ID_LENGTH + TAG_LENGTH) return undefined;
    const id = value.slice(0, ID_LENGTH);
    const known = this.#tags.get(id as VisitorId);
    if (known === undefined && !isVisitorId(id)) return undefined;
    const expected = known ?? this.#makeTag(id as VisitorId);
    if (!sameTag(expected, value)) return undefined;
    if (known === undefined) this.#tags.set(id as VisitorId, expected);
    return id as VisitorId;
  }
}

/** The value of the word's cookie: of several (a browser may hold one for each path) an opt-out before all else. */
function wordOf(header: string | undefined): string | undefined {
  let word: string | undefined;
  for (let from = 0; header !== undefined; ) {
    const at = header.indexOf(`${OPT_OUT_COOKIE}=`, from);
    if (at === -1) break;
    from = at + OPT_OUT_COOKIE.length + 1;
    if (at > 0 && header[at - 1] !== ' ' && header[at - 1] !== ';') continue;
    const end = header.indexOf(';', from);
    const value = (end === -1 ? header.slice(from) : header.slice(from, end)).trim();
    if (OPTED_OUT.test(value)) return value;
    if (value === OPTED_IN) word = value;
  }
  return word;
}

/** Takes as long for a tag that is wrong at its end as for one that is wrong at its start. */
function sameTag(tag: string, value: string): boolean {
  let difference = 0;
  for (let at = 0; at < TAG_LENGTH; at++) difference |= tag.charCodeAt(at) ^ value.charCodeAt(ID_LENGTH + at);
  return difference === 0;
}
