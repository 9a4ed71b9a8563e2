import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { HELD_OUT } from '../models/held-out.ts';
import { MAY_PROFILE_IN_SLICE } from '../models/may-profile.ts';
import { eachSlice, type Query, type Slice, type Spend, scoresOf, type Trained } from '../models/model.ts';
import { type Counted, type Lift, liftOf, REACHES, shareOf } from './lift.ts';
import { MEMBERS, SCORED, workAt } from './work.ts';

/** Of equals the order is a lot, another one for each seed, and the same in every run. */
const MOST_SIMILAR_FIRST = 'odds DESC, sipHash64({seed:String}, visitor), visitor';

/**
 * Writes down of everybody who may be profiled how likely a member he looks, slice by slice of the visitors. Without
 * a model that knows better everybody looks as likely as any.
 *
 * @param share of the seed among everybody.
 * @returns how many are not of the seed.
 * @throws ClickHouseError
 */
export async function writeScores(
  clickhouse: ClickHouse,
  build: number,
  model: Trained,
  share: number,
  spend: Spend,
): Promise<number> {
  await eachSlice(clickhouse, async (host, slice) => {
    const scores = model.scoring === null ? unscored(slice) : scoresOf(model, slice);
    const cost = await host.command(
      `INSERT INTO lookalike_work (build, step, visitor, member, odds, last)
       SELECT {ofBuild:UInt64} AS build, ${SCORED} AS step, visitor,
         visitor GLOBAL IN (
           SELECT work.visitor FROM lookalike_work AS work
           WHERE work.build = {ofBuild:UInt64} AND work.step = ${MEMBERS}
             AND work.visitor BETWEEN {ofFrom:UInt64} AND {ofTo:UInt64}) AS member,
         ${model.scoring === null ? 'log({share:Float64} / (1 - {share:Float64}))' : 'log(probabilities[1]) - log(probabilities[2])'} AS odds, last
       FROM (${scores.sql})`,
      {
        ...scores.params,
        ofBuild: build,
        ofFrom: slice.from,
        ofTo: slice.to,
        share,
      },
      AS_A_WHOLE,
    );
    spend(cost);
  });
  const [row] = await clickhouse.query<{ n: string }>(
    `SELECT countIf(NOT member) AS n FROM ${workAt(SCORED)}`,
    { build },
  );
  return Number(row!.n);
}

const unscored = ({ from, to }: Slice): Query => ({
  sql: `SELECT visitor, max(time) AS last FROM kept_hits
        WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64} AND ${MAY_PROFILE_IN_SLICE} GROUP BY visitor`,
  params: { from, to },
});

/** Gives everybody who is scored a place, members of the seed none. @throws ClickHouseError */
export async function writePlaces(clickhouse: ClickHouse, build: number, seed: string): Promise<void> {
  // A frame of one row: with the usual one, which begins at the first, all rows would stay in memory.
  await clickhouse.command(
    `INSERT INTO lookalikes (seed, build, visitor, place, score, last)
     SELECT {seed:String} AS seed, {build:UInt64} AS build, visitor,
       if(member, 0, row_number() OVER (
         PARTITION BY member ORDER BY ${MOST_SIMILAR_FIRST} ROWS BETWEEN CURRENT ROW AND CURRENT ROW)) AS place,
       1 / (1 + exp(-odds)) AS score, last
     FROM ${workAt(SCORED)}`,
    { build, seed },
    AS_A_WHOLE,
  );
}

/** How well members that the model never saw are told from others that it never saw. */
export interface Measured {
  /** Visitors who were held out, of the seed and of the others. */
  readonly heldOut: { readonly members: number; readonly others: number };
  /** How often of a member and another the member looks likelier. */
  readonly auc: number | null;
  /** By growing reach. */
  readonly lifts: readonly Lift[];
}

/**
 * Measures a ranking on the fifth of all visitors that was held out: where among the others of that fifth do its
 * members stand?
 *
 * @throws ClickHouseError
 */
export async function measure(
  clickhouse: ClickHouse,
  build: number,
  seed: string,
  counted: Counted,
): Promise<Measured> {
  const heldOut = `${workAt(SCORED)} AND ${HELD_OUT}`;
  const [sizes] = await clickhouse.query<{ members: string; others: string }>(
    `SELECT countIf(member) AS members, countIf(NOT member) AS others FROM ${heldOut}`,
    { build },
  );
  const members = Number(sizes!.members);
  const others = Number(sizes!.others);
  if (members === 0 || others === 0) return { heldOut: { members, others }, auc: null, lifts: [] };
  const shares = REACHES.map((reach) => shareOf(reach, counted));
  const rows = await clickhouse.query<{ passed: number; n: string; ahead: string }>(
    `SELECT arrayCount(share -> before >= share * {others:UInt64}, {shares:Array(Float64)}) AS passed,
            count() AS n, sum(before) AS ahead
     FROM (
       SELECT member, sum(NOT member) OVER (
         ORDER BY ${MOST_SIMILAR_FIRST} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
       FROM ${heldOut})
     WHERE member GROUP BY passed`,
    { build, seed, others, shares },
  );
  const lifts = REACHES.map((reach, index) => {
    const within = rows.filter(({ passed }) => passed <= index).reduce((sum, { n }) => sum + Number(n), 0);
    const found = within / members;
    return { reach, found, lift: liftOf(reach, found, counted) };
  });
  const ahead = rows.reduce((sum, row) => sum + Number(row.ahead), 0);
  return { heldOut: { members, others }, auc: 1 - ahead / (members * others), lifts };
}
