import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimise, type Objective } from './lbfgs.ts';

const at = (...x: number[]) => Float64Array.from(x);

/** Rosenbrock's valley: least at (1, 1), where every optimiser that only follows the slope takes for ever. */
const valley: Objective = (x, gradient) => {
  const [a, b] = [x[0]!, x[1]!];
  gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
  gradient[1] = 200 * (b - a * a);
  return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
};

describe('minimise', () => {
  it('finds the end of a bent valley', () => {
    const start = at(-1.2, 1);
    const { x, value } = minimise(valley, start);
    expect(value).toBeLessThan(1e-8);
    expect([...x].map((one) => Math.round(one * 1e3) / 1e3)).toEqual([1, 1]);
    expect([...start]).toEqual([-1.2, 1]);
  });

  it('stays where nothing is lower', () => {
    expect(minimise(valley, at(1, 1)).iterations).toBe(0);
  });

  it('finds the bottom of any bowl, with a guess at its shape and without', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.tuple(fc.double({ min: 0.01, max: 1e4 }), fc.double({ min: -100, max: 100 })), {
            minLength: 1,
            maxLength: 30,
          })
          .filter((bowl) => bowl.every(([a, b]) => Number.isFinite(a) && Number.isFinite(b))),
        fc.boolean(),
        (bowl, isGuessed) => {
          const objective: Objective = (x, gradient) => {
            let sum = 0;
            for (const [i, [steep, bottom]] of bowl.entries()) {
              const distance = x[i]! - bottom;
              gradient[i] = steep * distance;
              sum += (steep / 2) * distance ** 2;
            }
            return sum;
          };
          const guess = isGuessed
            ? { preconditioner: Float64Array.from(bowl, ([steep]) => 1 / (steep * 1.5)) }
            : {};
          const { x, value } = minimise(objective, new Float64Array(bowl.length), {
            tolerance: 1e-10,
            iterations: 2000,
            ...guess,
          });
          // What the next step is expected to bring is a guess by the pairs seen: the bottom is nearer than some
          // orders of it, no more is promised.
          expect(value).toBeLessThan(1e-4);
          for (const [i, [steep, bottom]] of bowl.entries())
            expect(Math.abs(x[i]! - bottom) * Math.sqrt(steep)).toBeLessThan(2e-2);
        },
      ),
      { numRuns: 100 },
    );
  });
});
