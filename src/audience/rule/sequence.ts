import type { Binding } from './binding.ts';
import { MAX_STEPS } from './limits.ts';
import { featuresSql, isFeature, matchKey, metSql, sinceSql, where } from './match.ts';
import { HITS_ONLY_FIELDS, type Match } from './rule.ts';

/** Hits that meet the steps one after the other: who is in has a hit. */
export interface SequenceLeaf {
  readonly steps: readonly Match[];
  readonly gapMs: number | undefined;
  readonly withinMs: number | undefined;
}

/** A Match of a sequence, and the steps that it is: one bit each. */
export interface Step {
  readonly match: Match;
  readonly bits: number;
}

/** Of a beginning of the sequence that has not been seen: so long ago that no gap reaches back to it. */
const NEVER = -1_000_000_000_000_000;
const NO_GAP = 100_000_000_000_000;
/** One more than all steps together: what a time is multiplied by to hold them too. */
const MARKS = 2 ** MAX_STEPS;

/**
 * The SELECT of the leaf: a row (visitor, clause, latest) for each who meets it.
 *
 * Of every beginning of the sequence (its first step, its first two, …) only the latest moment at which it can end
 * is carried from hit to hit. No earlier end is ever of more use: what comes after it comes after the later one too,
 * and nearer to it. All of it lies within the time that is asked about because no other hit is read.
 *
 * @param grouped puts rows with `visitor` under who they count for, where that is not the visitor alone.
 */
export function sequenceSql(
  leaf: SequenceLeaf,
  clause: number,
  asOf: number,
  binding: Binding,
  grouped?: (rows: string) => string,
): string {
  const rows = stepRowsSql(leaf, asOf, binding, grouped === undefined);
  return sequenceOfSql(leaf, clause, grouped?.(rows) ?? rows, binding);
}

/**
 * The same of rows that are found elsewhere.
 *
 * @param rows a SELECT of the hits within the time that the leaf asks about: (visitor, hit, time, step), with a bit of
 *   `step` for each that a hit meets; of one hit it may be several rows.
 */
export function sequenceOfSql(leaf: SequenceLeaf, clause: number, rows: string, binding: Binding): string {
  const every = 2 ** leaf.steps.length - 1;
  const inOrder = hitsInOrderSql(rows, ` HAVING groupBitOr(step) = ${every}`, gapSql(leaf, binding));
  // HAVING, though each visitor has one row: ClickHouse moves a WHERE down to where the arrays are made and reckons
  // them anew, 12 s instead of 1 s for 200,000 visitors.
  return `SELECT visitor, ${clause} AS clause, max(newest) AS latest
FROM (${inOrder}) GROUP BY visitor HAVING max(${lastEndSql(leaf.steps.length)}) > any(never)`;
}

/**
 * How far some visitors have come together.
 *
 * @returns a SELECT of a row, or of none where no step was met, with `ends`: for each beginning the latest moment at
 *   which it has ended, in milliseconds since 1970, negative = never.
 */
export function progressSql(leaf: SequenceLeaf, asOf: number, binding: Binding): string {
  const rows = `SELECT toUInt64(0) AS visitor, hit, time, step FROM (${stepRowsSql(leaf, asOf, binding, false)})`;
  const plain = plainEndsSql(leaf.steps.length).map((ends) => `arrayPushFront(${ends}, never)[-1]`);
  return `SELECT arrayMap((one, other) -> greatest(one, other), ${tiedEndsSql(leaf.steps.length)}, [${plain.join(', ')}]) AS ends FROM (${hitsInOrderSql(rows, '', gapSql(leaf, binding))})`;
}

/**
 * The hits of each visitor in order of time, in one pass over the rows: `newest`; where some are of one millisecond
 * `moments`, a (time, mark) of each hit; and where none are `times`, in milliseconds since 1970, and `marks`, the
 * steps that each meets. Beside them the constants that the ends are reckoned with. A hit that was sent again counts
 * from when it was sent first.
 *
 * Time and steps are one number, because arrays of numbers are grouped and sorted many times faster than of tuples.
 * Arrays of what is not there are empty, rather than left out by an `if`, which reckons what it stands on anew.
 */
const hitsInOrderSql = (rows: string, having: string, gap: string): string =>
  `SELECT visitor, newest, ${NEVER} AS never, ${gap} AS gap,
  arrayMap(hit -> intDiv(hit, ${MARKS}), hits) AS all_times, arrayMap(hit -> toUInt16(hit % ${MARKS}), hits) AS all_marks,
  if(length(arrayDistinct(all_times)) < length(hits), length(hits), 0) AS tied,
  arraySlice(arrayZip(all_times, all_marks), 1, tied) AS moments,
  arraySlice(all_times, 1, length(hits) - tied) AS times, arraySlice(all_marks, 1, length(hits) - tied) AS marks
FROM (
SELECT visitor, newest, if(length(arrayDistinct(ids)) < length(ids), length(ids), 0) AS repeated,
  arraySort(arrayZip(arraySlice(ids, 1, repeated), arraySlice(sent, 1, repeated))) AS same,
  arraySort(arrayConcat(
    arrayMap(
      hit -> intDiv(hit[1].2, ${MARKS}) * ${MARKS} + arrayReduce('groupBitOr', arrayMap(one -> toUInt16(one.2 % ${MARKS}), hit)),
      arraySplit((one, before) -> one.1 != before.1, same, arrayPopBack(arrayPushFront(same, (toUInt64(0), toInt64(0)))))),
    arraySlice(sent, 1, length(ids) - repeated))) AS hits
FROM (
SELECT visitor, max(time) AS newest, groupArray(hit) AS ids, groupArray(toUnixTimestamp64Milli(time) * ${MARKS} + step) AS sent
FROM (${rows}) GROUP BY visitor${having}
))`;

/** SQL of the latest end of the whole, over {@link hitsInOrderSql}: of two ways, of which one has nothing to do. */
const lastEndSql = (count: number): string =>
  `greatest(${tiedEndsSql(count)}[${count}], arrayPushFront(${plainEndsSql(count).at(-1)!}, never)[-1])`;

const gapSql = ({ gapMs }: SequenceLeaf, binding: Binding): string => binding.one('Int64', gapMs ?? NO_GAP);

/**
 * No two hits are of one moment: step by step over the whole array, each hit knows when the step before was last done.
 *
 * @returns SQL of an array for each beginning: at each hit, its latest end so far.
 */
function plainEndsSql(count: number): string[] {
  const done: string[] = [];
  for (let step = 0; step < count; step++) {
    const before = done.at(-1);
    const ends =
      before === undefined
        ? 'arrayMap((time, mark) -> if(bitTest(mark, 0), time, never), times, marks)'
        : `arrayMap((time, mark, before) -> if(bitTest(mark, ${step}) AND time - before <= gap, time, never), times, marks, arrayPopBack(arrayPushFront(${before}, never)))`;
    done.push(`arrayFill(end -> end != never, ${ends})`);
  }
  return done;
}

/**
 * Hits of one millisecond may stand in either order: the table keeps no order of their arrival. But each is one step
 * at most, so beginnings grow by several steps within a moment only where those steps have distinct hits there; they
 * have (Hall 1935, On Representatives of Subsets) where each set of steps is met by as many hits as it has steps.
 */
function tiedEndsSql(count: number): string {
  // Fewer hits than steps can only be met in part: sets of more steps than there are hits need not be looked at.
  const sets = `arraySlice(arraySort(s -> (bitCount(s), s), range(1, ${2 ** count})), 1, [${setsUpTo(count).join(', ')}][least(length(moment), ${count})])`;
  return `arrayFold(
  (ends, moment) -> arrayMap(
    step -> if(
      arrayExists(
        before -> (before = 0 OR moment.1 - ends[before] <= gap)
          AND NOT arrayExists(s -> bitAnd(s, ${2 ** count} - bitShiftLeft(1, before)) = s AND s < bitShiftLeft(1, step), moment.3),
        range(toUInt8(greatest(0, step - moment.2)), toUInt8(step))),
      moment.1, ends[step]),
    range(1, ${count + 1})),
  arrayMap(
    moment -> (moment[1].1, toInt32(length(moment)), arrayFilter(s -> arrayCount(one -> bitAnd(one.2, s) != 0, moment) < bitCount(s), ${sets})),
    arraySplit((one, before) -> one.1 != before.1, moments, arrayPopBack(arrayPushFront(moments, (toInt64(0), toUInt16(0)))))),
  arrayResize(emptyArrayInt64(), ${count}, toInt64(never)))`;
}

/** How many sets of steps have at most one, at most two, … of them. */
function setsUpTo(count: number): number[] {
  const sums: number[] = [];
  let sets = 0;
  let choose = 1;
  for (let size = 1; size <= count; size++) {
    choose = (choose * (count - size + 1)) / size;
    sets += choose;
    sums.push(sets);
  }
  return sums;
}

/**
 * The hits that meet a step: rows (visitor, hit, time, step), of one hit two where both the table of features and the
 * hits themselves answer. Where some steps are likely to be rarer than others, no other hits are read than of who has
 * met those.
 *
 * @param isAlone whether a visitor must meet all steps alone.
 */
function stepRowsSql(leaf: SequenceLeaf, asOf: number, binding: Binding, isAlone: boolean): string {
  const steps = distinctSteps(leaf.steps);
  const columns = 'visitor, hit, time';
  const best = Math.min(...steps.map(({ match }) => breadthOf(match)));
  const rare = steps.filter(({ match }) => breadthOf(match) === best);
  if (!isAlone || binding.isOfFew || rare.length === steps.length) return selectSteps(steps, columns, []);
  const every = rare.reduce((bits, step) => bits | step.bits, 0);
  const rows = selectSteps(rare, 'visitor', []);
  const having = rare.length === 1 ? '' : ` GROUP BY visitor HAVING groupBitOr(step) = ${every}`;
  return selectSteps(steps, columns, [`visitor GLOBAL IN (SELECT visitor FROM (${rows})${having})`]);

  /** Of all that the features answer one pass, and one of all others: each is planned as much as it is read. */
  function selectSteps(asked: readonly Step[], selected: string, ofHits: readonly string[]): string {
    const select = (view: 'kept_features' | 'kept_hits', steps: readonly Step[], keys: readonly string[]) => {
      const bits = steps.map(({ match, bits }) => `if(${metSql(match, binding, view)}, ${bits}, 0)`);
      const all = [...keys, 'step != 0', ...sinceSql(leaf.withinMs, asOf, binding)];
      return `SELECT ${selected}, toUInt16(${bits.join(' + ')}) AS step FROM ${binding.from(view)}${where(all)}`;
    };
    const features = asked.filter(({ match }) => isFeature(match));
    const others = asked.filter(({ match }) => !isFeature(match));
    return [
      ...(features.length > 0 ? [select('kept_features', features, [featuresSql(features, binding)])] : []),
      ...(others.length > 0 ? [select('kept_hits', others, ofHits)] : []),
    ].join('\nUNION ALL\n');
  }
}

/**
 * How many hits are likely to meet a Match, from few to all: what has a feature is found by it at once, a page or an
 * ad is one of many, a country or a device of few.
 */
function breadthOf(match: Match): number {
  if (isFeature(match)) return 0;
  if (match.category || match.keyword || HITS_ONLY_FIELDS.some((field) => match[field] && field !== 'source'))
    return 1;
  return Object.keys(match).length > 0 ? 2 : 3;
}

/** Matches that are several steps are looked for once. */
export function distinctSteps(steps: readonly Match[]): Step[] {
  const found = new Map<string, Step>();
  for (const [index, match] of steps.entries()) {
    const key = matchKey(match);
    found.set(key, { match, bits: (found.get(key)?.bits ?? 0) | (1 << index) });
  }
  return [...found.values()];
}
