import { parametersOf, type Request, type Response } from '../collect/door.ts';
import { encodeMatch } from '../collect/encode.ts';
import { random64, visitorId, visitorNumber } from '../identity/visitor.ts';
import { answer, readForm } from './answer.ts';
import { countSync, keepCookies, type SyncDoor, signalsOf } from './door.ts';
import { enter } from './enter.ts';
import type { SyncOutcome } from './outcome.ts';
import { isPartnerUid } from './partner-uid.ts';
import { hasAgreedParameter } from './target.ts';

/**
 * `GET /setuid?bidder=&uid=&gdpr=&gdpr_consent=&us_privacy=&gpp=&gpp_sid=&f=i|b`: stores a partner's id for this
 * browser, in Prebid Server's dialect. An empty uid deletes the match, and so does none ("If undefined, the UID for
 * the bidder will be deleted"). A partner may be registered with another parameter for its id, which then has to be
 * there, and with one in which it says that it has none.
 *
 * @param respond called once, when the match is in a file on disk or refused.
 */
export function setuid(
  door: SyncDoor,
  request: Request,
  now: number,
  respond: (response: Response) => void,
): void {
  const query = parametersOf(request);
  const get = (name: string) => query.get(name) ?? undefined;
  const named = door.rules().syncTargets.get(get('bidder') ?? '');
  const asked = readForm(query);
  const form = asked || (named?.partner.iframeUrl && !named.partner.syncUrl ? 'b' : 'i');
  const end = (outcome: SyncOutcome, cookies: readonly string[] = [], status?: number) => {
    countSync(door, request, named, outcome, now);
    respond(answer(outcome, form, cookies, status));
  };
  const signals = signalsOf(door, request, get);
  const read = () => {
    if (named === undefined) return 'unknown_partner';
    return asked === undefined ? 'bad_field' : { target: named };
  };
  const entered = enter(door, request, signals, now, read, end);
  if (entered === undefined) return;
  const { target, decision, state } = entered;
  const { partner } = target;
  if (partner.errorParameter !== undefined && get(partner.errorParameter)) {
    const { visitor } = entered;
    state.none(target.key, now);
    return end('no_partner_id', visitor === undefined ? [] : keepCookies(door, request, visitor, state));
  }
  const given = get(partner.uidParameter);
  // Without what was agreed nobody said anything of the match, least of all that it is over.
  if (given === undefined && hasAgreedParameter(partner)) return end('bad_uid');
  const uid = given ?? '';
  if (uid !== '' && (uid === partner.iframeUidMacro || !isPartnerUid(uid, partner.uidMacro)))
    return end('bad_uid');
  const allowed = decision.partner(partner.id);
  if (allowed !== 'yes') return end(allowed);
  if (uid === '' && entered.visitor === undefined) return end('no_cookie');
  const visitor = entered.visitor ?? visitorId(random64());
  door.journal.append(
    'matches',
    encodeMatch(now, visitorNumber(visitor), partner.id, uid, decision.allowed),
    (failure) => {
      if (failure !== undefined) return end(failure);
      if (uid === '') state.delete(target.key, now);
      const outcome = uid === '' ? 'deleted' : state.match(target.key, uid, now);
      end(outcome, keepCookies(door, request, visitor, state));
    },
  );
}
