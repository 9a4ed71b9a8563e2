import type { Refusal } from '../collect/refusal.ts';

/** The consent signals that came with a request, exactly as they came. `undefined` = absent. */
export interface Signals {
  readonly gdpr?: string | undefined;
  readonly gdprConsent?: string | undefined;
  readonly gpp?: string | undefined;
  readonly gppSid?: string | undefined;
  readonly usPrivacy?: string | undefined;
  /** `Sec-GPC: 1`. */
  readonly gpc: boolean;
}

/** Where the visitor is, as far as known. */
export interface Place {
  /** ISO 3166-1 alpha-2; empty = not known. */
  readonly country: string;
  /** ISO 3166-2 such as `US-CA`; empty = not known. */
  readonly region: string;
  /** Loopback, private and link-local addresses: NINETY_LOCAL_REGION decides, not the address. */
  readonly local: boolean;
}

/** Who asks, and for which partners an answer is needed. */
export interface Parties {
  /** Our id in the Global Vendor List; undefined = none. */
  readonly gvlId: number | undefined;
  /** `EEA`, a country or a region whose law applies to local addresses; undefined = none. */
  readonly localRegion: string | undefined;
  readonly partners: readonly { readonly id: string; readonly gvlId?: number | undefined }[];
}

/** What a visitor's consent allows; kept with every fact. */
export interface Allowed {
  /** TCF purposes as a bit mask: bit `p - 1` is purpose p (1 store, 3 profile, 4 hand out, 9 and 10 reckoning). */
  readonly purposes: number;
  /** Ids of the partners to whom this visitor's data may go; sorted. */
  readonly partners: readonly string[];
}

export type Decision =
  | { readonly yes: true; readonly allowed: Allowed }
  /** `withdrawal`: the person said no (rather than: nobody has said anything). With a known id it ends what is known. */
  | { readonly yes: false; readonly reason: Refusal; readonly withdrawal: boolean };
