import { type Leaf, leafKey } from './leaf.ts';
import type { Did, ResolvedRule } from './rule.ts';

/** A rule as a boolean expression over numbered clauses, each of which a visitor has met or not. */
export type Expression =
  | { readonly op: 'met'; readonly clause: number }
  | { readonly op: 'always' }
  | { readonly op: 'not'; readonly of: Expression }
  | { readonly op: 'all' | 'any'; readonly of: readonly Expression[] };

/** The distinct leaves of one rule or of many; a leaf's number is its place. */
export class Leaves {
  readonly list: Leaf[] = [];
  readonly #numbers = new Map<string, number>();

  /** @returns the clause number of a leaf, the same for each that asks the same. */
  number(leaf: Leaf): number {
    const key = leafKey(leaf);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.list.length);
    return this.list.push(leaf) - 1;
  }
}

/** @returns the expression of a rule; its leaves are added to `leaves`. */
export function express(rule: ResolvedRule, leaves: Leaves): Expression {
  switch (rule.op) {
    case 'all':
    case 'any':
      return { op: rule.op, of: rule.rules.map((child) => express(child, leaves)) };
    case 'not':
      return { op: 'not', of: express(rule.rule, leaves) };
    case 'did':
      return expressDid(rule, leaves);
  }
}

/**
 * A visitor with no matching hit leaves no row, so a `times` that admits 0 is asked the other way round:
 * who has more hits than it admits?
 */
function expressDid({ match, withinMs, times }: Did, leaves: Leaves): Expression {
  if (times.from > 0) return { op: 'met', clause: leaves.number({ match, withinMs, ...times }) };
  if (times.to === undefined) return { op: 'always' };
  return {
    op: 'not',
    of: { op: 'met', clause: leaves.number({ match, withinMs, from: times.to + 1, to: undefined }) },
  };
}

/** @returns whether somebody who meets no clause at all is in: then the universe must be asked too. */
export function holdsForNone(expression: Expression): boolean {
  switch (expression.op) {
    case 'met':
      return false;
    case 'always':
      return true;
    case 'not':
      return !holdsForNone(expression.of);
    case 'all':
      return expression.of.every(holdsForNone);
    case 'any':
      return expression.of.some(holdsForNone);
  }
}

/** @param met SQL that is 1 where the clause of that number is met, else 0. */
export function expressionSql(expression: Expression, met: (clause: number) => string): string {
  switch (expression.op) {
    case 'met':
      return met(expression.clause);
    case 'always':
      return '1';
    case 'not':
      return `NOT ${expressionSql(expression.of, met)}`;
    case 'all':
    case 'any': {
      const terms = expression.of.map((part) => expressionSql(part, met));
      return terms.length === 1 ? terms[0]! : `(${terms.join(expression.op === 'all' ? ' AND ' : ' OR ')})`;
    }
  }
}
