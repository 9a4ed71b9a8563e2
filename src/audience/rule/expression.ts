import { isTraitLeaf, type Leaf, leafKey } from './leaf.ts';
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

  /** Whether a clause is met also by visitors without a hit. */
  isTrait(clause: number): boolean {
    const leaf = this.list[clause];
    return leaf !== undefined && isTraitLeaf(leaf);
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
    case 'trait':
      return { op: 'met', clause: leaves.number({ trait: rule.trait }) };
    case 'members':
      return { op: 'met', clause: leaves.number({ members: rule }) };
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

/**
 * @returns whether somebody may be in by whom no clause of hits is met, whatever traits he has: then the
 *   universe must be asked too, both for those of whom no clause tells and because a trait does not tell that
 *   there is a hit.
 */
export const mayHoldWithoutHit = (expression: Expression, leaves: Leaves): boolean =>
  withoutHit(expression, leaves).true;

/** What an expression can come to for somebody who meets no clause of hits. */
interface Possible {
  readonly true: boolean;
  readonly false: boolean;
}

/** Each trait is taken to be free of the others: at worst the universe is asked for nothing. */
function withoutHit(expression: Expression, leaves: Leaves): Possible {
  switch (expression.op) {
    case 'met':
      return { true: leaves.isTrait(expression.clause), false: true };
    case 'always':
      return { true: true, false: false };
    case 'not': {
      const of = withoutHit(expression.of, leaves);
      return { true: of.false, false: of.true };
    }
    case 'all': {
      const parts = expression.of.map((part) => withoutHit(part, leaves));
      return { true: parts.every((part) => part.true), false: parts.some((part) => part.false) };
    }
    case 'any': {
      const parts = expression.of.map((part) => withoutHit(part, leaves));
      return { true: parts.some((part) => part.true), false: parts.every((part) => part.false) };
    }
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
