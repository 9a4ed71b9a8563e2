import { createInterface } from 'node:readline';
import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { asToken, featuresAs, tellingSql } from './features.ts';
import { BUCKET } from './held-out.ts';
import { mayTrain } from './may-profile.ts';
import type { Limits, Query, TrainOptions } from './model.ts';
import { type Rows, RowsBuilder } from './rows.ts';
import { seenSql } from './seen.ts';
import { slicesOf } from './slices.ts';
import { dropLabels, modelParams, VOCABULARY, WEIGHTS_OF_MODEL } from './weights.ts';

const GIVEN = 0;
const DRAWN = 1;

const labelsAt = (step: number) => `model_labels AS known
  WHERE known.family = {modelFamily:UInt8} AND known.build = {modelBuild:UInt64} AND known.step = ${step}`;
const MAY_TRAIN = mayTrain(`SELECT known.visitor FROM ${labelsAt(GIVEN)}`);
const ARE_DRAWN = `visitor GLOBAL IN (SELECT known.visitor FROM ${labelsAt(DRAWN)})`;
/** What features are made of. */
const COLUMNS =
  'visitor, time, hit, site, path, categories, keywords, hour, weekday, device, os, browser, country, language';
/** Of those drawn, the hits that tell features. */
const DRAWN_HITS = `model_hits AS drawn WHERE drawn.family = {modelFamily:UInt8} AND drawn.build = {modelBuild:UInt64}`;
const NAMES = featuresAs((name) => name);
/** Values of rows that one statement gathers: some hundred megabytes on their way. */
const VALUES_AT_ONCE = 4_000_000;
/** By which a sample is drawn: another hash than the bucket's, so that each bucket gives its share. */
const LOT = "sipHash64('model sample', visitor)";
const ALL_LOTS = 2n ** 64n - 1n;

/** @returns the lot up to which a share of all visitors is drawn, in decimal. */
const lotOf = (share: number) => String(share >= 1 ? ALL_LOTS : BigInt(Math.floor(share * 2 ** 52)) << 12n);

/** Labelled visitors on their way into a model, in `model_labels`, and their hits, in `model_hits`. */
export class Labelled {
  readonly #clickhouse: ClickHouse;
  readonly #options: TrainOptions;
  readonly #params: Params;
  readonly #except: string | undefined;

  constructor(clickhouse: ClickHouse, options: TrainOptions) {
    this.#clickhouse = clickhouse;
    this.#options = options;
    this.#params = { ...options.except?.params, ...modelParams(options, VOCABULARY) };
    this.#except = options.except?.sql;
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
    await this.#command(
      `INSERT INTO model_labels (family, build, step, visitor, label, bucket)
       SELECT {modelFamily:UInt8} AS family, {modelBuild:UInt64} AS build, ${GIVEN} AS step, visitor,
              toUInt8(indexOf({modelClasses:Array(String)}, toString(given.label)) - 1) AS label, ${BUCKET} AS bucket
       FROM (${sql}) AS given WHERE has({modelClasses:Array(String)}, toString(given.label))`,
      { ...params, ...this.#params, modelClasses: classes },
    );
    const rows = await this.#clickhouse.query<{ label: number; n: string }>(
      `SELECT label, count() AS n FROM ${labelsAt(GIVEN)} AND ${MAY_TRAIN} GROUP BY label`,
      this.#params,
    );
    return classes.map((_, label) => Number(rows.find((row) => row.label === label)?.n ?? 0));
  }

  /**
   * Draws those that are read, by a hash: the same each time. Takes in what they did.
   *
   * @param share of them that is drawn. @param labels numbers of the classes that count.
   * @throws ClickHouseError
   */
  async draw(share: number, labels: readonly number[]): Promise<void> {
    await this.#command(
      `INSERT INTO model_labels (family, build, step, visitor, label, bucket)
       SELECT family, build, ${DRAWN} AS step, visitor, toUInt8(indexOf({counted:Array(UInt8)}, known.label) - 1) AS label, bucket
       FROM ${labelsAt(GIVEN)} AND ${MAY_TRAIN} AND ${LOT} <= {lot:UInt64} AND has({counted:Array(UInt8)}, known.label)`,
      { ...this.#params, lot: lotOf(share), counted: labels },
    );
    await this.#command(
      `INSERT INTO model_hits (family, build, ${COLUMNS})
       SELECT {modelFamily:UInt8} AS family, {modelBuild:UInt64} AS build, ${COLUMNS}
       FROM kept_hits WHERE ${tellingSql(this.#except)} AND ${ARE_DRAWN}`,
      this.#params,
    );
  }

  /**
   * Finds what was seen of enough of them, most common first, and writes it to `model_weights`.
   *
   * @returns how many values their rows will have together.
   * @throws ClickHouseError
   */
  async findVocabulary({ support, features }: Pick<Limits, 'support' | 'features'>): Promise<number> {
    await this.#command(
      `INSERT INTO model_weights (family, name, build, step, token, number, feature, support)
       SELECT {modelFamily:UInt8} AS family, {modelName:String} AS name, {modelBuild:UInt64} AS build,
              {modelStep:UInt8} AS step, ${asToken('feature')} AS token,
              row_number() OVER (ORDER BY support DESC, token) AS number, feature, support
       FROM (
         SELECT feature, toUInt32(count()) AS support FROM (
           SELECT visitor, arrayJoin(arrayConcat(${NAMES.newestSettings}, groupUniqArrayArray(features))) AS feature FROM (
             SELECT *, true AS telling, ${NAMES.hit} AS features FROM ${DRAWN_HITS})
           GROUP BY visitor)
         GROUP BY feature HAVING support >= {support:UInt32}
         ORDER BY support DESC, ${asToken('feature')} LIMIT {most:UInt32})`,
      { ...this.#params, support, most: features },
    );
    const [row] = await this.#clickhouse.query<{ n: string }>(
      `SELECT sum(support) AS n FROM ${WEIGHTS_OF_MODEL}`,
      this.#params,
    );
    return Number(row!.n);
  }

  /**
   * Reads those drawn as rows of what the vocabulary knows, in the order of the visitors, so that the same rows are
   * the same each time.
   *
   * @param share of all that is read. @param values that they have together, about.
   * @param isKnown of each feature by its number, whether it is not left out.
   * @throws ClickHouseError
   */
  async read(share: number, values: number, isKnown: readonly boolean[]): Promise<Rows> {
    const builder = new RowsBuilder();
    for (const slice of slicesOf(Math.ceil(values / VALUES_AT_ONCE))) {
      const stream = await this.#clickhouse.stream(
        ROWS,
        { ...this.#params, ...slice, lot: lotOf(share) },
        'JSONCompactEachRow',
      );
      for await (const line of createInterface({ input: stream }))
        addRow(builder, JSON.parse(line) as Line, isKnown);
    }
    return builder.done();
  }

  async #command(sql: string, params: Params): Promise<void> {
    const cost = await this.#clickhouse.command(sql, params, AS_A_WHOLE);
    this.#options.spend?.(cost);
  }

  /** @throws ClickHouseError */
  drop(): Promise<void> {
    return dropLabels(this.#clickhouse, this.#options.family, this.#options.build);
  }
}

const ROWS = `
  SELECT label, bucket, arrayMap(number -> toUInt32(number - 1), arraySort(found)),
         arrayMap(value -> toFloat32(value), arraySort((value, number) -> number, worth, found))
  FROM (
    SELECT seen.visitor AS visitor, known.label AS label, known.bucket AS bucket,
           arrayFilter(number -> number > 0, numbers) AS found,
           arrayFilter((value, number) -> number > 0, values, numbers) AS worth
    FROM (${seenSql(
      `${DRAWN_HITS} AND visitor BETWEEN {from:UInt64} AND {to:UInt64} AND ${LOT} <= {lot:UInt64}`,
      'true',
    )}) AS seen
    GLOBAL INNER JOIN (SELECT visitor, label, bucket FROM ${labelsAt(DRAWN)}) AS known ON known.visitor = seen.visitor)
  WHERE notEmpty(found) ORDER BY visitor`;

/** Label, bucket, and side by side numbers of features, from 0, and their values. */
type Line = readonly [number, number, readonly number[], readonly number[]];

function addRow(
  builder: RowsBuilder,
  [label, bucket, numbers, values]: Line,
  isKnown: readonly boolean[],
): void {
  const stays = (_: number, place: number) => isKnown[numbers[place]!];
  builder.add(label, bucket, numbers.filter(stays), values.filter(stays));
}
