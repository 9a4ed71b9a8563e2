import { REFUSALS, type Refusal } from '../collect/refusal.ts';

/**
 * How a sync ends where nothing is refused: the closed list, each with a sentence for a person. Together with
 * {@link REFUSALS} it is all that a sync can end in; counted by partner (`ninety_syncs_total`).
 */
export const OUTCOMES = {
  matched: 'The partner’s id for this browser is stored.',
  replaced: 'The partner’s id for this browser is stored in the place of another one.',
  deleted: 'The partner has no id for this browser any more, and the match is deleted.',
  sent: 'The browser is sent to the partner.',
  already_fresh: 'The browser was sent to the partner, or matched, lately; it is not sent again yet.',
  blocked_by_filter: 'The caller’s filterSettings allow no type of sync that this partner has.',
  too_many_bidders:
    'More bidders were named than are looked at in one request; this one is among the others.',
  blocked_by_limit: 'As many partners as the caller’s limit allows were chosen before this one.',
} as const;

export type SyncOutcome = keyof typeof OUTCOMES | Refusal;

/** What an outcome means, for a person. */
export const sentenceOf = (outcome: SyncOutcome): string =>
  isRefusal(outcome) ? REFUSALS[outcome] : OUTCOMES[outcome];

export const isRefusal = (outcome: SyncOutcome): outcome is Refusal => !Object.hasOwn(OUTCOMES, outcome);

/** How an outcome is named in `Ninety-Result`. */
export const resultOf = (outcome: SyncOutcome): string =>
  isRefusal(outcome) ? `refused; reason=${outcome}` : outcome;
