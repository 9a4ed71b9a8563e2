const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

export const count = (n: number): string => whole.format(n);

/** With its noun, in the plural where it is not one. */
export const counted = (n: number, one: string): string => `${count(n)} ${n === 1 ? one : `${one}s`}`;

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in the largest decimal unit that leaves at least 1. */
export function bytes(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** @param iso ISO 8601. @returns hours and minutes in the reader's own time zone. */
export const timeOfDay = (iso: string): string => clock.format(new Date(iso));

/** The day so many days before today, in UTC, as a report is asked from it. */
export const daysAgo = (days: number): string =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** How long before `now` a moment was; both ISO 8601, so that the server's clock speaks for both. */
export function ago(moment: string, now: string): string {
  const ms = Date.parse(now) - Date.parse(moment);
  const step = STEPS.find(([length]) => ms >= length);
  return step ? `${Math.floor(ms / step[0])} ${step[1]} ago` : 'just now';
}

/** Milliseconds as a person says them. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
}

/** Numbers in a result that count nothing. */
const NO_COUNT = new Set(['build', 'run']);

/**
 * The result of a job's run in a few words: counts with their names, and of a list by name its length.
 *
 * @param result an object of the ledger; its texts (moments, ids) are left out.
 */
export function outcome(result: unknown): string {
  if (typeof result !== 'object' || result === null) return '';
  return Object.entries(result)
    .flatMap(([name, value]: [string, unknown]) => {
      const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      if (NO_COUNT.has(name)) return [];
      if (typeof value === 'number') return [`${words} ${count(value)}`];
      if (typeof value === 'object' && value !== null)
        return [`${words} ${count(Object.keys(value).length)}`];
      return [];
    })
    .join(', ');
}
