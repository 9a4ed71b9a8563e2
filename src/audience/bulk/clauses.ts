import type { Binding } from '../rule/binding.ts';
import type { AskedLeaf } from '../rule/leaf.ts';
import { type Round, textNumberSql } from './asked-hits.ts';
import { type CodedShape, codeSql, eachOnce, isHitSql, readsEvents, shortSql } from './codes.ts';
import { type SlicedSequence, slicedSequenceSql } from './sequences.ts';
import { type Counting, isOfDwell, type Question, sinceOf } from './shapes.ts';
import { EVERYBODY, OF_SLICE, type Slice } from './slice.ts';

/** Clauses by their numbers, and how they are answered. */
export interface Clauses {
  readonly piece: number;
  readonly leaves: readonly AskedLeaf[];
  readonly shapes: readonly CodedShape[];
  readonly sequences: readonly SlicedSequence[];
  /** Numbers of the clauses that the hits of a slice do not answer: who meets them is written into `build_clauses`. */
  readonly others: readonly number[];
  /** Number of the clause that every visitor with a hit meets. */
  readonly universe: number;
  readonly asksUniverse: boolean;
  /** Milliseconds since 1970. */
  readonly asOf: number;
}

/** SQL of what stands in the tables of a build about one of its pieces. */
export const OF_PIECE = 'build = {build:UInt64} AND piece = {piece:UInt32}';

/** What the SELECTs of a slice are about, besides its clauses. */
export interface Asking {
  readonly round: Round;
  readonly slice: Slice;
  /** Whether there is anybody of whom a hit was sent twice. */
  readonly repeats: boolean;
}

/**
 * Who of a slice meets which clause, each SELECT a row (visitor, clause, latest) for each; `latest` as of a leaf. They
 * read `asked_hits`, which is of the slice, and `repeated`.
 *
 * @param binding takes the values of the shapes. Bound must also be `build`, `piece`, `pieces` and the parameters of the
 *   slice.
 */
export function clauseSelects(
  { shapes, sequences, others, universe, asksUniverse, asOf }: Clauses,
  { round, slice, repeats }: Asking,
  binding: Binding,
): string[] {
  const inSlice = slice === EVERYBODY ? '1' : OF_SLICE;
  return [
    ...shapes.flatMap((shape) => {
      const scan = { shape, round, asOf, binding };
      if (shape.counting === 'once') return metSql(scan);
      const { usual, repeated } = COUNTS[shape.counting];
      if (repeated === undefined || !repeats) return countedSql(scan, usual);
      return [
        countedSql(scan, usual, 'visitor NOT IN (SELECT visitor FROM repeated)'),
        countedSql(scan, repeated, 'visitor IN (SELECT visitor FROM repeated)'),
      ];
    }),
    ...sequences.map((sequence) => slicedSequenceSql(sequence, round, asOf, binding)),
    ...(others.length === 0
      ? []
      : [
          `SELECT visitor, clause, max(kept_build_clauses.latest) AS latest FROM kept_build_clauses WHERE ${OF_PIECE} AND ${inSlice} GROUP BY visitor, clause`,
        ]),
    ...(asksUniverse
      ? [
          `SELECT visitor, toUInt32(${universe}) AS clause, max(time) AS latest FROM asked_hits GROUP BY visitor`,
        ]
      : []),
  ];
}

interface Scan {
  readonly shape: CodedShape;
  readonly round: Round;
  readonly asOf: number;
  readonly binding: Binding;
}

/** One hit is enough: a question is a clause, and of the hits that look alike the newest tells. */
const metSql = (scan: Scan): string =>
  `SELECT visitor, question AS clause, max(time) AS latest FROM ${matchedSql(scan)}
GROUP BY visitor, clause`;

/** What hits of a question are summed up by. */
interface Count {
  /** SQL over the hits of a visitor. */
  readonly hits: string;
  readonly columns: readonly HitColumn[];
  /** Makes of {@link matchedSql} what `hits` is over, where that is not the rows as they are. */
  readonly over?: (matched: string) => string;
}

const BY_ROW: Count = { hits: 'count()', columns: [] };

/**
 * A visitor's few hits of a question are kept as they come and told apart at the end: a set for each took twice the
 * memory, and a number alone takes a fifth of the time.
 */
const BY_ID: Count = { hits: 'arrayUniq(groupArray(hit))', columns: ['hit'] };

/** Whether there is one or more: two numbers for each visitor, whatever was sent twice. */
const BY_TWO: Count = { hits: 'if(min(hit) = max(hit), 1, 2)', columns: ['hit'] };

/** Milliseconds of attention. */
const DWELL_BY_ROW: Count = { hits: 'sum(dwell_ms)', columns: ['dwell_ms'] };

/** A hit that was sent twice counts once, with the most that was said of it. */
const DWELL_BY_ID: Count = {
  hits: 'sum(dwell_ms)',
  columns: ['hit', 'dwell_ms'],
  over: (matched) => `(
SELECT visitor, question, hit, max(dwell_ms) AS dwell_ms, max(time) AS time FROM ${matched}
GROUP BY visitor, question, hit)`,
};

/** `repeated`: of whom a hit was sent twice, where it matters. */
const COUNTS: Readonly<Record<Exclude<Counting, 'once'>, { usual: Count; repeated?: Count }>> = {
  rows: { usual: BY_ROW, repeated: BY_ID },
  pairs: { usual: BY_TWO },
  ids: { usual: BY_ID },
  dwell_rows: { usual: DWELL_BY_ROW, repeated: DWELL_BY_ID },
  dwell_ids: { usual: DWELL_BY_ID },
};

/** @param who condition of the visitors. */
function countedSql(scan: Scan, { hits, columns, over = (matched) => matched }: Count, who?: string): string {
  const counted = `SELECT visitor, question, ${hits} AS hits, max(time) AS latest FROM ${over(matchedSql(scan, columns, who))}
GROUP BY visitor, question`;
  if (scan.shape.questions.every(isAtLeast))
    return `SELECT visitor, question AS clause, latest FROM (
${counted}
) WHERE hits >= transform(question, ${thresholdsSql(scan.shape, 'question')}, ${thresholdsSql(scan.shape, 'least')}, toUInt64(1))`;
  return `SELECT counted.visitor AS visitor, threshold.clause AS clause, counted.latest AS latest FROM (
${counted}
) AS counted INNER JOIN (
SELECT question, clause, least, most FROM build_thresholds WHERE ${ofShape(scan.shape)}
) AS threshold ON threshold.question = counted.question
WHERE counted.hits >= threshold.least AND counted.hits <= threshold.most`;
}

/** Such a question is its own clause, and its threshold is looked up in a quarter of the time that a join takes. */
const isAtLeast = ({ thresholds }: Question) => thresholds.length === 1 && thresholds[0]!.to === undefined;

/** SQL of an array, constant for a statement: a column of the thresholds, in the order of their questions. */
const thresholdsSql = (shape: CodedShape, column: 'question' | 'least') =>
  `(SELECT arrayMap(one -> one.2, arraySort(groupArray((question, ${column})))) FROM build_thresholds WHERE ${ofShape(shape)})`;

/** What is asked of a hit besides who it is of and when it was. */
type HitColumn = 'hit' | 'dwell_ms';

/** From the opening bracket on: a row for each hit and question that it answers. */
function matchedSql(scan: Scan, columns: readonly HitColumn[] = [], who?: string): string {
  const { shape } = scan;
  const keys = ['code', ...shape.texts.map((text) => `${text}_number`)];
  const wanted = [
    `${shortSql(shape, 'code')} AS code`,
    ...shape.texts.map((text) => `${textNumberSql(text, text)} AS ${text}_number`),
  ];
  const hits = seenSql(scan, columns, who);
  // Most hits of a visitor look alike in what is asked of all hits: as country and device.
  const seen =
    shape.counting === 'once' && shape.feature === undefined
      ? `SELECT visitor, max(hits.time) AS time, ${keys.join(', ')} FROM (${hits}) AS hits GROUP BY visitor, ${keys.join(', ')}`
      : hits;
  return `(
SELECT ${['visitor', 'time', ...columns].map((column) => `seen.${column} AS ${column}`).join(', ')}, wanted.question AS question
FROM (${seen}) AS seen
INNER JOIN (SELECT question, since, ${wanted.join(', ')} FROM build_questions WHERE ${ofShape(shape)}) AS wanted
ON ${keys.map((key) => `seen.${key} = wanted.${key}`).join(' AND ')}
WHERE seen.time >= wanted.since)`;
}

/** The hits that may answer a question of a shape; one of several categories has a row for each. */
function seenSql({ shape, round, asOf, binding }: Scan, columns: readonly HitColumn[], who?: string): string {
  const { code, asked, categories } = codeSql(shape, round.numbers, binding);
  const conditions = [
    ...(who === undefined ? [] : [who]),
    ...(readsEvents(shape) ? [] : [isHitSql(round.numbers)]),
    ...(isOfDwell(shape.counting) ? ['dwell_ms > 0'] : []),
    ...asked,
    ...shape.texts.flatMap((text) => (text === 'value' ? [] : [`${text} != 0`])),
  ];
  const since = sinceOf(shape, asOf);
  if (since !== undefined)
    conditions.push(`time >= fromUnixTimestamp64Milli(${binding.one('Int64', since)}, 'UTC')`);
  const exploded =
    categories !== undefined
      ? ` ARRAY JOIN ${categories} AS category_code`
      : shape.feature === 'keyword'
        ? ` ARRAY JOIN ${eachOnce(shape.counting, 'keywords')} AS value_number`
        : '';
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const texts = shape.texts.map((text) => (text === 'value' ? 'value_number' : `${text} AS ${text}_number`));
  return `SELECT ${['visitor', 'time', ...columns, `${code} AS code`, ...texts].join(', ')} FROM asked_hits${exploded}${where}`;
}

const ofShape = (shape: CodedShape) => `${OF_PIECE} AND shape = ${shape.number}`;
