import { describe, expect, it } from 'vitest';
import { type Drift, driftOf, type Spread } from './drift.ts';
import type { ModelReport } from './model.ts';

const run = (change: {
  auc?: number;
  published?: boolean;
  scores?: number[];
  labels?: Record<string, number>;
}): Spread => ({
  report: { published: change.published ?? true, auc: change.auc ?? 0.8 } as ModelReport,
  scores: { a: change.scores ?? [10, 20, 30, 40] },
  labels: change.labels ?? { a: 100, b: 100 },
});

describe('drift', () => {
  it.each<[string, Spread | undefined, Spread, Drift[]]>([
    ['of the first run there is none', undefined, run({}), []],
    ['of the same again there is none', run({}), run({}), []],
    ['of a little less there is none', run({}), run({ auc: 0.76, scores: [11, 21, 29, 39] }), []],
    ['is an AUC that falls', run({}), run({ auc: 0.74 }), ['auc_fell']],
    ['is no AUC that rises', run({}), run({ auc: 0.95 }), []],
    ['are scores that move', run({}), run({ scores: [40, 30, 20, 10] }), ['scores_moved']],
    ['are labels of another kind', run({}), run({ labels: { a: 20, b: 180 } }), ['labels_moved']],
    ['is a model that is gone', run({}), run({ published: false }), ['no_longer_published']],
  ])('%s', (_, before, now, expected) => {
    expect(driftOf(before, now).flags).toEqual(expected);
  });
});
