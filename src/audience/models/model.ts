import type { Params } from '../../clickhouse/client.ts';
import type { Read } from '../../clickhouse/spent.ts';
import type { MethodName } from './learn.ts';

/** A SELECT and the values of its `{name:Type}` parameters. */
export interface Query {
  readonly sql: string;
  readonly params: Params;
}

/** Is told what each statement of a run has read, for the ledger. */
export type Spend = (cost: Read) => void;

/** What makes models: each family keeps its weights apart and numbers its builds by a lease of its own. */
export type Family = 'demographics' | 'lookalikes';

/** Which model, and of which run. */
export interface ModelId {
  readonly family: Family;
  /** The attribute, or the segment that is the seed. */
  readonly name: string;
  /** Number of the lease that the run holds. */
  readonly build: number;
}

export interface TrainOptions extends ModelId {
  readonly asOf: Date;
  /** A SELECT of `visitor` UInt64 and `label` String, one row a visitor. Who may not be profiled is left out here. */
  readonly labels: Query;
  /** The labels there are, at least two; a label that is not among them is no label. */
  readonly classes: readonly string[];
  /**
   * The share of each class among everybody, where the labels were drawn otherwise (look-alikes: all of the seed and
   * a sample of the others). Probabilities are then of these shares.
   * @default as among the labelled
   */
  readonly shares?: readonly number[];
  /** Of those decided for a class, the least share that is to be of it. @default 0.8 */
  readonly precision?: number;
  /**
   * Whether a feature, by its name such as `page:shop/cars`, is left out, as one by which the labels were given: it
   * would tell them apart and nobody else.
   */
  readonly without?: (feature: string) => boolean;
  /**
   * A condition in SQL of hits that are not looked at, neither to learn nor to score, as those by which the labels were
   * given: what comes with them would tell the labelled apart by definition.
   */
  readonly except?: Query | undefined;
  readonly limits?: Partial<Limits>;
  readonly spend?: Spend;
}

/** Bounds of one training. */
export interface Limits {
  /** Labelled visitors that are read; of more, those with the lowest hashes. */
  readonly visitors: number;
  /** Features of all those visitors together that are read. */
  readonly values: number;
  /** Different features that a model knows. */
  readonly features: number;
  /** Labelled visitors of whom a feature must be seen, or the model does not know it. */
  readonly support: number;
}

/** Why there is no model, where there is none: the closed list. */
export const NOT_PUBLISHED = {
  no_labels: 'Nobody who may be learned from has a label.',
  too_few_labels: 'There are too few labels to learn from and to measure on.',
  one_class: 'All labels say the same.',
  no_features: 'Nothing was seen of enough of the labelled visitors.',
  no_better_than_prior:
    'On the held-out labels it is not better, by more than chance, than knowing how frequent each class is.',
} as const;

export type NotPublished = keyof typeof NOT_PUBLISHED;

/** A row of a calibration table: predictions of about the same probability, beside what came true of them. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share that was of the class. */
  readonly observed: number;
}

/** A feature by its name, such as `page:shop/cars`, and how much it speaks for (or against) a class: log-odds. */
export interface TellingFeature {
  readonly feature: string;
  readonly weight: number;
  /** Labelled visitors of whom it is seen. */
  readonly support: number;
}

/** Of one class, measured on the held-out fifth; null where there is nothing to measure on. */
export interface ClassReport {
  readonly value: string;
  /** Labelled visitors of the class, trained on and held out. */
  readonly count: number;
  /** Of these, held out. */
  readonly heldOut: number;
  /** One against the rest. */
  readonly auc: number | null;
  /** Probability from which a visitor is decided to be of the class; null = nobody is. */
  readonly threshold: number | null;
  /** Of those decided for the class, the share that is of it. */
  readonly precision: number | null;
  /** Of the class, the share decided for it. */
  readonly recall: number | null;
  /** Of all held out, the share decided for the class. */
  readonly coverage: number | null;
  /** Mean distance of predicted probability and observed share, weighted by the bins' counts. */
  readonly calibrationError: number | null;
  readonly calibration: readonly CalibrationBin[];
  /** None of a model that was trained before curves were kept. */
  readonly curve?: HeldOutCurve;
  readonly features: readonly TellingFeature[];
}

/**
 * Counts of held-out visitors by threshold of one class's probability: column by column, the highest threshold first.
 * The last point but for the model's own threshold is of all of them.
 */
export interface HeldOutCurve {
  readonly thresholds: readonly number[];
  /** Of the class, and at or above the threshold. */
  readonly truePositives: readonly number[];
  /** Of another class, and at or above it. */
  readonly falsePositives: readonly number[];
  /** At or above it, and the class is their likeliest: whom a model with that threshold decides for. */
  readonly decided: readonly number[];
  /** Of these, how many are of the class. */
  readonly right: readonly number[];
}

/** What a model is worth. All figures are of the held-out fifth of the labelled visitors, which it never saw. */
export interface ModelReport {
  /** ISO 8601. */
  readonly trainedAt: string;
  /** ISO 8601: hits up to then. */
  readonly asOf: string;
  readonly published: boolean;
  readonly reason: NotPublished | null;
  /** Labelled visitors that have a feature and may be profiled. */
  readonly labelled: number;
  /** Of these, how many were read; fewer where there are more than the limit. */
  readonly sampled: number;
  readonly trainedOn: number;
  readonly heldOut: number;
  /** Different features that the model knows. */
  readonly features: number;
  /** What the model is the sum of: each method with its penalty, and how much it is believed. */
  readonly methods: readonly {
    readonly method: MethodName;
    readonly l2: number | null;
    readonly slope: number;
  }[];
  /** Mean of the classes' AUC by count. */
  readonly auc: number | null;
  /** Mean negative log-likelihood, in nats. */
  readonly logLoss: number | null;
  /** The same of a prediction that knows only how frequent each class is. */
  readonly priorLogLoss: number | null;
  /** By how many standard errors the model's log-loss is below the prior's. */
  readonly zScore: number | null;
  /** Stated precision that the thresholds were chosen for. */
  readonly precision: number;
  /** Share of the held out of whom a class is decided. */
  readonly coverage: number | null;
  readonly calibrationError: number | null;
  readonly classes: readonly ClassReport[];
}

/** A trained model: its weights stand in `model_weights`, where it is published. */
export interface Trained {
  readonly id: ModelId;
  /** Those that the model knows, in the order of the probabilities: of some there may have been too few labels. */
  readonly classes: readonly string[];
  readonly report: ModelReport;
  /** What scoring needs beside the weights; null where there is no model to score by. */
  readonly scoring: Scoring | null;
}

/** How a visitor's features and the weights become probabilities. */
export interface Scoring {
  /** Log-odds of each class without any feature, the first class's 0 where there are two. */
  readonly intercepts: readonly number[];
  /** Probability of each class from which it is decided where it is the likeliest; null = never. */
  readonly thresholds: readonly (number | null)[];
  /** Hits that are not looked at. */
  readonly except: Query | undefined;
}

export { scoresOf } from './score.ts';
export { eachSlice, type Slice } from './slices.ts';
export { train } from './train.ts';
export { dropWeights } from './weights.ts';
