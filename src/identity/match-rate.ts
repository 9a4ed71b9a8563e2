import type { ClickHouse } from '../clickhouse/client.ts';
import { MAY_HAND_OUT } from '../consent/purposes.ts';

/** Days that a match rate is shown for, each up to now. */
export const WINDOWS = [1, 7, 30] as const;
/** Browsers and countries shown by name; the others are one row. */
const SHOWN = 20;
export const REST = 'rest';

/** Why there is no rate: by its sync URLs the partner keeps the matches, and no match came from it otherwise. */
export type NoRate = 'kept_by_partner';

/** Visitors and how many of them a partner could be reached with. A rate of nobody is null. */
export interface MatchCounts {
  /** Seen in the window. */
  readonly visitors: number;
  /** Of those, whose latest consent allows this partner. */
  readonly consented: number;
  /** Of `visitors`, who have an id with the partner. */
  readonly matched: number | null;
  /** Of `consented`, who have an id with the partner: what an export can reach. */
  readonly matchedConsented: number | null;
  /** Of `matched`, whose id was confirmed within the partner's fresh days. */
  readonly fresh: number | null;
  /** `matched` of `visitors`. */
  readonly matchRate: number | null;
  /** `matchedConsented` of `consented`: what consent does not explain is lost by syncing. */
  readonly consentedMatchRate: number | null;
  /** `fresh` of `visitors`. */
  readonly freshRate: number | null;
}

export interface MatchWindow extends MatchCounts {
  readonly days: number;
  /** Of the visitor's newest hit; most visitors first, at most {@link SHOWN} and the {@link REST}. */
  readonly browsers: readonly (MatchCounts & { readonly browser: string })[];
  readonly countries: readonly (MatchCounts & { readonly country: string })[];
}

export interface MatchRate {
  readonly partner: string;
  readonly freshDays: number;
  /** ISO 8601. */
  readonly asOf: string;
  /** Undefined = there is one. With it everything is null that is said of matches. */
  readonly reason?: NoRate;
  readonly windows: readonly MatchWindow[];
}

interface Row {
  days: number;
  split: '' | 'browser' | 'country';
  value: string;
  visitors: string;
  consented: string;
  matched: string;
  matched_consented: string;
  fresh: string;
}

/**
 * How many of the visitors seen lately a partner could be reached with, in one query.
 *
 * A visitor is seen by a hit; those of an imported log have no cookie to be matched and are left out. The match is
 * the one that an export would use: the newest, unless it was deleted or is set aside.
 *
 * @param partner `keepsMatches`: by its sync URLs it gets our id and sends none back. Then we know of its matches what
 *   was uploaded, and where that is nothing a rate of 0 would be a claim about what only the partner knows.
 * @throws ClickHouseError
 */
export async function matchRate(
  clickhouse: ClickHouse,
  partner: { readonly id: string; readonly freshDays: number; readonly keepsMatches?: boolean },
  asOf = new Date(),
): Promise<MatchRate> {
  const rows = await clickhouse.query<Row>(SQL, {
    partner: partner.id,
    asOf: asOf.getTime(),
    windows: WINDOWS,
    longest: WINDOWS.at(-1),
    freshDays: partner.freshDays,
  });
  const isKept = partner.keepsMatches === true && rows.every(({ matched }) => Number(matched) === 0);
  const shownOf = isKept ? visitorsOf : countsOf;
  return {
    partner: partner.id,
    freshDays: partner.freshDays,
    asOf: asOf.toISOString(),
    ...(isKept ? { reason: 'kept_by_partner' } : {}),
    windows: WINDOWS.map((days) => {
      const own = rows.filter((row) => row.days === days);
      const of = (split: Row['split']) => own.filter((row) => row.split === split);
      return {
        days,
        ...shownOf(of('')),
        browsers: top(of('browser')).map(([browser, each]) => ({ browser, ...shownOf(each) })),
        countries: top(of('country')).map(([country, each]) => ({ country, ...shownOf(each) })),
      };
    }),
  };
}

const NEVER = "toDateTime64(0, 3, 'UTC')";
const AS_OF = "fromUnixTimestamp64Milli({asOf:Int64}, 'UTC')";

// One grouping by visitor over all three kinds of rows, which spills to disk where a join of them would not.
const SQL = `
  SELECT days, part.1 AS split, part.2 AS value, count() AS visitors, countIf(allowed = 1) AS consented,
         countIf(linked > ${NEVER}) AS matched, countIf(linked > ${NEVER} AND allowed = 1) AS matched_consented,
         countIf(linked > ${AS_OF} - toIntervalDay({freshDays:UInt16})) AS fresh
  FROM (
    SELECT visitor, max(each.seen) AS latest, argMax(each.browser, each.seen) AS browser,
           argMax(each.country, each.seen) AS country, max(each.matched) AS linked, max(each.allows) AS allowed
    FROM (
      SELECT visitor, time AS seen, toString(browser) AS browser, toString(country) AS country,
             ${NEVER} AS matched, 0 AS allows
      FROM kept_hits
      WHERE origin != 'import' AND time <= ${AS_OF} AND time > ${AS_OF} - toIntervalDay({longest:UInt16})
      UNION ALL
      SELECT visitor, ${NEVER} AS seen, '' AS browser, '' AS country, last AS matched, 0 AS allows
      FROM kept_matches WHERE source = {partner:String}
      UNION ALL
      SELECT visitor, ${NEVER} AS seen, '' AS browser, '' AS country, ${NEVER} AS matched, 1 AS allows
      FROM kept_consents
      WHERE withdrawn = 0 AND ${MAY_HAND_OUT} AND has(partners, {partner:String})
    ) AS each
    GROUP BY visitor HAVING latest > ${NEVER})
  ARRAY JOIN arrayFilter(window -> latest > ${AS_OF} - toIntervalDay(window), {windows:Array(UInt16)}) AS days
  ARRAY JOIN [('', ''), ('browser', browser), ('country', country)] AS part
  GROUP BY days, split, value
  ORDER BY days, split, visitors DESC, value`;

/** The largest by value, in the order in which they come, and the others together. */
function top(rows: readonly Row[]): [value: string, rows: Row[]][] {
  const shown = rows.slice(0, SHOWN).map((row): [string, Row[]] => [row.value, [row]]);
  return rows.length > SHOWN ? [...shown, [REST, rows.slice(SHOWN)]] : shown;
}

type Count = 'visitors' | 'consented' | 'matched' | 'matched_consented' | 'fresh';

const adder = (rows: readonly Readonly<Record<Count, string>>[]) => (name: Count) =>
  rows.reduce((total, row) => total + Number(row[name]), 0);

/** What is known where the partner keeps the matches. */
function visitorsOf(rows: readonly Row[]): MatchCounts {
  const sum = adder(rows);
  return {
    visitors: sum('visitors'),
    consented: sum('consented'),
    matched: null,
    matchedConsented: null,
    fresh: null,
    matchRate: null,
    consentedMatchRate: null,
    freshRate: null,
  };
}

/** What rows of counts come to, together. */
export function countsOf(rows: readonly Readonly<Record<Count, string>>[]): MatchCounts {
  const sum = adder(rows);
  const visitors = sum('visitors');
  const consented = sum('consented');
  const matched = sum('matched');
  const matchedConsented = sum('matched_consented');
  const fresh = sum('fresh');
  return {
    visitors,
    consented,
    matched,
    matchedConsented,
    fresh,
    matchRate: rateOf(matched, visitors),
    consentedMatchRate: rateOf(matchedConsented, consented),
    freshRate: rateOf(fresh, visitors),
  };
}

/** To a hundredth of a percent. */
const rateOf = (part: number, whole: number) =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
