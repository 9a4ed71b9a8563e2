import type { Refusal } from '../collect/refusal.ts';
import type { Signals } from '../consent/decide.ts';
import { readGpp, readGppSid, TCF_EU_SECTION } from '../consent/gpp.ts';
import { normalise } from '../consent/normal-signals.ts';
import { readTcf } from '../consent/tcf.ts';

/**
 * What is wrong with a caller's signals in themselves, and so answered with 400: no decision of the visitor's.
 * `bad_field`: `gdpr` is neither 0 nor 1, or `gpp_sid` no list of section ids.
 *
 * With TCF said to apply, so is a string that is missing or, where `strictly`, cannot be read (Prebid Server:
 * `/setuid` refuses both, `/cookie_sync` only the first, and syncs nothing for the second). A yes was read out of a
 * string, which therefore needs not be read again: that took four fifths of a sync's time.
 *
 * GPP overrides `gdpr` in one direction only. Section 2 in force makes TCF apply whatever `gdpr` says. A `gpp_sid`
 * without it is no `gdpr=0` where `gdpr=1` came: Prebid Server takes it for one, and would then ask for no consent at
 * all from a visitor of whom somebody has just said that consent is needed. Such a caller contradicts itself, and is
 * told so (400) unless the string that `gdpr=1` needs came along.
 *
 * @param now milliseconds since 1970.
 */
export function mistakeIn(signals: Signals, now: number, strictly: boolean): Refusal | undefined {
  const { gdpr = '', gppSid = '' } = signals;
  if (gdpr !== '' && gdpr !== '0' && gdpr !== '1') return 'bad_field';
  if (gppSid !== '' && !GPP_SID.test(gppSid)) return 'bad_field';
  const said = normalise(signals);
  const inForce = readGppSid(said.gppSid);
  if (said.gdpr !== '1' && !inForce?.has(TCF_EU_SECTION)) return undefined;
  const gpp = said.gpp ? readGpp(said.gpp, inForce) : undefined;
  if (gpp?.unreadable) return 'consent_unreadable';
  const text = gpp?.tcString ?? said.gdprConsent;
  if (text === '') return 'consent_missing';
  if (!strictly) return undefined;
  const reading = readTcf(text, now);
  return reading.readable || reading.reason === 'consent_from_future' ? undefined : reading.reason;
}

const GPP_SID = /^-?\d{1,3}(,-?\d{1,3})*$/;
