import { LOOK_MS, PING_MS, USE_LOOKS } from './limits.ts';
import type { Parameters } from './page.ts';
import { send } from './send.ts';

let idle = 0;
let spent = 0;
let enough = 0;
/** Pixels from the top of the page to the lowest line that was on the screen. */
let deepest = 0;

/** Somebody is there. */
export const use = () => {
  idle = 0;
};

/** Begins with a new page. */
export const attend = () => {
  spent = deepest = 0;
  enough = PING_MS;
};

/** Counts the time since the last look. */
export const look = () => {
  if (!document.hidden && idle++ < USE_LOOKS) spent += LOOK_MS;
};

/**
 * Sends a ping where there is enough to tell: `d`, milliseconds for which the page was visible and in use since
 * the last ping, and `x`, the deepest scroll in percent. The page is described as in its page view, because a
 * rule asks for attention to a category as it does for a view of it, and a match is met by one hit.
 *
 * @param last whether any attention is enough.
 */
export function ping(last: unknown, page: Parameters): void {
  deepest = Math.max(deepest, scrollY + innerHeight);
  if (spent < (last ? 1 : enough)) return;
  const d = spent;
  // Before it is sent: what cannot be sent now is given up.
  spent = 0;
  enough += PING_MS;
  send('attention', {
    d,
    x: Math.min(100, (100 * deepest) / document.documentElement.scrollHeight) | 0,
    ...page,
  });
}
