/**
 * How a feature's count becomes a number.
 *
 * - content: what was looked at. 1 + ln n, because the tenth visit says less than the first.
 * - clock: when. The root of its share of the visitor's hits, so that of a long row as of a short one the hours
 *   together have length 1, and the weekdays too.
 * - setting: with what, where and in which language, as of the newest hit. 1.
 */
export type Block = 'content' | 'clock' | 'setting';

interface Kind {
  readonly name: string;
  readonly block: Block;
  readonly column: string;
  readonly isList?: true;
}

const KINDS: readonly Kind[] = [
  { name: 'site', block: 'content', column: 'site' },
  // Of two sites the same path is another page.
  { name: 'page', block: 'content', column: 'concat(site, path)' },
  { name: 'category', block: 'content', column: 'arrayDistinct(categories)', isList: true },
  { name: 'keyword', block: 'content', column: 'arrayDistinct(keywords)', isList: true },
  { name: 'hour', block: 'clock', column: 'toString(hour)' },
  { name: 'weekday', block: 'clock', column: 'toString(weekday)' },
  { name: 'device', block: 'setting', column: 'device' },
  { name: 'os', block: 'setting', column: 'os' },
  { name: 'browser', block: 'setting', column: 'browser' },
  { name: 'country', block: 'setting', column: 'country' },
  { name: 'language', block: 'setting', column: 'language' },
];

/** SQL of which hits tell features: a ping that only tells attention is none. */
export const TELLING = "event != 'attention'";

/** Of features in SQL: their names, such as `page:shop/cars`, or the hashes of these by which they are stored. */
type Form = (value: string) => string;
const asName: Form = (name) => name;
export const asToken: Form = (name) => `cityHash64(${name})`;

const named = (name: string, value: string) => `concat('${name}:', ${value})`;

/** @returns SQL of an array of a hit's features. */
const ofHit =
  (...blocks: readonly Block[]) =>
  (form: Form): string => {
    const kinds = KINDS.filter(({ block }) => blocks.includes(block));
    const single = kinds.filter(({ isList }) => !isList).map(({ name, column }) => form(named(name, column)));
    const lists = kinds
      .filter(({ isList }) => isList)
      .map(({ name, column }) => `arrayMap(one -> ${form(named(name, 'one'))}, ${column})`);
    return `arrayConcat([${single.join(', ')}], ${lists.join(', ')})`;
  };

/** Of two hits in the same millisecond the order is a lot, the same each time. One number, because pairs cost thrice. */
const MOMENT = 'bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(time)), 22), bitAnd(hit, 4194303))';

/** @returns SQL over the hits of a visitor: an array of the settings of the newest. */
const newestSettings = (form: Form): string =>
  `[${KINDS.filter(({ block }) => block === 'setting')
    .map(({ name, column }) => `argMaxIf(${form(named(name, column))}, ${MOMENT}, ${TELLING})`)
    .join(', ')}]`;

/** SQL of features by their names. */
export const NAMES = { hit: ofHit('content', 'clock')(asName), newestSettings: newestSettings(asName) };

/** SQL of features by their tokens. */
export const TOKENS = {
  hit: ofHit('content', 'clock')(asToken),
  content: ofHit('content')(asToken),
  newestSettings: newestSettings(asToken),
  hours: `arrayMap(one -> ${asToken(named('hour', 'toString(one)'))}, hours)`,
  weekdays: `arrayMap(one -> ${asToken(named('weekday', 'toString(one)'))}, weekdays)`,
};

/** @param feature by its name, such as `page:shop/cars`. */
export function blockOf(feature: string): Block {
  const kind = KINDS.find(({ name }) => feature.startsWith(`${name}:`));
  if (kind === undefined) throw new RangeError(`${feature} is of no kind of feature`);
  return kind.block;
}

/** @param count distinct hits that have the feature. @param hits distinct hits of the visitor. */
export function featureValue(block: Block, count: number, hits: number): number {
  switch (block) {
    case 'content':
      return 1 + Math.log(count);
    case 'clock':
      return Math.sqrt(count / hits);
    case 'setting':
      return 1;
  }
}
