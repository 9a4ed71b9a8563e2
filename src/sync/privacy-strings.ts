import type { Signals } from '../consent/decide.ts';
import { readGppSid, TCF_EU_SECTION } from '../consent/gpp.ts';
import { sectionIdsIn } from '../consent/gpp-header.ts';
import type { PrivacyStrings } from './macros.ts';

const US_PRIVACY_SECTION = 6;

/**
 * The strings that a partner is given: as they came, but where GPP is in force and holds what the legacy fields
 * hold, those are filled from it, as Prebid Server does, so that a partner who reads only them reads the same. Where
 * nobody says what is in force every section counts, and fills what is empty.
 */
export function privacyStrings(signals: Signals): PrivacyStrings {
  const { gdpr = '', gdprConsent = '', usPrivacy = '', gpp = '', gppSid = '' } = signals;
  const inForce = readGppSid(gppSid);
  const isTcf = inForce?.has(TCF_EU_SECTION) === true;
  const sections = gpp === '' ? undefined : sectionsOf(gpp);
  const filled = (legacy: string, section: number) => {
    const own = sections?.get(section) ?? '';
    if (inForce === undefined) return legacy || own;
    return inForce.has(section) ? own || legacy : legacy;
  };
  return {
    gdpr: isTcf ? '1' : gdpr,
    gdprConsent: filled(gdprConsent, TCF_EU_SECTION),
    usPrivacy: filled(usPrivacy, US_PRIVACY_SECTION),
    gpp,
    gppSid,
  };
}

function sectionsOf(gpp: string): ReadonlyMap<number, string> | undefined {
  const [header = '', ...sections] = gpp.split('~');
  const ids = sectionIdsIn(header);
  return ids?.length === sections.length ? new Map(ids.map((id, at) => [id, sections[at]!])) : undefined;
}
