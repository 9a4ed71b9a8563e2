import { detached } from '../collect/detached.ts';
import { Recent } from '../recent.ts';
import {
  type Allowed,
  type Answer,
  type Decision,
  type Granted,
  granted,
  type PartnerNo,
  refused,
  withdrawn,
} from './decision.ts';
import { readGpp, readGppSid, TCF_EU_SECTION } from './gpp.ts';
import { isSilent, keyOf, type NormalSignals, normalise, TOO_LONG } from './normal-signals.ts';
import { type Law, lawOf, regionsNeedingYes } from './policy.ts';
import { PURPOSE, PURPOSES_WITHOUT_TCF } from './purposes.ts';
import { MAX_CONSENT_LENGTH, readTcf, type TcConsents, type TcReading } from './tcf.ts';
import { readTcfCa } from './tcf-ca.ts';
import { readUsPrivacy } from './us-privacy.ts';

export type { Allowed, Answer, Decision };

/** The consent signals that came with a request, exactly as they came. `undefined` = absent. */
export interface Signals {
  readonly gdpr?: string | undefined;
  readonly gdprConsent?: string | undefined;
  readonly gpp?: string | undefined;
  readonly gppSid?: string | undefined;
  readonly usPrivacy?: string | undefined;
  /** `Sec-GPC: 1`. */
  readonly gpc: boolean;
  /** Our own opt-out's cookie came along. */
  readonly optedOut?: boolean | undefined;
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
  /** From {@link regionsNeedingYes}. @default the default policy */
  readonly needingYes?: ReadonlySet<string>;
  readonly partners: readonly { readonly id: string; readonly gvlId?: number | undefined }[];
}

/**
 * Characters of the signals whose decisions are kept, in each of two generations; a visitor's stay the same from
 * page to page, so most hits find theirs. Of strings of 600 characters, as CMPs make them, some 15,000.
 */
const KEPT_CHARACTERS = 16 * 2 ** 20;
/** What a decision itself takes, in characters. */
const DECISION = 500;

const LAWS: readonly Law[] = ['needs_yes', 'absence_allows', 'country_unknown'];
const GDPR: readonly NormalSignals['gdpr'][] = ['0', '1', '-'];

interface Kept {
  readonly decision: Decision;
  /** Milliseconds since 1970 at which the decision has to be made anew. */
  readonly until: number;
}

const OPTED_OUT = withdrawn('opted_out');
const SALE_OPT_OUT = withdrawn('sale_opt_out');
const NO_VENDOR_ID = refused('no_vendor_id');

/**
 * Makes the function that decides what a visitor's signals allow, for us and for the registered partners.
 * Pure but for a bounded memory of its answers and the clock; a change of the parties needs a new one.
 *
 * The rules: our own opt-out weighs most; then a no weighs more than what cannot be read, and that more than
 * a yes. `Sec-GPC` and the opt-outs of US Privacy and GPP refuse everywhere. TCF applies when `gdpr=1`, when
 * GPP has its section 2 in force, or when a string came without a word on `gdpr`, and one that cannot be read
 * then refuses by name, whatever the country: somebody chose, and nobody knows what. An explicit `gdpr=0` says
 * that TCF does not apply, and anything else in `gdpr` says nothing. The Canadian TCF applies when GPP
 * has its section 5 in force; a yes to one law is no yes to the other. Otherwise the law of the place decides.
 * GPP overrides the legacy string of the same law.
 *
 * @param now milliseconds since 1970.
 */
export function consentDecider(
  parties: Parties,
  now: () => number = Date.now,
): (signals: Signals, place: Place) => Decision {
  const partners = [...parties.partners].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const needingYes = parties.needingYes ?? regionsNeedingYes();
  const all = granted(
    PURPOSES_WITHOUT_TCF,
    partners.map((partner) => partner.id),
  );
  const withoutSignal: Readonly<Record<Law, Decision>> = {
    absence_allows: all,
    needs_yes: refused('consent_missing'),
    country_unknown: refused('country_unknown'),
  };
  const vendors = new Map(partners.map(({ id, gvlId }) => [id, gvlId]));
  const noOf = (id: string): PartnerNo => {
    if (!vendors.has(id)) return 'unknown_partner';
    return vendors.get(id) === undefined ? 'no_partner_gvl_id' : 'no_partner_consent';
  };
  const kept = new Recent<string, Kept>(KEPT_CHARACTERS);
  const keptTcf = new Recent<string, Kept[]>(KEPT_CHARACTERS);

  return (signals, place) => {
    if (signals.optedOut) return OPTED_OUT;
    if (signals.gpc) return SALE_OPT_OUT;
    const law = lawOf(place, parties.localRegion, needingYes);
    if (isSilent(signals)) return withoutSignal[law];
    const said = normalise(signals);
    if (said.gpp === '' && said.gppSid === '' && said.usPrivacy === '') return decideTcfAlone(said, law);
    const key = keyOf(said, law);
    const known = kept.get(key);
    if (isGood(known)) return known.decision;
    const fresh = decide(said, law);
    kept.set(key, fresh, key.length + DECISION);
    return fresh.decision;
  };

  /** By the string itself, as most come who say anything: to join all to one key took longer than the look-up. */
  function decideTcfAlone(said: NormalSignals, law: Law): Decision {
    const text = said.gdprConsent;
    const place = LAWS.indexOf(law) * GDPR.length + GDPR.indexOf(said.gdpr);
    const known = keptTcf.get(text);
    const one = known?.[place];
    if (isGood(one)) return one.decision;
    const fresh = decide(said, law);
    if (text.length <= MAX_CONSENT_LENGTH) {
      const held = known ?? [];
      held[place] = fresh;
      // The list has holes, which filter passes over.
      keptTcf.set(detached(text), held, text.length + DECISION * held.filter(() => true).length);
    }
    return fresh.decision;
  }

  function isGood(known: Kept | undefined): known is Kept {
    return known !== undefined && (known.until === Number.POSITIVE_INFINITY || now() < known.until);
  }

  function decide(said: NormalSignals, law: Law): Kept {
    const inForce = readGppSid(said.gppSid);
    const gpp = said.gpp === '' ? undefined : readGpp(said.gpp, inForce);
    const gppDecidesUs = gpp?.us === 'opted_out' || gpp?.us === 'no_opt_out';
    const us = gppDecidesUs || said.usPrivacy === '' ? gpp?.us : readUsPrivacy(said.usPrivacy);
    if (us === 'opted_out') return forGood(SALE_OPT_OUT);
    const tcf = decideTcf(said, law, gpp?.tcString, inForce?.has(TCF_EU_SECTION) === true);
    const canada = gpp?.caString === undefined ? forGood(all) : decideCanada(gpp.caString);
    for (const each of [tcf, canada]) if (!each.decision.yes && each.decision.withdrawal) return each;
    if (said.gpp.length > MAX_CONSENT_LENGTH) return forGood(refused('consent_too_long'));
    if (gpp?.unreadable || us === 'unreadable' || said.gppSid === TOO_LONG)
      return forGood(refused('consent_unreadable'));
    if (!tcf.decision.yes) return tcf;
    return canada.decision.yes ? forGood(both(tcf.decision, canada.decision)) : canada;
  }

  function decideTcf(said: NormalSignals, law: Law, gppTcString: string | undefined, gppTcf: boolean): Kept {
    const applies = gppTcString !== undefined || gppTcf || said.gdpr === '1';
    if (!applies && said.gdpr === '0') return forGood(all);
    if (applies && parties.gvlId === undefined) return forGood(NO_VENDOR_ID);
    const text = gppTcString ?? said.gdprConsent;
    if (text === '') return forGood(applies ? withoutSignal.needs_yes : withoutSignal[law]);
    return decideBy(readTcf(text, now()));
  }

  function decideCanada(text: string): Kept {
    if (parties.gvlId === undefined) return forGood(NO_VENDOR_ID);
    return text === '' ? forGood(withoutSignal.needs_yes) : decideBy(readTcfCa(text, now()));
  }

  function decideBy(reading: TcReading): Kept {
    if (!reading.readable)
      return { decision: refused(reading.reason), until: reading.until ?? Number.POSITIVE_INFINITY };
    return forGood(parties.gvlId === undefined ? NO_VENDOR_ID : judge(reading.consents, parties.gvlId));
  }

  function judge(consents: TcConsents, gvlId: number): Decision {
    const purposes = consents.purposesOf(gvlId);
    if (purposes === undefined) return withdrawn('no_vendor_consent');
    if ((purposes & PURPOSE.store) === 0) return withdrawn('no_purpose_store');
    if ((purposes & PURPOSE.profile) === 0) return withdrawn('no_purpose_profile');
    if ((purposes & PURPOSE.handOut) === 0) return granted(purposes, [], 'no_purpose_hand_out');
    const consented: string[] = [];
    const restricted: string[] = [];
    for (const { id, gvlId: vendor } of partners) {
      const theirs = vendor === undefined ? undefined : consents.purposesOf(vendor);
      if (theirs === undefined) continue;
      if ((theirs & FOR_PARTNERS) === FOR_PARTNERS) consented.push(id);
      else restricted.push(id);
    }
    if (restricted.length === 0) return granted(purposes, consented, 'yes', noOf);
    return granted(purposes, consented, 'yes', (id) =>
      restricted.includes(id) ? 'no_partner_purpose' : noOf(id),
    );
  }

  /** What two laws allow that hold at once. */
  function both(one: Granted, other: Granted): Granted {
    if (one === all || other === all) return one === all ? other : one;
    const answer = (id: string) => {
      const first = one.partner(id);
      return first === 'yes' ? other.partner(id) : first;
    };
    return granted(
      one.allowed.purposes & other.allowed.purposes,
      one.allowed.partners.filter((id) => other.allowed.partners.includes(id)),
      one.export === 'yes' ? other.export : one.export,
      (id) => answer(id) as PartnerNo,
    );
  }
}

/** What a partner needs consent for before it gets an id or a segment. */
const FOR_PARTNERS = PURPOSE.store | PURPOSE.handOut;

function forGood(decision: Decision): Kept {
  return { decision, until: Number.POSITIVE_INFINITY };
}
