import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { Spent } from '../../clickhouse/spent.ts';
import { expectHeld, type Lease, LeaseLostError, type Leases } from '../../jobs/lease.ts';
import type { RunResult } from '../../jobs/ledger.ts';
import { dropUnused, type Kind, publish, published } from '../published.ts';
import { type DriftReport, driftOf, type Spread } from './drift.ts';
import { failureOf } from './failure.ts';
import { mayProfile } from './may-profile.ts';
import { eachSlice, type ModelReport, type Spend, scoresOf, type Trained, train } from './model.ts';
import { dropWeights } from './weights.ts';

/** What stands in `audience_builds` of an attribute: how good its model is, and whom it is known of. */
export interface Demographic extends Spread {
  readonly attribute: string;
  readonly report: ModelReport;
  /** Visitors who have declared it, by value. */
  readonly declared: Readonly<Record<string, number>>;
  /** Visitors of whom it was inferred, by value, and those of whom it could not be. */
  readonly inferred: Readonly<Record<string, number>>;
  readonly unknown: number;
  readonly drift: DriftReport;
}

/** How long a run waits for another one to end before it gives up. */
const WAIT_MS = 60_000;
/** Of an attribute with more values the rarer ones are declared, and never inferred. */
const MOST_CLASSES = 50;
const KIND = 'demographics/';

/** Of the attributes whose demographics are visible, what is known of each. @throws ClickHouseError */
export async function publishedDemographics(
  clickhouse: ClickHouse,
): Promise<ReadonlyMap<string, PublishedDemographic>> {
  const found = new Map<string, PublishedDemographic>();
  for (const [kind, { summary, asOf, builtAt, tookMs }] of await published(clickhouse))
    if (kind.startsWith(KIND))
      found.set(kind.slice(KIND.length), { ...(summary as Demographic), asOf, builtAt, tookMs });
  return found;
}

export interface PublishedDemographic extends Demographic {
  /** ISO 8601. */
  readonly asOf: string;
  /** ISO 8601. */
  readonly builtAt: string;
  readonly tookMs: number;
}

/**
 * Makes demographics anew: of each attribute that somebody has a label of, trains a model, and where it is worth
 * anything scores everybody who has not declared it. Each attribute becomes visible at once by its pointer, or not at
 * all; one that fails keeps what it had.
 *
 * @param precision share of those decided for a class that is to be of it.
 * @throws ClickHouseError, LeaseBusyError; Error where no attribute could be made, with the first one's reason and what
 *   to do.
 */
export async function buildDemographics(
  clickhouse: ClickHouse,
  leases: Leases,
  precision: number,
): Promise<RunResult> {
  const lease = await leases.wait('demographics', WAIT_MS);
  const build = lease.slot;
  try {
    const before = await publishedDemographics(clickhouse);
    const labels = await labelCounts(clickhouse);
    const attributes = [...new Set([...labels.keys(), ...before.keys()])].sort();
    const built: Record<string, unknown> = {};
    const failed: Record<string, string> = {};
    const spent = new Spent();
    for (const attribute of attributes) {
      const known = labels.get(attribute) ?? new Map<string, number>();
      // What nobody has a label of any more was taken back once; there is nothing more to take back.
      if (known.size === 0 && before.get(attribute)!.report.reason === 'no_labels') continue;
      try {
        const asOf = new Date();
        const made = await make(clickhouse, {
          attribute,
          build,
          asOf,
          precision,
          labels: known,
          spend: spent.add,
        });
        const summary: Demographic = { ...made, drift: driftOf(before.get(attribute), made) };
        await expectHeld(lease);
        await publish(clickhouse, `${KIND}${attribute}`, build, asOf, summary);
        built[attribute] = told(summary);
      } catch (error) {
        if (lease.lost() || error instanceof LeaseLostError) throw error;
        failed[attribute] = failureOf(error);
      }
    }
    await dropOld(clickhouse, lease);
    const [failure] = Object.values(failed);
    if (failure !== undefined && Object.keys(built).length === 0) throw new Error(failure);
    return { result: { build, built, failed }, ...spent.read };
  } finally {
    await lease.release();
  }
}

async function dropOld(clickhouse: ClickHouse, { slot }: Lease): Promise<void> {
  await dropUnused(clickhouse, 'demographics', (kind: Kind) => kind.startsWith(KIND), slot);
  await dropWeights(clickhouse, 'demographics', slot);
}

const told = ({ report, drift, ...counts }: Demographic) => ({
  published: report.published,
  reason: report.reason,
  auc: report.auc,
  declared: total(counts.declared),
  inferred: total(counts.inferred),
  unknown: counts.unknown,
  drift: drift.flags,
});

/** Labels by attribute and value, the most frequent first. */
async function labelCounts(clickhouse: ClickHouse): Promise<Map<string, Map<string, number>>> {
  const rows = await clickhouse.query<{ attribute: string; value: string; n: string }>(
    'SELECT attribute, value, count() AS n FROM kept_labels GROUP BY attribute, value ORDER BY n DESC, value',
  );
  const counts = new Map<string, Map<string, number>>();
  for (const { attribute, value, n } of rows) {
    const values = counts.get(attribute) ?? new Map<string, number>();
    counts.set(attribute, values.set(value, Number(n)));
  }
  return counts;
}

interface Making {
  readonly attribute: string;
  readonly build: number;
  readonly asOf: Date;
  readonly precision: number;
  readonly labels: ReadonlyMap<string, number>;
  readonly spend: Spend;
}

async function make(clickhouse: ClickHouse, making: Making): Promise<Omit<Demographic, 'drift'>> {
  const { attribute, build, asOf, precision, labels, spend } = making;
  const classes = [...labels.keys()].slice(0, MOST_CLASSES).sort();
  const model = await train(clickhouse, {
    family: 'demographics',
    name: attribute,
    build,
    asOf,
    precision,
    labels: {
      sql: 'SELECT visitor, value AS label FROM kept_labels WHERE attribute = {attribute:String}',
      params: { attribute },
    },
    classes,
    spend,
  });
  const known = model.scoring === null ? classes : model.classes;
  await writeDeclared(clickhouse, making, known);
  if (model.scoring !== null) await writeInferred(clickhouse, making, model);
  return {
    attribute,
    report: model.report,
    labels: Object.fromEntries(labels),
    ...(await count(clickhouse, making)),
  };
}

const INTO =
  'INSERT INTO demographics (attribute, build, value, visitor, probability, declared, decided, last)';

const DECLARED = 'SELECT visitor FROM kept_labels WHERE attribute = {attribute:String}';

/** A row for each class that the model knows, and for what the visitor has declared. */
async function writeDeclared(
  clickhouse: ClickHouse,
  { attribute, build, spend }: Making,
  classes: readonly string[],
): Promise<void> {
  const cost = await clickhouse.command(
    `${INTO}
     SELECT {attribute:String} AS attribute, {build:UInt64} AS build, class AS value, visitor,
            class = own AS probability, true AS declared, class = own AS decided, last
     FROM (
       SELECT visitor, toString(kept_labels.value) AS own, last FROM kept_labels
       WHERE attribute = {attribute:String} AND ${mayProfile(DECLARED)})
     ARRAY JOIN arrayDistinct(arrayPushBack({classes:Array(String)}, own)) AS class`,
    { attribute, build, classes },
    AS_A_WHOLE,
  );
  spend(cost);
}

async function writeInferred(
  clickhouse: ClickHouse,
  { attribute, build, spend }: Making,
  model: Trained,
): Promise<void> {
  const thresholds = model.scoring!.thresholds.map((threshold) => threshold ?? 2);
  await eachSlice(clickhouse, async (host, slice) => {
    const scores = scoresOf(model, slice);
    const cost = await host.command(
      `${INTO}
       SELECT {attribute:String} AS attribute, {build:UInt64} AS build, class AS value, visitor,
              one AS probability, false AS declared, place = likeliest AND one >= threshold AS decided, last
       FROM (
         SELECT visitor, probabilities, last, indexOf(probabilities, arrayMax(probabilities)) AS likeliest
         FROM (${scores.sql})
         WHERE visitor GLOBAL NOT IN (${DECLARED} AND visitor BETWEEN {from:UInt64} AND {to:UInt64}))
       ARRAY JOIN probabilities AS one, {classes:Array(String)} AS class, {thresholds:Array(Float64)} AS threshold,
                  arrayEnumerate(probabilities) AS place`,
      { ...scores.params, attribute, build, classes: model.classes, thresholds },
      AS_A_WHOLE,
    );
    spend(cost);
  });
}

async function count(
  clickhouse: ClickHouse,
  { attribute, build }: Making,
): Promise<Pick<Demographic, 'declared' | 'inferred' | 'unknown' | 'scores'>> {
  const rows = await clickhouse.query<{
    value: string;
    declared: string;
    inferred: string;
    scored: string;
    bins: string[];
  }>(
    `SELECT value, countIf(made.declared AND made.decided) AS declared,
            countIf(NOT made.declared AND made.decided) AS inferred, countIf(NOT made.declared) AS scored,
            sumForEachIf(arrayMap(bin -> toUInt64(bin = least(9, floor(made.probability * 10))), range(10)), NOT made.declared) AS bins
     FROM demographics AS made WHERE made.attribute = {attribute:String} AND made.build = {build:UInt64} GROUP BY value`,
    { attribute, build },
  );
  const by = (of: (row: (typeof rows)[number]) => string) =>
    Object.fromEntries(rows.flatMap((row) => (Number(of(row)) > 0 ? [[row.value, Number(of(row))]] : [])));
  const inferred = by((row) => row.inferred);
  const scored = Math.max(0, ...rows.map((row) => Number(row.scored)));
  return {
    declared: by((row) => row.declared),
    inferred,
    unknown: scored - total(inferred),
    scores: Object.fromEntries(
      rows.filter(({ scored: n }) => Number(n) > 0).map(({ value, bins }) => [value, bins.map(Number)]),
    ),
  };
}

const total = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
