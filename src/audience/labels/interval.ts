/** Whole numbers from `low` to `high`, both included; `high` is Infinity where there is no end. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Grouped by threes or not, with `k` for thousands and `m` for millions. */
const NUMBER = /(\d{1,3}(?:[,'\u202f ]\d{3})+|\d+)(\.\d+)?\s?([km])?(?![\p{L}\d])/gu;
const FACTORS: Readonly<Record<string, number>> = { k: 1_000, m: 1_000_000 };
/** Beyond it neighbouring whole numbers are no longer told apart. */
const MOST = Number.MAX_SAFE_INTEGER;

const FORMS: readonly (readonly [RegExp, (a: number, b: number) => Interval])[] = [
  [/^(\d+)$/, (a) => ({ low: a, high: a })],
  [/^(\d+) ?(?:-|to|until) ?(\d+)$/, (low, high) => ({ low, high })],
  [/^(\d+) ?(?:\+|plus|(?:and|or|&) (?:over|above|older|up|more|higher))$/, fromOn],
  [/^(?:>=|at least|from) ?(\d+)$/, fromOn],
  [/^(?:>|over|above|older than|more than) ?(\d+)$/, (a) => fromOn(a + 1)],
  [/^(?:<|under|below|younger than|less than|fewer than|u)[ -]?(\d+)s?$/, (a) => ({ low: 0, high: a - 1 })],
  [/^(?:<=|up to|at most) ?(\d+)$/, (high) => ({ low: 0, high })],
  [/^(\d+) ?(?:and|or) (?:under|younger|below|less|fewer)$/, (high) => ({ low: 0, high })],
];

/**
 * Reads a number or a range of them as people write it: `34`, `25-29`, `25 to 29`, `75+`, `75 or older`, `under 18`,
 * `$20,000-$39,999`, `20k-40k`.
 *
 * @param units words and signs to be passed over, with the flag `g`.
 * @returns undefined for anything else.
 */
export function readInterval(text: string, units: RegExp): Interval | undefined {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replaceAll('≥', '>=')
    .replaceAll('≤', '<=')
    .replaceAll('_', ' ')
    .replace(units, ' ')
    .replace(NUMBER, (_, digits: string, fraction: string | undefined, factor: string | undefined) => {
      const number = Number(digits.replace(/\D/g, '') + (fraction ?? '')) * (FACTORS[factor ?? ''] ?? 1);
      return String(Math.min(Math.floor(number), MOST));
    })
    .replace(/\s+/g, ' ')
    .trim();
  for (const [form, interval] of FORMS) {
    const found = form.exec(plain);
    if (found === null) continue;
    const { low, high } = interval(Number(found[1]), Number(found[2]));
    return low <= high ? { low, high } : undefined;
  }
  return undefined;
}

function fromOn(low: number): Interval {
  return { low, high: Number.POSITIVE_INFINITY };
}
