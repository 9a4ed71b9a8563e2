import type { Context } from 'hono';
import { z } from 'zod';
import { ANSWER_LIFE_MS, type Cursor, type Cursors, cursorLifeDays } from '../delivery/cursor.ts';
import { FORMATS, type Format } from '../delivery/formats/formats.ts';
import { type Env, readParams } from './http.ts';
import { ApiError } from './problem.ts';

const DAY_MS = 86_400_000;

/** Characters; two ids, three numbers and a signature take some 400. */
const CURSOR_MOST = 1_000;

/** What every pull is asked with, beside whose it is. */
export const pullQuery = z.object({
  since: z
    .string()
    .max(CURSOR_MOST)
    .optional()
    .describe('`Ninety-Cursor` of an earlier answer: only what has changed since'),
  at: z
    .string()
    .max(CURSOR_MOST)
    .optional()
    .describe('`Ninety-Cursor` of the answer that broke off, to go on with it'),
  after: z.string().min(1).max(1_000).optional().describe('The last id that came whole, with `at`'),
  format: z.string().default('ndjson').describe('`ndjson`, `csv`, `tsv` or `parquet`'),
});

/** The same, read; whose the cursors are is not yet looked at. */
export interface PullQuery {
  readonly since: string | undefined;
  readonly at: string | undefined;
  readonly after: string | undefined;
  readonly format: Format;
}

/** @throws ApiError `invalid`, `bad_format`, or `bad_cursor` where there is a line to go on behind and no answer. */
export function readPullQuery(c: Context<Env>): PullQuery {
  const { format, since, at, after } = readParams(c, pullQuery);
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
  cursors: Cursors,
  { since, at }: Pick<PullQuery, 'since' | 'at'>,
  of: Pick<Cursor, 'segment' | 'source'>,
  whose: string,
  retentionDays: number,
): { readonly since: Cursor | undefined; readonly at: Cursor | undefined } {
  const read = (name: string, text: string | undefined): Cursor | undefined => {
    if (text === undefined) return undefined;
    const cursor = cursors.read(text);
    if (cursor === undefined || cursor.segment !== of.segment || cursor.source !== of.source)
      throw new ApiError('bad_cursor', `${name} must be a Ninety-Cursor of an earlier answer for ${whose}.`);
    return cursor;
  };
  const both = { since: read('since', since), at: read('at', at) };
  const lifeDays = cursorLifeDays(retentionDays);
  if (both.since !== undefined && Date.now() - both.since.issued > lifeDays * DAY_MS)
    throw new ApiError(
      'cursor_expired',
      `A cursor lives ${lifeDays} days; read it whole and go on from the new cursor.`,
    );
  if (both.at !== undefined && Date.now() - both.at.issued > ANSWER_LIFE_MS)
    throw new ApiError(
      'cursor_expired',
      'An answer is gone on with within an hour, because consent is looked at when it begins; begin it anew, without at and after.',
    );
  if (both.at !== undefined && both.since !== undefined && both.since.seq >= both.at.seq)
    throw new ApiError('bad_cursor', 'at must be the cursor of an answer that came after since.');
  return both;
}
