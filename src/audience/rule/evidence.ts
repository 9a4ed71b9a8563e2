import type { ClickHouse } from '../../clickhouse/client.ts';
import { iso } from '../../clickhouse/time.ts';
import { Binding } from './binding.ts';
import { placesSql } from './known.ts';
import { anyOf, metSql, sinceSql } from './match.ts';
import type { HasDemographic, HasInterest, HasTrait, Like, Match, ResolvedRule } from './rule.ts';
import { progressSql, type SequenceLeaf } from './sequence.ts';

/** A clause that is asked of what is stored, and of no other clause. */
export type Clause = Exclude<ResolvedRule, { readonly op: 'all' | 'any' | 'not' | 'members' }>;

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

/** Hits that meet a Match in its time. */
export interface Hits {
  /** Distinct ones. */
  readonly hits: number;
  readonly newest: {
    readonly time: string;
    readonly site: string;
    readonly path: string;
    readonly event: string;
  } | null;
  /** Whose they are, of those asked of together, the most first. */
  readonly of: readonly { readonly visitor: bigint; readonly hits: number }[];
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

/** A Match to count hits of. */
interface Counted {
  readonly match: Match;
  readonly withinMs: number | undefined;
  readonly isPinged: boolean;
}

/**
 * Reads what clauses hang on.
 *
 * @param visitors whose, together: one, or those of a device.
 * @param asOf milliseconds since 1970.
 * @returns of each clause, in their order. Few statements, and no row but those visitors' is read, except for the
 *   number of everybody that a look-alike's reach is a share of.
 * @throws ClickHouseError
 */
export async function gather(
  clickhouse: ClickHouse,
  clauses: readonly Clause[],
  visitors: readonly bigint[],
  asOf: number,
): Promise<Evidence[]> {
  const [hits, ends, traits, scores, classes, places] = await Promise.all([
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
  return clauses.map((clause, index) => evidenceOf(clause, index));

  function evidenceOf(clause: Clause, index: number): Evidence {
    switch (clause.op) {
      case 'did':
        return withoutDwell(hits[counted++]!);
      case 'sequence':
        return {
          steps: clause.steps.map((_, step) => ({
            ...withoutDwell(hits[counted++]!),
            doneAt: ends[index]![step] ?? null,
          })),
        };
      case 'dwell': {
        const { dwellMs, ...found } = hits[counted++]!;
        return { ...found, seconds: dwellMs / 1000 };
      }
      case 'trait':
        return {
          holders: traits.filter(({ trait }) => trait === clause.trait).map(({ trait: _, ...held }) => held),
        };
      case 'interest':
        return {
          scores: scores
            .filter(({ interest }) => interest === clause.interest)
            .map(({ interest: _, ...scored }) => scored),
        };
      case 'demographic':
        return {
          classes: classes.filter(({ attribute }) =>
            clause.wanted.some((one) => one.attribute === attribute),
          ),
        };
      case 'like':
        return {
          places: places.found
            .filter(({ seed }) => seed === clause.seed)
            .map(({ seed: _, ...placed }) => placed),
          within: places.within.get(clause.reach) ?? 0,
        };
    }
  }
}

const only = <O extends Clause['op']>(clauses: readonly Clause[], op: O) =>
  clauses.filter((clause): clause is Extract<Clause, { readonly op: O }> => clause.op === op);

/** @returns what is counted for a clause, of a sequence for each step. */
function countedOf(clause: Clause): Counted[] {
  if (clause.op === 'did' || clause.op === 'dwell')
    return [{ match: clause.match, withinMs: clause.withinMs, isPinged: clause.op === 'dwell' }];
  if (clause.op !== 'sequence') return [];
  return clause.steps.map((match) => ({ match, withinMs: clause.withinMs, isPinged: false }));
}

type HitsAndDwell = Hits & { readonly dwellMs: number };
const withoutDwell = ({ dwellMs: _, ...hits }: HitsAndDwell): Hits => hits;

/** All in one pass over the visitors' hits: a row of each visitor, and one of all together. */
async function countHits(
  clickhouse: ClickHouse,
  counted: readonly Counted[],
  visitors: readonly bigint[],
  asOf: number,
): Promise<HitsAndDwell[]> {
  if (counted.length === 0) return [];
  const binding = new Binding(visitors);
  const met = counted.map(
    ({ match, withinMs, isPinged }, i) =>
      `${[metSql(match, binding, 'kept_hits', isPinged), ...sinceSql(withinMs, asOf, binding)].join(' AND ')} AS met${i}`,
  );
  const found = counted.map(
    (_, i) =>
      `(uniqExactIf(hit, met${i}), argMaxIf((asked.time, site, path, event), asked.time, met${i}), arraySum(maxMapIf([hit], [dwell_ms], met${i}).2))`,
  );
  const rows = await clickhouse.query<{
    visitor: string;
    together: number;
    found: [
      hits: string,
      newest: [time: string, site: string, path: string, event: string],
      dwellMs: string,
    ][];
  }>(
    `SELECT visitor, grouping(visitor) AS together, [${found.join(', ')}] AS found
FROM (SELECT visitor, hit, time, site, path, event, dwell_ms, ${met.join(', ')} FROM ${binding.from('kept_hits')}) AS asked
GROUP BY GROUPING SETS ((visitor), ())`,
    binding.params,
  );
  const all = rows.find(({ together }) => Number(together) === 1);
  const each = rows.filter((row) => row !== all);
  return counted.map((_, i) => {
    const [hits, [time, site, path, event], dwellMs] = all?.found[i] ?? ['0', ['', '', '', ''], '0'];
    return {
      hits: Number(hits),
      newest: Number(hits) === 0 ? null : { time: iso(time), site, path, event },
      of: each
        .map((row) => ({ visitor: BigInt(row.visitor), hits: Number(row.found[i]![0]) }))
        .filter((one) => one.hits > 0)
        .sort((a, b) => b.hits - a.hits),
      dwellMs: Number(dwellMs),
    };
  });
}

/** @returns for each beginning of a sequence the latest moment at which it ended; null = never. */
async function endsOf(
  clickhouse: ClickHouse,
  leaf: SequenceLeaf,
  visitors: readonly bigint[],
  asOf: number,
): Promise<(string | null)[]> {
  const binding = new Binding(visitors);
  const [row] = await clickhouse.query<{ ends: string[] }>(progressSql(leaf, asOf, binding), binding.params);
  return (row?.ends ?? []).map((ms) => (Number(ms) < 0 ? null : new Date(Number(ms)).toISOString()));
}

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
