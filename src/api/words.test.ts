import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inWords } from './words.ts';

const schema = z.strictObject({
  name: z.string().min(1).max(5).optional(),
  long: z.string().min(3).optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  days: z.number().int().min(1).max(90).optional(),
  share: z.number().gt(0).lt(1).optional(),
  limit: z.coerce.number().optional(),
  kind: z.enum(['a', 'b']).optional(),
  day: z.iso.date().optional(),
  url: z.url().optional(),
  either: z.union([z.literal('all'), z.array(z.string())]).optional(),
  code: z
    .string()
    .regex(/^[a-z]+$/, 'must be of small letters')
    .optional(),
  at: z.object({ id: z.string() }).optional(),
});

describe('what is wrong with a value is said in words', () => {
  it.each<[string, object, string]>([
    ['of another type', { name: 7 }, 'must be text'],
    ['a list as text', { list: 7 }, 'must be a list'],
    ['null in place of an object', { at: null }, 'must be an object'],
    ['a part that is not there', { at: {} }, 'is missing'],
    ['nothing', { name: '' }, 'must not be empty'],
    ['too much text', { name: 'too long' }, 'must have at most 5 characters'],
    ['too little text', { long: 'a' }, 'must have at least 3 characters'],
    ['an empty list', { list: [] }, 'must have one at least'],
    ['too long a list', { list: ['a', 'b', 'c'] }, 'must have at most 2'],
    ['too small a number', { days: 0 }, 'must be at least 1'],
    ['too large a number', { days: 91 }, 'must be at most 90'],
    ['half a day', { days: 1.5 }, 'must be a whole number'],
    ['a number at an open end', { share: 0 }, 'must be more than 0'],
    ['text in place of a number', { limit: 'many' }, 'must be a number'],
    ['another word', { kind: 'c' }, 'must be one of a, b'],
    ['no day', { day: 'soon' }, 'must be a day such as 2026-01-31'],
    ['no address', { url: 'here' }, 'must be a URL such as https://example.com/'],
    ['none of several forms', { either: 3 }, 'is of none of the forms that it may have'],
    ['a field too many', { nmae: 'x' }, 'there is no field nmae'],
    ['what the schema has words for', { code: 'A' }, 'must be of small letters'],
  ])('%s', (_, value, words) => {
    const { error } = schema.safeParse(value, { error: inWords });
    expect(error?.issues.map(({ message }) => message)).toEqual([words]);
  });
});
