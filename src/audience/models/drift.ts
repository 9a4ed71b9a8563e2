import { stabilityIndex } from './measure.ts';
import type { ModelReport } from './model.ts';

/** What has changed since the last run so much that a person should look: the closed list. */
export const DRIFTS = {
  auc_fell: 'The model tells classes apart less well than that of the last run.',
  scores_moved: 'The scores of all visitors are spread otherwise than in the last run.',
  labels_moved: 'The labels are spread otherwise over the classes than in the last run.',
  no_longer_published: 'The last run had a model, this one has none.',
} as const;

export type Drift = keyof typeof DRIFTS;

/** How far a run is from the one before. */
export interface DriftReport {
  readonly flags: readonly Drift[];
  /** Of the run before; null where there was no model. */
  readonly aucBefore: number | null;
  /** Population stability index of the scores, of the class where it is greatest; null where one run has none. */
  readonly scores: number | null;
  /** The same of the labels over the classes. */
  readonly labels: number | null;
}

/** What a run leaves for the next to be compared with. */
export interface Spread {
  readonly report: ModelReport;
  /** Visitors who are scored, by class and by tenths of probability. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** Labelled visitors by class. */
  readonly labels: Readonly<Record<string, number>>;
}

const FALL_OF_AUC = 0.05;
/** A stability index above this is usually said to be a change worth looking at. */
const MOVED = 0.2;

/** @param before of the last run; undefined = there was none, and nothing has drifted. */
export function driftOf(before: Spread | undefined, now: Spread): DriftReport {
  if (before === undefined) return { flags: [], aucBefore: null, scores: null, labels: null };
  const common = Object.keys(now.scores).filter((value) => before.scores[value] !== undefined);
  const scores =
    common.length === 0
      ? null
      : Math.max(...common.map((value) => stabilityIndex(before.scores[value]!, now.scores[value]!)));
  const values = [...new Set([...Object.keys(before.labels), ...Object.keys(now.labels)])];
  const counts = (labels: Spread['labels']) => values.map((value) => labels[value] ?? 0);
  const labels = values.length === 0 ? null : stabilityIndex(counts(before.labels), counts(now.labels));
  const fell =
    before.report.published &&
    now.report.published &&
    (before.report.auc ?? 0) - (now.report.auc ?? 0) > FALL_OF_AUC;
  const flags: Drift[] = [
    ...(fell ? (['auc_fell'] as const) : []),
    ...((scores ?? 0) > MOVED ? (['scores_moved'] as const) : []),
    ...((labels ?? 0) > MOVED ? (['labels_moved'] as const) : []),
    ...(before.report.published && !now.report.published ? (['no_longer_published'] as const) : []),
  ];
  return { flags, aucBefore: before.report.auc, scores, labels };
}
