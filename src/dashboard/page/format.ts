// By hand, and not by Intl: the first formatter of a page reads the tables of all languages, for which the browser
// stood still for 15 to 70 ms before anything of the first page was asked for.

/** @param most digits after the point. @returns thousands apart, as English has them. */
export function count(n: number, most = 0): string {
  const [whole = '', part] = String(Number(n.toFixed(most))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? grouped : `${grouped}.${part}`;
}

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

const two = (n: number) => String(n).padStart(2, '0');

/** @param iso ISO 8601. @returns hours and minutes in the reader's own time zone. */
export function timeOfDay(iso: string): string {
  const moment = new Date(iso);
  return `${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** @param iso ISO 8601. @returns day and time in the reader's own time zone, to the second. */
export function momentOf(iso: string): string {
  const moment = new Date(iso);
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day} ${timeOfDay(iso)}:${two(moment.getSeconds())}`;
}

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
