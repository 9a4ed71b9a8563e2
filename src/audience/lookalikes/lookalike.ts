import type { ClickHouse } from '../../clickhouse/client.ts';
import { type NotPublished, type Spend, type TellingFeature, train } from '../models/model.ts';
import type { Seed } from '../rule/needs.ts';
import { findDefining } from './defining.ts';
import { type Counted, REACHES, shareOf } from './lift.ts';
import { CLASSES, drawOthers, labelsOf, writeMembers } from './members.ts';
import { namedBy } from './named.ts';
import { type Measured, measure, writePlaces, writeScores } from './places.ts';
import { fingerprint, LEAST_SEED, type SeedRefusal, tooSmall } from './seed.ts';

/** What is known of a look-alike beside who is in it: counts and figures, nobody's id. */
export interface Lookalike extends Counted, Measured {
  /** Of the seed's segment, as far as it was told. */
  readonly version: number | null;
  /** Of the seed's rule. */
  readonly fingerprint: string;
  /** Visitors that the model learned from. */
  readonly trainedOn: number;
  /** Why nothing tells the seed from the others, where nothing does: then places are by lot. */
  readonly noSignal: NotPublished | null;
  readonly features: readonly (TellingFeature & {
    /** The seed's own rule asks for it, so that it tells members from others by definition. */
    readonly ofRule: boolean;
  })[];
}

/**
 * Finds who is like the members of a segment and writes it to `lookalikes`, out of sight.
 *
 * @param build number of the lease that the run holds.
 * @param asOf the moment that the seed's rule is evaluated for.
 * @throws ClickHouseError
 */
export async function findLookalike(
  clickhouse: ClickHouse,
  build: number,
  seed: Seed,
  asOf: Date,
  spend: Spend,
): Promise<Lookalike | SeedRefusal> {
  const members = await writeMembers(clickhouse, build, seed, asOf);
  if (members < LEAST_SEED) return tooSmall(seed.id, members);
  const drawn = await drawOthers(clickhouse, build, members);
  const everybody = members + drawn.others;
  const labels = labelsOf(build, members);
  const defining = await findDefining(clickhouse, seed.rule, labels, CLASSES[0], asOf);
  const model = await train(clickhouse, {
    family: 'lookalikes',
    name: seed.id,
    build,
    asOf,
    labels,
    classes: CLASSES,
    shares: [members / everybody, drawn.others / everybody],
    ...defining,
    spend,
  });
  const others = await writeScores(clickhouse, build, model, members / everybody, spend);
  const counted = { universe: drawn.universe, members, others };
  await writePlaces(clickhouse, build, seed.id);
  const measured = await measure(clickhouse, build, seed.id, counted);
  const byRule = namedBy(seed.rule);
  const { report } = model;
  const told = model.scoring === null ? [] : (report.classes[0]?.features ?? []);
  return {
    version: seed.version ?? null,
    fingerprint: fingerprint(seed),
    ...counted,
    trainedOn: report.trainedOn,
    noSignal: model.scoring === null ? report.reason : null,
    ...(model.scoring === null ? byLot(measured, counted) : measured),
    features: told.map((each) => ({ ...each, ofRule: byRule(each.feature) })),
  };
}

/** What a draw finds is known without measuring it, which on a few members would show a lift that is none. */
const byLot = (measured: Measured, counted: Counted): Measured => ({
  ...measured,
  lifts: REACHES.map((reach) => ({ reach, found: shareOf(reach, counted), lift: 1 })),
});
