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
  /** The cookie of our own opt-out came along. */
  readonly optedOut?: boolean | undefined;
  /** Visitor of our own cookie, where it came. */
  readonly cookie: VisitorId | undefined;
  /** Whether a visitor without any id may be given a new one (a browser that can keep a cookie). */
  readonly mayMint: boolean;
  /** The new id, where several hits of one request must share it. */
  readonly minted?: VisitorId | undefined;
  readonly origin: Origin;
  /** What only a browser's own request shows; undefined where somebody speaks for the visitor. */
  readonly browser?: BrowserSigns | undefined;
  /** The owner of an imported log vouches for its visitors' consent: no signal and no region's law is asked. */
  readonly consentGiven?: boolean;
}

/** Headers that browsers set and pages cannot. */
export interface BrowserSigns {
  readonly clientHints: ClientHints | undefined;
  /** `Sec-Fetch-Mode` came, which browsers send by https alone. */
  readonly fetchMetadata: boolean;
  readonly secure: boolean;
}
