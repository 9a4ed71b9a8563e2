// Hits, interests and demographics made inside ClickHouse, and a mix of rules about them.

import { untilMerged } from './merged.mjs';

/** Days over which the hits lie; the newest is yesterday's. */
export const DAYS = 88;

/**
 * The hits of one day. Visitors come by the square of chance: some often, most seldom. Two hits of three are about one
 * of a visitor's own three topics, the others about any; of topics a few are read by many, and most by few.
 */
const HITS = `
INSERT INTO hits (time, visitor, hit, site, event, origin, path, title, categories, keywords, dwell_ms, country, language, device, os, browser, source, tz, purposes, file)
WITH
  sipHash64('a', number) AS a, sipHash64('b', number) AS b, sipHash64('c', number) AS c, sipHash64('d', number) AS d,
  toUInt64(floor({visitors:UInt64} * pow(bitShiftRight(a, 11) / pow(2, 53), 2))) AS who,
  sipHash64('person', who) AS person,
  if(b % 3 < 2, sipHash64(person, intDiv(b, 3) % 3), intDiv(b, 9)) AS chance,
  least(299, toUInt64(floor(exp((chance % 100003) / 100003 * 5.7)) - 1)) AS topic,
  intDiv(c, 64) % 14 AS page
SELECT
  toDateTime64(today() - {day:UInt16}, 3, 'UTC') + toIntervalMillisecond(d % 86400000) AS time,
  sipHash64('visitor', who) AS visitor, sipHash64('hit', number) AS hit,
  concat('site-', toString(least(person % 40, c % 64))) AS site,
  multiIf(intDiv(d, 7) % 100 < 85, 'pageview', intDiv(d, 7) % 100 < 95, 'attention', intDiv(d, 7) % 100 < 98, 'cart', 'buy') AS event,
  'web' AS origin,
  concat('/', toString(topic % 20), '/', toString(topic), '/page-', toString(page)) AS path,
  concat('Page ', toString(page), ' of ', toString(topic)) AS title,
  if(page % 2 = 0, [toString(topic)], [toString(topic), toString((topic * 7 + 1) % 300)]) AS categories,
  [concat('k', toString((topic * 31 + page) % 2000))] AS keywords,
  c % 60000 AS dwell_ms,
  ['DE','US','FR','GB','ES','IT','NL','PL','SE','AT','CH','BE','DK','NO','FI','PT','IE','CZ','HU','RO'][least(20, toUInt64(floor(exp(person % 1009 / 1009 * 3))))] AS country,
  ['de','en','fr','es','it'][1 + person % 5] AS language,
  ['mobile','desktop','tablet','tv'][1 + least(3, intDiv(person, 11) % 6)] AS device,
  ['iOS','Android','Windows','macOS','Linux'][1 + intDiv(person, 13) % 5] AS os,
  ['Chrome','Safari','Firefox','Edge'][1 + intDiv(person, 17) % 4] AS browser,
  ['direct','search','social','referral'][1 + intDiv(c, 40) % 4] AS source,
  60 AS tz, 65535 AS purposes, 'bench' AS file
FROM numbers({from:UInt64}, {rows:UInt64})`;

const INTERESTS = `
INSERT INTO interests (build, interest, visitor, score, last)
SELECT 1, toString(600 + sipHash64(number, i) % 20), sipHash64('visitor', number), sipHash64(i, number) % 101, now64(3)
FROM (SELECT number, arrayJoin([1, 2]) AS i FROM numbers({visitors:UInt64})) ORDER BY 2, 3`;

const DEMOGRAPHICS = `
INSERT INTO demographics (attribute, build, value, visitor, probability, declared, decided, last)
SELECT 'gender', 1, value, sipHash64('visitor', number), if(value = 'female', share, 1 - share) AS probability, false, probability > 0.6, now64(3)
FROM (SELECT number, sipHash64('gender', number) % 101 / 100 AS share, arrayJoin(['female', 'male']) AS value FROM numbers({visitors:UInt64}))`;

/**
 * Fills a database that was migrated.
 *
 * @param {(text: string) => void} told hears how far it is.
 */
export async function fill(clickhouse, { hits, visitors }, told) {
  for (let day = 1; day <= DAYS; day++) {
    const from = Math.floor((hits * (day - 1)) / DAYS);
    const rows = Math.floor((hits * day) / DAYS) - from;
    await clickhouse.command(HITS, { visitors, day, from, rows });
    if (day % 11 === 0) told(`${from + rows} hits`);
  }
  await clickhouse.command(INTERESTS, { visitors });
  await clickhouse.command(DEMOGRAPHICS, { visitors });
  const time = new Date().toISOString();
  await clickhouse.insert(
    'audience_builds',
    ['interests', 'demographics/gender'].map((kind) => ({ kind, build: 1, as_of: time, time })),
  );
  await untilMerged(clickhouse);
}

const COUNTRIES = ['DE', 'US', 'FR', 'GB', 'ES', 'IT', 'NL', 'PL', 'SE', 'AT'];
const DEVICES = ['mobile', 'desktop', 'tablet', 'tv'];
const WITHIN = [undefined, '7d', '30d', '24h'];
const one = (list, n) => list[n % list.length];
const did = (match, times, within) => ({ did: match, ...(times && { times }), ...(within && { within }) });
const category = (n) => String((n * 37) % 300);
const keyword = (n) => `k${(n * 131) % 2000}`;

/** @returns a rule of five clauses. */
export const fiveClauses = (n) => ({
  all: [
    did({ category: category(n) }, 2),
    { any: [did({ keyword: keyword(n) }), did({ category: category(n + 1) })] },
    did({ device: one(DEVICES, n) }),
    { not: did({ event: 'buy' }, undefined, '30d') },
  ],
});

/** Kinds of rules: what a kind is, how many of a thousand are of it, and its n-th. */
const KINDS = [
  [
    'a category, so often, within so long',
    265,
    (n) => did({ category: category(n) }, one([undefined, 2, 3, 5], n), one(WITHIN, n >> 2)),
  ],
  [
    'a category from a country or on a device',
    150,
    (n) =>
      did(
        {
          category: category(n),
          ...(n % 2 ? { country: one(COUNTRIES, n >> 1) } : { device: one(DEVICES, n >> 1) }),
        },
        n % 3 ? undefined : 2,
      ),
  ],
  [
    'one of three categories',
    80,
    (n) => did({ category: [category(n), category(n + 1), category(n + 5)] }, n % 2 ? 2 : undefined),
  ],
  ['a keyword', 100, (n) => did({ keyword: keyword(n) }, n % 3 ? undefined : 2, one(WITHIN, n))],
  [
    'a part of a site by a wildcard',
    80,
    (n) => did({ site: `site-${n % 40}`, path: `/${n % 20}/*` }, n % 2 ? 2 : undefined),
  ],
  [
    'an event on a site',
    60,
    (n) => did({ site: `site-${n % 40}`, event: n % 2 ? 'buy' : 'cart' }, undefined, one(WITHIN, n)),
  ],
  [
    'a category and not another',
    80,
    (n) => ({ all: [did({ category: category(n) }), { not: did({ category: category(n + 3) }) }] }),
  ],
  [
    'a category, a country, and seen in a week',
    65,
    (n) => ({
      all: [did({ category: category(n) }), did({ country: one(COUNTRIES, n) }), did({}, undefined, '7d')],
    }),
  ],
  ['five clauses', 40, fiveClauses],
  [
    'any of three categories read twice or two keywords',
    30,
    (n) => ({
      any: [
        ...[0, 11, 22].map((more) => did({ category: category(n + more) }, 2)),
        ...[0, 1].map((more) => did({ keyword: keyword(n + more) })),
      ],
    }),
  ],
  ['an hour on a device', 20, (n) => did({ hour: n % 24, device: one(DEVICES, n) }, 2, '30d')],
  [
    'a category and then a cart, in a week',
    4,
    (n) => ({ sequence: [{ category: category(n + 40) }, { event: 'cart' }], gap: '7d' }),
  ],
  ['two minutes with a category', 10, (n) => ({ dwell: 120, on: { category: category(n) } })],
  ['an interest', 8, (n) => ({ interest: String(600 + n), score: 70 })],
  ['a gender', 4, (n) => ({ demographic: { gender: n % 2 ? 'female' : 'male' } })],
  [
    'a country without a category',
    4,
    (n) => ({ all: [did({ country: one(COUNTRIES, n + 4) }), { not: did({ category: category(n) }) }] }),
  ],
];

/** The mix in words, for the help. */
export const MIX = KINDS.map(([name, share]) => `${share} ${name}`).join('; ');

/** @returns {object[]} so many rules, mixed as {@link MIX} says. */
export function rules(count) {
  const all = KINDS.flatMap(([, share, make]) =>
    Array.from({ length: Math.max(1, Math.round((share * count) / 1000)) }, (_, n) => make(n)),
  );
  return all.slice(0, count);
}
