import type { Expression } from './expression.ts';

interface Drivers {
  readonly clauses: readonly number[];
  readonly weight: number;
}

/**
 * The clauses of which somebody who is in must meet at least one, the fewest visitors to look at: of a category and a
 * country, the category.
 *
 * @param weight of a clause, about how many meet it.
 * @returns undefined where the expression may hold for somebody who meets none at all.
 */
export const driversOf = (
  expression: Expression,
  weight: (clause: number) => number,
): readonly number[] | undefined => needed(expression, true, weight)?.clauses;

/** What must be met at least in part for an expression to come to `wanted`. */
function needed(
  expression: Expression,
  wanted: boolean,
  weight: (clause: number) => number,
): Drivers | undefined {
  switch (expression.op) {
    case 'met':
      return wanted ? { clauses: [expression.clause], weight: weight(expression.clause) } : undefined;
    case 'always':
      return wanted ? undefined : { clauses: [], weight: 0 };
    case 'not':
      return needed(expression.of, !wanted, weight);
    case 'all':
    case 'any': {
      const parts = expression.of.map((part) => needed(part, wanted, weight));
      return (expression.op === 'all') === wanted ? lightest(parts) : together(parts);
    }
  }
}

/** All parts must come to it, so it is enough to look where one does. */
function lightest(parts: readonly (Drivers | undefined)[]): Drivers | undefined {
  return parts.reduce(
    (best, part) => (part && (best === undefined || part.weight < best.weight) ? part : best),
    undefined,
  );
}

/** Any of the parts may come to it. */
function together(parts: readonly (Drivers | undefined)[]): Drivers | undefined {
  const clauses = new Set<number>();
  let weight = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    for (const clause of part.clauses) clauses.add(clause);
    weight += part.weight;
  }
  return { clauses: [...clauses], weight };
}
