/** What was looked at, when, and with what, where and in which language; `seenSql` says what each is worth. */
type Block = 'content' | 'clock' | 'setting';

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

/**
 * SQL of which hits tell features: a ping that only tells attention is none.
 *
 * @param except SQL of hits that tell none either.
 */
export const tellingSql = (except?: string): string =>
  except === undefined ? "event != 'attention'" : `event != 'attention' AND NOT (${except})`;

const named = (name: string, value: string) => `concat('${name}:', ${value})`;
/** SQL of the hash by which a feature is stored. */
export const asToken = (feature: string): string => `cityHash64(${feature})`;

const kindsOf = (...blocks: readonly Block[]) => KINDS.filter(({ block }) => blocks.includes(block));

/** Of two hits in the same millisecond the order is a lot, the same each time. One number, because pairs cost thrice. */
const MOMENT = 'bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(time)), 22), bitAnd(hit, 4194303))';

const newest = (value: string) => `argMaxIf(${value}, ${MOMENT}, telling)`;
/** Of a number in `newestPacked`, which has 128: there is room for five settings. */
const BITS = 24;

/**
 * Features in SQL, each in the form that a function gives its name, such as `page:shop/cars`.
 *
 * @param form of a name in SQL.
 */
export const featuresAs = (form: (name: string) => string) => {
  const ofHit = (...blocks: readonly Block[]) => {
    const kinds = kindsOf(...blocks);
    const single = kinds.filter(({ isList }) => !isList).map(({ name, column }) => form(named(name, column)));
    const lists = kinds
      .filter(({ isList }) => isList)
      .map(({ name, column }) => `arrayMap(one -> ${form(named(name, 'one'))}, ${column})`);
    return `arrayConcat([${single.join(', ')}], ${lists.join(', ')})`;
  };
  const ofSettings = kindsOf('setting').map(({ name, column }) => form(named(name, column)));
  return {
    /** An array of what a hit tells. */
    hit: ofHit('content', 'clock'),
    /** The same without its hour and weekday. */
    content: ofHit('content'),
    /** Over the hits of a visitor of which `telling` holds: an array of the settings of the newest. */
    newestSettings: `[${ofSettings.map(newest).join(', ')}]`,
    /** The same of forms that are numbers below 2^24, side by side in one: it is cheaper to remember. */
    newestPacked: newest(
      ofSettings
        .map((setting, place) => `bitShiftLeft(toUInt128(${setting}), ${BITS * place})`)
        .reduce((one, more) => `bitOr(${one}, ${more})`),
    ),
    /** The array that `newestPacked` is made of, where its name is `packed`. */
    settings: `arrayMap(place -> toUInt32(bitAnd(bitShiftRight(packed, place), ${2 ** BITS - 1})), [${ofSettings
      .map((_, place) => BITS * place)
      .join(', ')}])`,
    /** Of arrays of numbers. */
    hours: `arrayMap(one -> ${form(named('hour', 'toString(one)'))}, hours)`,
    weekdays: `arrayMap(one -> ${form(named('weekday', 'toString(one)'))}, weekdays)`,
  };
};
