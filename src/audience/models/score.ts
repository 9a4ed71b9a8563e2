import { tellingSql } from './features.ts';
import { MAY_PROFILE_IN_SLICE } from './may-profile.ts';
import type { Query, Trained } from './model.ts';
import { seenSql } from './seen.ts';
import type { Slice } from './slices.ts';
import { columnsOf } from './softmax.ts';
import { modelParams, TRAINED, WEIGHTS_OF_MODEL } from './weights.ts';

/**
 * The scores of a slice of visitors, out of the weight table.
 *
 * @returns a SELECT of `visitor` UInt64, `probabilities` Array(Float64) in the order of the classes and `last`
 *   DateTime64(3), the newest hit: one row for each visitor of the universe who may be profiled, also where the model
 *   knows nothing of him.
 * @throws RangeError where the model was not published.
 */
export function scoresOf({ id, classes, scoring }: Trained, slice: Slice): Query {
  if (scoring === null) throw new RangeError(`there is no model of ${id.family} ${id.name} to score by`);
  const columns = columnsOf(classes.length);
  const weights = weightsSql(columns);
  const sum = (column: number) =>
    `arraySum((number, value) -> value * transform(number, ${weights}.1, ${weights}.${column + 2}, 0.), numbers, values)`;
  const logits = Array.from(
    { length: columns },
    (_, c) => `${sum(c)} + if(square > 0, ${sum(columns + c)} / sqrt(square), 0)`,
  );
  const hits = `kept_hits WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64} AND ${MAY_PROFILE_IN_SLICE}`;
  return {
    sql: `SELECT visitor, arrayMap(one -> one / total, odds) AS probabilities, last FROM (
            SELECT visitor, last, arrayMap(logit -> exp(logit - most), logits) AS odds, arraySum(odds) AS total FROM (
              SELECT visitor, last, arraySum((number, value) -> if(number > 0, value * value, 0), numbers, values) AS square,
                     arrayMap((intercept, sum) -> intercept + sum, {intercepts:Array(Float64)},
                       [${(columns === 1 ? ['0.', ...logits] : logits).join(', ')}]) AS logits,
                     arrayMax(logits) AS most
              FROM (${seenSql(hits, tellingSql(scoring.except?.sql))})))`,
    params: {
      ...scoring.except?.params,
      ...modelParams(id, TRAINED),
      ...slice,
      intercepts: scoring.intercepts,
    },
  };
}

/** As a constant of the statement: numbers of features, and side by side the weights of each column. */
const weightsSql = (columns: number) =>
  `(SELECT (groupArray(number), ${Array.from(
    { length: 2 * columns },
    (_, c) => `groupArray(weights[${c + 1}])`,
  ).join(', ')}) FROM (SELECT number, weights FROM ${WEIGHTS_OF_MODEL} ORDER BY number))`;
