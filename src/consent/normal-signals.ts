import type { Signals } from './decide.ts';
import type { Law } from './policy.ts';
import { MAX_CONSENT_LENGTH } from './tcf.ts';

/** A `gpp_sid` of two ids has at most seven characters; a longer one says nothing usable. */
const MAX_GPP_SID_LENGTH = 16;

const US_PRIVACY_LENGTH = 4;

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

/** Only 0 and 1 are words of `gdpr`; a text too long for what it should be stands for any such text. */
export function normalise(signals: Signals): NormalSignals {
  const { gdpr, gdprConsent = '', gpp = '', gppSid = '', usPrivacy = '' } = signals;
  return {
    gdpr: gdpr === '0' || gdpr === '1' ? gdpr : '-',
    gdprConsent,
    gpp,
    gppSid: gppSid.length > MAX_GPP_SID_LENGTH ? '' : gppSid,
    usPrivacy: usPrivacy === '' || usPrivacy.length === US_PRIVACY_LENGTH ? usPrivacy : '!',
  };
}

/**
 * The key under which a decision on these signals is kept, of at most two strings of consent and some forty
 * characters. Lengths stand before the texts, so that no two sets of signals have one key; a text that is
 * too long to be read is left out.
 */
export function keyOf(said: NormalSignals, law: Law): string {
  const consent = said.gdprConsent.length > MAX_CONSENT_LENGTH ? '' : said.gdprConsent;
  const gpp = said.gpp.length > MAX_CONSENT_LENGTH ? '' : said.gpp;
  const lengths = `${said.usPrivacy.length}:${said.gppSid.length}:${said.gdprConsent.length}:${said.gpp.length}`;
  return `${law}${said.gdpr}${lengths}:${said.usPrivacy}${said.gppSid}${consent}${gpp}`;
}
