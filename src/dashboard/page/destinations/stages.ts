import type { Change } from '../../../delivery/plan/losses.ts';

/** Stages of the waterfall, as a person calls them. */
export const STAGES: Readonly<Record<string, string>> = {
  members: 'Members',
  consented: 'Consented',
  id_known: 'Id known',
  id_fresh: 'Id fresh',
  allowed: 'Allowed',
  sent: 'Sent',
  accepted: 'Accepted',
};
const LOSSES: Readonly<Record<string, string>> = {
  withdrawn: 'consent withdrawn',
  not_consented: 'no consent to hand out',
  vendor_not_consented: 'no consent to this partner',
  no_id: 'no id known',
  id_set_aside: 'id set aside as not believed',
  id_not_fresh: 'id not confirmed lately',
  label_not_allowed: 'labelled, and not allowed here',
  code_not_taken: 'code that the destination cannot take',
  region_forbids: 'outside the regions',
  below_floor: 'segment below the privacy floor',
};
/** Why somebody is lost before a stage, in words. */
export const wordsOf = (reason: string) => LOSSES[reason] ?? reason.replaceAll('_', ' ');

/** What a run tells of a segment, as the API counts it. */
export const CHANGES = ['added', 'removed', 'refreshed'] as const satisfies readonly Change[];
