import type { Rules } from '../collect/collector.ts';
import { type Request, setCookies } from '../collect/door.ts';
import { encodeWithdrawal } from '../collect/encode.ts';
import type { Latest } from '../collect/latest.ts';
import type { Places } from '../collect/places.ts';
import type { Refusal } from '../collect/refusal.ts';
import type { Signals } from '../consent/decide.ts';
import type { Decision, Granted } from '../consent/decision.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import { type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { Tally } from '../report/tally.ts';
import type { SyncOutcome } from './outcome.ts';
import type { StateCookie, SyncState } from './state.ts';
import type { SyncTarget, SyncTargets } from './target.ts';

/** What of the registry a sync asks for. */
export interface SyncRules extends Rules {
  readonly syncTargets: SyncTargets;
}

/** What every sync endpoint stands on. */
export interface SyncDoor {
  readonly rules: () => SyncRules;
  readonly journal: Pick<Journal, 'append'>;
  readonly places: Places;
  /** The collector's: of a hit and a sync the newest word counts. */
  readonly latest: Latest;
  readonly tally: Tally;
  readonly cookie: VisitorCookie;
  readonly state: StateCookie;
  /** Ours, as browsers reach it, without a slash at its end. */
  readonly publicUrl: () => string;
  /** Our id in the Global Vendor List. */
  readonly gvlId: number | undefined;
  /** Whether the visitor has opted out, wherever that was. */
  readonly isSuppressed?: (visitor: VisitorId) => boolean;
}

/** The consent signals that a request holds. @param get a parameter by its name. */
export const signalsOf = (
  { cookie }: Pick<SyncDoor, 'cookie'>,
  request: Request,
  get: (name: string) => string | undefined,
): Signals => ({
  gdpr: get('gdpr'),
  gdprConsent: get('gdpr_consent'),
  gpp: get('gpp'),
  gppSid: get('gpp_sid'),
  usPrivacy: get('us_privacy'),
  gpc: request.header('sec-gpc') === '1',
  optedOut: cookie.optedOut(request.header('cookie')),
});

/** Who comes, and whether the visitor's consent lets anything be done at all. */
export type Admission = Yes | No;

export interface Yes {
  readonly yes: true;
  readonly decision: Granted;
  readonly visitor: VisitorId | undefined;
  readonly state: SyncState;
}

export interface No {
  readonly yes: false;
  readonly decision: Decision;
  readonly reason: Refusal;
  /** The person said so, rather than nobody. */
  readonly withdrawal: boolean;
  readonly visitor: VisitorId | undefined;
}

/** Whether somebody said no, which is to be heard, rather than nobody yes. */
export const isSaid = ({ withdrawal, reason }: No): boolean => withdrawal || reason === 'opted_out';

/** The step that all sync endpoints begin with. */
export function admit(door: SyncDoor, request: Request, signals: Signals, now: number): Admission {
  door.latest.of(now);
  const header = request.header('cookie');
  const visitor = door.cookie.read(header);
  const decision = door.rules().decide(signals, door.places.at(request.address));
  if (visitor !== undefined && door.isSuppressed?.(visitor))
    return { yes: false, decision, reason: 'opted_out', withdrawal: false, visitor };
  if (decision.yes) return { yes: true, decision, visitor, state: door.state.read(header, visitor, now) };
  const { reason, withdrawal } = decision;
  return { yes: false, decision, reason, withdrawal, visitor };
}

/**
 * Writes down a no that came with a known visitor, and takes the cookies back.
 *
 * @param done called once, with why nothing is done for the request and the Set-Cookie headers to send. A withdrawal
 *   that could not be written keeps its cookie: the next request brings it again.
 */
export function hearNo(
  door: SyncDoor,
  request: Request,
  { reason, withdrawal, visitor }: No,
  now: number,
  done: (reason: Refusal, cookies: readonly string[]) => void,
): void {
  // What an opt-out ends is the collector's to write down; the cookies stay for it.
  if (reason === 'opted_out' || !withdrawal || visitor === undefined) return done(reason, []);
  const line = encodeWithdrawal(door.latest.of(now), visitorNumber(visitor), 'pixel');
  door.journal.append('consents', line, (failure) => {
    if (failure !== undefined) return done(failure, []);
    done(reason, setCookies(...door.cookie.expire(request.secure)));
  });
}

/** Counts an outcome under its partner; a name that nobody registered is counted under none. */
export const countSync = (
  { tally, places }: Pick<SyncDoor, 'tally' | 'places'>,
  { address }: Pick<Request, 'address'>,
  target: SyncTarget | undefined,
  outcome: SyncOutcome,
  now: number,
): void => tally.count('sync', target?.partner.id ?? '', outcome, now, 1, places.at(address).country);

/** The Set-Cookie headers that keep visitor and state alive. */
export const keepCookies = (
  door: SyncDoor,
  request: Request,
  visitor: VisitorId,
  state: SyncState,
): readonly string[] =>
  setCookies(
    door.cookie.write(visitor, request.secure),
    door.state.write(state, visitor, door.rules().syncTargets.priorityOf, request.secure),
  );
