import { LOOK_MS, PING_MS, USE_LOOKS } from './limits.ts';
import type { Parameters } from './page.ts';
import { on } from './quietly.ts';
import { send } from './send.ts';

let idle = 0;
let spent = 0;
let enough = 0;
/** Pixels from the top of the page to the lowest line that was on the screen. */
let deepest = 0;

/**
 * Counts the time in which the page is visible and somebody is there.
 *
 * @param looked called at each look.
 */
export const watch = (looked: () => void) => {
  on('keydown scroll click pointermove visibilitychange', () => {
    idle = 0;
  });
  setInterval(() => {
    if (!document.hidden && idle++ < USE_LOOKS) spent += LOOK_MS;
    looked();
  }, LOOK_MS);
};

/**
 * Sends a ping where there is enough to tell: `d`, milliseconds for which the page was visible and in use since
 * the last ping, and `x`, the deepest scroll in percent. The page is described as in its page view, because a
 * rule asks for attention to a category as it does for a view of it, and a match is met by one hit.
 *
 * @param page whose view was sent; without one there is none to attend to.
 * @param moved whether the visitor has gone on to another page, to which nothing is paid yet.
 * @param leaving whether any attention is enough.
 */
export const ping = (page: Parameters | '' | undefined, moved: boolean, leaving: unknown) => {
  deepest = Math.max(deepest, scrollY + innerHeight);
  if (page && spent >= (moved || leaving ? 1 : enough)) {
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
  if (moved) {
    spent = deepest = 0;
    enough = PING_MS;
  }
};
