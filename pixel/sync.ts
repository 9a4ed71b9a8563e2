/**
 * Cookie sync from a page: one hidden frame of the collector's, `/sync.html`, that makes the syncs that are due.
 *
 * `<script async src="…/sync.js" data-site="KEY"></script>`, and `data-vendor` as the tag has it. The frame comes
 * once a page, and only after the page itself, its auction and the visitor's choice.
 *
 * Nothing in here may throw into the page or block it.
 */
import { askCmp, signals, verdict } from './consent.ts';
import { cookie } from './id.ts';
import { LOOK_MS, OPTED_OUT } from './limits.ts';
import { labels, script } from './page.ts';
import { on, quietly } from './quietly.ts';
import { PENDING, REFUSED } from './verdict.ts';

/**
 * Milliseconds after the page has loaded: as long as Prebid.js holds its own syncs back by default
 * (`userSync.syncDelay`), so that an auction under way has the network to itself.
 */
const DELAY_MS = 3000;
/** Longest wait for an idle moment after that: a page that is never idle syncs too. */
const BUSY_MS = 5000;

const collector = new URL(script.src).origin;

let due = false;
let looks: ReturnType<typeof setInterval>;

const act = quietly(() => {
  askCmp(act);
  const now = verdict();
  // A refusal may be taken back while the page is open, and then the frame comes after all; so may an opt-out.
  if (!due || document.prerendering || now === PENDING || now === REFUSED || cookie() === OPTED_OUT) return;
  due = false;
  clearInterval(looks);
  const frame = document.createElement('iframe');
  frame.src = `${collector}/sync.html?s=${encodeURIComponent(labels.site!)}&${signals()}`;
  frame.style.display = 'none';
  document.body.append(frame);
});

const load = () =>
  setTimeout(() => {
    const ready = () => {
      due = true;
      act();
    };
    // Safari has no idle moments to give.
    if ('requestIdleCallback' in window) requestIdleCallback(ready, { timeout: BUSY_MS });
    else ready();
  }, DELAY_MS);

// A template and a tag manager that both hold the script make one frame, whatever sites they name: what is synced
// is the browser.
const once = `ninety ${collector}`;
const marks = window as unknown as Record<string, unknown>;
if (!marks[once]) {
  marks[once] = 1;
  // A CMP may turn up late.
  looks = setInterval(act, LOOK_MS);
  if (document.readyState === 'complete') load();
  else on('load', load);
  act();
}
