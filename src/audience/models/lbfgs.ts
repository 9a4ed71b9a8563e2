/** A smooth convex function: writes its gradient at `x` and returns its value. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
}

export interface MinimiseOptions {
  /** Ended when the next step is expected to bring no more than this, in units of the function. @default 1e-9 */
  readonly tolerance?: number;
  /** @default 200 */
  readonly iterations?: number;
  /**
   * About the inverse of the second derivative by each variable, which the first guess at the Hessian is made of: with
   * features a thousand times rarer than others it saves most of the iterations. @default 1
   */
  readonly preconditioner?: Float64Array;
}

/** Pairs of steps and changes of the gradient that stand for the Hessian. */
const MEMORY = 8;
/** Share of the decrease that the slope promises that a step must bring (Armijo), and of the slope that may be left (Wolfe). */
const ARMIJO = 1e-4;
const WOLFE = 0.9;
const LINE_STEPS = 30;
/** Below this share of its value a decrease is rounding. */
const STALLED = 1e-12;

/**
 * Finds where a function is least, by limited-memory BFGS (Liu and Nocedal 1989; two-loop recursion and line search by
 * bisection under the weak Wolfe conditions as in Nocedal and Wright, Numerical Optimization, ch. 7.2 and 3.1).
 *
 * @param start not changed.
 */
export function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance = 1e-9, iterations: most = 200, preconditioner }: MinimiseOptions = {},
): Minimum {
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  let nextX = new Float64Array(n);
  let nextGradient = new Float64Array(n);
  const direction = new Float64Array(n);
  const pairs: Pair[] = [];
  let iteration = 0;
  for (; iteration < most; iteration++) {
    twoLoops(pairs, gradient, direction, preconditioner);
    const slope = dot(direction, gradient);
    // Newton's decrement: half the slope is what a step to the bottom of the parabola brings.
    if (!(-slope / 2 > tolerance)) break;
    const found = search(objective, { x, value, slope, direction }, nextX, nextGradient, pairs.length === 0);
    if (found === undefined) break;
    remember(pairs, x, nextX, gradient, nextGradient);
    const decrease = value - found;
    [x, nextX] = [nextX, x];
    [gradient, nextGradient] = [nextGradient, gradient];
    value = found;
    if (decrease <= STALLED * Math.abs(value)) break;
  }
  return { x, value, iterations: iteration };
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly rho: number;
}

function remember(
  pairs: Pair[],
  x: Float64Array,
  nextX: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
): void {
  const oldest = pairs.length === MEMORY ? pairs.shift() : undefined;
  const step = oldest?.step ?? new Float64Array(x.length);
  const change = oldest?.change ?? new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    step[i] = nextX[i]! - x[i]!;
    change[i] = nextGradient[i]! - gradient[i]!;
  }
  const curvature = dot(step, change);
  // Rounding can lose the curvature that the Wolfe condition promises, and the guess would no longer be convex.
  if (curvature > Number.EPSILON * dot(change, change)) pairs.push({ step, change, rho: 1 / curvature });
}

function twoLoops(
  pairs: readonly Pair[],
  gradient: Float64Array,
  direction: Float64Array,
  preconditioner: Float64Array | undefined,
): void {
  direction.set(gradient);
  const alphas: number[] = [];
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { step, change, rho } = pairs[k]!;
    const alpha = rho * dot(step, direction);
    alphas[k] = alpha;
    addTimes(direction, -alpha, change);
  }
  scale(direction, pairs.at(-1), preconditioner);
  for (const [k, { step, change, rho }] of pairs.entries()) {
    const beta = rho * dot(change, direction);
    addTimes(direction, alphas[k]! - beta, step);
  }
  for (let i = 0; i < direction.length; i++) direction[i] = -direction[i]!;
}

function scale(
  direction: Float64Array,
  newest: Pair | undefined,
  preconditioner: Float64Array | undefined,
): void {
  const { length } = direction;
  if (preconditioner !== undefined)
    for (let i = 0; i < length; i++) direction[i] = direction[i]! * preconditioner[i]!;
  if (newest === undefined) return;
  let size = 0;
  for (let i = 0; i < length; i++) size += newest.change[i]! ** 2 * (preconditioner?.[i] ?? 1);
  const factor = 1 / (newest.rho * size);
  for (let i = 0; i < length; i++) direction[i] = direction[i]! * factor;
}

interface Line {
  readonly x: Float64Array;
  readonly value: number;
  readonly slope: number;
  readonly direction: Float64Array;
}

/** @returns the value at the point found, which `nextX` and `nextGradient` then hold; undefined = none is lower. */
function search(
  objective: Objective,
  { x, value, slope, direction }: Line,
  nextX: Float64Array,
  nextGradient: Float64Array,
  isFirst: boolean,
): number | undefined {
  if (!(slope < 0)) return undefined;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  // Nothing is known of the scale yet, so that the first step may not leap.
  let t = isFirst ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
  for (let i = 0; i < LINE_STEPS; i++) {
    for (let j = 0; j < x.length; j++) nextX[j] = x[j]! + t * direction[j]!;
    const found = objective(nextX, nextGradient);
    if (!(found <= value + ARMIJO * t * slope)) high = t;
    else if (dot(nextGradient, direction) < WOLFE * slope) low = t;
    else return found;
    t = high === Number.POSITIVE_INFINITY ? 2 * t : (low + high) / 2;
  }
  return undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addTimes(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] = a[i]! + factor * b[i]!;
}
