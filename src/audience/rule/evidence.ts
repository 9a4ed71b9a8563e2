import type { ClickHouse } from '../../clickhouse/client.ts';
import { iso } from '../../clickhouse/time.ts';
import { Binding } from './binding.ts';
import { type Counts, countedOf, countHits, endsOf, type Hits, withoutDwell } from './counted.ts';
import { placesSql } from './known.ts';
import { anyOf } from './match.ts';
import {
  type Bounds,
  type Clause,
  type HasDemographic,
  type HasInterest,
  type HasTrait,
  type Like,
  type Times,
  UNKNOWN,
} from './rule.ts';

/** What is stored that a clause hangs on; times in ISO 8601. */
export type Evidence =
  | Hits
  | { readonly steps: readonly (Hits & { readonly doneAt: string | null })[] }
  | (Hits & { readonly seconds: number })
  | {
      readonly holders: readonly {
        readonly visitor: bigint;
        readonly provider: string;
        readonly since: string;
        readonly expires: string | null;
      }[];
    }
  | {
      readonly scores: readonly {
        readonly visitor: bigint;
        readonly score: number;
        readonly lastSeen: string;
      }[];
    }
  | { readonly classes: readonly Class[] }
  | {
      readonly places: readonly {
        readonly visitor: bigint;
        readonly place: number;
        readonly score: number;
      }[];
      readonly within: number;
    };

/** Whether a clause holds, and what it hangs on. */
export interface Finding {
  readonly holds: boolean;
  readonly evidence: Evidence;
}

/** What a visitor is by an attribute, a row for each class. */
interface Class {
  readonly visitor: bigint;
  readonly attribute: string;
  readonly value: string;
  readonly probability: number;
  readonly declared: boolean;
  readonly decided: boolean;
}

/** Of each clause, in their order; and when each visitor who has a hit was last seen, in ISO 8601. */
interface Gathered extends Pick<Counts, 'seen'> {
  readonly findings: readonly Finding[];
}

/**
 * Reads what clauses hang on.
 *
 * @param visitors whose, together: one, or those of a device.
 * @param asOf milliseconds since 1970.
 * @returns what was found. Few statements, and no row but those visitors' is read, except for the
 *   number of everybody that a look-alike's reach is a share of.
 * @throws ClickHouseError
 */
export async function gather(
  clickhouse: ClickHouse,
  clauses: readonly Clause[],
  visitors: readonly bigint[],
  asOf: number,
): Promise<Gathered> {
  const [{ counts, seen }, ends, traits, scores, classes, places] = await Promise.all([
    countHits(clickhouse, clauses.flatMap(countedOf), visitors, asOf),
    Promise.all(
      clauses.map((clause) => (clause.op === 'sequence' ? endsOf(clickhouse, clause, visitors, asOf) : [])),
    ),
    readTraits(clickhouse, only(clauses, 'trait'), visitors),
    readScores(clickhouse, only(clauses, 'interest'), visitors),
    readClasses(clickhouse, only(clauses, 'demographic'), visitors),
    readPlaces(clickhouse, only(clauses, 'like'), visitors),
  ]);
  let counted = 0;
  return { findings: clauses.map((clause, index) => find(clause, index)), seen };

  function find(clause: Clause, index: number): Finding {
    switch (clause.op) {
      case 'did': {
        const evidence = withoutDwell(counts[counted++]!);
        return { holds: isAmong(clause.times, evidence.hits), evidence };
      }
      case 'sequence': {
        const steps = clause.steps.map((_, step) => ({
          ...withoutDwell(counts[counted++]!),
          doneAt: ends[index]![step] ?? null,
        }));
        return { holds: steps.at(-1)!.doneAt !== null, evidence: { steps } };
      }
      case 'dwell': {
        const { dwellMs, ...found } = counts[counted++]!;
        return { holds: isAmong(clause.ms, dwellMs), evidence: { ...found, seconds: dwellMs / 1000 } };
      }
      case 'trait': {
        const holders = traits
          .filter(({ trait }) => trait === clause.trait)
          .map(({ trait: _, ...held }) => held);
        return { holds: holders.length > 0, evidence: { holders } };
      }
      case 'interest': {
        const found = scores
          .filter(({ interest }) => interest === clause.interest)
          .map(({ interest: _, ...scored }) => scored);
        const highest = Math.max(0, ...found.map(({ score }) => score));
        return { holds: isWithin(clause.score, highest), evidence: { scores: found } };
      }
      case 'demographic': {
        const found = classes.filter(({ attribute }) =>
          clause.wanted.some((one) => one.attribute === attribute),
        );
        return { holds: isOf(clause, found), evidence: { classes: found } };
      }
      case 'like': {
        const found = places.found
          .filter(({ seed }) => seed === clause.seed)
          .map(({ seed: _, ...placed }) => placed);
        const within = places.within.get(clause.reach) ?? 0;
        // Members of the seed stand at place 0.
        const holds = found.some(({ place }) => place >= 1 && place <= within);
        return { holds, evidence: { places: found, within } };
      }
    }
  }
}

const isAmong = ({ from, to }: Times, count: number): boolean =>
  count >= from && (to === undefined || count <= to);

/** In the precision that scores and probabilities are stored in. */
function isWithin({ from, to }: Bounds, given: number): boolean {
  const number = Math.fround(given);
  const isOver = (end: number, strict: boolean) => (strict ? number > end : number >= end);
  const isUnder = (end: number, strict: boolean) => (strict ? number < end : number <= end);
  return (
    (from === undefined || isOver(Math.fround(from.value), from.strict)) &&
    (to === undefined || isUnder(Math.fround(to.value), to.strict))
  );
}

function isOf({ wanted, probability }: HasDemographic, classes: readonly Class[]): boolean {
  return wanted.every(({ attribute, values }) => {
    const rows = classes.filter((one) => one.attribute === attribute);
    const isKnown = rows.some(
      (row) =>
        values.includes(row.value) &&
        (probability === undefined ? row.decided : isWithin(probability, row.probability)),
    );
    return isKnown || (values.includes(UNKNOWN) && !rows.some(({ decided }) => decided));
  });
}

const only = <O extends Clause['op']>(clauses: readonly Clause[], op: O) =>
  clauses.filter((clause): clause is Extract<Clause, { readonly op: O }> => clause.op === op);

async function readTraits(clickhouse: ClickHouse, clauses: readonly HasTrait[], visitors: readonly bigint[]) {
  if (clauses.length === 0) return [];
  const binding = new Binding(visitors);
  const rows = await clickhouse.query<{ trait: string; visitor: string; time: string; expires: number }>(
    `SELECT trait, visitor, time, expires FROM ${binding.from('kept_traits')} WHERE ${anyOf(
      'trait',
      clauses.map(({ trait }) => trait),
      binding,
    )} ORDER BY visitor`,
    binding.params,
  );
  return rows.map(({ trait, visitor, time, expires }) => ({
    trait,
    visitor: BigInt(visitor),
    provider: trait.slice(0, trait.indexOf(':')),
    since: iso(time),
    expires: expires === 0 ? null : new Date(expires * 1000).toISOString(),
  }));
}

async function readScores(
  clickhouse: ClickHouse,
  clauses: readonly HasInterest[],
  visitors: readonly bigint[],
) {
  if (clauses.length === 0) return [];
  const binding = new Binding(visitors);
  const rows = await clickhouse.query<{ interest: string; visitor: string; score: number; last: string }>(
    `SELECT interest, visitor, score, last FROM ${binding.from('kept_interests')} WHERE ${anyOf(
      'interest',
      clauses.map(({ interest }) => interest),
      binding,
    )} ORDER BY score DESC`,
    binding.params,
  );
  return rows.map(({ interest, visitor, score, last }) => ({
    interest,
    visitor: BigInt(visitor),
    score,
    lastSeen: iso(last),
  }));
}

async function readClasses(
  clickhouse: ClickHouse,
  clauses: readonly HasDemographic[],
  visitors: readonly bigint[],
): Promise<Class[]> {
  if (clauses.length === 0) return [];
  const binding = new Binding(visitors);
  const attributes = clauses.flatMap(({ wanted }) => wanted.map(({ attribute }) => attribute));
  const rows = await clickhouse.query<Omit<Class, 'visitor'> & { visitor: string }>(
    `SELECT visitor, attribute, value, probability, declared, decided FROM ${binding.from('kept_demographics')} WHERE ${anyOf('attribute', attributes, binding)} ORDER BY probability DESC`,
    binding.params,
  );
  return rows.map(({ visitor, ...row }) => ({ ...row, visitor: BigInt(visitor) }));
}

async function readPlaces(clickhouse: ClickHouse, clauses: readonly Like[], visitors: readonly bigint[]) {
  if (clauses.length === 0) return { found: [], within: new Map<number, number>() };
  const binding = new Binding(visitors);
  const reaches = [...new Set(clauses.map(({ reach }) => reach))];
  const [rows, [counted]] = await Promise.all([
    clickhouse.query<{ seed: string; visitor: string; place: string; score: number }>(
      `SELECT seed, visitor, place, score FROM ${binding.from('kept_lookalikes')} WHERE ${anyOf(
        'seed',
        clauses.map(({ seed }) => seed),
        binding,
      )} ORDER BY place`,
      binding.params,
    ),
    placesOf(clickhouse, reaches),
  ]);
  return {
    found: rows.map(({ seed, visitor, place, score }) => ({
      seed,
      visitor: BigInt(visitor),
      place: Number(place),
      score,
    })),
    within: new Map(reaches.map((reach, i) => [reach, Number(counted?.places[i])])),
  };
}

function placesOf(clickhouse: ClickHouse, reaches: readonly number[]) {
  const binding = new Binding();
  return clickhouse.query<{ places: string[] }>(
    `SELECT [${reaches.map((reach) => placesSql(reach, binding)).join(', ')}] AS places`,
    binding.params,
  );
}
