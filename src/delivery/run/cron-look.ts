import { dueTimes } from '../../jobs/due-times.ts';

const MINUTE_MS = 60_000;

/**
 * Looks whether a cron expression, in UTC, has named a minute after that of one moment and up to another, both
 * milliseconds since 1970. One that was slept through is found as far back as {@link dueTimes} looks.
 *
 * What one look has looked through the next does not, as long as `upTo` grows from one to the next: whoever looks at
 * other moments makes a look of its own.
 */
export function cronLook(): (expression: string, after: number, upTo: number) => boolean {
  const lastDues = new Map<string, ReturnType<typeof dueTimes>>();
  return (expression, after, upTo) => {
    const lastDue = lastDues.get(expression) ?? dueTimes(expression);
    lastDues.set(expression, lastDue);
    const due = lastDue(upTo);
    return due !== undefined && Math.floor(due / MINUTE_MS) > Math.floor(after / MINUTE_MS);
  };
}
