import type { Binding } from '../rule/binding.ts';
import type { AskedLeaf } from '../rule/leaf.ts';
import { sinceSql, where } from '../rule/match.ts';
import { MATCH_FIELDS, type Match } from '../rule/rule.ts';
import { distinctSteps, type SequenceLeaf, sequenceOfSql } from '../rule/sequence.ts';
import type { Round } from './asked-hits.ts';
import { columnsOf, isHitSql } from './codes.ts';
import { type CodedColumn, isCoded } from './shapes.ts';

/** A sequence whose steps are told by numbers alone, so that the hits of a slice answer it. */
export interface SlicedSequence {
  readonly clause: number;
  readonly leaf: SequenceLeaf;
}

/** Each stands in the statement of every slice as a whole; of more the others are asked by themselves. */
const MAX_SLICED = 8;

/**
 * @param others numbers of the clauses that no shape holds.
 * @returns those of them that the hits of a slice answer, and the others.
 */
export function sequencesOf(
  leaves: readonly AskedLeaf[],
  others: readonly number[],
): { readonly sequences: SlicedSequence[]; readonly others: number[] } {
  const sequences = others
    .flatMap((clause) => {
      const leaf = leaves[clause]!;
      return 'steps' in leaf && leaf.steps.every(isNumbered) ? [{ clause, leaf }] : [];
    })
    .slice(0, MAX_SLICED);
  const sliced = new Set(sequences.map(({ clause }) => clause));
  return { sequences, others: others.filter((clause) => !sliced.has(clause)) };
}

const isNumbered = (match: Match): boolean => MATCH_FIELDS.every((field) => !match[field] || isCoded(field));

/** One of a hit's categories is found by itself in a third of the time that `hasAny` takes for any number of them. */
const MAX_BY_ITSELF = 3;

/** The values that the steps ask for, each with its column. */
export const valuesOf = ({ leaf }: SlicedSequence): (readonly [CodedColumn, string])[] =>
  leaf.steps.flatMap((match) =>
    columnsOf(match).flatMap((column) => match[column]!.map((value) => [column, String(value)] as const)),
  );

/** The SELECT of a sequence over the hits of a slice: a row (visitor, clause, latest) for each who meets it. */
export function slicedSequenceSql(
  { clause, leaf }: SlicedSequence,
  round: Round,
  asOf: number,
  binding: Binding,
): string {
  const bits = distinctSteps(leaf.steps).map(
    ({ match, bits }) => `(${numberedSql(match, round, binding)}) * ${bits}`,
  );
  const conditions = ['step != 0', ...sinceSql(leaf.withinMs, asOf, binding)];
  const rows = `SELECT visitor, hit, time, toUInt16(${bits.join(' + ')}) AS step FROM asked_hits${where(conditions)}`;
  return sequenceOfSql(leaf, clause, rows, binding);
}

/** SQL that holds of a row of `asked_hits` that meets a Match. */
function numberedSql(match: Match, round: Round, binding: Binding): string {
  const conditions = columnsOf(match).map((column) => {
    const numbers = round.numbers.values.get(column)!;
    const wanted = match[column]!.map((value) => numbers.get(String(value))!);
    if (column === 'category' && wanted.length <= MAX_BY_ITSELF)
      return `(${wanted.map((number) => `has(categories, ${number})`).join(' OR ')})`;
    const lists = binding.many('UInt32', wanted);
    const any = lists.map((list) =>
      column === 'category' ? `hasAny(categories, ${list})` : `${column} IN ${list}`,
    );
    return `(${any.join(' OR ')})`;
  });
  return [...(match.event ? [] : [isHitSql(round.numbers)]), ...conditions].join(' AND ');
}
