import { hash } from 'node:crypto';
import { STATE_COOKIE } from '../identity/cookie.ts';
import type { VisitorId } from '../identity/visitor.ts';

/** Of the visitor whom the state is about; a new id begins with none. */
const TAG_LENGTH = 4;
/** Of the partner's id: 30 bits, so that two of a thousand partners share them with one chance in 2,000. */
const KEY_LENGTH = 5;
const MINUTE_LENGTH = 4;
const UID_LENGTH = 3;
const ENTRY_LENGTH = KEY_LENGTH + MINUTE_LENGTH + 1 + UID_LENGTH;
/** 836 characters together, of the 4,096 that a cookie may have. */
export const MAX_ENTRIES = 64;

/** Partner, minute, `m`atched, `s`ent or `n`one, and the latest uid's hash. */
const ENTRY = /^([\w-]{5})([\w-]{4})([msn])([\w-]{3})$/;
const NO_UID = '---';

const EPOCH_MS = Date.UTC(2020, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** How far the clocks of two collectors may be apart. */
const SLACK_MINUTES = 60;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, digit) => [letter, digit]));

/** What is known of a browser and a partner. */
export interface Synced {
  /** Minutes since 2020 at which it was sent, matched or told that there is no id, whichever was last. */
  readonly minute: number;
  /** Whether an id came back since the browser was last sent. */
  readonly matched: boolean;
  /** Whether the partner has said since then that it has no id for it. */
  readonly hasNone: boolean;
  /** A hash of the latest uid; `---` = there was none. */
  readonly uid: string;
}

/** @param now milliseconds since 1970. @returns minutes since 2020. */
export const minuteOf = (now: number): number => Math.floor((now - EPOCH_MS) / MINUTE_MS);

/** How a partner is called in the state. */
export const stateKey = (partner: string): string => digest(`partner:${partner}`, KEY_LENGTH);

const digest = (text: string, length: number) => hash('sha256', text, 'base64url').slice(0, length);

/**
 * A browser's own memory of its syncs, so that collectors decide on freshness without asking anybody, on whatever
 * machine. It is the browser's to change, and whoever changes it makes only that browser's syncs rarer or more often.
 */
export class SyncState {
  readonly #entries: Map<string, Synced>;

  constructor(entries: Map<string, Synced> = new Map()) {
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Synced | undefined {
    return this.#entries.get(key);
  }

  /** The browser is sent to a partner now. */
  send(key: string, now: number): void {
    const uid = this.get(key)?.uid ?? NO_UID;
    this.#entries.set(key, { minute: minuteOf(now), matched: false, hasNone: false, uid });
  }

  /** A partner's uid has come. @returns whether it stands in the place of another one. */
  match(key: string, uid: string, now: number): 'matched' | 'replaced' {
    const before = this.get(key)?.uid ?? NO_UID;
    const after = digest(`uid:${uid}`, UID_LENGTH);
    this.#entries.set(key, { minute: minuteOf(now), matched: true, hasNone: false, uid: after });
    return before === NO_UID || before === after ? 'matched' : 'replaced';
  }

  /** A partner has no uid any more: known, so that it is not asked again with every page. */
  delete(key: string, now: number): void {
    this.#entries.set(key, { minute: minuteOf(now), matched: false, hasNone: true, uid: NO_UID });
  }

  /**
   * A partner says that it has no uid, and not that one is over: a match stays. Known, as a deletion is, so that it is
   * not asked again with every page.
   */
  none(key: string, now: number): void {
    const { matched = false, uid = NO_UID } = this.get(key) ?? {};
    if (!matched) this.#entries.set(key, { minute: minuteOf(now), matched, hasNone: true, uid });
  }

  /**
   * @param priorityOf of a partner by its key, 1 = first; undefined = no partner of ours any more.
   * @returns the entries that are kept: of too many, those of the last priority leave first, and of these the oldest.
   */
  kept(priorityOf: (key: string) => number | undefined): readonly (readonly [string, Synced])[] {
    const all = [...this.#entries];
    if (all.length <= MAX_ENTRIES) return all;
    const rank = (key: string) => priorityOf(key) ?? Number.POSITIVE_INFINITY;
    // Infinity less Infinity is no number, and no number is no order.
    const byPriority = (a: string, b: string) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b));
    return all
      .sort(([a, one], [b, other]) => byPriority(a, b) || other.minute - one.minute)
      .slice(0, MAX_ENTRIES);
  }
}

/** Reads and writes {@link SyncState}. */
export class StateCookie {
  readonly #days: number;
  readonly #attributes: { readonly secure: string; readonly plain: string };

  /** @param days how long the browser keeps it, as the visitor's cookie; what is older is dropped. */
  constructor(days: number) {
    this.#days = days;
    const seconds = days * DAY_MINUTES * 60;
    this.#attributes = {
      secure: `; Max-Age=${seconds}; Path=/; HttpOnly; Secure; SameSite=None`,
      plain: `; Max-Age=${seconds}; Path=/; HttpOnly; SameSite=Lax`,
    };
  }

  /**
   * @param header the Cookie header; whatever in it cannot be read, is of another visitor, older than the cookie
   *   lives or of the future is dropped.
   * @param visitor undefined = a browser that is not known, which has no state.
   */
  read(header: string | undefined, visitor: VisitorId | undefined, now: number): SyncState {
    const value = visitor === undefined ? undefined : valueIn(header);
    if (value === undefined || !value.startsWith(tagOf(visitor!))) return new SyncState();
    const entries = new Map<string, Synced>();
    const latest = minuteOf(now) + SLACK_MINUTES;
    const earliest = minuteOf(now) - this.#days * DAY_MINUTES;
    const end = Math.min(value.length, TAG_LENGTH + MAX_ENTRIES * ENTRY_LENGTH);
    for (let from = TAG_LENGTH; from + ENTRY_LENGTH <= end; from += ENTRY_LENGTH) {
      const [, key, digits, kind, uid] = ENTRY.exec(value.slice(from, from + ENTRY_LENGTH)) ?? [];
      if (key === undefined) continue;
      const minute = numberOf(digits!);
      if (minute < earliest || minute > latest) continue;
      entries.set(key, { minute, matched: kind === 'm', hasNone: kind === 'n', uid: uid! });
    }
    return new SyncState(entries);
  }

  /** @param priorityOf see {@link SyncState.kept}. @returns the `Set-Cookie` value that keeps a state. */
  write(
    state: SyncState,
    visitor: VisitorId,
    priorityOf: (key: string) => number | undefined,
    secure: boolean,
  ): string {
    let value = tagOf(visitor);
    for (const [key, synced] of state.kept(priorityOf))
      value += `${key}${digitsOf(synced.minute)}${letterOf(synced)}${synced.uid}`;
    return `${STATE_COOKIE}=${value}${secure ? this.#attributes.secure : this.#attributes.plain}`;
  }
}

const letterOf = ({ matched, hasNone }: Synced) => (matched ? 'm' : hasNone ? 'n' : 's');

const tagOf = (visitor: VisitorId) => digest(`state:${visitor}`, TAG_LENGTH);

/** Of several (a browser may hold one for each path) the first. */
function valueIn(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  for (let from = 0; ; ) {
    const at = header.indexOf(`${STATE_COOKIE}=`, from);
    if (at === -1) return undefined;
    from = at + STATE_COOKIE.length + 1;
    if (at > 0 && header[at - 1] !== ' ' && header[at - 1] !== ';') continue;
    const end = header.indexOf(';', from);
    return (end === -1 ? header.slice(from) : header.slice(from, end)).trim();
  }
}

/** 24 bits hold the minutes of 31 years. */
function digitsOf(minute: number): string {
  let text = '';
  for (let shift = 18; shift >= 0; shift -= 6) text += ALPHABET[(minute >> shift) & 63];
  return text;
}

function numberOf(digits: string): number {
  let number = 0;
  for (const digit of digits) number = number * 64 + DIGITS.get(digit)!;
  return number;
}
