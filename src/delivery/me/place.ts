import type { Place } from '../../consent/decide.ts';
import { lawOf } from '../../consent/policy.ts';

/**
 * Whether a browser may be told of a segment where it is at this moment, which no build knows of yet: by the rule that
 * holds for the places where its visitor was seen (`inPlace` in ../gate/rows.ts). Unknown is not yes.
 *
 * @param forbidden countries and regions.
 */
export function mayBeToldAt(
  { country, region }: Pick<Place, 'country' | 'region'>,
  forbidden: readonly string[],
): boolean {
  if (forbidden.length === 0) return true;
  if (lawOf({ country, region, local: false }, undefined) === 'country_unknown') return false;
  if (region === '' && forbidden.some((code) => code.startsWith(`${country}-`))) return false;
  return !forbidden.includes(country) && !forbidden.includes(region);
}
