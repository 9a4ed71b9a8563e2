import type { Place, Signals } from '../consent/decide.ts';
import type { SyncDoor } from './door.ts';
import { mistakeIn } from './mistake.ts';
import { detailOf, type Objection, objectionTo } from './objection.ts';
import type { SyncOutcome } from './outcome.ts';
import { SyncState } from './state.ts';
import { ALL_TYPES } from './target.ts';
import { verdictOn } from './verdict.ts';

/** How a sync would end, and why, for a person. Nobody's id is in it. */
export interface Why extends Objection {
  readonly partner: string;
  readonly outcome: SyncOutcome;
  readonly detail: string;
  /** Of the address; empty = not known. */
  readonly country: string;
}

/** Puts an outcome in words. */
export function whyOf(
  { rules, gvlId }: Pick<SyncDoor, 'rules' | 'gvlId'>,
  partner: string,
  signals: Signals,
  outcome: SyncOutcome,
  place: Place,
): Why {
  const vendors = { ours: gvlId, partners: rules().syncTargets.get(partner)?.partner.gvlId };
  const objection = objectionTo(outcome, signals, vendors);
  return {
    partner,
    outcome,
    detail: detailOf(outcome, objection, place),
    country: place.country,
    ...objection,
  };
}

/**
 * How a sync with a partner would end for a browser that has never been synced, keeps cookies and comes from an
 * address with these signals: by the same decision as when one comes.
 *
 * @param now milliseconds since 1970.
 */
export function foretell(
  door: Pick<SyncDoor, 'rules' | 'gvlId' | 'places'>,
  partner: string,
  signals: Signals,
  address: string,
  now: number,
): Why {
  const place = door.places.at(address);
  const { decide, syncTargets } = door.rules();
  const target = syncTargets.get(partner);
  const decision = decide(signals, place);
  const outcome = (): SyncOutcome => {
    if (!decision.yes && decision.withdrawal) return decision.reason;
    if (target === undefined) return 'unknown_partner';
    const mistake = mistakeIn(signals, now, true);
    return mistake ?? verdictOn(target, decision, new SyncState(), ALL_TYPES, now).outcome;
  };
  return whyOf(door, partner, signals, outcome(), place);
}
