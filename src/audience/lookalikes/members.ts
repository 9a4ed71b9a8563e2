import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { PURPOSE } from '../../consent/purposes.ts';
import type { Query } from '../models/model.ts';
import { compile } from '../rule/compile.ts';
import type { Seed } from '../rule/needs.ts';
import { ASKED, DRAWN, MEMBERS, workAt } from './work.ts';

/** The two classes of a look-alike's model. */
export const CLASSES = ['member', 'other'] as const;

/**
 * Whom a model learns from, at most; more say hardly anything new of so many features. Others are more, because of
 * a small seed they alone tell what is usual.
 */
const SAMPLE = { members: 20_000, others: 28_000 };

/**
 * SQL of whether somebody at a step may be profiled. Only their newest words are gathered: everybody's took 15 s of
 * a million visitors.
 */
const mayProfileAt = (step: number) => `visitor GLOBAL IN (
  SELECT visitor FROM kept_consents WHERE withdrawn = 0 AND bitAnd(purposes, ${PURPOSE.profile}) != 0
    AND visitor GLOBAL IN (SELECT work.visitor FROM ${workAt(step)}))`;

/**
 * Writes down who is of the seed, of those who may be profiled.
 *
 * @param build number of the lease that the run holds.
 * @param asOf the moment from which every `within` of the seed's rule reaches back.
 * @returns how many they are.
 * @throws ClickHouseError
 */
export async function writeMembers(
  clickhouse: ClickHouse,
  build: number,
  seed: Seed,
  asOf: Date,
): Promise<number> {
  const { sql, params } = compile(seed.rule, asOf, seed.merge);
  await clickhouse.command(
    `INSERT INTO lookalike_work (build, step, visitor, last)
     SELECT {build:UInt64} AS build, ${ASKED} AS step, visitor, seen AS last FROM (${sql})`,
    { ...params, build },
    AS_A_WHOLE,
  );
  await clickhouse.command(
    `INSERT INTO lookalike_work (build, step, visitor, member, last)
     SELECT {build:UInt64} AS build, ${MEMBERS} AS step, visitor, true AS member, last
     FROM ${workAt(ASKED)} AND ${mayProfileAt(ASKED)}`,
    { build },
    AS_A_WHOLE,
  );
  const [row] = await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM ${workAt(MEMBERS)}`, {
    build,
  });
  return Number(row!.n);
}

/** Everybody, as far as is known before anybody is scored. */
interface Drawn {
  /** Visitors with a stored hit. */
  readonly universe: number;
  /** Of these about how many are not of the seed and may be profiled; exact where all of them were drawn. */
  readonly others: number;
}

/**
 * Draws those whom the seed is told from, by a hash, so that the same data give the same model.
 *
 * @param members how many the seed has.
 * @throws ClickHouseError
 */
export async function drawOthers(clickhouse: ClickHouse, build: number, members: number): Promise<Drawn> {
  const [all] = await clickhouse.query<{ n: string }>('SELECT uniqExact(visitor) AS n FROM kept_hits');
  const universe = Number(all!.n);
  const share = Math.min(1, SAMPLE.others / Math.max(1, universe - members));
  await clickhouse.command(
    `INSERT INTO lookalike_work (build, step, visitor)
     SELECT DISTINCT {build:UInt64} AS build, ${DRAWN} AS step, visitor FROM kept_hits
     WHERE ${LOT} <= {below:UInt64}
       AND visitor GLOBAL NOT IN (SELECT work.visitor FROM ${workAt(ASKED)})`,
    { build, below: hashBelow(share) },
    AS_A_WHOLE,
  );
  const [row] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${workAt(DRAWN)} AND ${mayProfileAt(DRAWN)}`,
    { build },
  );
  return { universe, others: Math.round(Number(row!.n) / share) };
}

/**
 * Whom the model learns from: the seed, of a large one as many as {@link SAMPLE}, against those who were drawn.
 * These are not people who are known to be unlike: of two of them the one who is more like the seed still gets the
 * higher score (Elkan and Noto, Learning Classifiers from Only Positive and Unlabeled Data, KDD 2008).
 *
 * @param members how many the seed has.
 * @returns a SELECT of `visitor` and `label`, one of {@link CLASSES}.
 */
export const labelsOf = (build: number, members: number): Query => ({
  sql: `SELECT visitor, '${CLASSES[0]}' AS label FROM ${workAt(MEMBERS)} AND ${LOT} <= {below:UInt64}
        UNION ALL
        SELECT visitor, '${CLASSES[1]}' AS label FROM ${workAt(DRAWN)}`,
  params: { build, below: hashBelow(SAMPLE.members / members) },
});

const LOT = "sipHash64('look-alike', visitor)";
const ALL_HASHES = 2n ** 64n - 1n;

/** @returns the number up to which that share of all 64-bit hashes lies, in decimal. */
const hashBelow = (share: number): string =>
  String(share >= 1 ? ALL_HASHES : BigInt(Math.floor(share * 2 ** 52)) << 12n);
