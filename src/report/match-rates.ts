import type { ClickHouse } from '../clickhouse/client.ts';
import {
  countsOf,
  type MatchCounts,
  type MatchRate,
  matchRate,
  type WINDOWS,
} from '../identity/match-rate.ts';
import {
  pointSql,
  pointsOf,
  type Range,
  rangeParams,
  type ShownRange,
  shownRange,
  withinSql,
} from './range.ts';

/** Partners of one report: the present rate of each reads thirty days of hits. */
export const MAX_PARTNERS = 20;

/** By what past rates may be told apart. */
export const RATE_SPLITS = ['browser', 'country'] as const;
export type RateSplit = (typeof RATE_SPLITS)[number];

/** Records of all partners together. */
const MAX_RATES = 30_000;
/** Of all, and of each value that a record has of a split: twenty and the rest. */
const OF_A_RECORD = 22;

/** A day has so many records of each partner's rate. */
const RECORD_MS = 6 * 3_600_000;

/** A partner's rate as it was recorded. */
export interface PastRate extends MatchCounts {
  /** ISO 8601: when it was recorded. */
  readonly time: string;
  /** `all`, `browser` or `country`. */
  readonly by: string;
  /** The browser or country; empty for all. */
  readonly value: string;
}

export interface MatchRatesReport extends ShownRange {
  /** Days up to the moment of a record that it counts. */
  readonly days: number;
  readonly partners: readonly {
    readonly partner: string;
    readonly name: string;
    /** As `GET /v1/partners/{id}/match-rate` answers. */
    readonly now: MatchRate;
    /** Oldest first, the last of each step. */
    readonly points: readonly PastRate[];
  }[];
}

/** Of a partner, what its rate needs of the registry. */
export interface RatedPartner {
  readonly id: string;
  readonly name: string;
  readonly freshDays: number;
  readonly keepsMatches: boolean;
}

const splitsOf = (by: RateSplit | undefined) => (by === undefined ? ['all'] : ['all', by]);

/** @returns a sentence where there are too many records for an answer. */
export function tooManyRates(range: Range, partners: number, by: RateSplit | undefined): string | undefined {
  const records = Math.min(pointsOf(range).length, Math.ceil((range.to - range.from) / RECORD_MS) + 1);
  const rates = records * partners * (by === undefined ? 1 : OF_A_RECORD);
  return rates > MAX_RATES
    ? `That may be ${rates} rates, and a report has at most ${MAX_RATES}; ask for fewer partners, a longer step or without by.`
    : undefined;
}

/**
 * Match rates over time, as they were recorded, and now.
 *
 * @param partners at most {@link MAX_PARTNERS}. @param days one of the windows that rates are counted for.
 * @param how `by`: past rates are told apart by it too; `now`: gives the present rate of a partner.
 * @throws ClickHouseError
 */
export async function matchRates(
  clickhouse: ClickHouse,
  range: Range,
  partners: readonly RatedPartner[],
  days: (typeof WINDOWS)[number],
  {
    by,
    now = (partner) => matchRate(clickhouse, partner),
  }: {
    readonly by?: RateSplit | undefined;
    readonly now?: (partner: RatedPartner) => Promise<MatchRate>;
  } = {},
): Promise<MatchRatesReport> {
  const rows = await clickhouse.query<Recorded>(
    `SELECT partner, split, value, argMax(match_rates.visitor_count, match_rates.time) AS visitors,
            ${newest('consented')}, ${newest('matched')}, ${newest('matched_consented')}, ${newest('fresh')},
            toUnixTimestamp64Milli(max(match_rates.time)) AS recorded
     FROM match_rates
     WHERE partner IN {partners:Array(String)} AND days = {days:UInt16} AND ${withinSql('time')}
       AND split IN {splits:Array(String)}
     GROUP BY partner, split, value, ${pointSql('time', range.step)}
     ORDER BY recorded, split, visitors DESC, value`,
    { ...rangeParams(range), partners: partners.map(({ id }) => id), days, splits: splitsOf(by) },
  );
  const shown: MatchRatesReport['partners'][number][] = [];
  // One after the other: each reads thirty days of everybody.
  for (const partner of partners) {
    const own = rows.filter((row) => row.partner === partner.id);
    shown.push({
      partner: partner.id,
      name: partner.name,
      now: await now(partner),
      points: own.map((row) => ({
        time: new Date(Number(row.recorded)).toISOString(),
        by: row.split,
        value: row.value,
        ...countsOf([row]),
      })),
    });
  }
  return { ...shownRange(range), days, partners: shown };
}

const newest = (name: string) => `argMax(match_rates.${name}, match_rates.time) AS ${name}`;

interface Recorded {
  partner: string;
  split: string;
  value: string;
  visitors: string;
  consented: string;
  matched: string;
  matched_consented: string;
  fresh: string;
  recorded: string;
}

/**
 * Of partners, those that have no record of this quarter of the day: what they were yesterday cannot be counted any
 * more once matches have been replaced.
 *
 * @throws ClickHouseError
 */
export async function matchRatesDue<P extends RatedPartner>(
  clickhouse: ClickHouse,
  partners: readonly P[],
  now = new Date(),
): Promise<P[]> {
  if (partners.length === 0) return [];
  const rows = await clickhouse.query<{ partner: string }>(
    'SELECT DISTINCT partner FROM match_rates WHERE time >= fromUnixTimestamp64Milli({slot:Int64})',
    { slot: slotOf(now) },
  );
  const recorded = new Set(rows.map(({ partner }) => partner));
  return partners.filter(({ id }) => !recorded.has(id));
}

const slotOf = (now: Date) => Math.floor(now.getTime() / RECORD_MS) * RECORD_MS;

/**
 * Writes down the rates of partners as they are now.
 *
 * @returns how many partners there were. @throws ClickHouseError
 */
export async function recordMatchRates(
  clickhouse: ClickHouse,
  due: readonly RatedPartner[],
  now = new Date(),
): Promise<number> {
  for (const partner of due) {
    const rate = await matchRate(clickhouse, partner, now);
    const about = { partner: partner.id, time: now.toISOString() };
    const windows = rate.reason === undefined ? rate.windows : [];
    const rows = windows.flatMap((window) =>
      [
        rowOf('all', '', window),
        ...window.browsers.map((each) => rowOf('browser', each.browser, each)),
        ...window.countries.map((each) => rowOf('country', each.country, each)),
      ].map((row) => ({ ...about, days: window.days, ...row })),
    );
    // Where only the partner knows there is nothing to write down but that it was looked at.
    const written = rows.length > 0 ? rows : [{ ...about, days: 0 }];
    await clickhouse.insert('match_rates', written, `match-rate/${partner.id}/${slotOf(now)}`);
  }
  return due.length;
}

const rowOf = (split: string, value: string, counts: MatchCounts) => ({
  split,
  value,
  visitor_count: counts.visitors,
  consented: counts.consented,
  matched: counts.matched ?? 0,
  matched_consented: counts.matchedConsented ?? 0,
  fresh: counts.fresh ?? 0,
});
