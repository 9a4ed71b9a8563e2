/**
 * Where the members of a segment are on their way to a destination. Up to `allowed` visitors are counted, from `sent`
 * on ids, of which a visitor may have several and share one.
 */
export const STAGES = [
  'members',
  'consented',
  'id_known',
  'id_fresh',
  'allowed',
  'sent',
  'accepted',
] as const;
export type Stage = (typeof STAGES)[number];

/** Why a member did not come to a stage, each with the stage before which it is lost. */
export const LOSSES = {
  withdrawn: 'consented',
  not_consented: 'consented',
  vendor_not_consented: 'consented',
  no_id: 'id_known',
  id_set_aside: 'id_known',
  id_not_fresh: 'id_fresh',
  label_not_allowed: 'allowed',
  code_not_taken: 'allowed',
  region_forbids: 'allowed',
  below_floor: 'sent',
  rule_changed: 'sent',
} as const satisfies Readonly<Record<string, Stage>>;
export type Loss = keyof typeof LOSSES;

/** What a run tells of a segment, beside the stages. */
export const CHANGES = ['added', 'removed', 'refreshed'] as const;
export type Change = (typeof CHANGES)[number];
