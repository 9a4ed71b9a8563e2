import type { ClickHouse } from '../clickhouse/client.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { PURPOSE } from '../consent/purposes.ts';
import {
  pointSql,
  pointsOf,
  type Range,
  rangeParams,
  type ShownRange,
  shownRange,
  withinSql,
} from './range.ts';
import { countDistinct, EVERYTHING, REST } from './traffic-counts.ts';

/** The refusals that speak of consent, and by which signal it was not there. */
export const CONSENT_REFUSALS = {
  opted_out: 'own',
  visitor_refused: 'tag',
  sale_opt_out: 'gpc, us_privacy or gpp',
  consent_missing: 'none',
  consent_unreadable: 'tcf or gpp',
  consent_too_long: 'tcf or gpp',
  consent_from_future: 'tcf',
  no_vendor_id: 'tcf',
  no_vendor_consent: 'tcf',
  no_purpose_store: 'tcf',
  no_purpose_profile: 'tcf',
  no_purpose_hand_out: 'tcf',
  no_partner_gvl_id: 'tcf',
  no_partner_consent: 'tcf',
  no_partner_purpose: 'tcf',
  country_unknown: 'none',
} as const satisfies { readonly [R in Refusal]?: string };

/** Countries shown by themselves; the others together are the rest. */
const COUNTRIES = 50;

/** Visitors seen in the range, and what the newest word of each of them allows. */
export interface ConsentCounts {
  readonly visitors: number;
  /** Of these, who allow purpose 1 (the cookie), 3 (a profile) and 4 (to hand it out). */
  readonly store: number;
  readonly profile: number;
  readonly handOut: number;
  /** Who have said no since. */
  readonly withdrawn: number;
}

/** What the law and the people of a country come to. */
export interface CountryConsent extends ConsentCounts {
  /** ISO 3166-1 alpha-2, empty = unknown; null = all others together. */
  readonly country: string | null;
  /** Hits as the report's `stored`. */
  readonly stored: number;
  /** Hits refused for want of consent. */
  readonly refused: number;
  /** The same by the signal that was not there, most first. */
  readonly signals: readonly { readonly signal: string; readonly n: number }[];
}

export interface ConsentRefusal {
  /** `collect` of hits, `sync` of cookie syncs, which are counted by partner. */
  readonly room: string;
  readonly reason: string;
  readonly sentence: string;
  readonly signal: string;
  readonly n: number;
  readonly points: readonly { readonly time: string; readonly n: number }[];
}

export interface ConsentReport extends ShownRange {
  readonly site: string | null;
  readonly total: ConsentCounts;
  /** A visitor is of the country of his newest hit in the range. Most visitors first, then most refused. */
  readonly countries: readonly CountryConsent[];
  /** Hits of the range by their own time, a repeated one once: what the traffic report has in its total. */
  readonly stored: number;
  /** Most frequent first; by the moment of the refusal. Syncs are of no site, and left out of a site's report. */
  readonly refusals: readonly ConsentRefusal[];
}

/**
 * Who of the visitors seen allows what, by country, and what was refused for want of consent.
 *
 * @param site id of the one site; undefined = all.
 * @throws ClickHouseError
 */
export async function consent(clickhouse: ClickHouse, range: Range, site?: string): Promise<ConsentReport> {
  const params = { ...rangeParams(range), site: site ?? '' };
  const [visitors, tallies] = await Promise.all([
    clickhouse.query<VisitorRow>(COUNTED, params),
    clickhouse.query<TallyRow>(
      `SELECT toString(room) AS room, toString(reason) AS reason, toString(country) AS country,
              ${pointSql('time', range.step)} AS at, sum(kept_tallies.n) AS n
       FROM kept_tallies
       WHERE reason IN {reasons:Array(String)} AND ${withinSql('time')}
         AND (room = 'collect' AND ({site:String} = '' OR site = {site:String})
              OR room = 'sync' AND {site:String} = '')
       GROUP BY room, reason, country, at`,
      { ...params, reasons: Object.keys(CONSENT_REFUSALS) },
    ),
  ]);
  const hits = tallies.filter(({ room }) => room === 'collect');
  const named = [...new Set([...visitors, ...mostOf(hits)].map(({ country }) => country))];
  const shown = named.slice(0, COUNTRIES);
  const stored = await countDistinct(clickhouse, 'hit', { range, site, by: 'country' }, shown);
  const countryOf = (country: string | null, isOf: (row: { readonly country: string }) => boolean) => {
    const signals = signalsOf(hits.filter(isOf));
    return {
      country,
      ...together(visitors.filter(isOf)),
      stored: stored.of(country === null ? REST : { at: 0, part: 1, value: country }),
      refused: signals.reduce((sum, { n }) => sum + n, 0),
      signals,
    };
  };
  return {
    ...shownRange(range),
    site: site ?? null,
    total: together(visitors),
    countries: [
      ...shown.map((name) => countryOf(name, ({ country }) => country === name)),
      // A visitor may have been in a country before that is nobody's now.
      ...(named.length > shown.length || stored.of(REST) > 0
        ? [countryOf(null, ({ country }) => !shown.includes(country))]
        : []),
    ],
    stored: stored.of(EVERYTHING),
    refusals: refusalsOf(range, tallies),
  };
}

type VisitorRow = Record<'country' | keyof ConsentCounts, string>;
interface TallyRow {
  readonly room: string;
  readonly reason: keyof typeof CONSENT_REFUSALS;
  readonly country: string;
  readonly at: number;
  readonly n: string;
}

/** One row of each country, the one with the most first. */
function mostOf(rows: readonly TallyRow[]): { readonly country: string }[] {
  const counts = summed(rows, ({ country }) => country);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([country]) => ({ country }));
}

const signalsOf = (rows: readonly TallyRow[]): { readonly signal: string; readonly n: number }[] =>
  [...summed(rows, ({ reason }) => CONSENT_REFUSALS[reason])]
    .map(([signal, n]) => ({ signal, n }))
    .sort((a, b) => b.n - a.n || (a.signal < b.signal ? -1 : 1));

function summed(rows: readonly TallyRow[], keyOf: (row: TallyRow) => string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0) + Number(row.n));
  return sums;
}

const NEVER = "toDateTime64(0, 3, 'UTC')";
const allows = (bit: number) => `countIf(no = 0 AND bitAnd(allowed, ${bit}) != 0)`;

// One grouping by visitor over hits and words, which spills to disk where a join of them would not.
const COUNTED = `
  SELECT country, count() AS visitors, ${allows(PURPOSE.store)} AS store, ${allows(PURPOSE.profile)} AS profile,
         ${allows(PURPOSE.handOut)} AS handOut, countIf(no = 1) AS withdrawn
  FROM (
    SELECT visitor, max(each.seen) AS latest, argMax(each.country, each.seen) AS country,
           max(each.purposes) AS allowed, max(each.withdrawn) AS no
    FROM (
      SELECT visitor, time AS seen, toString(country) AS country, toUInt16(0) AS purposes, toUInt8(0) AS withdrawn
      FROM kept_hits WHERE ${withinSql('time')} AND ({site:String} = '' OR site = {site:String})
      UNION ALL
      SELECT visitor, ${NEVER} AS seen, '' AS country, purposes, withdrawn FROM kept_consents
    ) AS each
    GROUP BY visitor HAVING latest > ${NEVER})
  GROUP BY country ORDER BY visitors DESC, country`;

function together(rows: readonly Record<keyof ConsentCounts, string>[]): ConsentCounts {
  const sum = (name: keyof ConsentCounts) => rows.reduce((total, row) => total + Number(row[name]), 0);
  return {
    visitors: sum('visitors'),
    store: sum('store'),
    profile: sum('profile'),
    handOut: sum('handOut'),
    withdrawn: sum('withdrawn'),
  };
}

function refusalsOf(range: Range, rows: readonly TallyRow[]): ConsentRefusal[] {
  const grouped = new Map<string, readonly TallyRow[]>();
  for (const row of rows) {
    const key = `${row.room} ${row.reason}`;
    grouped.set(key, [...(grouped.get(key) ?? []), row]);
  }
  return [...grouped.values()]
    .map((own): ConsentRefusal => {
      const { room, reason } = own[0]!;
      const counts = summed(own, ({ at }) => String(at));
      return {
        room,
        reason,
        sentence: REFUSALS[reason],
        signal: CONSENT_REFUSALS[reason],
        n: own.reduce((sum, { n }) => sum + Number(n), 0),
        points: pointsOf(range).map((ms) => ({
          time: new Date(ms).toISOString(),
          n: counts.get(String(ms / 1000)) ?? 0,
        })),
      };
    })
    .sort((a, b) => b.n - a.n || (a.reason < b.reason ? -1 : 1));
}
