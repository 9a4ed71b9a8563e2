import type { Registry } from '../registry/registry.ts';
import type { AlertKind } from './kinds.ts';

/** Of what operators make, the kind that a subject is of; jobs, models and machines are called by their ids. */
const SUBJECTS = {
  segment_size: 'segment',
  segment_stale: 'segment',
  site_traffic: 'site',
  delivery_failing: 'destination',
  match_rate_fell: 'partner',
} as const satisfies Partial<Record<AlertKind, 'segment' | 'site' | 'destination' | 'partner'>>;

/** What an alert's subject is called; its id, where it has no other name or is there no more. */
export const subjectName = (
  registry: Pick<Registry, 'get'>,
  { kind, subject }: { readonly kind: AlertKind; readonly subject: string },
): string =>
  (kind in SUBJECTS ? registry.get(SUBJECTS[kind as keyof typeof SUBJECTS], subject)?.name : undefined) ??
  subject;
