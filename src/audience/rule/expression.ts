import { isKnownLeaf, type Leaf, leafKey } from './leaf.ts';
import {
  type Did,
  type Dwell,
  type HasDemographic,
  type HasInterest,
  type ResolvedRule,
  UNKNOWN,
} from './rule.ts';

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
  isKnown(clause: number): boolean {
    const leaf = this.list[clause];
    return leaf !== undefined && isKnownLeaf(leaf);
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
    case 'sequence': {
      const { steps, gapMs, withinMs } = rule;
      return { op: 'met', clause: leaves.number({ steps, gapMs, withinMs }) };
    }
    case 'dwell':
      return expressDwell(rule, leaves);
    case 'interest':
      return expressInterest(rule, leaves);
    case 'demographic':
      return expressDemographic(rule, leaves);
    case 'like':
      return { op: 'met', clause: leaves.number({ seed: rule.seed, reach: rule.reach }) };
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

/** As of hits: of whom no attention is known it is 0. */
function expressDwell({ match, withinMs, ms: { from, to } }: Dwell, leaves: Leaves): Expression {
  const met = (least: number, most: number | undefined): Expression => ({
    op: 'met',
    clause: leaves.number({ dwell: true, match, withinMs, from: least, to: most }),
  });
  if (from > 0) return met(from, to);
  return to === undefined ? { op: 'always' } : { op: 'not', of: met(to + 1, undefined) };
}

/**
 * Each end of the range is a question of its own, because only "at least" can be asked of several visitors together:
 * their score is the highest that one of them has. Who has no row has a score of 0.
 */
function expressInterest({ interest, score: { from, to } }: HasInterest, leaves: Leaves): Expression {
  const parts: Expression[] = [];
  if (from !== undefined && (from.value > 0 || from.strict))
    parts.push({ op: 'met', clause: leaves.number({ interest, from }) });
  if (to !== undefined && (to.value < MAX_SCORE || to.strict)) {
    const over = { value: to.value, strict: !to.strict };
    parts.push({ op: 'not', of: { op: 'met', clause: leaves.number({ interest, from: over }) } });
  }
  return parts.length === 0 ? { op: 'always' } : { op: 'all', of: parts };
}

const MAX_SCORE = 100;

/** Who is unknown leaves no row that says so, nor who was never looked at: they are all others. */
function expressDemographic({ wanted, probability }: HasDemographic, leaves: Leaves): Expression {
  const met = (attribute: string, values: readonly string[] | undefined): Expression => ({
    op: 'met',
    clause: leaves.number({ attribute, values, probability }),
  });
  return {
    op: 'all',
    of: wanted.map(({ attribute, values }) => {
      const known = values.filter((value) => value !== UNKNOWN);
      const parts: Expression[] = known.length > 0 ? [met(attribute, known)] : [];
      if (known.length < values.length) parts.push({ op: 'not', of: met(attribute, undefined) });
      return { op: 'any', of: parts };
    }),
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
      return { true: leaves.isKnown(expression.clause), false: true };
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

/** The numbers of the clauses that stand in an expression, each once. */
export function clausesOf(expression: Expression): number[] {
  const found = new Set<number>();
  const open = [expression];
  for (let part = open.pop(); part; part = open.pop()) {
    if (part.op === 'met') found.add(part.clause);
    else if (part.op === 'not') open.push(part.of);
    else if (part.op !== 'always') open.push(...part.of);
  }
  return [...found].sort((a, b) => a - b);
}
