import fc from 'fast-check';
import { MERGES } from '../../registry/kinds.ts';
import type { Observed, Uploaded, World } from './evaluate.testing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DURATIONS: Readonly<Record<string, number>> = {
  '1m': MINUTE,
  '30m': 30 * MINUTE,
  '24h': DAY,
  '7d': 7 * DAY,
  '90d': 90 * DAY,
};

/** Ages of hits: on every edge of a `within`, beside it, and just after the moment asked about. */
const AGES = [-MINUTE, 0, 12 * DAY + 5 * HOUR, 40 * DAY, 85 * DAY].concat(
  Object.values(DURATIONS)
    .filter((ms) => ms < 85 * DAY)
    .flatMap((ms) => [ms - 1, ms, ms + 1]),
);

const HOSTS = ['', 't.co', 'www.example.com', 'example.com'];
/** What stands for more than itself in LIKE, in a wildcard, in SQL or in a parameter's escaping. */
const TEXTS = [
  '',
  '/',
  '/a_b',
  '/a%b',
  '/aXb',
  '/a\\b',
  '\\x',
  '/A_B/c.html',
  "/it's",
  'a\nb\tc',
  'naïve 🌻 Straße',
  '[a]{2}(b)|c?',
  'https://t.co/a_b',
  'https://www.example.com/',
];
const VALUES = {
  site: ['s1', 's2', "s'3"],
  event: ['pageview', 'attention', 'buy'],
  category: ['1', '2', '483', 'a,b', "o'c\\k"],
  keyword: ['k1', 'k2', 'K1', 'ключ', "]'"],
  country: ['', 'DE', 'US'],
  region: ['', 'US-CA', 'DE-BE'],
  language: ['', 'de', 'en'],
  device: ['desktop', 'mobile', 'other'],
  os: ['', 'iOS', 'Linux'],
  browser: ['Firefox', 'Chrome'],
  source: ['direct', 'search', 'social'],
  campaign: ['', 'Spring', "o'c\\k"],
  creative: ['', 'banner 1', 'banner 2'],
} as const;
type Listed = keyof typeof VALUES;

const TRAITS = ['acme:cars', 'acme:Cars', "o-1:it's \\ 100%", 'o-1:ключ 🌻'] as const;
const VISITORS = 30;
const visitor = (last: number) => fc.integer({ min: 1, max: last }).map((n) => 2n ** 64n - BigInt(n));

/**
 * A stored hit of a small world: few visitors, hit ids that repeat (with the same or with other contents,
 * as a site may send them), hits of attention, several categories and keywords.
 *
 * @param asOf milliseconds since 1970.
 */
function observed(asOf: number): fc.Arbitrary<Observed> {
  const one = <F extends Listed>(field: F) => fc.constantFrom<string>(...VALUES[field]);
  const some = <F extends Listed>(field: F) => fc.array(one(field), { maxLength: 3 });
  return fc.record({
    time: fc.constantFrom(...AGES).map((age) => asOf - age),
    visitor: visitor(VISITORS),
    hit: fc.bigInt({ min: 0n, max: 8n }),
    site: one('site'),
    event: one('event'),
    path: fc.constantFrom(...TEXTS),
    title: fc.constantFrom(...TEXTS),
    referrer: fc.constantFrom(...TEXTS),
    referrerHost: fc.constantFrom(...HOSTS),
    categories: some('category'),
    keywords: some('keyword'),
    country: one('country'),
    region: one('region'),
    language: one('language'),
    device: one('device'),
    os: one('os'),
    browser: one('browser'),
    source: fc.constantFrom(...VALUES.source),
    campaign: one('campaign'),
    creative: one('creative'),
    tz: fc.constantFrom(0, -480, 330),
  });
}

/** The hits of a world, a few of them sent twice. */
export const world = (asOf: number): fc.Arbitrary<Observed[]> =>
  fc
    .array(fc.tuple(observed(asOf), fc.integer({ min: 1, max: 8 })), { minLength: 100, maxLength: 200 })
    .map((sent) => sent.flatMap(([hit, copies]) => (copies === 8 ? [hit, hit] : [hit])));

/** Traits of its visitors and of some that have no hit; each said at a moment of its own, some taken back. */
export const traits = (asOf: number): fc.Arbitrary<Uploaded[]> =>
  fc.uniqueArray(
    fc.record({
      visitor: visitor(VISITORS + 5),
      trait: fc.constantFrom(...TRAITS),
      time: fc.integer({ min: 0, max: 80 }).map((days) => asOf - days * DAY),
      expires: fc.constantFrom(undefined, undefined, asOf - HOUR, asOf + 30 * DAY),
    }),
    { maxLength: 60, selector: ({ visitor, trait, time }) => `${visitor} ${time} ${trait}` },
  );

/**
 * Who belongs together: clusters of one, two or more, some of them in part or altogether without a hit, and
 * households, of which a visitor may have several.
 */
export const bonds: fc.Arbitrary<Pick<World, 'clusters' | 'households'>> = fc.record({
  clusters: fc
    .uniqueArray(fc.tuple(visitor(VISITORS + 5), fc.bigInt({ min: 1n, max: 5n })), {
      minLength: 12,
      maxLength: 28,
      selector: ([one]) => one,
    })
    .map((pairs) => new Map(pairs)),
  households: fc.uniqueArray(
    fc.tuple(visitor(VISITORS + 5), fc.constantFrom(1n, 2n, 3n, 2n ** 63n, 2n ** 64n - 1n)),
    {
      minLength: 10,
      maxLength: 25,
      selector: String,
    },
  ),
});

export const merge = fc.constantFrom(...MERGES);

/** A text with some of its characters, or runs of them, made a wildcard. */
const wildcard = fc
  .tuple(fc.constantFrom(...TEXTS, ...HOSTS), fc.array(fc.nat(12), { maxLength: 2 }), fc.boolean())
  .map(([text, at, keep]) => {
    const letters = [...text];
    for (const place of at) letters.splice(place, keep ? 0 : 2, '*');
    return letters.join('');
  });

const valuesOf = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }));
const digits = (number: fc.Arbitrary<number>) => fc.oneof(number, number.map(String));
const clock = (min: number, max: number) =>
  fc.oneof(
    digits(fc.integer({ min, max })),
    fc.array(digits(fc.integer({ min, max })), { minLength: 1, maxLength: max }),
  );

const FIELDS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ...Object.fromEntries(
    Object.entries(VALUES).map(([field, values]) => [field, valuesOf(fc.constantFrom<string>(...values))]),
  ),
  path: valuesOf(wildcard),
  title: valuesOf(wildcard),
  referrer: valuesOf(wildcard),
  hour: clock(0, 23),
  weekday: clock(1, 7),
};

/** Mostly few fields, or nobody would be met; categories and keywords often, because they have a table of their own. */
const match = fc
  .uniqueArray(fc.constantFrom(...Object.keys(FIELDS), 'category', 'keyword', 'category', 'event'), {
    maxLength: 3,
  })
  .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, FIELDS[name]!]))));

const range = fc.oneof(
  fc.nat(4),
  fc.nat(3).map((n) => ({ eq: n })),
  fc.nat(3).map((n) => ({ lte: n })),
  fc.integer({ min: 1, max: 4 }).map((n) => ({ lt: n })),
  fc.tuple(fc.nat(2), fc.nat(2)).map(([n, more]) => ({ gte: n, lte: n + more })),
  fc.tuple(fc.nat(2), fc.nat(2)).map(([n, more]) => ({ gt: n, lt: n + more + 2 })),
);

const did = fc.record(
  { did: match, times: range, within: fc.constantFrom(...Object.keys(DURATIONS)) },
  { requiredKeys: ['did'] },
);

/**
 * A rule of every kind that is supported, as JSON.
 *
 * @param segments ids that it may refer to.
 */
export function rule(segments: readonly string[]): fc.Arbitrary<object> {
  const held = fc.constantFrom(...TRAITS).map((trait) => ({ trait }));
  const leaf: fc.Arbitrary<object> = fc.oneof(
    { weight: 5, arbitrary: did },
    held,
    ...(segments.length === 0 ? [] : [fc.constantFrom(...segments).map((segment) => ({ segment }))]),
  );
  return fc.letrec<{ rule: object }>((tie) => {
    const rules = fc.array(tie('rule'), { minLength: 1, maxLength: 3 });
    return {
      rule: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        { weight: 3, arbitrary: leaf },
        rules.map((all) => ({ all })),
        rules.map((any) => ({ any })),
        tie('rule').map((not) => ({ not })),
      ),
    };
  }).rule;
}
