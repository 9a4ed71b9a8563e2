import { driversOf } from '../rule/drivers.ts';
import { clausesOf, type Expression, express, Leaves, mayHoldWithoutHit } from '../rule/expression.ts';
import type { AskedLeaf } from '../rule/leaf.ts';
import type { ResolvedRule } from '../rule/rule.ts';
import type { Clauses } from './clauses.ts';
import { type CodedShape, codeShape } from './codes.ts';
import { sequencesOf } from './sequences.ts';
import { type Shape, shapesOf } from './shapes.ts';
import { MAX_TABLED, truthTable } from './truth.ts';

/** A segment whose members are found together with those of others: it is merged by nobody but the visitor. */
export interface Asked {
  readonly id: string;
  readonly rule: ResolvedRule;
}

/** A segment as an expression over clauses. */
export interface Expressed {
  readonly id: string;
  /** Its place among the others. */
  readonly number: number;
  readonly expression: Expression;
  /** All that stand in it. */
  readonly clauses: readonly number[];
}

/** Segments, and the clauses that they share. */
export interface Plan extends Clauses {
  readonly segments: readonly Expressed[];
  /** Whether each segment is one clause: who meets it is a member, and nothing is to be put together. */
  readonly isPlain: boolean;
}

/** Whether a rule is one clause, which hits answer. */
export function isPlain(rule: ResolvedRule): boolean {
  const leaves = new Leaves();
  const expression = express(rule, leaves);
  return expression.op === 'met' && !mayHoldWithoutHit(expression, leaves);
}

/** Whether a rule can be asked together with others: whom another segment has is found by a statement of its own. */
export const isShared = (rule: ResolvedRule): boolean => {
  const leaves = new Leaves();
  express(rule, leaves);
  return leaves.list.every((leaf) => !('members' in leaf));
};

/**
 * @param asked rules that {@link isShared} passes.
 * @param piece its number among the plans of a build.
 * @param asOf milliseconds since 1970.
 */
export function planOf(asked: readonly Asked[], piece: number, asOf: number): Plan {
  const leaves = new Leaves();
  const alone = asked.map(({ rule }) => express(rule, leaves));
  const universe = leaves.list.length;
  const segments = alone.map((expression, number): Expressed => {
    // Whoever need not have done anything must be somebody that there is, and was last seen with whatever he did.
    const whole: Expression = mayHoldWithoutHit(expression, leaves)
      ? { op: 'all', of: [{ op: 'met', clause: universe }, expression] }
      : expression;
    return { id: asked[number]!.id, number, expression: whole, clauses: clausesOf(whole) };
  });
  const { shapes, others } = shapesOf(leaves.list);
  const coded: CodedShape[] = [];
  let shapeNumber = shapes.length;
  for (const shape of shapes) {
    const made = codeShape(shape, () => ++shapeNumber);
    coded.push(...made.coded);
    others.push(...clausesIn({ questions: made.uncoded }));
  }
  return {
    piece,
    leaves: leaves.list as AskedLeaf[],
    shapes: coded,
    ...sequencesOf(leaves.list as AskedLeaf[], others),
    universe,
    asksUniverse: segments.some(({ clauses }) => clauses.includes(universe)),
    asOf,
    segments,
    isPlain: segments.every(({ expression }) => expression.op === 'met'),
  };
}

/** The numbers of the clauses that a shape answers. */
export const clausesIn = ({ questions }: Pick<Shape, 'questions'>): number[] =>
  questions.flatMap(({ thresholds }) => thresholds.map(({ clause }) => clause));

/** The plan without the segments that ask for some clauses. */
export function withoutClauses(plan: Plan, clauses: ReadonlySet<number>): Plan {
  if (clauses.size === 0) return plan;
  return {
    ...plan,
    segments: plan.segments.filter((segment) => !segment.clauses.some((one) => clauses.has(one))),
  };
}

/** Whether what holds of a segment is looked up in a table. */
export const isTabled = ({ clauses }: Expressed): boolean => clauses.length <= MAX_TABLED;

/** Clauses that are looked for one by one: as many as the longest table has. */
export const widthOf = ({ segments }: Plan): number =>
  segments.reduce((width, { clauses }) => Math.max(width, Math.min(MAX_TABLED, clauses.length)), 1);

/** No clause has this number: it stands where a segment has fewer clauses than others. */
const NO_CLAUSE = 2 ** 32 - 1;

/**
 * The rows of `build_drivers`: which clauses let somebody into which segment.
 *
 * @param sizes about how many meet each clause; one that is not named is met by few.
 */
export function driverRows(plan: Plan, build: number, sizes: ReadonlyMap<number, number>) {
  const { segments, piece } = plan;
  const width = widthOf(plan);
  return segments.flatMap((segment) => {
    const { id, number, expression, clauses } = segment;
    const drivers = driversOf(expression, (clause) => 1 + (sizes.get(clause) ?? 0)) ?? [];
    const truth = isTabled(segment) ? truthTable(expression, clauses) : [];
    const row = {
      build,
      piece,
      number,
      segment: id,
      clauses: [...clauses, ...Array<number>(Math.max(0, width - clauses.length)).fill(NO_CLAUSE)],
      // Arrays beside each row of a visitor are what a join takes longest over.
      others: drivers.length > 1 ? drivers : [],
      word: String(truth.length === 1 ? truth[0] : 0),
      words: truth.length > 1 ? truth.map(String) : [],
    };
    return drivers.map((clause) => ({ ...row, clause }));
  });
}
