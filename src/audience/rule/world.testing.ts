import fc from 'fast-check';
import { MERGES } from '../../registry/kinds.ts';
import type { Classed, Observed, Placed, Scored, Uploaded, World } from './evaluate.testing.ts';

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
    dwellMs: fc.constantFrom(0, 0, 1, 999, 1000, 1500, 30_000),
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

const INTERESTS = ['243', '1', '80DV8O'] as const;
/** As Float32 the one is more than the number that is written, the other less. */
const SCORES = [0, 10, 33.3, 49.99, 50, 66.7, 100] as const;
const PROBABILITIES = [0, 0.1, 0.3, 0.5, 0.8, 0.9, 1] as const;
const ATTRIBUTES = {
  gender: ['female', 'male'],
  age: ['18-20', '21-24', "it's"],
  never: ['asked'],
} as const;

/** What jobs have made of its visitors, and of some who have no hit. */
export const known = (
  segments: readonly string[],
): fc.Arbitrary<Pick<World, 'scores' | 'classes' | 'places'>> =>
  fc.record({
    scores: fc.uniqueArray(
      fc.record<Scored>({
        visitor: visitor(VISITORS + 5),
        interest: fc.constantFrom(...INTERESTS),
        score: fc.constantFrom(...SCORES),
      }),
      { maxLength: 50, selector: ({ visitor, interest }) => `${visitor} ${interest}` },
    ),
    classes: fc.uniqueArray(
      fc.constantFrom('gender', 'age').chain((attribute) =>
        fc.record<Classed>({
          visitor: visitor(VISITORS + 5),
          attribute: fc.constant(attribute),
          value: fc.constantFrom(...ATTRIBUTES[attribute as 'age']),
          probability: fc.constantFrom(...PROBABILITIES),
          decided: fc.boolean(),
        }),
      ),
      {
        maxLength: 60,
        selector: ({ visitor, attribute, value }) => `${visitor} ${attribute} ${value}`,
      },
    ),
    places: fc
      .tuple(
        ...segments.map((seed) =>
          fc.uniqueArray(visitor(VISITORS + 5), { maxLength: VISITORS }).map((visitors) =>
            // The first few are of the seed itself.
            visitors.map((one, index): Placed => ({ seed, visitor: one, place: Math.max(0, index - 3) })),
          ),
        ),
      )
      .map((seeds) => seeds.flat()),
  });

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

const durations = fc.constantFrom(...Object.keys(DURATIONS));
const sequence = fc.record(
  {
    sequence: fc.array(fc.oneof({ weight: 2, arbitrary: match }, fc.constant({})), {
      minLength: 1,
      maxLength: 4,
    }),
    gap: durations,
    within: durations,
  },
  { requiredKeys: ['sequence'] },
);

const seconds = fc.constantFrom(0, 0.999, 1, 1.001, 2.5, 31, 60);
const dwell = fc.record(
  {
    dwell: fc.oneof(
      seconds,
      seconds.map((n) => ({ gt: n })),
      seconds.map((n) => ({ lte: n })),
      // To the millisecond, which is all that a rule tells apart: 1 + 2.5 + 0.999 is a little more than 4.499.
      fc
        .tuple(seconds, seconds)
        .map(([n, more]) => ({ gte: n, lt: Math.round((n + more + 1) * 1000) / 1000 })),
    ),
    on: match,
    within: durations,
  },
  { requiredKeys: ['dwell'] },
);

/** Ranges of numbers from 0 to the last of them, none of which contradicts itself. */
const rangeOf = (numbers: readonly number[]) => {
  const most = numbers.at(-1)!;
  const one = fc.constantFrom(...numbers);
  return fc.oneof(
    one,
    one.map((n) => ({ eq: n })),
    one.map((n) => ({ lte: n })),
    one.filter((n) => n > 0).map((n) => ({ lt: n })),
    one.filter((n) => n < most).map((n) => ({ gt: n, lte: most })),
    fc.tuple(one, one).map(([a, b]) => ({ gte: Math.min(a, b), lte: Math.max(a, b) })),
  );
};
const interest = fc.record(
  { interest: fc.constantFrom(...INTERESTS, '999'), score: rangeOf(SCORES) },
  { requiredKeys: ['interest'] },
);

const classOf = (attribute: keyof typeof ATTRIBUTES, more: readonly string[]) =>
  valuesOf(fc.constantFrom<string>(...ATTRIBUTES[attribute], ...more));
const attributes = (more: readonly string[]) =>
  fc
    .record(
      {
        gender: classOf('gender', more),
        age: classOf('age', more),
        never: classOf('never', more),
      },
      { requiredKeys: [] },
    )
    .filter((wanted) => Object.keys(wanted).length > 0);
const demographic = fc.oneof(
  attributes(['unknown']).map((wanted) => ({ demographic: wanted })),
  fc.record({ demographic: attributes([]), probability: rangeOf(PROBABILITIES) }),
);
const reach = fc.constantFrom(0, 0.01, 0.05, 0.1, 0.25, 0.5, 1);

/**
 * A clause of every kind, as JSON.
 *
 * @param segments ids that it may refer to.
 */
function clause(segments: readonly string[]): fc.Arbitrary<object> {
  const held = fc.constantFrom(...TRAITS).map((trait) => ({ trait }));
  return fc.oneof(
    { weight: 5, arbitrary: did },
    { weight: 3, arbitrary: sequence },
    { weight: 2, arbitrary: dwell },
    held,
    interest,
    demographic,
    ...(segments.length === 0
      ? []
      : [
          fc.constantFrom(...segments).map((segment) => ({ segment })),
          fc.record({ like: fc.constantFrom(...segments), reach }),
        ]),
  );
}

const ruleOf = (leaf: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.letrec<{ rule: object }>((tie) => {
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

/**
 * A rule of every kind, as JSON.
 *
 * @param segments ids that it may refer to.
 */
export const rule = (segments: readonly string[]): fc.Arbitrary<object> => ruleOf(clause(segments));

/**
 * So many rules that are made of so many clauses: in one statement a clause is asked once, and what it takes to plan
 * one hangs on the clauses in it.
 *
 * @param segments ids that they may refer to.
 */
export const rules = (segments: readonly string[], of: { rules: number; clauses: number }) =>
  fc
    .array(clause(segments), { minLength: of.clauses, maxLength: of.clauses })
    .chain((clauses) =>
      fc.array(ruleOf(fc.constantFrom(...clauses)), { minLength: of.rules, maxLength: of.rules }),
    );

/** Often of a category or a keyword alone, of which the feature table can tell. */
const feature = fc
  .constantFrom('category', 'keyword')
  .chain((field) => fc.record({ did: fc.record({ [field]: FIELDS[field]! }) }));
const featureOrDid = fc.oneof({ weight: 2, arbitrary: feature }, did);

/**
 * A rule whose members can be looked for among those of a category or a keyword, which rules of every kind seldom are.
 *
 * @param segments ids that it may refer to.
 */
export const narrowing = (segments: readonly string[]): fc.Arbitrary<object> =>
  fc
    .tuple(
      fc.array(feature, { minLength: 1, maxLength: 3 }),
      fc.array(ruleOf(featureOrDid), { maxLength: 2 }),
      rule(segments),
    )
    .map(([known, beside, other]) => ({ all: [{ any: known }, ...beside, { any: [other, ...beside] }] }));

const CHAIN = ['a', 'b', 'c', 'd'] as const;

/**
 * Hits that lie minutes apart, or within one millisecond, and are of a few kinds each: where sequences hang on which
 * hit is taken for which step.
 *
 * @param asOf milliseconds since 1970.
 */
export const chains = (asOf: number): fc.Arbitrary<Partial<Observed>[]> =>
  fc.array(
    fc.record({
      visitor: visitor(12),
      hit: fc.bigInt({ min: 0n, max: 60n }),
      time: fc
        .tuple(fc.nat(9), fc.constantFrom(0, 0, 0, 0, -1, 1))
        .map(([minutes, beside]) => asOf - minutes * MINUTE + beside),
      event: fc.subarray([...CHAIN], { minLength: 1, maxLength: 1 }).map(([event]) => event!),
      keywords: fc.subarray([...CHAIN], { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 80, maxLength: 110 },
  );

/** A sequence over {@link chains}. */
export const chained: fc.Arbitrary<object> = fc.record(
  {
    sequence: fc.array(
      fc.oneof(
        { weight: 3, arbitrary: valuesOf(fc.constantFrom(...CHAIN)).map((event) => ({ event })) },
        { weight: 3, arbitrary: valuesOf(fc.constantFrom(...CHAIN)).map((keyword) => ({ keyword })) },
        fc.constant({}),
      ),
      { minLength: 1, maxLength: 5 },
    ),
    gap: fc.constantFrom('1m', '2m', '3m'),
    within: fc.constantFrom('3m', '7m', '1h'),
  },
  { requiredKeys: ['sequence'] },
);
