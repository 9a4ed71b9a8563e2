import type { Context } from 'hono';
import { z } from 'zod';
import { ANSWER_LIFE_MS, CURSOR_LIFE_DAYS, type Cursor, readCursor } from '../delivery/cursor.ts';
import { FORMATS, type Format } from '../delivery/formats/formats.ts';
import { type Env, readParams } from './http.ts';
import { ApiError } from './problem.ts';

const DAY_MS = 86_400_000;

/** Characters of a cursor of one set, and of as many sets as a destination has: each below the floor leaves a mark. */
export const CURSOR_MOST = { one: 1_000, many: 12_000 } as const;

/** What every pull is asked with, beside whose it is. */
export const pullQuery = (most: number) =>
  z.object({
    since: z.string().max(most).optional(),
    at: z.string().max(most).optional(),
    after: z.string().min(1).max(1_000).optional(),
    format: z.string().default('ndjson'),
  });

/** The same, read; whose the cursors are is not yet looked at. */
export interface PullQuery {
  readonly since: string | undefined;
  readonly at: string | undefined;
  readonly after: string | undefined;
  readonly format: Format;
}

/**
 * @param most characters that a cursor may have.
 * @throws ApiError `invalid`, `bad_format`, or `bad_cursor` where there is a line to go on behind and no answer.
 */
export function readPullQuery(c: Context<Env>, most: number): PullQuery {
  const { format, since, at, after } = readParams(c, pullQuery(most));
  if (!Object.hasOwn(FORMATS, format))
    throw new ApiError('bad_format', `format must be one of ${Object.keys(FORMATS).join(', ')}.`);
  if (after !== undefined && at === undefined)
    throw new ApiError(
      'bad_cursor',
      'after goes on with an answer that broke off; give its Ninety-Cursor as at.',
    );
  return { since, at, after, format: format as Format };
}

/**
 * The cursors of a pull.
 *
 * @param of what they must be of; `whose` says it to a person.
 * @throws ApiError `bad_cursor`, `cursor_expired`.
 */
export function cursorsOf(
  { since, at }: Pick<PullQuery, 'since' | 'at'>,
  of: Pick<Cursor, 'segment' | 'source'>,
  whose: string,
): { readonly since: Cursor | undefined; readonly at: Cursor | undefined } {
  const read = (name: string, text: string | undefined): Cursor | undefined => {
    if (text === undefined) return undefined;
    const cursor = readCursor(text);
    if (cursor === undefined || cursor.segment !== of.segment || cursor.source !== of.source)
      throw new ApiError('bad_cursor', `${name} must be a Ninety-Cursor of an earlier answer for ${whose}.`);
    return cursor;
  };
  const cursors = { since: read('since', since), at: read('at', at) };
  if (cursors.since !== undefined && Date.now() - cursors.since.issued > CURSOR_LIFE_DAYS * DAY_MS)
    throw new ApiError(
      'cursor_expired',
      `A cursor lives ${CURSOR_LIFE_DAYS} days; read it whole and go on from the new cursor.`,
    );
  if (cursors.at !== undefined && Date.now() - cursors.at.issued > ANSWER_LIFE_MS)
    throw new ApiError(
      'cursor_expired',
      'An answer is gone on with within an hour, because consent is looked at when it begins; begin it anew, without at and after.',
    );
  if (cursors.at !== undefined && cursors.since !== undefined && cursors.since.seq >= cursors.at.seq)
    throw new ApiError('bad_cursor', 'at must be the cursor of an answer that came after since.');
  return cursors;
}
