import type { DwellLeaf } from '../rule/dwell.ts';
import type { HitLeaf, Leaf } from '../rule/leaf.ts';
import { MATCH_FIELDS, type Match, type MatchField, WILDCARD_FIELDS } from '../rule/rule.ts';

/** Columns whose values are too many to be numbered here: texts, and keywords. */
export const TEXT_COLUMNS = ['value', 'path', 'title', 'referrer', 'referrer_host'] as const;
export type TextColumn = (typeof TEXT_COLUMNS)[number];
/** Columns with few values, of which those that are asked for are numbered. */
export type CodedColumn = Exclude<MatchField, 'keyword' | 'path' | 'title' | 'referrer'>;

/** A Match and a time, whatever its thresholds: what hits of a visitor come to is counted once for all of them. */
export interface Question {
  /** That of its first clause. */
  readonly number: number;
  readonly match: Match;
  readonly withinMs: number | undefined;
  /** Whether it is about attention to the hits rather than how many they are. */
  readonly isDwell: boolean;
  /** In hits, or in milliseconds of attention. */
  readonly thresholds: { readonly clause: number; readonly from: number; readonly to: number | undefined }[];
}

/**
 * How hits are counted: `once`, where one is enough; `rows`, where each hit is one row but for those that were sent
 * twice; where it may be several, as of a question for one of two categories, `pairs`, where none asks for more than
 * two, and else `ids`. `dwell_rows` and `dwell_ids`: their attention is summed up, of pings too, where a hit is one row
 * and where it may be several.
 */
export type Counting = 'once' | 'rows' | 'pairs' | 'ids' | 'dwell_rows' | 'dwell_ids';

export const isOfDwell = (counting: Counting): boolean =>
  counting === 'dwell_rows' || counting === 'dwell_ids';

/** Questions that one grouped scan answers together. */
export interface Shape {
  readonly number: number;
  /** Whose values are looked at one by one; undefined = the hits as they are. */
  readonly feature: 'category' | 'keyword' | undefined;
  readonly texts: readonly TextColumn[];
  readonly counting: Counting;
  readonly questions: readonly Question[];
}

/** Texts stand in `build_questions` as this shape until they are joined to their questions, which stand beyond it till then. */
export const TEXTS = 2 ** 31;

/** Combinations of one question's values. Rather than write down more of them it is asked by itself. */
const MAX_COMBINATIONS = 512;

const isOfHits = (leaf: Leaf): leaf is HitLeaf | DwellLeaf => 'match' in leaf;

/**
 * Groups the clauses that hits answer.
 *
 * @param leaves all clauses, each by its number.
 * @returns the shapes, numbered from 1, and the numbers of the clauses that none holds.
 */
export function shapesOf(leaves: readonly Leaf[]): { shapes: Shape[]; others: number[] } {
  const others: number[] = [];
  const questions = new Map<string, Question>();
  for (const [clause, leaf] of leaves.entries()) {
    if (!isOfHits(leaf) || !isShaped(leaf.match)) {
      others.push(clause);
      continue;
    }
    const { match, withinMs, from, to } = leaf;
    const isDwell = 'dwell' in leaf;
    const key = JSON.stringify([match, withinMs ?? null, isDwell]);
    const question = questions.get(key) ?? { number: clause, match, withinMs, isDwell, thresholds: [] };
    question.thresholds.push({ clause, from, to });
    questions.set(key, question);
  }
  return { shapes: grouped([...questions.values()]), others };
}

function grouped(questions: readonly Question[]): Shape[] {
  const alike = (question: Question) => ({
    feature: question.match.category
      ? ('category' as const)
      : question.match.keyword
        ? ('keyword' as const)
        : undefined,
    texts: MATCH_FIELDS.filter((field) => question.match[field]).flatMap(textsOf),
  });
  const keyOf = (question: Question, counting: Counting) => JSON.stringify([alike(question), counting]);
  const counted = new Set(questions.map((question) => keyOf(question, countingOf(question))));
  const shapes = new Map<string, Shape & { questions: Question[] }>();
  for (const question of questions) {
    let counting = countingOf(question);
    // A number beside costs less than a scan of its own; of a hit that is several rows one is still enough.
    if (counting === 'once' && counted.has(keyOf(question, 'rows'))) counting = 'rows';
    const key = keyOf(question, counting);
    const shape = shapes.get(key) ?? { ...alike(question), counting, number: 1 + shapes.size, questions: [] };
    shape.questions.push(question);
    shapes.set(key, shape);
  }
  return [...shapes.values()];
}

/** A hit that must have both a category and a keyword is one row of neither's. */
function isShaped(match: Match): boolean {
  if (match.category && match.keyword) return false;
  const combinations = exactFields(match).reduce((product, field) => product * match[field]!.length, 1);
  return combinations <= MAX_COMBINATIONS;
}

function countingOf({ match, thresholds, isDwell }: Question): Counting {
  const isRow = (match.category ?? match.keyword ?? []).length <= 1;
  if (isDwell) return isRow ? 'dwell_rows' : 'dwell_ids';
  if (thresholds.every(({ from, to }) => from === 1 && to === undefined)) return 'once';
  if (isRow) return 'rows';
  return thresholds.every(({ from, to }) => from <= 2 && to === undefined) ? 'pairs' : 'ids';
}

export const isCoded = (field: MatchField): field is CodedColumn => textsOf(field).length === 0;

function textsOf(field: MatchField): TextColumn[] {
  switch (field) {
    case 'keyword':
      return ['value'];
    case 'path':
    case 'title':
      return [field];
    case 'referrer':
      return ['referrer', 'referrer_host'];
    default:
      return [];
  }
}

/** Fields of which every value is one value of the column. */
const exactFields = (match: Match) => {
  const wild: readonly MatchField[] = wildFields(match);
  return MATCH_FIELDS.filter((field) => match[field] && !wild.includes(field));
};

/** Fields that are compared with what there is: of a referrer either the URL or the host may be meant. */
export const wildFields = (match: Match) =>
  WILDCARD_FIELDS.filter(
    (field) => match[field] && (field === 'referrer' || match[field].some((value) => value.includes('*'))),
  );

/** A combination of the exact values of a question, by field. */
export type Combination = Readonly<Partial<Record<MatchField, string>>>;

export function combinations(match: Match): Combination[] {
  return exactFields(match).reduce<Combination[]>(
    (rows, field) => {
      const values = new Set((match[field] as readonly (string | number)[]).map(String));
      return rows.flatMap((row) => [...values].map((value) => ({ ...row, [field]: value })));
    },
    [{}],
  );
}

/** From when on the questions of a shape are about hits, milliseconds since 1970; undefined = from the beginning. */
export function sinceOf({ questions }: Shape, asOf: number): number | undefined {
  let longest = 0;
  for (const { withinMs } of questions) {
    if (withinMs === undefined) return undefined;
    longest = Math.max(longest, withinMs);
  }
  return asOf - longest;
}
