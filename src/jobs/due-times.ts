import { createTask } from 'node-cron';

const MINUTE_MS = 60_000;
/** As far back as the health of jobs is looked at. */
const LOOK_BACK_MINUTES = 8 * 1_440;

/**
 * A run that was due so long ago has come to an end, or goes on. More than an hour: where a restart has left out one
 * of an hourly job, its next has begun.
 */
export const GRACE_MS = 75 * MINUTE_MS;

/**
 * Looks back for the minutes that a cron expression, in UTC, has named. To match one takes some ten microseconds, so
 * that what has been looked through once is not looked through again.
 *
 * @returns of a moment, milliseconds since 1970, the last such minute before it; undefined where none was within
 *   eight days.
 */
export function dueTimes(expression: string): (upTo: number) => number | undefined {
  // A field of seconds says nothing of minutes.
  const task = createTask(expression.trim().split(/\s+/).slice(-5).join(' '), () => undefined, {
    timezone: 'UTC',
  });
  void task.destroy();
  let looked = Number.NEGATIVE_INFINITY;
  let due: number | undefined;
  const back = (newest: number, oldest: number): number | undefined => {
    for (let minute = newest; minute > oldest; minute -= 1)
      if (task.match(new Date(minute * MINUTE_MS))) return minute;
    return undefined;
  };
  return (upTo) => {
    const newest = Math.floor(upTo / MINUTE_MS);
    const oldest = newest - LOOK_BACK_MINUTES;
    // A clock that was set back knows nothing of what was looked through.
    const known = newest < looked ? undefined : due;
    due = back(newest, newest < looked ? oldest : Math.max(looked, oldest)) ?? known;
    looked = newest;
    return due === undefined || due <= oldest ? undefined : due * MINUTE_MS;
  };
}
