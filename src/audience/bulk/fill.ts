import type { ClickHouse } from '../../clickhouse/client.ts';
import { sideBySide, threadsEach } from '../../clickhouse/side-by-side.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';
import { fits, type Statement } from '../rule/compile.ts';
import { writeAsked } from './asked.ts';
import { membersSelect, type Part, sizesSelect } from './members.ts';
import { writeMet } from './met.ts';
import { type Asked, driverRows, type Plan, planOf, withoutClauses } from './plan.ts';
import { type Cut, EVERYBODY, slicesAt } from './slice.ts';

/** What is the same for all segments of a build. */
export interface Whole {
  readonly build: number;
  readonly asOf: Date;
  readonly cut: Cut;
  /** As `writeRepeated` has found. */
  readonly repeats: boolean;
  /** Slices under way at a time; two where not given. */
  readonly atOnce?: number | undefined;
}

/** The rules together are more than one statement can hold; fewer may fit. */
export class TooManyRulesError extends Error {
  readonly reason = 'too_many_rules';

  constructor(count: number) {
    super(`${count} rules are more than one statement can hold`);
    this.name = 'TooManyRulesError';
  }
}

/** What a slice is of: what its statement holds in memory grows with its hits and visitors. */
const HITS_A_SLICE = 4_000_000;
/** Slices are cut at places that were looked up at once, this many of them. */
const MAX_SLICES = 256;
/** Of a slice, what is looked at to tell rare clauses from common ones. */
const SAMPLE = 32n;

/**
 * Cuts the visitors into slices that have about as many hits each.
 *
 * @throws ClickHouseError
 */
export async function cutVisitors(clickhouse: ClickHouse, hitsASlice = HITS_A_SLICE): Promise<Cut> {
  const levels = Array.from({ length: MAX_SLICES - 1 }, (_, place) => (place + 1) / MAX_SLICES).join(', ');
  // Of no hits the places are no numbers.
  const [row] = await clickhouse.query<{ n: string; places: string[] }>(
    `SELECT count() AS n, arrayMap(place -> toString(toUInt256(ifNotFinite(place, 0))), quantiles(${levels})(visitor)) AS places FROM kept_hits`,
  );
  const hits = Number(row?.n ?? 0);
  if (row === undefined || hits <= hitsASlice) return { slices: [EVERYBODY] };
  // As many for one as for the other of two beside each other.
  const count = Math.min(MAX_SLICES, 2 * Math.ceil(hits / hitsASlice / 2));
  const bounds = Array.from({ length: count - 1 }, (_, place) =>
    BigInt(row.places[Math.floor(((place + 1) * MAX_SLICES) / count) - 1]!),
  );
  return { slices: slicesAt(bounds.filter((bound) => bound <= EVERYBODY.last)) };
}

/**
 * Writes the members of many segments under one build, in few passes over the hits and in slices of the visitors.
 * Each has exactly whom `compile` gives of its rule alone.
 *
 * @param asked rules that `isShared` passes.
 * @param piece a number that no other call for this build has.
 * @returns what was read, and of whom nothing is written because one of his clauses failed.
 * @throws TooManyRulesError, ClickHouseError; part of the members may be written then.
 */
export async function fillTogether(
  clickhouse: ClickHouse,
  asked: readonly Asked[],
  { build, piece, asOf, cut, repeats, atOnce }: Whole & { readonly piece: number },
): Promise<Read & { readonly left: readonly Asked[] }> {
  const drawn = planOf(asked, piece, asOf.getTime());
  const part = { build, slice: cut.slices[0]!, repeats };
  if (!fits(textOf(drawn, part))) throw new TooManyRulesError(asked.length);
  const { plan: known, costs } = await writeAsked(clickhouse, drawn, build);
  const met = await writeMet(clickhouse, known, build);
  const plan = withoutClauses(known, met.failed);
  const spent = new Spent();
  for (const cost of [...costs, met]) spent.add(cost);
  const drivers = driverRows(plan, build, await sizesOf(clickhouse, plan, part, cut));
  if (drivers.length > 0) {
    await clickhouse.insert('build_drivers', drivers);
    const letting = { drivers: [...new Set(drivers.map(({ clause }) => clause))] };
    const threads = await threadsEach(clickhouse, cut.slices, atOnce);
    await sideBySide(
      cut.slices,
      async (slice) => spent.add(await fillSlice(clickhouse, plan, { ...part, ...letting, slice }, threads)),
      atOnce,
    );
  }
  const filled = new Set(plan.segments.map(({ id }) => id));
  return { ...spent.read, left: asked.filter(({ id }) => !filled.has(id)) };
}

async function fillSlice(clickhouse: ClickHouse, plan: Plan, part: Part, threads: number): Promise<Read> {
  const { sql, params } = membersSelect(plan, part);
  return clickhouse.command(
    `INSERT INTO members (build, segment, visitor, seen, via)
     SELECT {build:UInt64} AS build, segment, visitor, seen, 'own' AS via FROM (${sql})`,
    params,
    {
      // Else the branch of every segment that has no table is computed for each row.
      short_circuit_function_evaluation: 'force_enable',
      max_threads: threads,
      // Else one thread sorts and writes what all of them find.
      max_insert_threads: String(threads),
    },
  );
}

/** About how many meet each clause, by a part of one slice: enough to tell a country from a category. */
async function sizesOf(
  clickhouse: ClickHouse,
  plan: Plan,
  part: Part,
  { slices }: Cut,
): Promise<ReadonlyMap<number, number>> {
  // Where there is nothing to choose, or little to look at.
  const hasClauses = plan.asksUniverse || plan.leaves.length > 0;
  if (plan.isPlain || slices.length === 1 || !hasClauses) return new Map();
  const { first, last } = slices[0]!;
  const { sql, params } = sizesSelect(plan, {
    ...part,
    slice: { first, last: first + (last - first) / SAMPLE },
  });
  const rows = await clickhouse.query<{ clause: number; n: string }>(sql, params);
  return new Map(rows.map(({ clause, n }) => [clause, Number(n)]));
}

/** Its parameters that are no arrays are few and short. */
function textOf(plan: Plan, part: Part): Statement {
  const { sql, params } = membersSelect(plan, part);
  const arrays = Object.entries(params).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  return { sql, params: Object.fromEntries(arrays) };
}
