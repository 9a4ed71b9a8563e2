import type { Rules } from '../collect/collector.ts';
import type { Request, Response } from '../collect/door.ts';
import { encodeMatch, encodeWithdrawal } from '../collect/encode.ts';
import { GIF, gifHeaders } from '../collect/gif.ts';
import type { Places } from '../collect/places.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import type { Decision, Signals } from '../consent/decide.ts';
import { readGpp, readGppSid, TCF_EU_SECTION } from '../consent/gpp.ts';
import { normalise } from '../consent/normal-signals.ts';
import { readTcf } from '../consent/tcf.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import { isUid } from '../identity/uid.ts';
import { random64, type VisitorId, visitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { Partner } from '../registry/kinds.ts';
import type { Tally } from '../report/tally.ts';

export interface SetuidOptions {
  readonly rules: () => Rules & { readonly partner: (id: string) => Partner | undefined };
  readonly journal: Pick<Journal, 'append'>;
  readonly places: Places;
  readonly tally: Tally;
  readonly cookie: VisitorCookie;
  /** Whether the visitor has opted out, wherever that was. */
  readonly isSuppressed?: (visitor: VisitorId) => boolean;
}

/** How a sync ended. */
type Outcome = Refusal | 'matched' | 'deleted';

/** How Prebid Server answers what is refused; whatever is not here is a no of the visitor or the law: 451. */
const STATUS: Partial<Record<Outcome, number>> = {
  matched: 200,
  deleted: 200,
  unknown_partner: 400,
  bad_uid: 400,
  // As Prebid Server's own opt-out cookie is answered.
  opted_out: 401,
  // Nothing is kept of this browser, so what the caller wants deleted is not there.
  no_cookie: 200,
  journal_full: 503,
  journal_failed: 503,
};

/**
 * `GET /setuid?bidder=&uid=&gdpr=&gdpr_consent=&us_privacy=&gpp=&gpp_sid=&f=i|b`: stores a partner's id for
 * this browser, in Prebid Server's dialect. An empty uid deletes the match.
 *
 * @param respond called once, when the match is in a file on disk or refused.
 */
export function setuid(
  options: SetuidOptions,
  request: Request,
  now: number,
  respond: (response: Response) => void,
): void {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const get = (name: string) => query.get(name) ?? undefined;
  const { journal, places, tally, cookie } = options;
  const rules = options.rules();
  const partner = rules.partner(get('bidder') ?? '');
  const known = cookie.read(request.header('cookie'));
  const end = (outcome: Outcome, set?: string, status = STATUS[outcome] ?? 451) => {
    tally.count('sync', '', outcome, now);
    const form = get('f') ?? (partner?.iframeUrl && !partner.syncUrl ? 'b' : 'i');
    if (outcome === 'matched' || outcome === 'deleted') respond(accepted(form, outcome, set));
    else if (status === 200) respond(accepted(form, refusedAs(outcome), set));
    else respond(refusal(outcome, status, set));
  };
  if (partner === undefined) return end('unknown_partner');
  const uid = get('uid') ?? '';
  if (uid !== '' && !isUid(uid)) return end('bad_uid');
  const signals: Signals = {
    gdpr: get('gdpr'),
    gdprConsent: get('gdpr_consent'),
    gpp: get('gpp'),
    gppSid: get('gpp_sid'),
    usPrivacy: get('us_privacy'),
    gpc: request.header('sec-gpc') === '1',
    optedOut: cookie.optedOut(request.header('cookie')),
  };
  const decision: Decision = rules.decide(signals, places.at(request.address));
  if (!decision.yes) {
    // A visitor's no weighs more than the caller's mistake, and any other refusal less.
    const mistake = decision.withdrawal ? undefined : mistakeIn(signals, now);
    if (mistake !== undefined) return end(mistake, undefined, 400);
    // What an opt-out ends is the collector's to write down; the cookie stays for it.
    if (!decision.withdrawal || known === undefined || decision.reason === 'opted_out')
      return end(decision.reason);
    // A withdrawal that could not be written keeps its cookie: the next request brings it again.
    return journal.append('consents', encodeWithdrawal(now, visitorNumber(known), 'pixel'), (failure) =>
      end(failure ?? decision.reason, failure === undefined ? cookie.expire(request.secure) : undefined),
    );
  }
  if (known !== undefined && options.isSuppressed?.(known)) return end('opted_out');
  const partnerAnswer = decision.partner(partner.id);
  if (partnerAnswer !== 'yes') return end(partnerAnswer);
  if (uid === '' && known === undefined) return end('no_cookie');
  const visitor = known ?? visitorId(random64());
  journal.append(
    'matches',
    encodeMatch(now, visitorNumber(visitor), partner.id, uid, decision.allowed),
    (failure) =>
      end(
        failure ?? (uid === '' ? 'deleted' : 'matched'),
        failure === undefined ? cookie.write(visitor, request.secure) : undefined,
      ),
  );
}

function accepted(form: string, outcome: string, set: string | undefined): Response {
  const more = set === undefined ? [] : ['Set-Cookie', set];
  return form === 'b'
    ? { status: 200, headers: [...headersOf('text/html; charset=utf-8', 0, outcome), ...more], body: '' }
    : { status: 200, headers: [...gifHeaders(outcome), ...more], body: GIF };
}

/** With TCF said to apply, a string that is missing or unreadable is the caller's mistake and no decision of the visitor. */
function mistakeIn(signals: Signals, now: number): Refusal | undefined {
  const said = normalise(signals);
  const inForce = readGppSid(said.gppSid);
  if (said.gdpr !== '1' && !inForce?.has(TCF_EU_SECTION)) return undefined;
  const gpp = said.gpp ? readGpp(said.gpp, inForce) : undefined;
  if (gpp?.unreadable) return 'consent_unreadable';
  const text = gpp?.tcString ?? said.gdprConsent;
  if (text === '') return 'consent_missing';
  const reading = readTcf(text, now);
  return reading.readable || reading.reason === 'consent_from_future' ? undefined : reading.reason;
}

const refusedAs = (reason: Refusal) => `refused; reason=${reason}`;

function refusal(reason: Refusal, status: number, set: string | undefined): Response {
  const body = `${REFUSALS[reason]}\n`;
  const headers = headersOf('text/plain; charset=utf-8', Buffer.byteLength(body), refusedAs(reason));
  if (status === 503) headers.push('Retry-After', '5');
  if (set !== undefined) headers.push('Set-Cookie', set);
  return { status, headers, body };
}

const headersOf = (type: string, length: number, result: string): string[] => [
  'Content-Type',
  type,
  'Content-Length',
  String(length),
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
  'Ninety-Result',
  result,
];
