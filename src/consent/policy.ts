import type { Place } from './decide.ts';

/**
 * What holds for a visitor who sent no signal: a yes is needed, the absence of a no allows, or the country
 * is not known (and so a yes is needed, under a name of its own).
 */
export type Law = 'needs_yes' | 'absence_allows' | 'country_unknown';

/**
 * The 27 members of the EU and the three EFTA states of the EEA, then the parts of them that have an ISO
 * code of their own and are Union territory (Treaty on the Functioning of the EU, Article 355).
 */
const EEA =
  'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO ' +
  'AX GF GP MQ RE YT MF';

/** Where a yes is needed unless the operator says otherwise: EEA, UK GDPR and PECR, the Swiss FADP, the Brazilian LGPD. */
export const CONSENT_REGIONS: readonly string[] = ['EEA', 'GB', 'CH', 'BR'];

/**
 * @param regions `EEA` and ISO 3166-1 countries.
 * @returns every code that stands for one of them. `UK` is what people write for GB.
 */
export function regionsNeedingYes(regions: readonly string[] = CONSENT_REGIONS): ReadonlySet<string> {
  const codes = new Set(regions);
  if (codes.has('EEA')) for (const country of EEA.split(' ')) codes.add(country);
  if (codes.has('GB')) codes.add('UK');
  return codes;
}

const BY_DEFAULT = regionsNeedingYes();

/** Codes that address registries use where they do not know: Europe, Asia-Pacific, nowhere. */
const NO_COUNTRY: ReadonlySet<string> = new Set(['EU', 'AP', 'XX', 'ZZ']);

/**
 * Which law holds at a place when nothing was signalled.
 *
 * @param localRegion law of loopback and private addresses: `EEA`, a country (`DE`) or a region (`US-CA`);
 * undefined = no consent law there.
 * @param needingYes from {@link regionsNeedingYes}.
 */
export function lawOf(
  place: Place,
  localRegion: string | undefined,
  needingYes: ReadonlySet<string> = BY_DEFAULT,
): Law {
  if (!place.local) return lawOfCountry(place.country, needingYes);
  if (localRegion === undefined) return 'absence_allows';
  if (localRegion === 'EEA') return needingYes.has('EEA') ? 'needs_yes' : 'absence_allows';
  return lawOfCountry(localRegion.slice(0, 2), needingYes);
}

function lawOfCountry(country: string, needingYes: ReadonlySet<string>): Law {
  if (needingYes.has(country)) return 'needs_yes';
  return isCountry(country) ? 'absence_allows' : 'country_unknown';
}

function isCountry(code: string): boolean {
  return code.length === 2 && isLetter(code, 0) && isLetter(code, 1) && !NO_COUNTRY.has(code);
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90;
}
