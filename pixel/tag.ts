/**
 * The browser tag: a page view for each page, attention, outbound clicks and the page's own events, as requests
 * for the collector's pixel.
 *
 * `<script async src="…/tag.js" data-site="KEY"></script>`, with `data-categories`, `data-keywords` (comma
 * separated) and `data-vendor` (our Global Vendor List id) as one likes; `ninety('event', name, props)`,
 * `ninety('optout')` and `ninety('optin')` from then on, and before it where the page made the stub that queues.
 *
 * Nothing in here may throw into the page, block it, or try anything twice.
 */
import { ping, watch } from './attention.ts';
import { answers, askCmp, signals, verdict } from './consent.ts';
import { cookie, randomId } from './id.ts';
import { OPTED_OUT, OPTOUT_S, SETTLE_MS } from './limits.ts';
import { address, canonical, describePage, labels, type Parameters, type Props } from './page.ts';
import { on, quietly } from './quietly.ts';
import { send } from './send.ts';
import { PENDING, REFUSED } from './verdict.ts';

/** Takes calls; carries those made before the tag came, and a mark for each site whose tag has come. */
interface Ninety {
  (...call: unknown[]): void;
  q?: Iterable<unknown>[];
  [site: string]: unknown;
}

declare global {
  interface Window {
    ninety?: Ninety;
  }
  interface Document {
    readonly prerendering?: boolean;
  }
}

const before = window.ninety;
/** Events of the page's own that have not been sent. */
const calls: (() => void)[] = [];
/** Hit id of the page view. */
let view: string;
/** That id, and the signals that went with it. */
let told: string;
/** The page of the view as it was described. */
let page: Parameters;
/** Its address as the visitor had it; empty once refused, undefined before the first. */
let at: string | undefined;
/** Canonical address that was last seen with the page; a router may leave it to the next one. */
let stale: string | undefined;
/** The address that is being given its time, and the last one that had it. */
let next: string | undefined;
let settled: string | undefined;

const settle = () => {
  next = address();
  setTimeout(() => {
    settled = next;
    act();
  }, SETTLE_MS);
};

const act = quietly((leaving?: unknown) => {
  askCmp(act);
  // Also where another tab said so, or a page before.
  if (cookie() === OPTED_OUT) answers.out = [REFUSED, ''];
  const now = verdict();
  if (document.prerendering || now === PENDING) return;
  if (!now) {
    calls.length = 0;
    // One refusal a page: the collector counts it, and ends what it knows under the ids that come with it.
    // It says nothing of the page. The mark of an opt-out is made anew, because browsers keep it for days only.
    if (at !== '') answers.out ? cookie(OPTED_OUT, OPTOUT_S) : send('refusal');
    at = '';
    return;
  }
  const here = address();
  const moved = at !== here;
  ping(at && page, moved, leaving);
  if (next && next !== here) settle();
  if (settled !== here) return;
  const own = canonical();
  if (moved) {
    // A canonical address of another host names a page the visitor is not on.
    const shown = own !== stale && own?.split('/')[2] === location.host ? own : here;
    page = describePage({ url: shown, referrer: at || document.referrer });
    at = here;
    view = randomId();
  }
  stale = own;
  const said = view + signals();
  if (told !== said) {
    // A choice changed from yes to another yes repeats the page view under its own hit id: it counts once, and
    // brings the new choice.
    told = said;
    send('pageview', { id: view, ...page });
  }
  while (calls[0]) calls.shift()!();
});

// A template and a tag manager that both hold the tag would count every page twice.
if (!before?.[labels.site!]) {
  const ninety = quietly((command: unknown, name?: unknown, props?: Props) => {
    if (command === 'event' && name)
      calls.push(() => send(name as string, describePage({ url: page.u, referrer: page.r, ...props })));
    if (command === 'optout' && !answers.out) {
      // First, so that it holds on this page whatever fails, and where no cookie is kept.
      answers.out = [REFUSED, ''];
      send(command, {}, command);
      cookie(OPTED_OUT, OPTOUT_S);
    }
    // Whoever has not opted out keeps the id.
    if (command === 'optin' && answers.out) {
      delete answers.out;
      cookie(OPTED_OUT, 0);
      send(command, {}, command);
      // What comes next waits for the next look: with the collector's own mark still there it would be refused.
    } else act();
  }) as Ninety;
  ninety[labels.site!] = 1;
  window.ninety = ninety;
  on('pagehide visibilitychange', act);
  on('click auxclick', (event: MouseEvent) => {
    const link = (event.target as Element).closest('a')!;
    if (/^http/.test(link.origin) && link.host !== location.host && event.button < 2)
      ninety('event', 'outbound', { to: link.origin + link.pathname });
  });
  watch(act);
  if (document.readyState === 'loading') on('DOMContentLoaded', settle);
  else settle();
  // So that the mark of an opt-out is known to what is called.
  act();
  before?.q?.map((call) => ninety(...call));
  // What pushState, replaceState and the way back do is told by the browser, so that the page's own history stays
  // untouched. Last, because a browser without the Navigation API throws; there the next look finds it out.
  navigation.addEventListener('currententrychange', () => act());
}
