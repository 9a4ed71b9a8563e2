import type { Request, Response } from '../collect/door.ts';
import type { Refusal } from '../collect/refusal.ts';
import type { Signals } from '../consent/decide.ts';
import { json, text } from './answer.ts';
import { type Choice, choose, type Evaluation } from './chooser.ts';
import { type CookieSyncRequest, readCookieSync } from './cookie-sync-request.ts';
import { type Admission, admit, countSync, hearNo, isSaid, type SyncDoor, signalsOf } from './door.ts';
import type { PrivacyStrings } from './macros.ts';
import { mistakeIn } from './mistake.ts';
import { detailOf, objectionTo } from './objection.ts';
import { resultOf, sentenceOf } from './outcome.ts';
import { privacyStrings } from './privacy-strings.ts';
import { redirectPath } from './redirect.ts';
import { SyncState } from './state.ts';
import { isFresh, type SyncTargets } from './target.ts';
import { verdictOn } from './verdict.ts';

/** As Prebid Server calls them: an image is what redirects. */
const TYPE_NAMES = { image: 'redirect', iframe: 'iframe' } as const;

/**
 * `POST /cookie_sync` in Prebid Server's dialect: which partners this browser should be synced with, and by which URLs.
 *
 * Nothing is said of a partner's match but whether it is wanted. Where the partner keeps the match, and so is to get our
 * visitor's id, the URL is `/sync/<partner>` of our own, because the page reads what is answered here.
 *
 * @param body at most 64 kB of JSON.
 * @param respond called once, when a no that came with it is in a file on disk.
 */
export function cookieSync(
  door: SyncDoor,
  request: Request,
  body: string,
  now: number,
  respond: (response: Response) => void,
): void {
  const asked = readCookieSync(body);
  const signals = signalsOf(door, request, asked.signal);
  const admission = admit(door, request, signals, now);
  const isHeard = !admission.yes && isSaid(admission);
  const refuse = (
    reason: Refusal,
    status: number,
    cookies: readonly string[],
    sentence = sentenceOf(reason),
  ) => {
    countSync(door, request, undefined, reason, now);
    respond(text(status, `${sentence}\n`, resultOf(reason), cookies));
  };
  const goOn = (cookies: readonly string[] = []) => {
    if ('reason' in asked) return refuse(asked.reason, 400, cookies, asked.message);
    const mistake = isHeard ? undefined : mistakeIn(signals, now, false);
    if (mistake !== undefined) return refuse(mistake, 400, cookies, MISTAKES[mistake]);
    respond(offer(door, request, asked, signals, admission, now, cookies));
  };
  // A visitor's no weighs more than the caller's mistake, and is heard first.
  if (admission.yes || !isHeard) return goOn();
  hearNo(door, request, admission, now, (reason, cookies) => {
    if (reason === 'opted_out') return refuse(reason, 401, cookies);
    if (reason !== admission.reason) return refuse(reason, 503, cookies);
    goOn(cookies);
  });
}

/** In the caller's words. */
const MISTAKES: Readonly<Record<string, string>> = {
  consent_missing: 'gdpr_consent is required if gdpr=1',
  bad_field: 'gpp_sid must be a list of section ids, such as 2 or 7,8',
};

function offer(
  door: SyncDoor,
  request: Request,
  asked: CookieSyncRequest,
  signals: Signals,
  admission: Admission,
  now: number,
  cookies: readonly string[] = [],
): Response {
  const { syncTargets } = door.rules();
  const state = admission.yes ? admission.state : new SyncState();
  const { chosen, evaluations: looked } = choose(asked, syncTargets, (target) =>
    verdictOn(target, admission.decision, state, asked.typesOf(target.partner.id), now),
  );
  const evaluations = [...looked, ...unlooked(asked.beyond, looked, syncTargets)];
  // Who is sent by way of our own URL is counted there.
  const onTheWay = new Set(chosen.filter(({ url }) => url.needsVisitor).map(({ target }) => target));
  for (const { target, outcome } of evaluations)
    if (outcome !== 'sent' || target === undefined || !onTheWay.has(target))
      countSync(door, request, target, outcome, now);
  const strings = privacyStrings(signals);
  const publicUrl = door.publicUrl();
  const answer = {
    status: hasFresh(syncTargets, state, now) ? 'ok' : 'no_cookie',
    bidder_status: chosen.map((choice) => ({
      bidder: choice.target.partner.id,
      no_cookie: true,
      usersync: {
        url: urlFor(choice, strings, publicUrl),
        type: TYPE_NAMES[choice.url.type],
        supportCORS: false,
      },
    })),
    ...(asked.debug ? { debug: evaluations.map((one) => explained(door, request, one, signals)) } : {}),
  };
  return json(answer, admission.yes ? 'ok' : resultOf(admission.reason), cookies);
}

function urlFor({ target, url }: Choice, strings: PrivacyStrings, publicUrl: string): string {
  if (!url.needsVisitor) return url.fill(strings, undefined, publicUrl);
  return `${publicUrl}/${redirectPath(target.partner.id, url.type, strings)}`;
}

/** Names that came when enough were looked at, but for whom cooperation had looked at all the same. */
function unlooked(
  beyond: readonly string[],
  looked: readonly Evaluation[],
  targets: SyncTargets,
): readonly Evaluation[] {
  if (beyond.length === 0) return [];
  const done = new Set(looked.map(({ bidder }) => bidder));
  return beyond
    .filter((bidder) => !done.has(bidder))
    .map((bidder) => ({ bidder, target: targets.get(bidder), outcome: 'too_many_bidders' }));
}

/** Whether the browser has a match with anybody that need not be made anew. */
const hasFresh = (targets: SyncTargets, state: SyncState, now: number): boolean =>
  state.size > 0 &&
  targets.groups.some((group) =>
    group.some((target) => {
      const synced = state.get(target.key);
      const url = target.urls.image ?? target.urls.iframe;
      return synced?.matched === true ? isFresh(target, url, synced, now) : false;
    }),
  );

/** As Prebid Server has it, `error` where there is no sync; beside it what the outcome is called, and who said no. */
function explained(
  door: SyncDoor,
  request: Request,
  { bidder, target, outcome }: Evaluation,
  signals: Signals,
) {
  const objection = objectionTo(outcome, signals, { ours: door.gvlId, partners: target?.partner.gvlId });
  const detail = detailOf(outcome, objection, door.places.at(request.address));
  return { bidder, ...(outcome === 'sent' ? {} : { error: detail }), outcome, detail, ...objection };
}
