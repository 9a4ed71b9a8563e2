import { minimise } from './lbfgs.ts';
import { logRatios } from './naive-bayes.ts';
import { FOLDS, foldOf, isHeldOut, type Rows, rowsWhere } from './rows.ts';
import { columnsOf, curvatures, logitsOf, type Problem, penalisedLoss, softmaxInPlace } from './softmax.ts';

/** By what a row's values are multiplied: 1, or the inverse of their Euclidean length. */
export type Scale = 'none' | 'length';

/** Ways to learn from the same rows, of which each is best somewhere; their sum is, about everywhere. */
export const METHODS = {
  /** Each feature by itself, believed early. */
  naive_bayes: { scale: 'none', smoothing: 10, regressed: false },
  /** The same, believed late. */
  cautious_naive_bayes: { scale: 'none', smoothing: 100, regressed: false },
  /**
   * Logistic regression that prefers features which say something by themselves (Wang and Manning, Baselines and
   * Bigrams, ACL 2012): few that count among many that do not.
   */
  weighted_regression: { scale: 'none', smoothing: 10, regressed: true },
  regression: { scale: 'none', smoothing: undefined, regressed: true },
  /** Rows brought to one length: of who sees much, each single thing says less. */
  length_regression: { scale: 'length', smoothing: undefined, regressed: true },
} as const satisfies Readonly<
  Record<string, { scale: Scale; smoothing: number | undefined; regressed: boolean }>
>;

export type MethodName = keyof typeof METHODS;

/** What one method has learned. */
export interface Learned {
  readonly method: MethodName;
  /** Strength of the penalty, chosen by cross-validation; null = there is none. */
  readonly l2: number | null;
  /** Trained on all rows that are not held out. */
  readonly weights: Float64Array;
  /** Of each row fold by fold, as {@link foldsOf} has them left, the log-odds by a model that was not trained on it. */
  readonly outOfFold: Float64Array;
}

/**
 * Strengths of the penalty that are tried, from the strongest, under which next to nothing is believed, until it gets
 * worse; as multiples of the mean squared length of a row, so that they mean the same for long rows and for short.
 */
const STRENGTHS = [30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01];
/** Folds on which it is chosen; two for all but the largest. */
const FOLDS_SEARCHED = 2;
/** Values times classes above which it is chosen on one. */
const MUCH_WORK = 4_000_000;
/** Of the log-loss of a row: a model that is only compared need not be exact. */
const TOLERANCE = { compared: 3e-5, final: 1e-6 };
const ITERATIONS = 100;
/** Below this a feature that says nothing by itself is penalised no harder: what is infinite has no logarithm. */
const LEAST_RATIO = 1e-3;

export interface Fold {
  readonly trained: Uint32Array;
  readonly left: Uint32Array;
}

interface Data extends Lesson {
  readonly folds: readonly Fold[];
  readonly trained: Uint32Array;
}

/** What there is to learn from: rows, how many classes they are of, and the number of different features. */
export interface Lesson {
  readonly rows: Rows;
  readonly classes: number;
  readonly features: number;
}

/** The folds of the rows that are not held out: what a model learns that is compared, and what it is compared on. */
export const foldsOf = (rows: Rows): Fold[] =>
  Array.from({ length: FOLDS }, (_, fold) => ({
    trained: rowsWhere(rows, (bucket) => !isHeldOut(bucket) && foldOf(bucket) !== fold),
    left: rowsWhere(rows, (bucket) => !isHeldOut(bucket) && foldOf(bucket) === fold),
  }));

/** Learns from the rows that are not held out, by one method. */
export function learn(lesson: Lesson, method: MethodName): Learned {
  const { rows, classes } = lesson;
  const { scale, smoothing, regressed } = METHODS[method];
  const data: Data = {
    ...lesson,
    trained: rowsWhere(rows, (bucket) => !isHeldOut(bucket)),
    folds: foldsOf(rows),
  };
  const scales = scale === 'length' ? inverseLengthsOf(rows) : new Float64Array(rows.count).fill(1);
  const found = regressed ? regress(data, scales, smoothing) : { l2: null, ...count(data, smoothing) };
  return {
    method,
    l2: found.l2,
    weights: found.final,
    outOfFold: together(
      data.folds.map(({ left }, fold) =>
        logitsOf({ classes, weights: found.ofFolds[fold]! }, rows, left, scales),
      ),
    ),
  };
}

interface Weights {
  readonly ofFolds: readonly Float64Array[];
  readonly final: Float64Array;
}

function count({ rows, classes, features, folds, trained }: Data, smoothing: number): Weights {
  const of = (chosen: Uint32Array) => logRatios(rows, chosen, classes, features, smoothing);
  return { ofFolds: folds.map((fold) => of(fold.trained)), final: of(trained) };
}

function regress(data: Data, scales: Float64Array, smoothing: number | undefined): Weights & { l2: number } {
  const { rows, classes, features, folds } = data;
  const much = rows.features.length * columnsOf(classes) > MUCH_WORK;
  const tasks = [...folds.map((fold) => fold.trained), data.trained].map((chosen) =>
    taskOf(data, chosen, scales, smoothing),
  );
  let warm: Float64Array[] = [];
  let best = { loss: Number.POSITIVE_INFINITY, strength: STRENGTHS[0]!, warm };
  for (const strength of STRENGTHS) {
    let loss = 0;
    const next: Float64Array[] = [];
    for (const [fold, { left }] of folds.slice(0, much ? 1 : FOLDS_SEARCHED).entries()) {
      const weights = solve(tasks[fold]!, strength, warm[fold], TOLERANCE.compared);
      next.push(weights);
      loss += logLossOf(logitsOf({ classes, weights }, rows, left, scales), rows, left, classes);
    }
    warm = next;
    if (loss >= best.loss) break;
    best = { loss, strength, warm };
  }
  const all: Float64Array[] = [];
  for (const [place, task] of tasks.entries()) {
    const isFinal = place === folds.length;
    all.push(
      solve(
        task,
        best.strength,
        best.warm[place] ?? best.warm[0],
        isFinal ? TOLERANCE.final : TOLERANCE.compared,
      ),
    );
  }
  return {
    l2: best.strength * tasks.at(-1)!.meanSquare,
    ofFolds: all.slice(0, folds.length),
    final: all.at(-1) ?? new Float64Array((features + 1) * columnsOf(classes)),
  };
}

interface Task {
  readonly problem: Omit<Problem, 'penalties'>;
  /** By which each weight's penalty is multiplied. */
  readonly reluctance: Float64Array;
  readonly meanSquare: number;
}

/** Without smoothing every feature is penalised alike; else the less it says by itself, the more. */
function taskOf(
  { rows, classes, features }: Data,
  chosen: Uint32Array,
  scales: Float64Array,
  smoothing: number | undefined,
): Task {
  const ratios =
    smoothing === undefined
      ? new Float64Array((features + 1) * columnsOf(classes)).fill(1)
      : logRatios(rows, chosen, classes, features, smoothing);
  const columns = columnsOf(classes);
  const squares = new Float64Array(features);
  for (let f = 0; f < features; f++)
    for (let c = 0; c < columns; c++) squares[f] = squares[f]! + ratios[f * columns + c]! ** 2 / columns;
  let sum = 0;
  for (const row of chosen)
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++)
      sum += squares[rows.features[i]!]! * (rows.values[i]! * scales[row]!) ** 2;
  return {
    problem: { rows, chosen, classes, features, scales },
    reluctance: ratios.map((ratio) => 1 / Math.max(ratio ** 2, LEAST_RATIO ** 2)),
    meanSquare: Math.max(sum / chosen.length, Number.EPSILON),
  };
}

function solve(
  { problem, reluctance, meanSquare }: Task,
  strength: number,
  start: Float64Array | undefined,
  tolerance: number,
): Float64Array {
  const full: Problem = { ...problem, penalties: reluctance.map((one) => one * strength * meanSquare) };
  const { x } = minimise(penalisedLoss(full), start ?? new Float64Array(reluctance.length), {
    tolerance: tolerance * problem.chosen.length,
    iterations: ITERATIONS,
    preconditioner: curvatures(full),
  });
  return x;
}

/** Of each row, the inverse of its Euclidean length. */
export function inverseLengthsOf(rows: Rows): Float64Array {
  const inverse = new Float64Array(rows.count);
  for (let row = 0; row < rows.count; row++) {
    let square = 0;
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++) square += rows.values[i]! ** 2;
    inverse[row] = square > 0 ? 1 / Math.sqrt(square) : 0;
  }
  return inverse;
}

function logLossOf(logits: Float64Array, rows: Rows, chosen: Uint32Array, classes: number): number {
  let loss = 0;
  for (const [place, row] of chosen.entries())
    loss += softmaxInPlace(logits.subarray(place * classes, (place + 1) * classes), rows.labels[row]!);
  return loss;
}

function together(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
