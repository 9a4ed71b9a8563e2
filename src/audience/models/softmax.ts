import type { Objective } from './lbfgs.ts';
import type { Rows } from './rows.ts';

/**
 * Log-odds of each class as a linear function of a row's features, which softmax makes probabilities of. Of two
 * classes only the second has weights of its own, the first's are 0: logistic regression.
 */
export interface Linear {
  readonly classes: number;
  /** Weights of feature f: from `f * columns` on; behind those of the last feature the intercepts. */
  readonly weights: Float64Array;
}

/** Classes that have weights of their own. */
export const columnsOf = (classes: number) => (classes === 2 ? 1 : classes);

/** What is fitted to what. */
export interface Problem {
  readonly rows: Rows;
  /** Numbers of the rows that are fitted. */
  readonly chosen: Uint32Array;
  readonly classes: number;
  /** Number of different features. */
  readonly features: number;
  /** Strength of the penalty on each squared weight; intercepts are free of it. */
  readonly penalties: Float64Array;
  /** By which each row's values are multiplied. */
  readonly scales: Float64Array;
}

/**
 * The regularised negative log-likelihood of multinomial logistic regression: the sum over rows of -ln p(class), and
 * half the sum of squared weights, each times its penalty (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 4.4).
 */
export function penalisedLoss(problem: Problem): Objective {
  const { rows, chosen, classes, features, penalties, scales } = problem;
  const columns = columnsOf(classes);
  const intercepts = features * columns;
  const logits = new Float64Array(classes);
  const residuals = new Float64Array(columns);
  return (weights, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (const row of chosen) {
      rowLogits(rows, row, weights, intercepts, scales[row]!, logits);
      loss += softmaxInPlace(logits, rows.labels[row]!);
      residualsOf(logits, rows.labels[row]!, residuals);
      addGradient(rows, row, scales[row]!, residuals, gradient, intercepts);
    }
    for (let i = 0; i < intercepts; i++) {
      loss += (penalties[i]! / 2) * weights[i]! ** 2;
      gradient[i] = gradient[i]! + penalties[i]! * weights[i]!;
    }
    return loss;
  };
}

/** About the inverse of the loss's second derivative by each weight, at the prior's probabilities. */
export function curvatures(problem: Problem): Float64Array {
  const { rows, chosen, classes, features, penalties, scales } = problem;
  const columns = columnsOf(classes);
  const shares = new Float64Array(classes);
  for (const row of chosen) shares[rows.labels[row]!] = shares[rows.labels[row]!]! + 1 / chosen.length;
  const spread = Array.from({ length: columns }, (_, c) => {
    const share = shares[classes === 2 ? 1 : c]!;
    return Math.max(share * (1 - share), 1e-6);
  });
  const squares = new Float64Array(features);
  for (const row of chosen) {
    for (let i = rows.starts[row]!; i < rows.starts[row + 1]!; i++)
      squares[rows.features[i]!] = squares[rows.features[i]!]! + (rows.values[i]! * scales[row]!) ** 2;
  }
  const inverse = new Float64Array((features + 1) * columns);
  for (let f = 0; f < features; f++)
    for (let c = 0; c < columns; c++)
      inverse[f * columns + c] = 1 / (squares[f]! * spread[c]! + penalties[f * columns + c]!);
  for (let c = 0; c < columns; c++) inverse[features * columns + c] = 1 / (chosen.length * spread[c]! + 1e-6);
  return inverse;
}

/** Log-odds of each class for some rows, one after another: `classes` numbers a row. */
export function logitsOf(
  { classes, weights }: Linear,
  rows: Rows,
  chosen: Uint32Array,
  scales: Float64Array,
): Float64Array {
  const columns = columnsOf(classes);
  const all = new Float64Array(chosen.length * classes);
  for (const [place, row] of chosen.entries()) {
    const logits = all.subarray(place * classes, (place + 1) * classes);
    rowLogits(rows, row, weights, weights.length - columns, scales[row]!, logits);
  }
  return all;
}

/** Turns log-odds into probabilities. @returns the negative log-likelihood of the class that is true. */
export function softmaxInPlace(logits: Float64Array, truth: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > most) most = logit;
  const own = logits[truth]! - most;
  let sum = 0;
  for (let c = 0; c < logits.length; c++) {
    logits[c] = Math.exp(logits[c]! - most);
    sum += logits[c]!;
  }
  for (let c = 0; c < logits.length; c++) logits[c] = logits[c]! / sum;
  return Math.log(sum) - own;
}

function rowLogits(
  rows: Rows,
  row: number,
  weights: Float64Array,
  intercepts: number,
  scale: number,
  logits: Float64Array,
): void {
  const { features, values } = rows;
  const end = rows.starts[row + 1]!;
  const classes = logits.length;
  if (classes === 2) {
    let sum = 0;
    for (let i = rows.starts[row]!; i < end; i++) sum += weights[features[i]!]! * values[i]!;
    logits[0] = 0;
    logits[1] = weights[intercepts]! + scale * sum;
    return;
  }
  logits.fill(0);
  for (let i = rows.starts[row]!; i < end; i++) {
    const at = features[i]! * classes;
    const value = values[i]!;
    for (let c = 0; c < classes; c++) logits[c] = logits[c]! + weights[at + c]! * value;
  }
  for (let c = 0; c < classes; c++) logits[c] = weights[intercepts + c]! + scale * logits[c]!;
}

function residualsOf(probabilities: Float64Array, truth: number, residuals: Float64Array): void {
  if (probabilities.length === 2) {
    residuals[0] = probabilities[1]! - truth;
    return;
  }
  residuals.set(probabilities);
  residuals[truth] = residuals[truth]! - 1;
}

function addGradient(
  rows: Rows,
  row: number,
  scale: number,
  residuals: Float64Array,
  gradient: Float64Array,
  intercepts: number,
): void {
  const { features, values } = rows;
  const end = rows.starts[row + 1]!;
  const columns = residuals.length;
  if (columns === 1) {
    const residual = residuals[0]!;
    const scaled = residual * scale;
    for (let i = rows.starts[row]!; i < end; i++)
      gradient[features[i]!] = gradient[features[i]!]! + scaled * values[i]!;
  } else {
    for (let i = rows.starts[row]!; i < end; i++) {
      const at = features[i]! * columns;
      const value = values[i]! * scale;
      for (let c = 0; c < columns; c++) gradient[at + c] = gradient[at + c]! + residuals[c]! * value;
    }
  }
  for (let c = 0; c < columns; c++) gradient[intercepts + c] = gradient[intercepts + c]! + residuals[c]!;
}
