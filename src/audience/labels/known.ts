import { ATTRIBUTES, type Attribute, YEARS } from './attributes.ts';
import { type Interval, readInterval } from './interval.ts';

const BY_NAME: ReadonlyMap<string, Attribute> = new Map(
  ATTRIBUTES.flatMap((each) => [each.name, ...(each.aliases ?? [])].map((name) => [name, each] as const)),
);
const BY_SPELLING: ReadonlyMap<Attribute, ReadonlyMap<string, string>> = new Map(
  ATTRIBUTES.map((each) => [
    each,
    new Map(
      each.values.flatMap(({ value, spellings = [], band: numbers }) =>
        [...(numbers === undefined ? [value] : []), ...spellings].map(
          (text) => [keyOf(text), value] as const,
        ),
      ),
    ),
  ]),
);

/** A text without case, accents and signs between its words. */
export function keyOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}'’]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}+]+/gu, ' ')
    .trim();
}

/** @returns what is known of an attribute by its name or another name of it; undefined for a partner's own. */
export const attributeOf = (name: string): Attribute | undefined => BY_NAME.get(name);

/** @returns the value of an attribute that a text spells, as it is stored; undefined where it spells none of those known. */
export function knownValue(attribute: Attribute, text: string): string | undefined {
  if (attribute.read !== undefined) return attribute.read(text);
  const spelled = BY_SPELLING.get(attribute)!.get(keyOf(text));
  if (spelled !== undefined || attribute.units === undefined) return spelled;
  const given = readInterval(text, attribute.units);
  return given && attribute.values.find(({ band: own }) => own && within(given, own, attribute))?.value;
}

/** No range of years is longer: nobody is known to have been older than 122. */
const OLDEST = 122;

/** @returns the ages that a text tells, in years; undefined where it tells none. */
export function readAges(text: string): Interval | undefined {
  const ages = readInterval(text, YEARS);
  return ages !== undefined &&
    (ages.low > OLDEST || (ages.high > OLDEST && ages.high !== Number.POSITIVE_INFINITY))
    ? undefined
    : ages;
}

const within = (given: Interval, own: Interval, { endsBelow, name }: Attribute): boolean =>
  given.low >= own.low &&
  given.high <= own.high + (endsBelow && given.high > given.low ? 1 : 0) &&
  (name !== 'age' || given.low <= OLDEST);
