import { showProgress } from '../../dist/cli/progress.js';

/**
 * Shows on standard error how far seeding is: a bar on a terminal, now and then a line elsewhere.
 *
 * @param {number} steps in all. @returns `next` says what is done now; `end` leaves the terminal to others.
 */
export function progressOf(steps) {
  let done = -1;
  let what = 'beginning';
  const end = showProgress({
    bytes: steps,
    total: 'all',
    bytesRead: () => Math.max(0, done),
    what: () => what,
    howFar: () => `step ${Math.min(done + 1, steps)} of ${steps}`,
  });
  return {
    next: (now) => {
      done += 1;
      what = now;
    },
    end: () => {
      done += 1;
      end();
    },
  };
}
