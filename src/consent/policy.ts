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

/** UK GDPR and PECR, the Swiss FADP, the Brazilian LGPD. `UK` is what people write for GB. */
const ALIKE = 'GB UK CH BR';

const NEEDS_YES: ReadonlySet<string> = new Set(`${EEA} ${ALIKE}`.split(' '));

/** Codes that address registries use where they do not know: Europe, Asia-Pacific, nowhere. */
const NO_COUNTRY: ReadonlySet<string> = new Set(['EU', 'AP', 'XX', 'ZZ']);

/**
 * Which law holds at a place when nothing was signalled.
 *
 * @param localRegion law of loopback and private addresses: `EEA`, a country (`DE`) or a region (`US-CA`);
 * undefined = no consent law there.
 */
export function lawOf(place: Place, localRegion: string | undefined): Law {
  if (!place.local) return lawOfCountry(place.country);
  if (localRegion === undefined) return 'absence_allows';
  return localRegion === 'EEA' ? 'needs_yes' : lawOfCountry(localRegion.slice(0, 2));
}

function lawOfCountry(country: string): Law {
  if (NEEDS_YES.has(country)) return 'needs_yes';
  return isCountry(country) ? 'absence_allows' : 'country_unknown';
}

function isCountry(code: string): boolean {
  return code.length === 2 && isLetter(code, 0) && isLetter(code, 1) && !NO_COUNTRY.has(code);
}

function isLetter(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 65 && code <= 90;
}
