import type { Expression } from './expression.ts';

const NEVER: Expression = { op: 'not', of: { op: 'always' } };

/**
 * What of an expression can be told by some of its clauses: it holds wherever the expression may still hold, whatever
 * comes of the others.
 */
export const possible = (expression: Expression, isKnown: (clause: number) => boolean): Expression =>
  mayBe(expression, true, isKnown);

/** An expression that holds wherever another may come to `wanted`. */
function mayBe(expression: Expression, wanted: boolean, isKnown: (clause: number) => boolean): Expression {
  switch (expression.op) {
    case 'met':
      if (!isKnown(expression.clause)) return { op: 'always' };
      return wanted ? expression : { op: 'not', of: expression };
    case 'always':
      return wanted ? expression : NEVER;
    case 'not':
      return mayBe(expression.of, !wanted, isKnown);
    case 'all':
    case 'any': {
      const op = (expression.op === 'all') === wanted ? 'all' : 'any';
      const of = expression.of.map((part) => mayBe(part, wanted, isKnown));
      // Of what is always so nothing need be asked.
      if (op === 'any' && of.some((part) => part.op === 'always')) return { op: 'always' };
      const told = op === 'all' ? of.filter((part) => part.op !== 'always') : of;
      if (told.length === 1) return told[0]!;
      return told.length === 0 ? { op: 'always' } : { op, of: told };
    }
  }
}
