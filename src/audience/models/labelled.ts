import { createInterface } from 'node:readline';
import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { asToken, type Block, featureValue, NAMES, TELLING, TOKENS } from './features.ts';
import { BUCKET } from './held-out.ts';
import { mayTrain } from './may-profile.ts';
import type { Limits, ModelId, Query } from './model.ts';
import { type Rows, RowsBuilder } from './rows.ts';
import { dropLabels, modelParams, VOCABULARY, WEIGHTS_OF_MODEL, WHOLE } from './weights.ts';

const GIVEN = 0;
const DRAWN = 1;

const labelsAt = (step: number) => `model_labels AS known
  WHERE known.family = {modelFamily:UInt8} AND known.build = {modelBuild:UInt64} AND known.step = ${step}`;
const MAY_TRAIN = mayTrain(`SELECT known.visitor FROM ${labelsAt(GIVEN)}`);
/** Hits of those drawn. */
const THEIR_HITS = `kept_hits WHERE ${TELLING}
  AND visitor GLOBAL IN (SELECT known.visitor FROM ${labelsAt(DRAWN)})`;
/** By which a sample is drawn: another hash than the bucket's, so that each bucket gives its share. */
const LOT = "sipHash64('model sample', visitor)";
const ALL_LOTS = 2n ** 64n - 1n;

/** @returns the lot up to which a share of all visitors is drawn, in decimal. */
const lotOf = (share: number) => String(share >= 1 ? ALL_LOTS : BigInt(Math.floor(share * 2 ** 52)) << 12n);

/** Labelled visitors on their way into a model, in `model_labels`. */
export class Labelled {
  readonly #clickhouse: ClickHouse;
  readonly #id: ModelId;
  readonly #params: Params;

  constructor(clickhouse: ClickHouse, id: ModelId) {
    this.#clickhouse = clickhouse;
    this.#id = id;
    this.#params = modelParams(id, VOCABULARY);
  }

  /**
   * Takes in who has a label and may be learned from.
   *
   * @param labels a SELECT of `visitor` and `label`; a label that is not among the classes is none.
   * @returns how many there are of each class.
   * @throws ClickHouseError
   */
  async take({ sql, params }: Query, classes: readonly string[]): Promise<number[]> {
    await this.drop();
    await this.#clickhouse.command(
      `INSERT INTO model_labels (family, build, step, visitor, label, bucket)
       SELECT {modelFamily:UInt8} AS family, {modelBuild:UInt64} AS build, ${GIVEN} AS step, visitor,
              toUInt8(indexOf({modelClasses:Array(String)}, toString(given.label)) - 1) AS label, ${BUCKET} AS bucket
       FROM (${sql}) AS given WHERE has({modelClasses:Array(String)}, toString(given.label))`,
      { ...params, ...this.#params, modelClasses: classes },
      WHOLE,
    );
    const rows = await this.#clickhouse.query<{ label: number; n: string }>(
      `SELECT label, count() AS n FROM ${labelsAt(GIVEN)} AND ${MAY_TRAIN} GROUP BY label`,
      this.#params,
    );
    return classes.map((_, label) => Number(rows.find((row) => row.label === label)?.n ?? 0));
  }

  /**
   * Draws those that are read, by a hash: the same each time.
   *
   * @param share of them that is drawn. @param labels numbers of the classes that count.
   * @throws ClickHouseError
   */
  async draw(share: number, labels: readonly number[]): Promise<void> {
    await this.#clickhouse.command(
      `INSERT INTO model_labels (family, build, step, visitor, label, bucket)
       SELECT family, build, ${DRAWN} AS step, visitor, toUInt8(indexOf({counted:Array(UInt8)}, known.label) - 1) AS label, bucket
       FROM ${labelsAt(GIVEN)} AND ${MAY_TRAIN} AND ${LOT} <= {lot:UInt64} AND has({counted:Array(UInt8)}, known.label)`,
      { ...this.#params, lot: lotOf(share), counted: labels },
      WHOLE,
    );
  }

  /**
   * Finds what was seen of enough of them, most common first, and writes it to `model_weights`.
   *
   * @returns how many values their rows will have together.
   * @throws ClickHouseError
   */
  async findVocabulary({ support, features }: Pick<Limits, 'support' | 'features'>): Promise<number> {
    await this.#clickhouse.command(
      `INSERT INTO model_weights (family, name, build, step, token, number, feature, support)
       SELECT {modelFamily:UInt8} AS family, {modelName:String} AS name, {modelBuild:UInt64} AS build,
              {modelStep:UInt8} AS step, ${asToken('feature')} AS token,
              row_number() OVER (ORDER BY support DESC, token) AS number, feature, support
       FROM (
         SELECT feature, toUInt32(uniqExact(visitor)) AS support FROM (
           SELECT visitor, arrayJoin(${NAMES.hit}) AS feature FROM ${THEIR_HITS}
           UNION ALL
           SELECT visitor, arrayJoin(settings) AS feature FROM (
             SELECT visitor, ${NAMES.newestSettings} AS settings FROM ${THEIR_HITS} GROUP BY visitor))
         GROUP BY feature HAVING support >= {support:UInt32}
         ORDER BY support DESC, ${asToken('feature')} LIMIT {most:UInt32})`,
      { ...this.#params, support, most: features },
      WHOLE,
    );
    const [row] = await this.#clickhouse.query<{ n: string }>(
      `SELECT sum(support) AS n FROM ${WEIGHTS_OF_MODEL}`,
      this.#params,
    );
    return Number(row!.n);
  }

  /**
   * Reads those drawn as rows of what the vocabulary knows.
   *
   * @param share of them that is read. @param blocks of the features by their number; undefined = it is left out.
   * @throws ClickHouseError
   */
  async read(share: number, blocks: readonly (Block | undefined)[]): Promise<Rows> {
    const builder = new RowsBuilder();
    const stream = await this.#clickhouse.stream(
      ROWS,
      { ...this.#params, lot: lotOf(share) },
      'JSONCompactEachRow',
    );
    for await (const line of createInterface({ input: stream }))
      addRow(builder, JSON.parse(line) as Line, blocks);
    return builder.done();
  }

  /** @throws ClickHouseError */
  drop(): Promise<void> {
    return dropLabels(this.#clickhouse, this.#id.family, this.#id.build);
  }
}

/**
 * A visitor's count of all hits goes under the number 0, which is no feature's. In order, because sums of floating
 * numbers differ in their last digits with it: the same data is to give the same model.
 */
const ROWS = `
  SELECT any(known.label), any(known.bucket),
         arraySort(groupArray((toUInt32(vocabulary.number), toUInt32(seen.n)))).1,
         arraySort(groupArray((toUInt32(vocabulary.number), toUInt32(seen.n)))).2
  FROM (
    SELECT visitor, arrayJoin(${TOKENS.hit}) AS token, uniqExact(hit) AS n
    FROM ${THEIR_HITS} AND ${LOT} <= {lot:UInt64} GROUP BY visitor, token
    UNION ALL
    SELECT visitor, one.1 AS token, one.2 AS n FROM (
      SELECT visitor, ${TOKENS.newestSettings} AS settings, uniqExact(hit) AS hits
      FROM ${THEIR_HITS} AND ${LOT} <= {lot:UInt64} GROUP BY visitor)
    ARRAY JOIN arrayPushBack(arrayMap(token -> (token, toUInt64(1)), settings), (toUInt64(0), hits)) AS one
  ) AS seen
  GLOBAL INNER JOIN (
    SELECT token, number FROM ${WEIGHTS_OF_MODEL} UNION ALL SELECT toUInt64(0), toUInt32(0)
  ) AS vocabulary ON vocabulary.token = seen.token
  GLOBAL INNER JOIN (SELECT visitor, label, bucket FROM ${labelsAt(DRAWN)}) AS known ON known.visitor = seen.visitor
  GROUP BY seen.visitor ORDER BY seen.visitor`;

/** Label, bucket, numbers of features, and how often each was seen. */
type Line = readonly [number, number, readonly number[], readonly number[]];

function addRow(
  builder: RowsBuilder,
  [label, bucket, numbers, counts]: Line,
  blocks: readonly (Block | undefined)[],
): void {
  const hits = counts[numbers.indexOf(0)]!;
  const features: number[] = [];
  const values: number[] = [];
  for (const [i, number] of numbers.entries()) {
    const block = blocks[number - 1];
    if (block === undefined) continue;
    features.push(number - 1);
    values.push(featureValue(block, counts[i]!, hits));
  }
  builder.add(label, bucket, features, values);
}
