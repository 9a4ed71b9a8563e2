import type { SyncOutcome } from './outcome.ts';
import type { SyncUrl } from './sync-url.ts';
import type { SyncTarget, SyncTargets } from './target.ts';
import type { Verdict } from './verdict.ts';

/** Whom a caller wants synced. */
export interface Wanted {
  /** Names of partners; empty = all. */
  readonly bidders: readonly string[];
  /** Whether partners beside those may fill the limit. */
  readonly coopSync: boolean;
  /** At least 1. */
  readonly limit: number;
}

/** What became of one partner that was looked at. */
export interface Evaluation {
  readonly bidder: string;
  /** Undefined where nobody of that name is registered. */
  readonly target: SyncTarget | undefined;
  readonly outcome: SyncOutcome;
}

export interface Choice {
  readonly target: SyncTarget;
  readonly url: SyncUrl;
}

/**
 * Chooses the partners to sync with as Prebid Server does (`usersync/chooser`): those that were named in random
 * order; then, where the caller lets others fill the limit, the rest, one priority group after the other, each in
 * random order. Where none was named all are meant, likewise by groups.
 *
 * Every partner that was named is looked at, so that each has an outcome; the others only until the limit is full.
 *
 * @param judge whether a partner may be synced with at all.
 * @param shuffle puts a list in random order, in place.
 */
export function choose(
  { bidders, coopSync, limit }: Wanted,
  targets: SyncTargets,
  judge: (target: SyncTarget) => Verdict,
  shuffle: <T>(list: T[]) => T[] = shuffled,
): { readonly chosen: readonly Choice[]; readonly evaluations: readonly Evaluation[] } {
  const chosen: Choice[] = [];
  const evaluations: Evaluation[] = [];
  const look = (bidder: string, target: SyncTarget | undefined) => {
    const verdict: Verdict = target === undefined ? { outcome: 'unknown_partner' } : judge(target);
    if (verdict.outcome !== 'sent' || target === undefined)
      evaluations.push({ bidder, target, outcome: verdict.outcome });
    else if (chosen.length >= limit) evaluations.push({ bidder, target, outcome: 'blocked_by_limit' });
    else {
      evaluations.push({ bidder, target, outcome: 'sent' });
      chosen.push({ target, url: verdict.url });
    }
  };
  const named = new Set(bidders);
  const all = named.size === 0;
  for (const bidder of shuffle([...named])) look(bidder, targets.get(bidder));
  if (!all && !coopSync) return { chosen, evaluations };
  for (const group of targets.groups)
    for (const target of shuffle([...group])) {
      if (!all && chosen.length >= limit) return { chosen, evaluations };
      if (!named.has(target.partner.id)) look(target.partner.id, target);
    }
  return { chosen, evaluations };
}

/** Fisher and Yates, as Knuth has it (The Art of Computer Programming 2, 3.4.2 P). */
function shuffled<T>(list: T[]): T[] {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}
