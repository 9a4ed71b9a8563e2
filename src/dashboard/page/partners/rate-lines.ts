import type { PastRate } from '../../../report/match-rates.ts';

/** The day of a rate, in UTC. */
export const dayOf = ({ time }: PastRate) => time.slice(0, 10);

/** Rates of the same people, day by day. */
export interface Line {
  readonly title: string;
  /** Of each day; null = there is none. */
  readonly rates: readonly (number | null)[];
}

/** Of everybody: the rate of all, and that of those who consented. */
export const linesOfAll = (points: readonly PastRate[], days: readonly string[]): Line[] => [
  { title: 'of all', rates: ratesOf(points, days, ({ matchRate }) => matchRate) },
  { title: 'of the consented', rates: ratesOf(points, days, ({ consentedMatchRate }) => consentedMatchRate) },
];

/** One for each browser or country, those first that the newest day has the most visitors of. */
export function linesBy(points: readonly PastRate[], days: readonly string[]): Line[] {
  const newest = points.filter((point) => dayOf(point) === days.at(-1));
  const values = new Set([...newest, ...points].map(({ value }) => value));
  return [...values].map((value) => ({
    title: value || 'unknown',
    rates: ratesOf(
      points.filter((point) => point.value === value),
      days,
      ({ matchRate }) => matchRate,
    ),
  }));
}

function ratesOf(
  points: readonly PastRate[],
  days: readonly string[],
  rateOf: (point: PastRate) => number | null,
): (number | null)[] {
  const byDay = new Map(points.map((point) => [dayOf(point), rateOf(point)]));
  return days.map((day) => byDay.get(day) ?? null);
}
