import type { Signals } from './decide.ts';
import { isGpp } from './gpp-header.ts';
import type { Law } from './policy.ts';
import { MAX_CONSENT_LENGTH } from './tcf.ts';
import { isUsPrivacy, readUsPrivacy } from './us-privacy.ts';

/** Characters of a `gpp_sid` that are read: two ids have at most seven, all two dozen that there are some 60. */
const MAX_GPP_SID_LENGTH = 128;

const US_PRIVACY_LENGTH = 4;

/** Stands for any text that is too long for what it should be. */
export const TOO_LONG = '!';

/** The signals with everything gone that makes no difference to what they allow; `''` = absent. */
export interface NormalSignals {
  readonly gdpr: '0' | '1' | '-';
  readonly gdprConsent: string;
  readonly gpp: string;
  readonly gppSid: string;
  readonly usPrivacy: string;
}

/** Whether no signal came; an empty parameter (`us_privacy=`) says as little as one that is not there. */
export function isSilent(signals: Signals): boolean {
  return !(signals.gdpr || signals.gdprConsent || signals.gpp || signals.gppSid || signals.usPrivacy);
}

/**
 * Only 0 and 1 are words of `gdpr`; a text too long for what it should be stands for any such text.
 *
 * AMP has one consent string for all laws, and other callers put what they have into `gdpr_consent` too: a US
 * Privacy or a GPP string there counts as what it is. Of two US Privacy strings one that opts out counts; a GPP
 * string beside another stays, and cannot be read.
 */
export function normalise(signals: Signals): NormalSignals {
  const { gdpr, gppSid = '' } = signals;
  let { gdprConsent = '', gpp = '', usPrivacy = '' } = signals;
  // Nearly all are TC strings, which begin with C.
  if (gdprConsent !== '' && gdprConsent[0] !== 'C') {
    if (isUsPrivacy(gdprConsent)) {
      if (usPrivacy === '' || readUsPrivacy(gdprConsent) === 'opted_out') usPrivacy = gdprConsent;
      gdprConsent = '';
    } else if ((gpp === '' || gpp === gdprConsent) && isGpp(gdprConsent))
      [gpp, gdprConsent] = [gdprConsent, ''];
  }
  return {
    gdpr: gdpr === '0' || gdpr === '1' ? gdpr : '-',
    gdprConsent,
    gpp,
    gppSid: gppSid.length > MAX_GPP_SID_LENGTH ? TOO_LONG : gppSid,
    usPrivacy: usPrivacy === '' || usPrivacy.length === US_PRIVACY_LENGTH ? usPrivacy : TOO_LONG,
  };
}

/**
 * The key under which a decision on these signals is kept, of at most two strings of consent and some two
 * hundred characters. Lengths stand before the texts, so that no two sets of signals have one key; a text that is
 * too long to be read is left out.
 */
export function keyOf(said: NormalSignals, law: Law): string {
  const consent = said.gdprConsent.length > MAX_CONSENT_LENGTH ? '' : said.gdprConsent;
  const gpp = said.gpp.length > MAX_CONSENT_LENGTH ? '' : said.gpp;
  const lengths = `${said.usPrivacy.length}:${said.gppSid.length}:${said.gdprConsent.length}:${said.gpp.length}`;
  return `${law}${said.gdpr}${lengths}:${said.usPrivacy}${said.gppSid}${consent}${gpp}`;
}
