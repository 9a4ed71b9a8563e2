import type { Expression } from '../rule/expression.ts';

/** So many clauses have 4,096 combinations: sixty-four words. Beyond, a table doubles with each clause. */
export const MAX_TABLED = 12;
const WORD = 64;

/** @param met whether the clause of that number is met. */
export function holds(expression: Expression, met: (clause: number) => boolean): boolean {
  switch (expression.op) {
    case 'met':
      return met(expression.clause);
    case 'always':
      return true;
    case 'not':
      return !holds(expression.of, met);
    case 'all':
      return expression.of.every((part) => holds(part, met));
    case 'any':
      return expression.of.some((part) => holds(part, met));
  }
}

/**
 * What an expression comes to for each combination of its clauses.
 *
 * @param clauses the numbers of all that stand in it, at most {@link MAX_TABLED}.
 * @returns words of 64 bits: bit m % 64 of word m / 64 is for the combination m, of which bit j says that clause j
 *   of the list is met.
 */
export function truthTable(expression: Expression, clauses: readonly number[]): bigint[] {
  const places = new Map(clauses.map((clause, place) => [clause, place]));
  const words = Array.from({ length: Math.max(1, 2 ** clauses.length / WORD) }, () => 0n);
  for (let combination = 0; combination < 2 ** clauses.length; combination++) {
    if (!holds(expression, (clause) => ((combination >> places.get(clause)!) & 1) === 1)) continue;
    const word = Math.floor(combination / WORD);
    words[word] = words[word]! | (1n << BigInt(combination % WORD));
  }
  return words;
}
