import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { dropPartitions, SPARED_S } from '../../clickhouse/partitions.ts';
import type { Combined } from './combine.ts';
import type { Family, ModelId } from './model.ts';
import { columnsOf } from './softmax.ts';

/** Steps of a model's rows in `model_weights`. */
export const VOCABULARY = 0;
export const TRAINED = 1;

export const FAMILIES: Readonly<Record<Family, number>> = { demographics: 1, lookalikes: 2 };

/** SQL of the rows of a model at a step, from the name of the table on, and its parameters. */
export const WEIGHTS_OF_MODEL = `model_weights WHERE family = {modelFamily:UInt8} AND name = {modelName:String}
  AND build = {modelBuild:UInt64} AND step = {modelStep:UInt8}`;

export const modelParams = ({ family, name, build }: ModelId, step: number): Params => ({
  modelFamily: FAMILIES[family],
  modelName: name,
  modelBuild: build,
  modelStep: step,
});

/** Rows of one insert: a request of some megabytes. */
const AT_ONCE = 20_000;

/** A feature that a model knows. */
export interface Feature {
  readonly token: string;
  /** By its name, such as `page:shop/cars`. */
  readonly feature: string;
  /** Labelled visitors of whom it is seen. */
  readonly support: number;
}

/** The features of a model by their number, less one. @throws ClickHouseError */
export async function readVocabulary(clickhouse: ClickHouse, id: ModelId): Promise<Feature[]> {
  return clickhouse.query<Feature>(
    `SELECT token, feature, support FROM ${WEIGHTS_OF_MODEL} ORDER BY number`,
    modelParams(id, VOCABULARY),
  );
}

/**
 * Writes down what a model weighs each feature with: by class, then what is divided by a visitor's length by class.
 *
 * @param isKnown whether the model knows a feature of the vocabulary.
 * @throws ClickHouseError
 */
export async function writeWeights(
  clickhouse: ClickHouse,
  { family, name, build }: ModelId,
  vocabulary: readonly Feature[],
  isKnown: (feature: Feature) => boolean,
  { classes, weights }: Combined,
): Promise<void> {
  const columns = columnsOf(classes);
  const known = [...vocabulary.entries()].filter(([, one]) => isKnown(one));
  for (let from = 0; from < known.length; from += AT_ONCE) {
    const rows = known.slice(from, from + AT_ONCE).map(([i, { token, feature, support }]) => ({
      family: FAMILIES[family],
      name,
      build,
      step: TRAINED,
      token,
      number: i + 1,
      feature,
      support,
      weights: [weights.none, weights.length].flatMap((all) => [
        ...all.subarray(i * columns, (i + 1) * columns),
      ]),
    }));
    await clickhouse.insert('model_weights', rows, `weights/${family}/${name}/${build}/${from}`);
  }
}

/**
 * Drops what a family's runs left in a table that has one partition a run and family.
 *
 * @param current the build of this run, which holds the lease: nobody works on an earlier one.
 * @throws ClickHouseError
 */
async function dropRuns(
  clickhouse: ClickHouse,
  table: string,
  family: Family,
  which: (build: number) => boolean,
  olderThanS: number,
): Promise<void> {
  await clickhouse.onEachHost((host) =>
    dropPartitions(
      host,
      table,
      (build, ofFamily) => ofFamily === FAMILIES[family] && which(build),
      olderThanS,
    ),
  );
}

/**
 * Drops the weights of a family's earlier runs.
 *
 * @param current number of the lease of this run, which still holds it.
 * @throws ClickHouseError
 */
export const dropWeights = (clickhouse: ClickHouse, family: Family, current: number): Promise<void> =>
  dropRuns(clickhouse, 'model_weights', family, (build) => build < current, SPARED_S);

/** Drops whom and what a family's models learned from, of this run and of earlier ones. @throws ClickHouseError */
export async function dropLabels(clickhouse: ClickHouse, family: Family, current: number): Promise<void> {
  for (const table of ['model_hits', 'model_labels'])
    await dropRuns(clickhouse, table, family, (build) => build <= current, 0);
}
