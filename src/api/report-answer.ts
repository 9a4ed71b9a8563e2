import type { Context } from 'hono';
import { z } from 'zod';
import type { Env } from './http.ts';

const FORMATS = ['json', 'csv'] as const;

/** In what form a report is wanted. */
export const reportFormat = z
  .enum(FORMATS, `must be one of ${FORMATS.join(', ')}`)
  .optional()
  .describe('`csv` is also had with the header `Accept: text/csv`');

/** RFC 9110, 12.5.1: whoever takes CSV and does not name JSON wants CSV. */
const wantsCsv = (accept: string) => /\btext\/csv\b/i.test(accept) && !/\bapplication\/json\b/i.test(accept);

/**
 * A report as JSON, or as the table that is made of it.
 *
 * @param asked undefined = what the request's `Accept` says.
 */
export function answerReport<R extends object>(
  c: Context<Env>,
  asked: (typeof FORMATS)[number] | undefined,
  report: R,
  table: (report: R) => string,
): Response {
  c.header('Cache-Control', 'no-store');
  c.header('Vary', 'Accept');
  const isCsv = asked === undefined ? wantsCsv(c.req.header('accept') ?? '') : asked === 'csv';
  if (!isCsv) return c.json(report);
  return c.body(table(report), 200, { 'Content-Type': 'text/csv; charset=utf-8; header=present' });
}
