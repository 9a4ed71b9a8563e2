import type { Loss, Stage } from '../../../delivery/plan/stages.ts';

/** Stages of the waterfall, as a person calls them. */
export const STAGES: Readonly<Record<Stage, string>> = {
  members: 'Members',
  consented: 'Consented',
  id_known: 'Id known',
  id_fresh: 'Id fresh',
  allowed: 'Allowed',
  sent: 'Sent',
  accepted: 'Accepted',
};
const LOSSES: Readonly<Record<Loss, string>> = {
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
  rule_changed: 'rule changed since the build',
};
/** Why somebody is lost before a stage, in words; also what a destination itself refused is told by its name. */
export const wordsOf = (reason: string): string =>
  Object.hasOwn(LOSSES, reason) ? LOSSES[reason as Loss] : reason.replaceAll('_', ' ');
