import type { VisitorId } from '../identity/visitor.ts';
import type { ClientHints } from './client-hints.ts';
import type { Origin } from './hit.ts';

/** Whose observation it is, as far as the connection tells; or as a keyed server or an imported log says. */
export interface Sender {
  // To be written out name by name: one that is made by spreading another gets a shape of its own each time, and
  // every look at a property of it costs a tenth of a microsecond.
  /** Milliseconds since 1970 at which it happened. */
  readonly time: number;
  readonly address: string;
  /** undefined: nothing is known of it, which a browser's own request never says. */
  readonly userAgent: string | undefined;
  readonly acceptLanguage: string | undefined;
  /** `Sec-GPC: 1`. */
  readonly gpc: boolean;
  /** The browser's own last word to us: it opted out, or (false) opted in again since; undefined = neither came. */
  readonly optedOut?: boolean | undefined;
  /** Visitor of our own cookie, where it came. */
  readonly cookie: VisitorId | undefined;
  /** Whether a visitor without any id may be given a new one (a browser that can keep a cookie). */
  readonly mayMint: boolean;
  /** Where the hits of one request are one person's: counts in place of `cookie`. */
  readonly jar?: CookieJar | undefined;
  readonly origin: Origin;
  /** What only a browser's own request shows; undefined where somebody speaks for the visitor. */
  readonly browser?: BrowserSigns | undefined;
  /** The owner of an imported log vouches for its visitors' consent: no region's law asks for a yes; a no counts. */
  readonly consentGiven?: boolean;
}

/**
 * What a browser keeps of us in the course of one request: each hit in it ends as if it had come alone, with the
 * cookie that the answer to the hit before it gave or took away. So the last word of a request counts, and an id
 * that was withdrawn in it is not used again.
 */
export interface CookieJar {
  visitor: VisitorId | undefined;
}

/** Headers that browsers set and pages cannot. */
export interface BrowserSigns {
  readonly clientHints: ClientHints | undefined;
  /** `Sec-Fetch-Mode` came, which browsers send by https alone. */
  readonly fetchMetadata: boolean;
  readonly secure: boolean;
}
