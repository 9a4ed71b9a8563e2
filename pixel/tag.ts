/**
 * The browser tag: one page view a page, and the page's own events, as image requests to the collector.
 *
 * `<script async src="…/tag.js" data-site="KEY"></script>`, with `data-categories`, `data-keywords` (comma
 * separated) and `data-vendor` (our Global Vendor List id) as one likes; `ninety('event', name, props)` from
 * then on, and before it where the page made the stub that queues.
 *
 * Nothing in here may throw into the page, block it, or try anything twice.
 */
import { ALLOWED, REFUSED, readConsent } from './consent.ts';
import { forgetId, keepId, knownId, randomId } from './id.ts';
import { describePage, hitUrl, type Parameters, type Props } from './page.ts';

/**
 * How long after DOMContentLoaded a page without any CMP is given for one to turn up. The IAB's contract puts
 * the stub before every other script, so this is for those that a tag manager inserts; a page view of somebody
 * who leaves within it is lost, therefore it is short, and a CMP that comes later is asked at `load`.
 */
const LATE_CMP_MS = 300;

type Call = readonly [command?: unknown, name?: unknown, props?: Props];

declare global {
  interface Window {
    ninety?: ((...call: Call) => void) & { q?: ArrayLike<unknown>[] };
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
  interface Document {
    readonly prerendering?: boolean;
  }
}

const quietly =
  <A extends unknown[]>(run: (...args: A) => void) =>
  (...args: A) => {
    try {
      run(...args);
    } catch {
      // The page comes first: a hit that cannot be sent is not sent.
    }
  };

function start(script: HTMLScriptElement): void {
  const labels = script.dataset;
  // A template and a tag manager that both hold the tag would count every page twice.
  const mark = `_n90${labels.site}`;
  if (mark in window) return;
  Object.assign(window, { [mark]: true });
  const endpoint = `${new URL(script.src).origin}/p.gif`;
  const calls = Array.from(window.ninety?.q || [], (call) => Array.from(call) as unknown as Call);
  // Global Privacy Control is a no that no later answer lifts, so no CMP is asked.
  const gpc = navigator.globalPrivacyControl;
  let ready = false;
  /** Hit id of the page view; empty once refused, undefined before anything is known. */
  let view: string | undefined;
  let told: string | undefined;

  const send = (e: string, id: string, fid: string, page: Parameters) => {
    new Image().src = hitUrl(
      endpoint,
      Object.assign({ s: labels.site, e, id, fid }, page, consent.signals()),
    );
  };

  const act = quietly(() => {
    const verdict = gpc ? REFUSED : consent.verdict();
    if (!ready || verdict === undefined) return;
    const fid = verdict === ALLOWED ? keepId() : knownId();
    if (verdict === REFUSED) {
      calls.length = 0;
      forgetId();
      // One refusal a page: the collector counts it, and ends what it knows under the ids that come with it.
      // It says no more of the page than whose it is.
      if (view !== '') send('refusal', randomId(), fid, { u: `${location.origin}/` });
      view = '';
      return;
    }
    const signals = JSON.stringify(consent.signals());
    if (!view || told !== signals) {
      told = signals;
      // A choice changed from yes to another yes repeats the page view under its own hit id: it counts once,
      // and brings the new choice.
      view = view || randomId();
      send('pageview', view, fid, describePage(labels, {}));
    }
    for (let call = calls.shift(); call; call = calls.shift()) {
      const [command, name, props] = call;
      if (command === 'event' && name) send(`${name}`, randomId(), fid, describePage(labels, props || {}));
    }
  });

  // In a microtask, so that a CMP which answers by two APIs in one go is heard as one answer.
  const consent = readConsent(labels.vendor, () => Promise.resolve().then(act));
  const proceed = quietly(() => {
    if (!gpc) consent.ask();
    act();
  });
  const open = () => {
    ready = true;
    proceed();
  };

  window.ninety = (...call) => {
    calls.push(call);
    proceed();
  };
  addEventListener('load', proceed);
  // Title, canonical address and meta elements may still be on their way to an async script.
  const parsed = quietly(() => {
    if (gpc || consent.ask()) open();
    else setTimeout(open, LATE_CMP_MS);
  });
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', parsed);
  else parsed();
}

quietly(() => {
  // currentScript is only there while the script first runs.
  const script = (document.currentScript || document.querySelector('script[data-site]')) as HTMLScriptElement;
  const begin = quietly(() => start(script));
  // A page rendered ahead of a click may never be seen.
  if (document.prerendering) document.addEventListener('prerenderingchange', begin);
  else begin();
})();
