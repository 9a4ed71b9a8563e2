import type { Source } from '../../collect/sources.ts';
import { nearest } from '../../nearest.ts';
import { MAX_VALUE_LENGTH, MAX_VALUES, MAX_WITHIN_DAYS } from './limits.ts';
import type { Path, RuleRefusal } from './problem.ts';
import type { ClockField, HasDemographic, TextField } from './rule.ts';

/** What is wrong with a value, and where inside of it. */
export class Wrong {
  readonly reason: RuleRefusal;
  readonly said: string;
  readonly path: Path;

  constructor(reason: RuleRefusal, said: string, path: Path = []) {
    this.reason = reason;
    this.said = said;
    this.path = path;
  }
}

/** Fields whose values are words from a closed list; any other would match nobody in silence. */
const WORDS: { readonly [F in TextField]?: readonly string[] } = {
  device: ['desktop', 'mobile', 'tablet', 'tv', 'console', 'wearable', 'other'],
  source: ['direct', 'internal', 'search', 'social', 'email', 'campaign', 'referral'] satisfies Source[],
};

/**
 * Fields whose values are codes: how a code is stored (upper or lower case) and its form. A wrong one
 * would match nobody in silence. Empty = not known, as in the hits.
 */
const CODES: {
  readonly [F in TextField]?: { stored: (code: string) => string; form: RegExp; called: string };
} = {
  country: { stored: (c) => c.toUpperCase(), form: /^([A-Z]{2})?$/, called: 'an ISO 3166-1 code such as DE' },
  region: {
    stored: (c) => c.toUpperCase(),
    form: /^([A-Z]{2}-[A-Z0-9]{1,3})?$/,
    called: 'an ISO 3166-2 code such as US-CA',
  },
  language: {
    stored: (c) => c.toLowerCase(),
    form: /^([a-z]{2,3})?$/,
    called: 'an ISO 639-1 code such as de',
  },
};

/** Reads one value of a text field. */
export function readText(field: TextField, value: unknown): string | Wrong {
  if (typeof value !== 'string') return new Wrong('bad_value', 'must be a string or a list of strings');
  if (value.length > MAX_VALUE_LENGTH) {
    return new Wrong('bad_value', `has ${value.length} characters; at most ${MAX_VALUE_LENGTH} are taken`);
  }
  if (/\p{Surrogate}/u.test(value))
    return new Wrong('bad_value', 'holds half a character (a lone surrogate)');
  const words = WORDS[field];
  if (words && !words.includes(value)) {
    const meant = nearest(value, words);
    return new Wrong(
      'bad_value',
      meant ? `unknown ${field}, did you mean ${meant}?` : `must be one of ${words.join(', ')}`,
    );
  }
  const code = CODES[field];
  if (!code) return value;
  const stored = code.stored(value);
  return code.form.test(stored) ? stored : new Wrong('bad_value', `must be ${code.called}`);
}

const CLOCK = {
  hour: { from: 0, to: 23, called: 'an hour from 0 to 23' },
  weekday: { from: 1, to: 7, called: 'a weekday from 1 (Monday) to 7' },
} as const;

/** Reads one value of `hour` or `weekday`: a number, or its digits as text. */
export function readClock(field: ClockField, value: unknown): number | Wrong {
  const { from, to, called } = CLOCK[field];
  const number = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= from && number <= to
    ? number + 0
    : new Wrong('bad_value', `must be ${called}, or a list of them`);
}

/** Reads a value or a list of values (any of them), each by `read`; what is said twice counts once. */
export function readValues<T>(value: unknown, read: (one: unknown) => T | Wrong): T[] | Wrong {
  const listed = Array.isArray(value);
  const given: readonly unknown[] = listed ? value : [value];
  if (given.length === 0) return new Wrong('empty_list', 'the list is empty, so no hit could ever match');
  if (given.length > MAX_VALUES) {
    return new Wrong('bad_value', `has ${given.length} values; at most ${MAX_VALUES} are taken`);
  }
  const values = new Set<T>();
  for (const [index, one] of given.entries()) {
    const got = read(one);
    if (got instanceof Wrong) return listed ? new Wrong(got.reason, got.said, [index, ...got.path]) : got;
    values.add(got);
  }
  return [...values];
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @returns the milliseconds of a Duration such as `30m`, `24h` or `7d`. */
export function readDuration(value: unknown): number | Wrong {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (count === undefined) return new Wrong('bad_duration', 'must be a duration such as 30m, 24h or 7d');
  const ms = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (ms === 0) return new Wrong('bad_duration', 'must be longer than nothing');
  return ms <= MAX_WITHIN_DAYS * UNIT_MS.d
    ? ms
    : new Wrong('bad_duration', `is longer than ${MAX_WITHIN_DAYS}d, and nothing is kept longer`);
}

const ATTRIBUTE = /^[a-z][a-z0-9_]{0,39}$/;

/** Reads `{attribute: value}`, or several attributes with a value or a list of values each. */
export function readDemographic(value: unknown): HasDemographic['wanted'] | Wrong {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Wrong('bad_value', 'must name an attribute and its value, such as {"gender": "female"}');
  const wanted: HasDemographic['wanted'][number][] = [];
  for (const [attribute, given] of Object.entries(value)) {
    if (!ATTRIBUTE.test(attribute))
      return new Wrong('bad_value', 'must be the name of an attribute: a-z, 0-9 and _, such as gender', [
        attribute,
      ]);
    const values = readValues(given, readName);
    if (values instanceof Wrong) return new Wrong(values.reason, values.said, [attribute, ...values.path]);
    wanted.push({ attribute, values });
  }
  return wanted.length > 0 ? wanted : new Wrong('empty_list', 'names no attribute, such as gender or age');
}

function readName(value: unknown): string | Wrong {
  const text = readText('site', value);
  return text === '' ? new Wrong('bad_value', 'must not be empty') : text;
}

/** @returns what is said of a field that does not exist. */
export function unknownField(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant
    ? `unknown field, did you mean ${meant}?`
    : `unknown field; the fields here are ${known.join(', ')}`;
}
