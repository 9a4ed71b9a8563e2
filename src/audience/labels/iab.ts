import { ATTRIBUTES } from './attributes.ts';

const IDS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  ATTRIBUTES.map(({ name, values }) => [
    name,
    new Map(values.flatMap(({ value, iab }) => (iab === undefined ? [] : [[value, iab]]))),
  ]),
);

/**
 * The id of a demographic in the IAB Audience Taxonomy 1.1, for delivery as OpenRTB `segtax` 4.
 *
 * @param attribute,value as labels, models and rules have them: `gender` and `female`, `age` and `25-29`.
 * @returns undefined where the taxonomy has none: a partner's own, a nationality, an unknown.
 */
export const demographicId = (attribute: string, value: string): string | undefined =>
  IDS.get(attribute)?.get(value);
