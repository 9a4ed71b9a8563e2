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
import { countHits } from './traffic-counts.ts';

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
  /** Of the visitor's newest hit in the range; most visitors first. Null = all others together. */
  readonly countries: readonly (ConsentCounts & { readonly country: string | null })[];
  /** Hits of the range as {@link countHits} counts them: by their own time, a repeated one once. */
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
  const [rows, tallies, stored] = await Promise.all([
    clickhouse.query<Record<'country' | keyof ConsentCounts, string>>(COUNTED, params),
    clickhouse.query<{ room: string; reason: string; at: number; n: string }>(
      `SELECT toString(room) AS room, toString(reason) AS reason, ${pointSql('time', range.step)} AS at,
              sum(kept_tallies.n) AS n
       FROM kept_tallies
       WHERE reason IN {reasons:Array(String)} AND ${withinSql('time')}
         AND (room = 'collect' AND ({site:String} = '' OR site = {site:String})
              OR room = 'sync' AND {site:String} = '')
       GROUP BY room, reason, at`,
      { ...params, reasons: Object.keys(CONSENT_REFUSALS) },
    ),
    countHits(clickhouse, range, site),
  ]);
  const shown = rows.slice(0, COUNTRIES);
  const rest = rows.slice(COUNTRIES);
  return {
    ...shownRange(range),
    site: site ?? null,
    total: together(rows),
    countries: [
      ...shown.map((row) => ({ country: row.country, ...together([row]) })),
      ...(rest.length > 0 ? [{ country: null, ...together(rest) }] : []),
    ],
    stored,
    refusals: refusalsOf(range, tallies),
  };
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

function refusalsOf(
  range: Range,
  rows: readonly {
    readonly room: string;
    readonly reason: string;
    readonly at: number;
    readonly n: string;
  }[],
): ConsentRefusal[] {
  const grouped = new Map<string, typeof rows>();
  for (const row of rows) {
    const key = `${row.room} ${row.reason}`;
    grouped.set(key, [...(grouped.get(key) ?? []), row]);
  }
  return [...grouped.values()]
    .map((own): ConsentRefusal => {
      const { room, reason } = own[0]!;
      const known = reason as keyof typeof CONSENT_REFUSALS;
      const counts = new Map(own.map(({ at, n }) => [at * 1000, Number(n)]));
      return {
        room,
        reason,
        sentence: REFUSALS[known],
        signal: CONSENT_REFUSALS[known],
        n: own.reduce((sum, { n }) => sum + Number(n), 0),
        points: pointsOf(range).map((ms) => ({ time: new Date(ms).toISOString(), n: counts.get(ms) ?? 0 })),
      };
    })
    .sort((a, b) => b.n - a.n || (a.reason < b.reason ? -1 : 1));
}
