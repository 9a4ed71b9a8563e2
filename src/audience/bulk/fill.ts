import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { settingsEach, sideBySide } from '../../clickhouse/side-by-side.ts';
import { type Read, Spent } from '../../clickhouse/spent.ts';
import { fits } from '../rule/compile.ts';
import { writeAsked } from './asked.ts';
import { askedHits, type Round, roundOf, withAskedHits } from './asked-hits.ts';
import { membersSelect, type Part, sizesSelect } from './members.ts';
import { writeMet } from './met.ts';
import { type Asked, driverRows, type Plan, planOf, withoutClauses } from './plan.ts';
import { type Cut, EVERYBODY, type Slice, slicesAt } from './slice.ts';

/** What is the same for all segments of a build. */
export interface Whole {
  readonly build: number;
  readonly asOf: Date;
  readonly cut: Cut;
  /** Slices under way at a time; two where not given. */
  readonly atOnce?: number | undefined;
}

/** Segments that are found by one statement a slice. */
export type Group = readonly Asked[];

/** A group of which nothing came of, and why. */
export interface Failed {
  readonly group: Group;
  readonly error: TooManyRulesError | ClickHouseError;
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
 * @param groups of rules that `isShared` passes.
 * @param from the first of as many numbers as there are groups, which no other call for this build has.
 * @returns what was read; of whom nothing is written because one of his clauses failed; and the groups that failed, of
 *   which part of the members may be written.
 * @throws ClickHouseError where there is no answer.
 */
export async function fillTogether(
  clickhouse: ClickHouse,
  groups: readonly Group[],
  whole: Whole & { readonly from: number },
): Promise<Read & { readonly left: readonly Asked[]; readonly failed: readonly Failed[] }> {
  const filling = new Filling(clickhouse, groups, whole);
  await filling.look();
  await filling.choose();
  await filling.write();
  return filling.done;
}

/** A group on its way. */
interface Ready {
  readonly group: Group;
  /** As it was drawn, and then without the segments of which a clause failed. */
  plan: Plan;
  /** Which clauses let somebody into a segment. */
  drivers: readonly number[];
  error?: Failed['error'];
}

class Filling {
  readonly #clickhouse: ClickHouse;
  readonly #whole: Whole;
  readonly #ready: readonly Ready[];
  readonly #round: Round;
  readonly #spent = new Spent();

  constructor(clickhouse: ClickHouse, groups: readonly Group[], whole: Whole & { readonly from: number }) {
    this.#clickhouse = clickhouse;
    this.#whole = whole;
    this.#ready = groups.map((group, place) => ({
      group,
      plan: planOf(group, whole.from + place, whole.asOf.getTime()),
      drivers: [],
    }));
    this.#round = roundOf(
      whole.build,
      this.#ready.map(({ plan }) => plan),
    );
  }

  get done() {
    const filled = new Set(this.#ready.flatMap(({ plan }) => plan.segments.map(({ id }) => id)));
    return {
      ...this.#spent.read,
      left: this.#open.flatMap(({ group }) => group.filter(({ id }) => !filled.has(id))),
      failed: this.#ready.flatMap(({ group, error }) => (error === undefined ? [] : [{ group, error }])),
    };
  }

  /** Writes down what is looked up: values, texts, and who meets the clauses that are asked by themselves. */
  async look(): Promise<void> {
    const slice = this.#whole.cut.slices[0]!;
    const part = { round: this.#round, slice, repeats: true };
    const isRoundShort = isShort(askedHits(this.#round, slice));
    for (const one of this.#open)
      await this.#attempt(one, async () => {
        if (!isRoundShort || !isShort(membersSelect(one.plan, part)))
          throw new TooManyRulesError(one.group.length);
        const { plan, costs } = await writeAsked(this.#clickhouse, one.plan, this.#whole.build);
        const met = await writeMet(this.#clickhouse, plan, this.#whole.build);
        for (const cost of [...costs, met]) this.#spent.add(cost);
        one.plan = withoutClauses(plan, met.failed);
      });
  }

  /** Chooses by which clauses people come into each segment: those that few meet. */
  async choose(): Promise<void> {
    const sizes = await this.#sizes();
    for (const one of this.#open)
      await this.#attempt(one, async () => {
        const rows = driverRows(one.plan, this.#whole.build, sizes.get(one) ?? new Map());
        if (rows.length > 0) await this.#clickhouse.insert('build_drivers', rows);
        one.drivers = [...new Set(rows.map(({ clause }) => clause))];
      });
  }

  async write(): Promise<void> {
    const { cut, atOnce, build } = this.#whole;
    const settings = await settingsEach(this.#clickhouse, cut.slices, atOnce);
    await sideBySide(
      cut.slices,
      (slice) =>
        this.#eachOf(
          this.#open.filter(({ drivers }) => drivers.length > 0),
          slice,
          async (session, { plan, drivers }, part) => {
            const { sql, params } = membersSelect(plan, { ...part, drivers });
            this.#spent.add(
              await session.command(
                `INSERT INTO members (build, segment, visitor, seen, via)
                 SELECT {build:UInt64} AS build, segment, visitor, seen, 'own' AS via FROM (${sql})`,
                { ...params, build },
                {
                  // Else the branch of every segment that has no table is computed for each row.
                  short_circuit_function_evaluation: 'force_enable',
                  ...settings,
                  // Else one thread sorts and writes what all of them find.
                  max_insert_threads: String(settings.max_threads),
                },
              ),
            );
          },
          settings,
        ),
      atOnce,
    );
  }

  /** About how many meet each clause, by a part of one slice: enough to tell a country from a category. */
  async #sizes(): Promise<ReadonlyMap<Ready, ReadonlyMap<number, number>>> {
    const { slices } = this.#whole.cut;
    const sizes = new Map<Ready, ReadonlyMap<number, number>>();
    // Where there is nothing to choose, or little to look at.
    const open = this.#open.filter(
      ({ plan }) => !plan.isPlain && (plan.asksUniverse || plan.leaves.length > 0),
    );
    if (slices.length === 1) return sizes;
    const { first, last } = slices[0]!;
    const sample = { first, last: first + (last - first) / SAMPLE };
    await this.#eachOf(open, sample, async (session, one, part) => {
      const { sql, params } = sizesSelect(one.plan, part);
      const rows = await session.query<{ clause: number; n: string }>(sql, params);
      sizes.set(one, new Map(rows.map(({ clause, n }) => [clause, Number(n)])));
    });
    return sizes;
  }

  get #open(): readonly Ready[] {
    return this.#ready.filter(({ error }) => error === undefined);
  }

  /** Does something with each group and the hits of a slice. */
  async #eachOf(
    groups: readonly Ready[],
    slice: Slice,
    work: (session: ClickHouse, one: Ready, part: Part) => Promise<void>,
    settings?: ClickHouseSettings,
  ): Promise<void> {
    if (groups.length === 0) return;
    const all = async () => {
      const cost = await withAskedHits(
        this.#clickhouse,
        this.#round,
        slice,
        async ({ session, repeats }) => {
          const part = { round: this.#round, slice, repeats };
          for (const one of groups) await this.#attempt(one, () => work(session, one, part));
        },
        settings,
      );
      this.#spent.add(cost);
    };
    await this.#attempt(groups, all);
  }

  /** A group of which something fails is left as it is then, and the others go on. */
  async #attempt(of: Ready | readonly Ready[], work: () => Promise<void>): Promise<void> {
    const groups = [of].flat();
    if (groups.every(({ error }) => error !== undefined)) return;
    try {
      await work();
    } catch (error) {
      const isAnswer = error instanceof ClickHouseError && error.code !== undefined;
      if (!isAnswer && !(error instanceof TooManyRulesError)) throw error;
      for (const one of groups) one.error ??= error;
    }
  }
}

/** Its parameters that are no arrays are few and short. */
function isShort({
  sql,
  params,
}: {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
}): boolean {
  const arrays = Object.entries(params).filter((entry): entry is [string, string[]] =>
    Array.isArray(entry[1]),
  );
  return fits({ sql, params: Object.fromEntries(arrays) });
}
