import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holds } from '../bulk/truth.ts';
import { clausesOf, type Expression } from './expression.ts';
import { possible } from './possible.ts';

const CLAUSES = 6;
const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const parts = fc.array(tie('expression'), { minLength: 1, maxLength: 3 });
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.nat(CLAUSES - 1).map((clause): Expression => ({ op: 'met', clause })),
      fc.constant<Expression>({ op: 'always' }),
      tie('expression').map((of): Expression => ({ op: 'not', of })),
      parts.map((of): Expression => ({ op: 'all', of })),
      parts.map((of): Expression => ({ op: 'any', of })),
    ),
  };
});

const bit = (word: number) => (clause: number) => ((word >> clause) & 1) === 1;

describe('what of an expression some of its clauses tell', () => {
  it('asks only those, and holds wherever the whole does', () => {
    fc.assert(
      fc.property(expression, fc.nat(2 ** CLAUSES - 1), (whole, known) => {
        const told = possible(whole, bit(known));
        expect(clausesOf(told).every(bit(known))).toBe(true);
        for (let met = 0; met < 2 ** CLAUSES; met++)
          if (holds(whole, bit(met))) expect(holds(told, bit(met))).toBe(true);
      }),
    );
  });

  it('is the whole where all are known', () => {
    fc.assert(
      fc.property(expression, fc.nat(2 ** CLAUSES - 1), (whole, met) => {
        expect(
          holds(
            possible(whole, () => true),
            bit(met),
          ),
        ).toBe(holds(whole, bit(met)));
      }),
    );
  });

  it('leaves out of a conjunction what is not known', () => {
    const met = (clause: number): Expression => ({ op: 'met', clause });
    const rule: Expression = {
      op: 'all',
      of: [
        met(0),
        { op: 'any', of: [met(1), { op: 'not', of: met(2) }] },
        { op: 'any', of: [met(1), met(5)] },
      ],
    };
    expect(possible(rule, (clause) => clause === 0)).toEqual(met(0));
    expect(possible(rule, (clause) => clause < 3)).toEqual({
      op: 'all',
      of: [met(0), { op: 'any', of: [met(1), { op: 'not', of: met(2) }] }],
    });
  });
});
