import type { ClickHouse } from '../../clickhouse/client.ts';
import { type Combined, combine, predict } from './combine.ts';
import { type Fitted, fitModel } from './fit.ts';
import { Labelled } from './labelled.ts';
import type { Limits, ModelReport, NotPublished, Trained, TrainOptions } from './model.ts';
import { classReports, decide, likeliestOf, meanByCount, type Predicted, qualityOf } from './report.ts';
import { isHeldOut, type Rows, rowsWhere } from './rows.ts';
import { columnsOf } from './softmax.ts';
import { tellingFeatures } from './telling.ts';
import { chooseThreshold } from './threshold.ts';
import { type Feature, readVocabulary, writeWeights } from './weights.ts';

/** Some hundred megabytes at most, whatever is labelled. */
const LIMITS: Limits = { visitors: 50_000, values: 20_000_000, features: 100_000, support: 5 };
/** Features times classes that have weights: what each thread's optimiser keeps some thirty copies of. */
const MOST_WEIGHTS = 500_000;
/** Labels that there must be of all classes together and of each: with fewer the held-out fifth says nothing. */
const LEAST_LABELS = 100;
const LEAST_OF_CLASS = 10;
/**
 * Standard errors by which a model's log-loss on the held-out fifth must be below the prior's: by chance one of a
 * hundred attributes without any signal would pass.
 */
const LEAST_Z = 2.326;
export const DEFAULT_PRECISION = 0.8;

/**
 * Trains a model, measures it on a fifth of the labelled visitors that it never saw, and writes its weights to
 * `model_weights` where it beats the prior there.
 *
 * How strong penalties are, how much each method is believed, calibration and thresholds are found by
 * cross-validation among the other four fifths. All of it but the thresholds is part of the weights.
 *
 * @throws ClickHouseError
 */
export async function train(clickhouse: ClickHouse, options: TrainOptions): Promise<Trained> {
  const labelled = new Labelled(clickhouse, options);
  try {
    return await trainOn(clickhouse, labelled, options);
  } finally {
    await labelled.drop().catch(() => undefined);
  }
}

async function trainOn(clickhouse: ClickHouse, labelled: Labelled, options: TrainOptions): Promise<Trained> {
  const limits = { ...LIMITS, ...options.limits };
  const counts = await labelled.take(options.labels, options.classes);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const known = counts.flatMap((count, label) => (count >= LEAST_OF_CLASS ? [label] : []));
  const classes = known.map((label) => options.classes[label]!);
  const refuse = (reason: NotPublished): Trained => ({
    id: idOf(options),
    classes,
    report: emptyReport(options, reason, total),
    scoring: null,
  });
  if (total === 0) return refuse('no_labels');
  if (counts.filter((count) => count > 0).length < 2) return refuse('one_class');
  if (total < LEAST_LABELS || classes.length < 2) return refuse('too_few_labels');

  const share = Math.min(1, limits.visitors / total);
  await labelled.draw(share, known);
  const columns = columnsOf(classes.length);
  const values = await labelled.findVocabulary({
    support: limits.support,
    features: Math.min(limits.features, Math.floor(MOST_WEIGHTS / columns)),
  });
  if (values === 0) return refuse('no_features');
  const vocabulary = await readVocabulary(clickhouse, options);
  const isKnown = ({ feature }: Feature) => options.without?.(feature) !== true;
  if (!vocabulary.some(isKnown)) return refuse('no_features');
  // What is over the bound of values is drawn less of, for which their mean is near enough.
  const part = Math.min(1, limits.values / values);
  const rows = await labelled.read(share * part, values * part, vocabulary.map(isKnown));
  const trained = rowsWhere(rows, (bucket) => !isHeldOut(bucket));
  const trainedCounts = countsOf(rows, trained, classes.length);
  const tested = rowsWhere(rows, isHeldOut);
  if (trainedCounts.some((count) => count === 0) || tested.length === 0) return refuse('too_few_labels');

  const fitted = await fitModel(rows, classes.length, vocabulary.length);
  const { model, outOfFold } = combine(fitted, rows, classes.length);
  const precision = options.precision ?? DEFAULT_PRECISION;
  // Of labels that were drawn by another share than there is, a share that is right would be of no use.
  const thresholds =
    options.shares === undefined ? thresholdsFor(outOfFold, precision) : classes.map(() => null);
  const predicted = predict(model, rows, tested, fitted.inverseLengths);
  const shares = trainedCounts.map((count) => count / trained.length);
  const quality = qualityOf(predicted, shares);
  const told = tellingFeatures(vocabulary, rows, trained, overallWeights(model, fitted, trained));
  const reports = classReports(
    predicted,
    classes.map((value, c) => ({
      value,
      count: counts[known[c]!]!,
      features: told(classes.length, c),
    })),
    thresholds,
  );
  const published = (quality.zScore ?? 0) >= LEAST_Z;
  const scoring = {
    intercepts: interceptsOf(model, shares, options.shares && known.map((label) => options.shares![label]!)),
    thresholds,
    except: options.except,
  };
  if (published) await writeWeights(clickhouse, options, vocabulary, isKnown, model);
  return {
    id: idOf(options),
    classes,
    scoring: published ? scoring : null,
    report: {
      ...emptyReport(options, published ? null : 'no_better_than_prior', total),
      sampled: rows.count,
      trainedOn: trained.length,
      heldOut: tested.length,
      features: vocabulary.filter(isKnown).length,
      methods: fitted.learned.map(({ method, l2 }, m) => ({ method, l2, slope: model.slopes[m]! })),
      auc: meanByCount(reports, (one) => one.auc),
      ...quality,
      coverage: decide(predicted, thresholds).filter((one) => one !== undefined).length / tested.length,
      calibrationError: meanByCount(reports, (one) => one.calibrationError),
      classes: reports,
    },
  };
}

const idOf = ({ family, name, build }: TrainOptions) => ({ family, name, build });

const emptyReport = (options: TrainOptions, reason: NotPublished | null, labelled: number): ModelReport => ({
  trainedAt: new Date().toISOString(),
  asOf: options.asOf.toISOString(),
  published: reason === null,
  reason,
  labelled,
  sampled: 0,
  trainedOn: 0,
  heldOut: 0,
  features: 0,
  methods: [],
  auc: null,
  logLoss: null,
  priorLogLoss: null,
  zScore: null,
  precision: options.precision ?? DEFAULT_PRECISION,
  coverage: null,
  calibrationError: null,
  classes: [],
});

function countsOf(rows: Rows, chosen: Uint32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const row of chosen) counts[rows.labels[row]!]! += 1;
  return counts;
}

function thresholdsFor(predicted: Predicted, precision: number): (number | null)[] {
  const { probabilities, labels, classes } = predicted;
  const candidates: { probability: number; isTrue: boolean }[][] = Array.from({ length: classes }, () => []);
  for (const [place, label] of labels.entries()) {
    const likeliest = likeliestOf(probabilities, place, classes);
    candidates[likeliest]!.push({
      probability: probabilities[place * classes + likeliest]!,
      isTrue: label === likeliest,
    });
  }
  return candidates.map((ofClass) => chooseThreshold(ofClass, precision));
}

/** Brings intercepts from the shares that were trained on to those that there are (King and Zeng 2001). */
function interceptsOf(
  { classes, weights: { none } }: Combined,
  trained: readonly number[],
  wanted: readonly number[] | undefined,
): number[] {
  const columns = columnsOf(classes);
  const own = [...none.subarray(none.length - columns)];
  const all = columns === 1 ? [0, ...own] : own;
  return wanted === undefined ? all : all.map((b, c) => b + Math.log(wanted[c]! / trained[c]!));
}

/** What features weigh in a row of the usual length. */
function overallWeights(
  { weights }: Combined,
  { inverseLengths }: Fitted,
  trained: Uint32Array,
): Float64Array {
  const usual = trained.reduce((sum, row) => sum + inverseLengths[row]!, 0) / trained.length;
  return weights.none.map((weight, i) => weight + usual * weights.length[i]!);
}
