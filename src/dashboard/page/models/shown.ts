import type { PublishedDemographic } from '../../../audience/models/demographics.ts';
import type { ModelReport } from '../../../audience/models/model.ts';

interface Named {
  readonly name: string;
  readonly sentence: string;
}

/** A model as `GET /v1/models/{attribute}` has it. */
export interface ShownModel
  extends Omit<PublishedDemographic, 'report' | 'drift'>,
    Omit<ModelReport, 'reason' | 'asOf'> {
  readonly reason: Named | null;
  readonly drift: Omit<PublishedDemographic['drift'], 'flags'> & { readonly flags: readonly Named[] };
}
