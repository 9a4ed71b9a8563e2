import { hash } from 'node:crypto';
import { parametersOf, type Request, type Response, setCookies } from '../collect/door.ts';
import { random64, visitorId } from '../identity/visitor.ts';
import { ASKED_ONCE, answer, HTML, headersOf, onceMore } from './answer.ts';
import type { Choice } from './chooser.ts';
import { countSync, type SyncDoor, signalsOf } from './door.ts';
import { enter } from './enter.ts';
import type { PrivacyStrings } from './macros.ts';
import type { SyncOutcome } from './outcome.ts';
import { privacyStrings } from './privacy-strings.ts';
import { redirectPath } from './redirect.ts';
import type { SyncState } from './state.ts';
import { ALL_TYPES, type SyncTarget } from './target.ts';
import { verdictOn } from './verdict.ts';

/** What browsers are given on one page. */
const MOST_SYNCS = 5;

/** How long one sync may keep the next waiting; a partner that never answers keeps nobody longer. */
const WAIT_MS = 3_000;

/**
 * Makes the syncs one after the other, because each brings the browser's state back and two at once would take what
 * the other one wrote for not written. A frame is fenced in: it gets its cookies, and can go nowhere with the page.
 */
const SCRIPT = `(function(){var due=JSON.parse(document.getElementById('due').textContent),at=0;function next(){var one=due[at++];if(!one)return;var element=document.createElement(one[0]?'iframe':'img'),over=false;function end(){if(over)return;over=true;clearTimeout(late);next()}var late=setTimeout(end,${WAIT_MS});element.onload=element.onerror=end;element.hidden=true;element.referrerPolicy='no-referrer';if(one[0])element.setAttribute('sandbox','allow-scripts allow-same-origin');element.src=one[1];document.body.appendChild(element)}addEventListener('load',next)})()`;
const SCRIPT_SOURCE = `'sha256-${hash('sha256', SCRIPT, 'base64')}'`;

/**
 * `GET /sync.html?s=&gdpr=…&limit=`: a page for a hidden frame that makes the syncs that are due, at most five: first by
 * priority, then whoever has never been matched, then the oldest. Each begins at `/sync/{partner}`, which marks it as
 * sent when it sends: a page that is left early would else have marked as sent what never was, for weeks where the
 * partner keeps the match. It also decides once more, so that two pages at once make no sync twice.
 *
 * @param respond called once.
 */
export function syncPage(
  door: SyncDoor,
  request: Request,
  now: number,
  respond: (response: Response) => void,
): void {
  const query = parametersOf(request);
  const get = (name: string) => query.get(name) ?? undefined;
  const end = (outcome: SyncOutcome, cookies: readonly string[] = [], status?: number) => {
    countSync(door, request, undefined, outcome, now);
    respond(answer(outcome, 'b', cookies, status));
  };
  const signals = signalsOf(door, request, get);
  const rules = door.rules();
  const site = get('s');
  const read = () => (site !== undefined && rules.siteByKey(site) === undefined ? 'unknown_site' : {});
  const entered = enter(door, request, signals, now, read, end);
  if (entered === undefined) return;
  const { decision, state, visitor } = entered;
  if (visitor === undefined) {
    if (query.get(ASKED_ONCE) === '1') return end('no_cookie');
    const given = door.cookie.write(visitorId(random64()), request.secure);
    return respond(onceMore(request.url, setCookies(given)));
  }
  const due: Choice[] = [];
  for (const group of rules.syncTargets.groups)
    for (const target of byNeed(group, state)) {
      const verdict = verdictOn(target, decision, state, ALL_TYPES, now);
      const isOver = verdict.outcome === 'sent' && due.length >= limitOf(get('limit'));
      // Who is sent is counted where it is.
      if (verdict.outcome === 'sent' && !isOver) due.push({ target, url: verdict.url });
      else countSync(door, request, target, isOver ? 'blocked_by_limit' : verdict.outcome, now);
    }
  respond(page(due, privacyStrings(signals)));
}

function limitOf(text: string | undefined): number {
  const limit = Number(text);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_SYNCS) : MOST_SYNCS;
}

function byNeed(group: readonly SyncTarget[], state: SyncState): SyncTarget[] {
  const need = ({ key }: SyncTarget) => {
    const synced = state.get(key);
    if (synced === undefined) return -1;
    return synced.matched ? synced.minute : synced.minute / NEVER;
  };
  return [...group].sort((a, b) => need(a) - need(b));
}

/** Puts whoever was sent and never matched before whoever was matched: minutes have 24 bits. */
const NEVER = 2 ** 24;

function page(due: readonly Choice[], strings: PrivacyStrings): Response {
  // Relative, because cookies are of the host by which the browser came.
  const syncs = due.map(({ target, url }) => [
    url.type === 'iframe' ? 1 : 0,
    redirectPath(target.partner.id, url.type, strings),
  ]);
  // The next tag's beginning would end the element that the URLs stand in.
  const data = JSON.stringify(syncs).replaceAll('<', '\\u003c');
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sync</title>
<body>
<script type="application/json" id="due">${data}</script>
<script>${SCRIPT}</script>
`;
  return {
    status: 200,
    headers: [
      ...headersOf(HTML, Buffer.byteLength(body), `due=${due.length}`),
      'Content-Security-Policy',
      policyFor(due),
      'Referrer-Policy',
      'no-referrer',
    ],
    body,
  };
}

/**
 * Our one script, and images and frames. From everywhere by https: a policy holds for what a partner redirects to as
 * well, and nobody knows by which hosts it does. Plain http only where a partner is on this machine.
 */
function policyFor(due: readonly Choice[]): string {
  const from = due.some(({ url }) => !url.secure) ? "'self' https: http:" : "'self' https:";
  return [
    "default-src 'none'",
    `script-src ${SCRIPT_SOURCE}`,
    `img-src ${from}`,
    `frame-src ${from}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
