import { Binding } from '../rule/binding.ts';
import { expressionSql } from '../rule/expression.ts';
import { roundParams } from './asked-hits.ts';
import { type Asking, clauseSelects, OF_PIECE } from './clauses.ts';
import { isTabled, type Plan, widthOf } from './plan.ts';
import { sliceParams } from './slice.ts';

/** Of what a statement is: a slice of the visitors in a build. */
export interface Part extends Asking {
  /** Which clauses let somebody into a segment, where it is known. */
  readonly drivers?: readonly number[];
}

/** A SELECT and the values of its parameters. */
interface Select {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Who of a slice is in which segment of a plan: a SELECT of `segment`, `visitor` and `seen`. What `compile` says of
 * each rule alone, and nobody who has withdrawn.
 *
 * A visitor is looked at for a segment only where he meets a clause that can let him in; what he meets stands in two
 * arrays beside each other, and the truth table of the segment says the rest. So a segment costs what those few
 * cost, however many there are beside it.
 */
export function membersSelect(plan: Plan, part: Part): Select {
  return plan.isPlain ? plainSelect(plan, part) : composedSelect(plan, part);
}

/** Who meets the clause. */
function plainSelect(plan: Plan, part: Part): Select {
  const binding = new Binding();
  const sql = `SELECT lets.segment AS segment, one.visitor AS visitor, one.latest AS seen FROM (
${clauseSelects(plan, part, binding).join('\nUNION ALL\n')}
) AS one INNER JOIN (
SELECT clause, segment FROM build_drivers WHERE ${OF_PIECE}
) AS lets ON lets.clause = one.clause
WHERE visitor NOT IN (SELECT visitor FROM withdrawn_visitors)`;
  return { sql, params: paramsOf(plan, part, binding) };
}

function composedSelect(plan: Plan, part: Part): Select {
  const binding = new Binding();
  const drivers = part.drivers && part.drivers.length <= MAX_DRIVERS ? part.drivers : undefined;
  const met = (clause: number) => `has(met, ${clause})`;
  const untabled = plan.segments
    .filter((segment) => !isTabled(segment))
    .flatMap(({ number, expression }) => [`number = ${number}`, expressionSql(expression, met)]);
  // Clauses that let nobody in by themselves are met by most, and what a visitor meets is copied for each that is left.
  const letting =
    drivers === undefined ? 'met' : 'arrayFilter(clause -> clause IN {drivers:Array(UInt32)}, met)';
  const isLong = plan.segments.some(({ clauses }) => clauses.length > CLAUSES_OF_WORD);
  const looked = isLong
    ? 'if(empty(words), bitTest(word, combination % 64), bitTest(words[1 + intDiv(combination, 64)], combination % 64))'
    : 'bitTest(word, combination)';
  const { asked, columns, combination, seen } = placesSql(plan);
  // A column that no segment needs is one that the join need not copy.
  const arrays = [...(isLong ? ['words'] : []), ...(untabled.length > 0 ? ['clauses', 'number'] : [])];
  const kept = ['segment', 'word', ...arrays].join(', ');
  const sql = `SELECT segment, visitor, ${seen} AS seen FROM (
SELECT visitor, met, latest, ${kept}, ${columns}, ${combination} AS combination
FROM (
SELECT visitor, arrayMap(one -> toUInt32(bitShiftRight(one, ${TIME_BITS})), both) AS met, arrayMap(one -> bitAnd(one, ${TIME_MASK}), both) AS latest, clause FROM (
SELECT visitor, groupArray(bitOr(bitShiftLeft(toUInt64(clause), ${TIME_BITS}), toUInt64(toUnixTimestamp64Milli(latest)))) AS both FROM (
${clauseSelects(plan, part, binding).join('\nUNION ALL\n')}
) WHERE visitor NOT IN (SELECT visitor FROM withdrawn_visitors) GROUP BY visitor
) ARRAY JOIN ${letting} AS clause
) AS one INNER JOIN (
SELECT clause, ${kept}, others, ${asked} FROM build_drivers WHERE ${OF_PIECE}
) AS lets ON lets.clause = one.clause
WHERE empty(others) OR clause = arrayFirst(driver -> has(met, driver), others)
) WHERE ${untabled.length === 0 ? looked : `multiIf(${untabled.join(', ')}, ${looked})`}`;
  return { sql, params: { ...paramsOf(plan, part, binding), ...(drivers && { drivers }) } };
}

/**
 * A clause and the moment at which it was last met are gathered as one number, milliseconds in its lower bits: two
 * arrays take four times as long to make.
 */
const TIME_BITS = 44;
const TIME_MASK = 2 ** TIME_BITS - 1;

/** A word of 64 bits has one for each combination of so many. */
const CLAUSES_OF_WORD = 6;

/**
 * Where each clause of a segment stands among those that a visitor meets, 0 = nowhere, a column each: an array of them
 * would be made with a copy of what he meets for each of its elements. `combination` has a bit for each that he meets.
 * The clauses are a column each already where there is one row of a segment, rather than arrays beside each member.
 */
function placesSql(plan: Plan): { asked: string; columns: string; combination: string; seen: string } {
  const places = Array.from({ length: widthOf(plan) }, (_, place) => place + 1);
  const latest = places.map((place) => `latest[place${place}]`);
  // Of clauses beyond the table the expression itself asks, and only when each was met is still to be looked up.
  if (!plan.segments.every(isTabled))
    latest.push(
      `arrayMax(arrayMap(clause -> latest[indexOf(met, clause)], arraySlice(clauses, ${places.length + 1})))`,
    );
  return {
    asked: places.map((place) => `clauses[${place}] AS asked${place}`).join(', '),
    columns: places.map((place) => `indexOf(met, asked${place}) AS place${place}`).join(', '),
    combination: places
      .map((place) => `bitShiftLeft(toUInt64(place${place} != 0), ${place - 1})`)
      .join(' + '),
    seen: `fromUnixTimestamp64Milli(toInt64(${latest.length === 1 ? latest[0]! : `greatest(${latest.join(', ')})`}), 'UTC')`,
  };
}

/** As many as one bound array holds. */
const MAX_DRIVERS = 10_000;

/** How many of a slice meet which clause: a SELECT of `clause` and `n`. */
export function sizesSelect(plan: Plan, part: Part): Select {
  const binding = new Binding();
  const sql = `SELECT clause, count() AS n FROM (
${clauseSelects(plan, part, binding).join('\nUNION ALL\n')}
) GROUP BY clause`;
  return { sql, params: paramsOf(plan, part, binding) };
}

const paramsOf = ({ piece }: Plan, { round, slice }: Part, { params }: Binding) => ({
  ...params,
  ...sliceParams(slice),
  ...roundParams(round),
  piece,
});
