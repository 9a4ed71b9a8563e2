import type { ClickHouse } from '../../clickhouse/client.ts';
import { TELLING, TOKENS } from './features.ts';
import { MAY_PROFILE_IN_SLICE } from './may-profile.ts';
import type { Query, Slice, Trained } from './model.ts';
import { columnsOf } from './softmax.ts';
import { modelParams, TRAINED, WEIGHTS_OF_MODEL } from './weights.ts';

/** The hits of each visitor of a slice. Of a hit one number holds how many features it has, its weekday and its hour. */
const GATHERED = `
  SELECT visitor, max(time) AS last, ${TOKENS.newestSettings} AS settings, groupArrayIf(hit, telling) AS ids,
         groupArrayIf(toUInt32(length(content) * 256 + weekday * 24 + hour), telling) AS marks,
         groupArrayArrayIf(content, telling) AS tokens
  FROM (
    SELECT visitor, time, hit, event, hour, weekday, device, os, browser, country, language,
           ${TELLING} AS telling, ${TOKENS.content} AS content
    FROM kept_hits WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64} AND ${MAY_PROFILE_IN_SLICE})
  GROUP BY visitor`;

/**
 * The same with every hit once: of those with one id the first stays. Looked for in the arrays of a visitor, where
 * there hardly ever are two, because to group by hit before would cost as much as all the rest.
 */
const ONCE = `
  SELECT visitor, last, settings, arrayEnumerateUniq(ids) AS ranks, arrayMax(ranks) > 1 AS repeats,
         if(repeats, arrayFilter((mark, rank) -> rank = 1, marks, ranks), marks) AS once,
         if(repeats, arrayFilter((token, rank) -> rank = 1, tokens, arrayFlatten(
           arrayMap((rank, mark) -> arrayWithConstant(intDiv(mark, 256), rank), ranks, marks))), tokens) AS content,
         length(once) AS hits, arrayMap(mark -> mark % 256 % 24, once) AS allHours, arrayDistinct(allHours) AS hours,
         arrayMap(mark -> intDiv(mark % 256, 24), once) AS allWeekdays, arrayDistinct(allWeekdays) AS weekdays
  FROM (${GATHERED})`;

const sharesOf = (all: string, values: string) =>
  `arrayMap(one -> countEqual(${all}, one) / hits, ${values})`;

/**
 * Features and their values, as `featureValue` has them. A value of content grows with each time that it is seen by as much
 * as 1 + ln n does, so that nothing need be counted first; its square likewise.
 */
const VALUES = `
  SELECT visitor, last, arrayEnumerateUniq(content) AS nth,
         arrayMap(n -> if(n = 1, 1, log(n / (n - 1))), nth) AS grown,
         ${sharesOf('allHours', 'hours')} AS ofHours, ${sharesOf('allWeekdays', 'weekdays')} AS ofWeekdays,
         if(hits = 0, [], arrayMap(one -> 1., settings)) AS ofSettings,
         arrayConcat(content, ${TOKENS.hours}, ${TOKENS.weekdays}, if(hits = 0, [], settings)) AS tokens,
         arrayConcat(grown, arrayMap(share -> sqrt(share), ofHours), arrayMap(share -> sqrt(share), ofWeekdays), ofSettings) AS values,
         arrayConcat(arrayMap((n, by) -> if(n = 1, 1, by * (2 + log(n) + log(n - 1))), nth, grown), ofHours, ofWeekdays, ofSettings) AS squares
  FROM (${ONCE})`;

/** By visitor, what the features that the model knows weigh together, and the squared length of their values. */
const WEIGHED = `
  SELECT seen.visitor AS visitor, any(seen.last) AS last,
         sumForEach(arrayMap(weight -> weight * seen.value, known.weights)) AS weighed,
         sumIf(seen.square, notEmpty(known.weights)) AS square
  FROM (
    SELECT visitor, last, token, value, square FROM (${VALUES})
    LEFT ARRAY JOIN tokens AS token, values AS value, squares AS square
  ) AS seen
  GLOBAL LEFT JOIN (SELECT token, weights FROM ${WEIGHTS_OF_MODEL}) AS known ON known.token = seen.token
  GROUP BY visitor`;

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
  const all = `arrayResize(weighed, ${2 * columns})`;
  const sums = `arrayMap((plain, long) -> plain + if(square > 0, long / sqrt(square), 0),
    arraySlice(${all}, 1, ${columns}), arraySlice(${all}, ${columns + 1}))`;
  return {
    sql: `SELECT visitor, arrayMap(one -> one / total, odds) AS probabilities, last FROM (
            SELECT visitor, last, arrayMap(logit -> exp(logit - most), logits) AS odds, arraySum(odds) AS total FROM (
              SELECT visitor, last, arrayMax(logits) AS most,
                     arrayMap((intercept, sum) -> intercept + sum, {intercepts:Array(Float64)},
                       ${columns === 1 ? `arrayPushFront(${sums}, 0.)` : sums}) AS logits
              FROM (${WEIGHED})))`,
    params: { ...modelParams(id, TRAINED), ...slice, intercepts: scoring.intercepts },
  };
}

/** Visitors and hits of a slice at most, about: what is gathered of them is some gigabyte. */
const SLICE = { visitors: 250_000, hits: 5_000_000 };
const VISITORS = 2n ** 64n;

/**
 * Does something with every slice of the universe's visitors, one after another, on a cluster as many at once as there
 * are hosts, each on another: where the shards' answers meet is work too.
 *
 * @throws ClickHouseError
 */
export async function eachSlice(
  clickhouse: ClickHouse,
  work: (host: ClickHouse, slice: Slice) => Promise<void>,
): Promise<void> {
  const rest = await slices(clickhouse);
  const hosts = clickhouse.hosts();
  try {
    const ends = await Promise.allSettled(
      hosts.map(async (host) => {
        for (let slice = rest.shift(); slice !== undefined; slice = rest.shift()) {
          await work(host, slice).catch((error: unknown) => {
            rest.length = 0;
            throw error;
          });
        }
      }),
    );
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
  }
}

async function slices(clickhouse: ClickHouse): Promise<Slice[]> {
  const [row] = await clickhouse.query<{ visitors: string; hits: string }>(
    'SELECT uniq(visitor) AS visitors, count() AS hits FROM kept_hits',
  );
  const count = BigInt(
    Math.max(1, Math.ceil(Number(row!.visitors) / SLICE.visitors), Math.ceil(Number(row!.hits) / SLICE.hits)),
  );
  return Array.from({ length: Number(count) }, (_, n) => ({
    from: String((VISITORS * BigInt(n)) / count),
    to: String((VISITORS * BigInt(n + 1)) / count - 1n),
  }));
}
