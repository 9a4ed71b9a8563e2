import type { REFUSALS } from '../../../collect/refusal.ts';
import type { Receipt, UploadFault } from '../../../upload/receipt.ts';

/** Of an upload's lines those that are not stored, by reason, most first. */
export const refusalsOf = ({ reasons, refused }: Receipt): [reason: keyof typeof REFUSALS, n: number][] =>
  (Object.entries({ ...reasons, ...refused }) as [keyof typeof REFUSALS, number][])
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a);

/** Why an upload failed, and what to do. */
export const FAULTS: Readonly<Record<UploadFault, string>> = {
  cut_off: 'It was stopped, or broke off, before its end. Nothing of it is stored.',
  bad_gzip: 'It is gzip that is damaged. Nothing of it is stored.',
  bad_header: 'Its first line does not name the columns. Nothing of it is stored.',
  storage: 'The storage did not take it. Nothing of it is stored; upload it again.',
  partly_stored:
    'The storage went away meanwhile, and some of it may be stored. Upload it again: a repeat changes nothing.',
  interrupted: 'The server that took it is gone. Upload it again: a repeat changes nothing.',
};
