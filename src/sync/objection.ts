import type { Place, Signals } from '../consent/decide.ts';
import { readGpp, readGppSid, TCF_EU_SECTION } from '../consent/gpp.ts';
import { normalise } from '../consent/normal-signals.ts';
import { type SyncOutcome, sentenceOf } from './outcome.ts';

/** Which signal, purpose or vendor said no, for a person who wants to know why a partner is not matched. */
export interface Objection {
  /** A parameter, a header or a cookie. */
  readonly signal?: string;
  /** Of TCF; one of them is wanting. */
  readonly purposes?: readonly number[];
  /** By its number in the Global Vendor List. */
  readonly vendor?: number;
}

/** Who may have been refused. */
export interface Vendors {
  readonly ours: number | undefined;
  readonly partners: number | undefined;
}

const PURPOSES: Partial<Record<SyncOutcome, readonly number[]>> = {
  no_purpose_store: [1],
  no_purpose_profile: [3],
  no_purpose_hand_out: [4],
  no_partner_purpose: [1, 4],
};

/**
 * @param outcome of the consent decision on these signals; of others nothing more is known.
 */
export function objectionTo(outcome: SyncOutcome, signals: Signals, vendors: Vendors): Objection {
  switch (outcome) {
    case 'opted_out':
      return { signal: signals.optedOut ? 'n90_optout' : 'opt-out that is remembered for this visitor' };
    case 'sale_opt_out':
      return { signal: saleSignal(signals) };
    case 'no_vendor_consent':
    case 'no_purpose_store':
    case 'no_purpose_profile':
    case 'no_purpose_hand_out':
      return of(tcSignal(signals), PURPOSES[outcome], vendors.ours);
    case 'no_partner_consent':
    case 'no_partner_purpose':
      return of(tcSignal(signals), PURPOSES[outcome], vendors.partners);
    case 'consent_missing':
    case 'consent_unreadable':
    case 'consent_too_long':
    case 'consent_from_future':
      return { signal: tcSignal(signals) };
    default:
      return {};
  }
}

const of = (
  signal: string,
  purposes: readonly number[] | undefined,
  vendor: number | undefined,
): Objection => ({
  signal,
  ...(purposes === undefined ? {} : { purposes }),
  ...(vendor === undefined ? {} : { vendor }),
});

function saleSignal(signals: Signals): string {
  if (signals.gpc) return 'Sec-GPC';
  const said = normalise(signals);
  if (said.gpp !== '' && readGpp(said.gpp, readGppSid(said.gppSid)).us === 'opted_out') return 'gpp';
  return 'us_privacy';
}

/** Where the string of TCF stood, or should have stood. */
function tcSignal(signals: Signals): string {
  const { gpp, gppSid } = normalise(signals);
  const inForce = readGppSid(gppSid);
  const reading = gpp === '' ? undefined : readGpp(gpp, inForce);
  const isGpp = reading !== undefined && (reading.unreadable || reading.tcString !== undefined);
  return isGpp || inForce?.has(TCF_EU_SECTION) === true ? 'gpp' : 'gdpr_consent';
}

/** An outcome in words: what it means, then who said so. */
export function detailOf(outcome: SyncOutcome, objection: Objection, place?: Place): string {
  const { signal, purposes, vendor } = objection;
  const said = [
    ...(signal === undefined ? [] : [`signal ${signal}`]),
    ...(purposes === undefined ? [] : [`purpose ${purposes.join(' or ')}`]),
    ...(vendor === undefined ? [] : [`vendor ${vendor}`]),
    ...(place === undefined || signal === undefined || place.country === ''
      ? []
      : [`country ${place.country}`]),
  ];
  return said.length === 0 ? sentenceOf(outcome) : `${sentenceOf(outcome)} (${said.join(', ')})`;
}
