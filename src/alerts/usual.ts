import type { ClickHouse } from '../clickhouse/client.ts';
import type { Finding, Open, Usual } from './kinds.ts';

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const HISTORY_DAYS = 30;
const WEEKS = 4;

/** Fewer of the same weekday say nothing of it. */
const LEAST_WEEKS = 3;
/** So many days hold every weekday once. */
const LEAST_DAYS = 7;

/** MADs of a normal distribution that are one standard deviation. */
const SIGMA_BY_MAD = 1.4826;
/** A change of less than each of these is usual, whatever the history: deviations, a share, and people. */
const SIGMAS = 5;
const LEAST_SHARE = 0.3;
const LEAST_RISE = 20;
/** Where fifteen are usual, none at all comes by chance (exp(-15)) as seldom as what is five deviations off. */
const LEAST_FALL = 15;
/**
 * The square root of a count has a deviation of a half, whatever is usual (Bartlett 1936), so that on this scale five
 * deviations are the same also where few are usual.
 */
const ROOT_NOISE = SIGMAS / 2;
/** An alert clears only this far inside of the range that opened it, so that a value at its border is told of once. */
const CLEARING = 0.8;

/** The moments that an hour is held against, seconds since 1970. */
function references(hour: number) {
  const weeks = Array.from({ length: WEEKS }, (_, week) => hour - (week + 1) * 7 * DAY_S);
  return {
    hour,
    weeks,
    weekly: weeks.flatMap((same) => [same - HOUR_S, same, same + HOUR_S]),
    daily: Array.from({ length: HISTORY_DAYS }, (_, day) => hour - (day + 1) * DAY_S),
  };
}

/** Hours of the history that an hour is held against, itself the last of them. */
export const HISTORY_HOURS = HISTORY_DAYS * 24 + 2;
const historyOf = (hour: number): number => hour - (HISTORY_HOURS - 1) * HOUR_S;

/**
 * What is usual is told by the same hour, and its neighbours, of the same weekday in the last four weeks: the median,
 * and the median absolute deviation from it, neither of which one odd day moves. Where there are fewer than three such
 * weekdays yet, by the same hour of all days, and then only what is far outside of all of them is unusual: with seven
 * days every weekday is among them.
 *
 * @param series SQL of `subject`, `value` (what is now), `first` (the hour from which on it is known, in seconds since
 *   1970) and `series` (its numbers, hour by hour, from the hour `{from:UInt32}` on; an hour past the end had 0).
 */
const usualSql = (series: string): string => {
  const values = (name: string) =>
    `arrayMap(h -> toFloat64(series[intDiv(h - {from:UInt32}, ${HOUR_S}) + 1]), arrayFilter(h -> h >= first, {${name}:Array(UInt32)}))`;
  return `
    SELECT subject, toFloat64(value) AS measured, isWeekly, length(reference) AS known,
           arrayReduce('quantileExactInclusive(0.5)', reference) AS median,
           arrayReduce('quantileExactInclusive(0.5)', arrayMap(one -> abs(one - median), reference)) AS mad,
           arrayMin(reference) AS least, arrayMax(reference) AS most
    FROM (
      SELECT subject, value,
             arrayCount(w -> w + ${HOUR_S} >= first, {weeks:Array(UInt32)}) >= ${LEAST_WEEKS} AS isWeekly,
             if(isWeekly, ${values('weekly')}, ${values('daily')}) AS reference
      FROM (${series}))
    WHERE isWeekly OR known >= ${LEAST_DAYS}`;
};

interface Row {
  subject: string;
  measured: number;
  isWeekly: 0 | 1;
  median: number;
  mad: number;
  least: number;
  most: number;
}

/** What a look at all subjects found. */
export interface Unusual {
  readonly findings: readonly Finding[];
  /** Subjects with history enough to tell. */
  readonly judged: ReadonlySet<string>;
}

/**
 * Finds what is outside of its usual range.
 *
 * @param series as {@link usualSql} takes it, with its `params`. @param hour seconds since 1970.
 * @param tell a sentence of a value and its range.
 * @throws ClickHouseError
 */
export async function unusual(
  clickhouse: ClickHouse,
  series: string,
  params: Readonly<Record<string, unknown>>,
  hour: number,
  open: Open,
  tell: (value: number, usual: Usual) => string,
): Promise<Unusual> {
  const rows = await clickhouse.query<Row>(usualSql(series), {
    ...params,
    ...references(hour),
    from: historyOf(hour),
  });
  const findings = rows.flatMap((row) => {
    const usual = rangeOf(row, open.has(row.subject));
    const { subject, measured: value } = row;
    if (value >= usual.low && value <= usual.high) return [];
    return [{ subject, value, usual, detail: tell(value, usual) }];
  });
  return { findings, judged: new Set(rows.map(({ subject }) => subject)) };
}

/** @param isOpen it is alerted of already: the range is then a little narrower. */
function rangeOf(row: Omit<Row, 'subject' | 'measured'>, isOpen: boolean): Usual {
  const { median, least, most } = row;
  const share = isOpen ? CLEARING : 1;
  const { low, high } = row.isWeekly ? weekly(row, share) : daily(row, share);
  // What never was another number has no noise, however small: then none at all is news.
  const floor = least === most && least > 0 ? 1 : 0;
  return { low: Math.max(floor, round(low)), median, high: round(high) };
}

function weekly({ median, mad }: Pick<Row, 'median' | 'mad'>, share: number) {
  const wide = Math.max(SIGMAS * SIGMA_BY_MAD * mad, LEAST_SHARE * median);
  return {
    low: median - Math.max(wide, LEAST_FALL, median - lower(median)) * share,
    high: median + Math.max(wide, LEAST_RISE, upper(median) - median) * share,
  };
}

const daily = ({ least, most }: Pick<Row, 'least' | 'most'>, share: number) => ({
  low: least < LEAST_FALL ? 0 : Math.min(least / 2, lower(least)) / share,
  high: 2 * most * share + LEAST_RISE,
});

/** How few, or many, of what is usual noise makes. */
const lower = (usual: number) => Math.max(0, Math.sqrt(usual) - ROOT_NOISE) ** 2;
const upper = (usual: number) => (Math.sqrt(usual) + ROOT_NOISE) ** 2;

const round = (value: number) => Math.round(value * 100) / 100;
