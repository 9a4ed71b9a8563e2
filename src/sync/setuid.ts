import { isLocal } from '../collect/address.ts';
import type { Rules } from '../collect/collector.ts';
import { GIF, type Request, type Response } from '../collect/door.ts';
import { encodeMatch, encodeWithdrawal } from '../collect/encode.ts';
import type { Geo } from '../collect/geo.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import type { Decision } from '../consent/decide.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import { random64, visitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { Partner } from '../registry/kinds.ts';
import type { Tally } from '../report/tally.ts';

export interface SetuidOptions {
  readonly rules: () => Rules & { readonly partner: (id: string) => Partner | undefined };
  readonly journal: Pick<Journal, 'append'>;
  readonly geo: Geo;
  readonly tally: Tally;
  readonly cookie: VisitorCookie;
}

/** What partners' ids look like: printable ASCII without spaces. */
const UID = /^[\x21-\x7e]{1,512}$/;

/** How the contract of Prebid Server answers what we refuse: 451 where consent forbids, 400 where the request is wrong. */
const STATUS: Partial<Record<Refusal, number>> = {
  unknown_partner: 400,
  bad_uid: 400,
  consent_missing: 451,
  consent_unreadable: 451,
  consent_too_long: 451,
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
  const { journal, geo, tally, cookie } = options;
  const rules = options.rules();
  const partner = rules.partner(get('bidder') ?? '');
  const known = cookie.read(request.header('cookie'));
  const end = (outcome: Refusal | 'matched' | 'deleted', set?: string) => {
    tally.count('sync', '', outcome, now);
    const refused = outcome !== 'matched' && outcome !== 'deleted';
    respond(
      refused
        ? refusal(outcome, get('gdpr'), set)
        : accepted(get('f') ?? (partner?.iframeUrl && !partner.syncUrl ? 'b' : 'i'), outcome, set),
    );
  };
  if (partner === undefined) return end('unknown_partner');
  const uid = get('uid') ?? '';
  if (uid !== '' && !UID.test(uid)) return end('bad_uid');
  const { country, region } = geo.locate(request.address);
  const decision: Decision = rules.decide(
    {
      gdpr: get('gdpr'),
      gdprConsent: get('gdpr_consent'),
      gpp: get('gpp'),
      gppSid: get('gpp_sid'),
      usPrivacy: get('us_privacy'),
      gpc: request.header('sec-gpc') === '1',
    },
    { country, region, local: isLocal(request.address) },
  );
  if (!decision.yes) {
    if (!decision.withdrawal || known === undefined) return end(decision.reason);
    return journal.append('consents', encodeWithdrawal(now, visitorNumber(known), 'pixel'), (failure) =>
      end(failure ?? decision.reason, cookie.expire(request.secure)),
    );
  }
  if (!decision.allowed.partners.includes(partner.id)) return end('no_vendor_consent');
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
  const image = form !== 'b';
  const headers = [
    'Content-Type',
    image ? 'image/gif' : 'text/html; charset=utf-8',
    'Content-Length',
    String(image ? GIF.length : 0),
  ];
  return {
    status: 200,
    headers: [
      ...headers,
      ...COMMON,
      'Ninety-Result',
      outcome,
      ...(set === undefined ? [] : ['Set-Cookie', set]),
    ],
    body: image ? GIF : '',
  };
}

function refusal(reason: Refusal, gdpr: string | undefined, set: string | undefined): Response {
  // With gdpr=1 a string that is missing or unreadable is the caller's mistake; without it, the region's law forbids.
  const mistaken =
    gdpr === '1' &&
    (reason === 'consent_missing' || reason === 'consent_unreadable' || reason === 'consent_too_long');
  const status = mistaken ? 400 : (STATUS[reason] ?? 451);
  const body = `${REFUSALS[reason]}\n`;
  const headers = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...COMMON,
    'Ninety-Result',
    `refused; reason=${reason}`,
  ];
  if (status === 503) headers.push('Retry-After', '5');
  if (set !== undefined) headers.push('Set-Cookie', set);
  return { status, headers, body };
}

const COMMON = [
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
] as const;
