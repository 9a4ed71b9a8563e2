import { LRUCache } from 'lru-cache';
import type { Refusal } from '../collect/refusal.ts';
import { readGpp, readGppSid, TCF_EU_SECTION } from './gpp.ts';
import { isSilent, keyOf, type NormalSignals, normalise } from './normal-signals.ts';
import { type Law, lawOf } from './policy.ts';
import { PURPOSE, PURPOSES_WITHOUT_TCF } from './purposes.ts';
import { MAX_CONSENT_LENGTH, readTcf, type TcConsents } from './tcf.ts';
import { readUsPrivacy } from './us-privacy.ts';

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

/** Decisions that are kept. A visitor's signals stay the same from page to page, so most hits find theirs. */
const KEPT_DECISIONS = 20_000;

/** Characters of all kept signals together: 32 MB of strings at most. */
const KEPT_CHARACTERS = 32 * 2 ** 20;

interface Kept {
  readonly decision: Decision;
  /** Milliseconds since 1970 at which the decision has to be made anew. */
  readonly until: number;
}

const refused = (reason: Refusal): Decision => Object.freeze({ yes: false, reason, withdrawal: false });
const withdrawn = (reason: Refusal): Decision => Object.freeze({ yes: false, reason, withdrawal: true });

const SALE_OPT_OUT = withdrawn('sale_opt_out');
const NO_VENDOR_ID = refused('no_vendor_id');

/**
 * Makes the function that decides what a visitor's signals allow, for us and for the registered partners.
 * Pure but for a bounded memory of its answers and the clock; a change of the parties needs a new one.
 *
 * The rules: a no weighs more than what cannot be read, and that more than a yes. `Sec-GPC` and the
 * opt-outs of US Privacy and GPP refuse everywhere. TCF applies when `gdpr=1`, when GPP has its section 2
 * in force, or when a readable string came without a word on `gdpr`; an explicit `gdpr=0` says it does not
 * apply, and anything else in `gdpr` says nothing. Otherwise the law of the place decides. GPP overrides the
 * legacy string of the same law.
 *
 * @param now milliseconds since 1970.
 */
export function consentDecider(
  parties: Parties,
  now: () => number = Date.now,
): (signals: Signals, place: Place) => Decision {
  const partners = [...parties.partners].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const all = allow(
    PURPOSES_WITHOUT_TCF,
    partners.map((partner) => partner.id),
  );
  const withoutSignal: Readonly<Record<Law, Decision>> = {
    absence_allows: all,
    needs_yes: refused('consent_missing'),
    country_unknown: refused('country_unknown'),
  };
  const kept = new LRUCache<string, Kept>({
    max: KEPT_DECISIONS,
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_, key) => key.length,
  });

  return (signals, place) => {
    if (signals.gpc) return SALE_OPT_OUT;
    const law = lawOf(place, parties.localRegion);
    if (isSilent(signals)) return withoutSignal[law];
    const said = normalise(signals);
    const key = keyOf(said, law);
    const known = kept.get(key);
    if (known !== undefined && (known.until === Number.POSITIVE_INFINITY || now() < known.until)) {
      return known.decision;
    }
    const fresh = decide(said, law);
    kept.set(key, fresh);
    return fresh.decision;
  };

  function decide(said: NormalSignals, law: Law): Kept {
    const inForce = readGppSid(said.gppSid);
    const gpp = said.gpp === '' ? undefined : readGpp(said.gpp, inForce);
    const gppDecidesUs = gpp?.us === 'opted_out' || gpp?.us === 'no_opt_out';
    const us = gppDecidesUs || said.usPrivacy === '' ? gpp?.us : readUsPrivacy(said.usPrivacy);
    if (us === 'opted_out') return forGood(SALE_OPT_OUT);
    const tcf = decideTcf(said, law, gpp?.tcString, inForce?.has(TCF_EU_SECTION) === true);
    if (!tcf.decision.yes && tcf.decision.withdrawal) return tcf;
    if (said.gpp.length > MAX_CONSENT_LENGTH) return forGood(refused('consent_too_long'));
    if (gpp?.unreadable || us === 'unreadable') return forGood(refused('consent_unreadable'));
    return tcf;
  }

  function decideTcf(said: NormalSignals, law: Law, gppTcString: string | undefined, gppTcf: boolean): Kept {
    const applies = gppTcString !== undefined || gppTcf || said.gdpr === '1';
    if (!applies && said.gdpr === '0') return forGood(all);
    if (applies && parties.gvlId === undefined) return forGood(NO_VENDOR_ID);
    const text = gppTcString ?? said.gdprConsent;
    if (text === '') return forGood(applies ? withoutSignal.needs_yes : withoutSignal[law]);
    const reading = readTcf(text, now());
    if (reading.readable) {
      return forGood(parties.gvlId === undefined ? NO_VENDOR_ID : judge(reading.consents, parties.gvlId));
    }
    // A string that nobody announced and nobody can read is no signal: it is named where a yes is needed,
    // and leaves the rest to the law of the place.
    const isSignal = applies || law !== 'absence_allows' || reading.reason === 'consent_from_future';
    const decision = isSignal ? refused(reading.reason) : all;
    return { decision, until: reading.until ?? Number.POSITIVE_INFINITY };
  }

  function judge(consents: TcConsents, gvlId: number): Decision {
    const purposes = consents.purposesOf(gvlId);
    if (purposes === undefined) return withdrawn('no_vendor_consent');
    if ((purposes & PURPOSE.store) === 0) return withdrawn('no_purpose_store');
    if ((purposes & PURPOSE.profile) === 0) return withdrawn('no_purpose_profile');
    if ((purposes & PURPOSE.handOut) === 0) return allow(purposes, []);
    const needed = PURPOSE.store | PURPOSE.handOut;
    const consented = partners.filter(
      ({ gvlId: vendor }) => vendor !== undefined && ((consents.purposesOf(vendor) ?? 0) & needed) === needed,
    );
    return allow(
      purposes,
      consented.map((partner) => partner.id),
    );
  }
}

function allow(purposes: number, partners: readonly string[]): Decision {
  return Object.freeze({
    yes: true,
    allowed: Object.freeze({ purposes, partners: Object.freeze(partners) }),
  });
}

function forGood(decision: Decision): Kept {
  return { decision, until: Number.POSITIVE_INFINITY };
}
