import type { Path } from './problem.ts';
import type { Bound, Bounds, Times } from './rule.ts';
import { unknownField, Wrong } from './value.ts';

/** How a Range of whole numbers narrows what is counted: the bounds that each of its fields sets. */
const BOUNDS: Readonly<Record<string, (n: number) => { from?: number; to?: number }>> = {
  gte: (n) => ({ from: n }),
  gt: (n) => ({ from: n + 1 }),
  lte: (n) => ({ to: n }),
  lt: (n) => ({ to: n - 1 }),
  eq: (n) => ({ from: n, to: n }),
};
export const RANGE_FIELDS = Object.keys(BOUNDS);

/** A field of a Range and its value; a number alone is "at least", and no field of its own. */
type RangeField = readonly [name: string, value: unknown, at: Path];

function rangeFields(value: unknown): readonly RangeField[] | Wrong {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [['gte', value, []]];
  const fields = Object.entries(value);
  const unknown = fields.find(([name]) => !RANGE_FIELDS.includes(name));
  if (unknown) return new Wrong('unknown_field', unknownField(unknown[0], RANGE_FIELDS), [unknown[0]]);
  return fields.length === 0
    ? new Wrong('bad_range', `names no bound; give one of ${RANGE_FIELDS.join(', ')}`)
    : fields.map(([name, bound]) => [name, bound, [name]]);
}

/** Reads a Range of hits: a whole number (at least) or `{gte?, gt?, lte?, lt?, eq?}`, all of which hold. */
export const readTimes = (value: unknown): Times | Wrong =>
  readWhole(value, 'no number of hits is in it', (number, at) => {
    if (typeof number !== 'number' || !Number.isSafeInteger(number))
      return new Wrong('bad_value', 'must be a whole number of hits', at);
    return number < 0 ? new Wrong('bad_range', 'is negative, and hits are counted from 0', at) : number;
  });

/** A retention of nothing but attention, many times over. */
const MAX_SECONDS = 1e9;

/** Reads a Range of seconds. @returns it in milliseconds, to which seconds are rounded. */
export const readSeconds = (value: unknown): Times | Wrong =>
  readWhole(value, 'no time is in it', (seconds, at) => {
    if (typeof seconds !== 'number') return new Wrong('bad_value', 'must be a number of seconds', at);
    return seconds >= 0 && seconds <= MAX_SECONDS
      ? Math.round(seconds * 1000)
      : new Wrong('bad_range', `must be from 0 to ${MAX_SECONDS} seconds`, at);
  });

function readWhole(
  value: unknown,
  nothing: string,
  read: (one: unknown, at: Path) => number | Wrong,
): Times | Wrong {
  const fields = rangeFields(value);
  if (fields instanceof Wrong) return fields;
  let from = 0;
  let to = Number.POSITIVE_INFINITY;
  for (const [name, given, at] of fields) {
    const number = read(given, at);
    if (number instanceof Wrong) return number;
    const bound = BOUNDS[name]!(number);
    from = Math.max(from, bound.from ?? 0);
    to = Math.min(to, bound.to ?? to);
  }
  if (from > to) return new Wrong('bad_range', `contradicts itself: ${nothing}`);
  return { from: from + 0, to: to === Number.POSITIVE_INFINITY ? undefined : to };
}

/** The end of a range that a field sets, and whether the value itself is left out. */
const ENDS: Readonly<Record<string, readonly ['from' | 'to', strict: boolean][]>> = {
  gte: [['from', false]],
  gt: [['from', true]],
  lte: [['to', false]],
  lt: [['to', true]],
  eq: [
    ['from', false],
    ['to', false],
  ],
};

/**
 * Reads a Range of real numbers.
 *
 * @param most the greatest number that there can be, where 0 is the least.
 */
export function readBounds(value: unknown, most: number): Bounds | Wrong {
  const fields = rangeFields(value);
  if (fields instanceof Wrong) return fields;
  let from: Bound | undefined;
  let to: Bound | undefined;
  for (const [name, given, at] of fields) {
    const number = readBetween(given, most);
    if (number instanceof Wrong) return new Wrong(number.reason, number.said, at);
    for (const [end, strict] of ENDS[name]!) {
      const bound = { value: number, strict };
      if (end === 'from') from = narrower(from, bound, (a, b) => a > b);
      else to = narrower(to, bound, (a, b) => a < b);
    }
  }
  const least = from ?? { value: 0, strict: false };
  const greatest = to ?? { value: most, strict: false };
  const holdsOne = least.value === greatest.value && !least.strict && !greatest.strict;
  return least.value < greatest.value || holdsOne
    ? { from, to }
    : new Wrong('bad_range', `contradicts itself: no number from 0 to ${most} is in it`);
}

function narrower(known: Bound | undefined, bound: Bound, isFurther: (a: number, b: number) => boolean) {
  if (known === undefined || isFurther(bound.value, known.value)) return bound;
  return known.value === bound.value ? { value: known.value, strict: known.strict || bound.strict } : known;
}

/** Reads a number from 0 to `most`. */
export function readBetween(value: unknown, most: number): number | Wrong {
  if (typeof value !== 'number' || Number.isNaN(value))
    return new Wrong('bad_value', `must be a number from 0 to ${most}`);
  return value >= 0 && value <= most ? value + 0 : new Wrong('bad_range', `lies outside of 0 to ${most}`);
}
