import { parametersOf, type Request, type Response, setCookies } from '../collect/door.ts';
import type { Signals } from '../consent/decide.ts';
import { random64, visitorId } from '../identity/visitor.ts';
import { ASKED_ONCE, answer, json, onceMore, readForm, redirect } from './answer.ts';
import { chainCookie, isSentBack } from './chain.ts';
import { countSync, keepCookies, type SyncDoor, signalsOf } from './door.ts';
import { enter } from './enter.ts';
import type { PrivacyStrings } from './macros.ts';
import { resultOf, type SyncOutcome } from './outcome.ts';
import { privacyStrings } from './privacy-strings.ts';
import { allowedRedirect } from './redirect-hosts.ts';
import { SyncState } from './state.ts';
import type { SyncType } from './sync-url.ts';
import { ALL_TYPES, type SyncTypes } from './target.ts';
import { verdictOn } from './verdict.ts';
import { type Why, whyOf } from './why.ts';

const PATH = '/sync/';

const TYPES_OF: Readonly<Record<'' | 'i' | 'b', SyncTypes>> = {
  '': ALL_TYPES,
  i: { image: true, iframe: false },
  b: { image: false, iframe: true },
};

/**
 * `GET /sync/{partner}?redir=&f=i|b&gdpr=…`: sends the browser to the partner's sync URL, and nowhere else but, where
 * it need not go there, to `redir` on one of the partner's registered hosts. A browser without our cookie is asked once
 * more, to see whether it keeps one.
 *
 * With `?debug=1` or `Accept: application/json` it tells how this would end, and does nothing of it.
 *
 * @param respond called once.
 */
export function syncRedirect(
  door: SyncDoor,
  request: Request,
  now: number,
  respond: (response: Response) => void,
): void {
  const query = parametersOf(request);
  const get = (name: string) => query.get(name) ?? undefined;
  const named = door.rules().syncTargets.get(partnerIn(request.url));
  const asked = readForm(query);
  const form = asked || (named?.urls.iframe && !named.urls.image ? 'b' : 'i');
  const signals = signalsOf(door, request, get);
  const isQuestion =
    query.get('debug') === '1' || /\bapplication\/json\b/.test(request.header('accept') ?? '');
  const end = (outcome: SyncOutcome, cookies: readonly string[] = [], status?: number) => {
    if (isQuestion) return respond(explained(door, request, signals, outcome, partnerIn(request.url)));
    countSync(door, request, named, outcome, now);
    respond(answer(outcome, form, cookies, status));
  };
  const read = () => {
    if (named === undefined) return 'unknown_partner';
    return asked === undefined ? 'bad_field' : { target: named, types: TYPES_OF[asked] };
  };
  const entered = enter(door, request, signals, now, read, end, isQuestion);
  if (entered === undefined) return;
  const { target, types, decision, state, visitor } = entered;
  const redir = get('redir');
  const next = redir === undefined ? undefined : allowedRedirect(redir, target.partner.redirectHosts);
  if (redir !== undefined && next === undefined) return end('bad_redirect');

  // Who wants something echoed began the sync itself and waits for the answer, however fresh the match is.
  const isAnswer = target.partner.echoParameters.some((name) => query.has(name));
  const verdict = verdictOn(target, decision, isAnswer ? new SyncState() : state, types, now);
  if (verdict.outcome !== 'sent' && verdict.outcome !== 'already_fresh')
    return end(verdict.outcome === 'blocked_by_filter' ? 'no_sync_url' : verdict.outcome);
  // A question is no part of a chain, and an id that came has ended it.
  const isChain = !isQuestion && state.get(target.key)?.matched !== true;
  if (isChain && isSentBack(target, request, get)) return end('loop');
  if (verdict.outcome !== 'sent') {
    if (next === undefined || isQuestion) return end('already_fresh');
    countSync(door, request, target, 'already_fresh', now);
    return respond(redirect(next, resultOf('already_fresh'), []));
  }
  if (visitor === undefined && query.get(ASKED_ONCE) === '1') return end('no_cookie');
  if (isQuestion) return end('sent');
  if (visitor === undefined) {
    const given = door.cookie.write(visitorId(random64()), request.secure);
    return respond(onceMore(request.url, setCookies(given)));
  }
  state.send(target.key, now);
  countSync(door, request, target, 'sent', now);
  const url = verdict.url.fill(privacyStrings(signals), visitor, door.publicUrl(), get);
  const cookies = [
    ...keepCookies(door, request, visitor, state),
    ...setCookies(chainCookie(target, get, request.secure)),
  ];
  respond(redirect(url, resultOf('sent'), cookies));
}

/** Where this endpoint sends a browser on to a partner, with the strings to take along; below {@link SyncDoor.publicUrl}. */
export function redirectPath(partner: string, type: SyncType, strings: PrivacyStrings): string {
  const query = new URLSearchParams({
    gdpr: strings.gdpr,
    gdpr_consent: strings.gdprConsent,
    us_privacy: strings.usPrivacy,
    gpp: strings.gpp,
    gpp_sid: strings.gppSid,
    f: type === 'image' ? 'i' : 'b',
  });
  return `${PATH.slice(1)}${partner}?${query}`;
}

/** The rest of the path as it is: ids of partners hold nothing that would be percent-encoded. */
function partnerIn(url: string): string {
  const query = url.indexOf('?');
  return url.slice(PATH.length, query === -1 ? url.length : query);
}

function explained(
  door: SyncDoor,
  request: Request,
  signals: Signals,
  outcome: SyncOutcome,
  partner: string,
): Response {
  const why: Why = whyOf(door, partner, signals, outcome, door.places.at(request.address));
  return json(why, resultOf(outcome), ['Vary', 'Accept']);
}
