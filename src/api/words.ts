import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a date',
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'a moment such as 2026-01-31T12:00:00Z',
  date: 'a day such as 2026-01-31',
  url: 'a URL such as https://example.com/',
  base64: 'base64',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
};

/**
 * What is wrong with a value, in words for people, where the schema has none of its own: the API's answers and the
 * console's forms show it beside the field, whose name it therefore need not say.
 *
 * @returns undefined = zod's own words will do.
 */
export function inWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      // JSON has no such number: it is what a text became that is none.
      if (Number.isNaN(issue.input)) return 'must be a number';
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return bounded(issue.origin, 'least', issue.minimum, issue.inclusive !== false);
    case 'too_big':
      return bounded(issue.origin, 'most', issue.maximum, issue.inclusive !== false);
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'invalid_format':
      return Object.hasOwn(FORMATS, issue.format)
        ? `must be ${FORMATS[issue.format]}`
        : 'is not of the form that it has';
    case 'unrecognized_keys':
      return `there is no field ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return 'is of none of the forms that it may have';
    default:
      return undefined;
  }
}

/** Of a text its characters are counted, of a list its items; a number is bounded itself. */
function bounded(
  origin: string,
  end: 'least' | 'most',
  bound: number | bigint,
  isInclusive: boolean,
): string {
  if (origin === 'string' && end === 'least' && Number(bound) === 1) return 'must not be empty';
  if (origin === 'array' && end === 'least' && Number(bound) === 1) return 'must have one at least';
  const what = end === 'least' ? 'at least' : 'at most';
  if (origin === 'string')
    return `must have ${what} ${bound} ${Number(bound) === 1 ? 'character' : 'characters'}`;
  if (origin === 'array' || origin === 'set' || origin === 'object' || origin === 'map')
    return `must have ${what} ${bound}`;
  if (isInclusive) return `must be ${what} ${bound}`;
  return `must be ${end === 'least' ? 'more' : 'less'} than ${bound}`;
}
