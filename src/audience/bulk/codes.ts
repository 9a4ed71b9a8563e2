import type { Binding } from '../rule/binding.ts';
import type { Match } from '../rule/rule.ts';
import type { Numbers } from './asked-hits.ts';
import {
  type CodedColumn,
  type Combination,
  combinations,
  isCoded,
  isOfDwell,
  type Shape,
} from './shapes.ts';

/** The values of the coded columns of a shape, each with its number from 1; 0 is every other value. */
export type Codes = ReadonlyMap<CodedColumn, ReadonlyMap<string, number>>;

/** A shape, and the numbers of its values. */
export type CodedShape = Shape & { readonly codes: Codes };

/** Of all columns together one number is made, which must be exact. */
const MAX_CODE = 2 ** 53;
/** Values that one bound array holds, and their bytes. */
const MAX_VALUES = 5_000;
const MAX_BYTES = 40_000;
/** Rows of `build_questions` for a shape of several columns: a join with more of them falls out of the processor's cache. */
const MAX_ROWS = 30_000;

/** The event of a ping that only tells attention; no hit for a Match that does not name an event. */
export const ATTENTION = 'attention';

/**
 * Numbers the values of a shape, cut into as few shapes as possible: questions that look at other columns go together
 * where a question's indifference to a column can be written down as a row for each of its values.
 *
 * @param next gives a number to each further shape.
 * @returns the shapes, and the questions that have too many values to be numbered.
 */
export function codeShape(
  shape: Shape,
  next: () => number,
): { readonly coded: CodedShape[]; readonly uncoded: Shape['questions'] } {
  const byColumns = new Map<string, Shape['questions'][number][]>();
  for (const question of shape.questions) {
    const key = columnsOf(question.match).join();
    byColumns.set(key, [...(byColumns.get(key) ?? []), question]);
  }
  // Those with many columns first: the others find theirs among them.
  const groups = [...byColumns].sort(([a], [b]) => b.split(',').length - a.split(',').length);
  const shapes: CodedShape[] = [];
  const uncoded: Shape['questions'][number][] = [];
  for (const [, questions] of groups) {
    const place = shapes.findIndex((one) =>
      numbered({ ...one, questions: [...one.questions, ...questions] }, true),
    );
    const made = numbered(
      place === -1
        ? { ...shape, questions }
        : { ...shapes[place]!, questions: [...shapes[place]!.questions, ...questions] },
      place !== -1,
    );
    if (made === undefined) uncoded.push(...questions);
    else if (place === -1) shapes.push(made);
    else shapes[place] = made;
  }
  return { coded: shapes.map((one, place) => (place === 0 ? one : { ...one, number: next() })), uncoded };
}

/** @returns undefined where there are too many values, or where it `isMixed` too many rows. */
function numbered(shape: Shape, isMixed: boolean): CodedShape | undefined {
  const columns = new Set(shape.questions.flatMap(({ match }) => columnsOf(match)));
  const codes = new Map<CodedColumn, ReadonlyMap<string, number>>();
  let product = 1;
  for (const column of columns) {
    const values = new Set(shape.questions.flatMap(({ match }) => (match[column] ?? []).map(String)));
    // Who names no event means every one but this.
    if (column === 'event' && !readsPings(shape) && shape.questions.some(({ match }) => !match.event))
      values.add(ATTENTION);
    const bytes = [...values].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    product *= values.size + 1;
    if (values.size > MAX_VALUES || bytes > MAX_BYTES || product > MAX_CODE) return undefined;
    codes.set(column, new Map([...values].map((value, place) => [value, place + 1])));
  }
  const coded = { ...shape, codes };
  if (isMixed) {
    const rows = shape.questions.reduce((sum, { match }) => sum + rowsOf(coded, match), 0);
    if (rows > MAX_ROWS) return undefined;
  }
  return coded;
}

/** The columns that a Match asks about, in one order. */
export const columnsOf = (match: Match) => (Object.keys(match) as (keyof Match)[]).filter(isCoded).sort();

/** How many rows of `build_questions` a question takes. */
function rowsOf({ codes }: CodedShape, match: Match): number {
  let rows = combinations(match).length;
  for (const [column, numbers] of codes) if (!match[column]) rows *= numbers.size + 1;
  return rows;
}

/** Whether a ping that only tells attention counts where a Match names no event. */
const readsPings = ({ counting }: Shape): boolean => isOfDwell(counting);

/** SQL, over `asked_hits`: it is no ping that only tells attention. */
export const isHitSql = ({ values }: Numbers): string => `event != ${values.get('event')!.get(ATTENTION)}`;

/** Whether a shape tells attention from hits by itself, or need not; else its scan leaves attention out. */
export const readsEvents = (shape: CodedShape): boolean => readsPings(shape) || shape.codes.has('event');

/** The numbers of a combination of values: of columns that it does not name, with any value. */
export function codesOf(shape: CodedShape, combination: Combination): number[] {
  let found = [0];
  for (const [column, numbers] of shape.codes) {
    const value = combination[column];
    const any = Array.from({ length: numbers.size + 1 }, (_, number) => number);
    const wanted =
      value !== undefined
        ? [numbers.get(value)!]
        : column === 'event' && !readsPings(shape)
          ? any.filter((number) => number !== numbers.get(ATTENTION))
          : any;
    found = found.flatMap((code) => wanted.map((number) => code * (numbers.size + 1) + number));
  }
  return found;
}

/**
 * The same in SQL, over the numbers that stand in `asked_hits`.
 *
 * @returns `code`, SQL of the number; `asked`, conditions that hold of every hit that a question may be about; and
 *   `categories`, SQL of the array whose elements `code` calls `category_code`, where it has one.
 */
export function codeSql(
  { codes, questions, counting }: CodedShape,
  { values }: Numbers,
  binding: Binding,
): { readonly code: string; readonly asked: readonly string[]; readonly categories: string | undefined } {
  let code = '';
  let categories: string | undefined;
  const asked: string[] = [];
  for (const [column, numbers] of codes) {
    const known = values.get(column)!;
    const [wanted = '[]'] = binding.many(
      'UInt32',
      [...numbers.keys()].map((value) => known.get(value)!),
    );
    if (column === 'category') categories = eachOnce(counting, 'categories');
    const source = column === 'category' ? 'category_code' : column;
    const number = `transform(${source}, ${wanted}, range(toUInt64(1), toUInt64(${numbers.size + 1})), toUInt64(0))`;
    if (questions.every(({ match }) => match[column])) asked.push(`${number} != 0`);
    code = code === '' ? number : `(${code}) * ${numbers.size + 1} + ${number}`;
  }
  return { code: shortSql({ codes }, code === '' ? '0' : code), asked, categories };
}

/** SQL of a code in the smallest type that a join looks up in an array rather than by a hash, where there is one. */
export function shortSql({ codes }: Pick<CodedShape, 'codes'>, code: string): string {
  const most = [...codes.values()].reduce((product, { size }) => product * (size + 1), 1);
  return `${most <= 2 ** 16 ? 'toUInt16' : 'toUInt64'}(${code})`;
}

/** SQL of an array, each element once where rows are counted: else it is no matter how often one hit is seen. */
export const eachOnce = (counting: CodedShape['counting'], array: string): string =>
  counting === 'rows' || counting === 'dwell_rows' ? `arrayDistinct(${array})` : array;
