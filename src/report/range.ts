import { z } from 'zod';
import { readIsoTime } from '../iso-time.ts';

/** How long one point of a series is. */
export const STEPS = ['minute', 'hour', 'day'] as const;
export type Step = (typeof STEPS)[number];

/** More points are no more readable, and an answer of a day by seconds would be for nobody. */
export const MAX_POINTS = 1500;

const DAY_MS = 86_400_000;
export const STEP_MS: Readonly<Record<Step, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS };
const DEFAULT_DAYS = 7;
/** Up to so long a range is shown by this step where none is asked for. */
const BY_MINUTE_MS = 3 * STEP_MS.hour;
const BY_HOUR_MS = 3 * DAY_MS;

const moment = z.string().transform((text, context) => {
  const time = readIsoTime(text);
  if (time !== undefined) return time;
  context.addIssue({ code: 'custom', message: 'must be an ISO 8601 date or time, such as 2026-01-31' });
  return z.NEVER;
});

/** What a caller may say of the time of a report. */
export const rangeQuery = z.object({
  from: moment
    .optional()
    .describe(
      'Beginning, an ISO 8601 date or time in UTC, moved back to the beginning of its point; default: seven days before `to`',
    ),
  to: moment.optional().describe('End, not included; default: now'),
  step: z
    .enum(STEPS, `must be one of ${STEPS.join(', ')}`)
    .optional()
    .describe('Length of one point'),
});

/** The time that a report is of; milliseconds since 1970, `from` on the border of a step. */
export interface Range {
  readonly from: number;
  /** Not included. */
  readonly to: number;
  readonly step: Step;
}

/** The time of a report that has no points. */
export type Span = Pick<Range, 'from' | 'to'>;

/**
 * Makes a range of what was asked for: nothing before the retention, nothing after now.
 *
 * @returns a sentence where there is no such range.
 */
export function rangeOf(
  asked: z.output<typeof rangeQuery>,
  retentionDays: number,
  now = Date.now(),
): Range | string {
  const span = spanOf(asked, retentionDays, now);
  if (typeof span === 'string') return span;
  const { from, to } = span;
  const step = asked.step ?? usualStep(to - from);
  const length = STEP_MS[step];
  const first = Math.floor(from / length) * length;
  if ((to - first) / length > MAX_POINTS)
    return `A report has at most ${MAX_POINTS} points; ask for a longer step or a shorter range.`;
  // What is kept begins with a day, which is the border of every step.
  return { from: first, to, step };
}

/**
 * The time that was asked for as it was, of a report without points: nothing before the retention, nothing after now.
 *
 * @returns a sentence where there is no such time.
 */
export function spanOf(
  asked: Pick<z.output<typeof rangeQuery>, 'from' | 'to'>,
  retentionDays: number,
  now = Date.now(),
): Span | string {
  const oldest = Math.floor(now / DAY_MS) * DAY_MS - (retentionDays - 1) * DAY_MS;
  const to = Math.min(asked.to ?? now, now);
  const from = Math.max(asked.from ?? to - DEFAULT_DAYS * DAY_MS, oldest);
  return from < to
    ? { from, to }
    : `from must be before to, and to within the retention: since ${new Date(oldest).toISOString()}.`;
}

const usualStep = (ms: number): Step => (ms <= BY_MINUTE_MS ? 'minute' : ms <= BY_HOUR_MS ? 'hour' : 'day');

/** The beginnings of all points of a range, milliseconds since 1970. */
export function pointsOf({ from, to, step }: Range): number[] {
  const length = STEP_MS[step];
  return Array.from({ length: Math.ceil((to - from) / length) }, (_, at) => from + at * length);
}

/** SQL of the beginning of the point that a moment lies in, as seconds since 1970. */
export const pointSql = (column: string, step: Step): string =>
  `toUnixTimestamp(toDateTime(toStartOfInterval(toDateTime(${column}, 'UTC'), INTERVAL 1 ${step.toUpperCase()}), 'UTC'))`;

/** SQL that holds of moments in the range that {@link rangeParams} binds. */
export const withinSql = (column: string): string =>
  `${column} >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND ${column} < fromUnixTimestamp64Milli({to:Int64}, 'UTC')`;

export const rangeParams = ({ from, to }: Span) => ({ from, to });

/** The range as answers show it. */
export const shownRange = (range: Range) => ({ ...shownSpan(range), step: range.step });
export type ShownRange = ReturnType<typeof shownRange>;

export const shownSpan = ({ from, to }: Span) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});
export type ShownSpan = ReturnType<typeof shownSpan>;
