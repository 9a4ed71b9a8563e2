import type { Decision } from '../consent/decision.ts';
import type { SyncOutcome } from './outcome.ts';
import type { SyncState } from './state.ts';
import type { SyncUrl } from './sync-url.ts';
import { ALL_TYPES, isFresh, type SyncTarget, type SyncTypes, urlOf } from './target.ts';

/** Whether a browser may be sent to a partner now, and by which URL; else why not. */
export type Verdict =
  | { readonly outcome: 'sent'; readonly url: SyncUrl }
  | { readonly outcome: Exclude<SyncOutcome, 'sent'> };

/**
 * The one decision behind every sync that is begun here.
 *
 * @param decision of the visitor's consent.
 * @param types that the caller allows.
 * @param now milliseconds since 1970.
 */
export function verdictOn(
  target: SyncTarget,
  decision: Decision,
  state: SyncState,
  types: SyncTypes,
  now: number,
): Verdict {
  const allowed = decision.partner(target.partner.id);
  if (allowed !== 'yes') return { outcome: allowed };
  const url = urlOf(target, types);
  if (url === undefined)
    return { outcome: urlOf(target, ALL_TYPES) === undefined ? 'no_sync_url' : 'blocked_by_filter' };
  if (isFresh(target, url, state.get(target.key), now)) return { outcome: 'already_fresh' };
  return { outcome: 'sent', url };
}
