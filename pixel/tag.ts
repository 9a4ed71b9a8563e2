/**
 * The browser tag: a page view for each page, attention, outbound clicks and the page's own events, as requests
 * for the collector's pixel.
 *
 * `<script async src="…/tag.js" data-site="KEY"></script>`, with `data-categories`, `data-keywords` (comma
 * separated) and `data-vendor` (our Global Vendor List id) as one likes; `ninety('event', name, props)` from
 * then on, and before it where the page made the stub that queues.
 *
 * Nothing in here may throw into the page, block it, or try anything twice.
 */
import { attend, look, ping, use } from './attention.ts';
import { askCmp, signals, verdict } from './consent.ts';
import { randomId } from './id.ts';
import { LOOK_MS, SETTLE_MS } from './limits.ts';
import { address, canonical, describePage, labels, type Parameters, type Props } from './page.ts';
import { on, quietly } from './quietly.ts';
import { send } from './send.ts';
import { PENDING, REFUSED } from './verdict.ts';

type Call = Iterable<unknown>;
/** Takes calls; carries those made before the tag came, and a mark for each site whose tag has come. */
interface Ninety {
  (...call: unknown[]): void;
  q?: Call[];
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
const calls: Call[] = [...(before?.q || [])];
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
  const now = verdict();
  if (document.prerendering || now === PENDING) return;
  if (now === REFUSED) {
    calls.length = 0;
    // One refusal a page: the collector counts it, and ends what it knows under the ids that come with it.
    // It says nothing of the page.
    if (at !== '') send('refusal');
    at = '';
    return;
  }
  const here = address();
  const moved = at !== here;
  if (at) ping(moved || leaving, page);
  if (next && next !== here) settle();
  if (settled !== here) return;
  if (moved) {
    const own = canonical();
    // A canonical address of another host names a page the visitor is not on.
    const shown = own !== stale && own?.split('/')[2] === location.host ? own : here;
    page = describePage({ url: shown, referrer: at || document.referrer });
    at = here;
    view = randomId();
    attend();
  }
  stale = canonical();
  const said = view + signals();
  if (told !== said) {
    // A choice changed from yes to another yes repeats the page view under its own hit id: it counts once, and
    // brings the new choice.
    told = said;
    send('pageview', page, view);
  }
  while (calls[0]) {
    const [command, name, props] = calls.shift()! as [unknown?, unknown?, Props?];
    if (command === 'event' && name)
      send(`${name}`, describePage({ url: page.u, referrer: page.r, ...props }));
  }
});

// A template and a tag manager that both hold the tag would count every page twice.
if (!before?.[labels.site!]) {
  const ninety = ((...call) => {
    calls.push(call);
    act();
  }) as Ninety;
  ninety[labels.site!] = 1;
  window.ninety = ninety;
  // What pushState, replaceState and the way back do is told by the browser, so that the page's own history stays
  // untouched. A browser without the Navigation API is found out at the next look.
  window.navigation?.addEventListener('currententrychange', () => act());
  on('keydown scroll click pointermove visibilitychange', use);
  on('pagehide visibilitychange', act);
  on('click auxclick', ({ target, button }: MouseEvent) => {
    const { host, origin, pathname } = (target as Element).closest('a')!;
    if (/^http/.test(origin) && host !== location.host && button < 2)
      ninety('event', 'outbound', { to: origin + pathname });
  });
  setInterval(() => {
    look();
    act();
  }, LOOK_MS);
  if (document.readyState === 'loading') on('DOMContentLoaded', settle);
  else settle();
}
