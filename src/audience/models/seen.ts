import { asToken, featuresAs } from './features.ts';
import { WEIGHTS_OF_MODEL } from './weights.ts';

/** What a model knows, as a constant of the statement: tokens, and side by side the numbers of their features. */
const KNOWN = `(SELECT (groupArray(token), groupArray(number)) FROM (
  SELECT token, number FROM ${WEIGHTS_OF_MODEL} ORDER BY token))`;

/**
 * A feature by its number, 0 where the model does not know it. Looked up where the hit is read, each value of a column
 * of few once, and not joined: of a visitor there are a hundred, so that a join has as many rows.
 */
const NUMBERS = featuresAs((name) => `transform(${asToken(name)}, ${KNOWN}.1, ${KNOWN}.2, toUInt32(0))`);

const onlyKnown = (numbers: string) => `arrayFilter(number -> number > 0, ${numbers})`;

/**
 * What is seen of visitors: of each the numbers of features that a model knows and their values.
 *
 * - content, what was looked at n times: 1 + ln n, because the tenth visit says less than the first.
 * - hours and weekdays: the root of their share of the visitor's hits, so that of a long row as of a short one they
 *   have length 1 together.
 * - settings, as of the newest hit: 1.
 *
 * @param hits SQL of which hits, and with them which visitors: the name of what they lie in, and its `WHERE`.
 * @param telling SQL of which of them are looked at: of the others only the visitor is seen.
 * @returns a SELECT of `visitor`, `last` (the newest hit), and side by side `numbers`, each once but for 0, which is no
 *   feature, and `values`. One row a visitor, also of whom there is nothing. It binds which model, as `modelParams`
 *   gives it.
 */
export const seenSql = (hits: string, telling: string): string => `
  SELECT visitor, last, arrayEnumerateUniq(content) AS nth,
         arrayReverse(arrayEnumerateUniq(arrayReverse(content))) AS nthFromEnd,
         arrayFilter((number, fromEnd) -> fromEnd = 1, content, nthFromEnd) AS different,
         arrayMap(times -> 1 + log(times), arrayFilter((n, fromEnd) -> fromEnd = 1, nth, nthFromEnd)) AS often,
         arrayConcat(different, ${NUMBERS.hours}, ${NUMBERS.weekdays}, if(hits = 0, [], settings)) AS numbers,
         arrayConcat(often, ${sharesOf('allHours', 'hours')}, ${sharesOf('allWeekdays', 'weekdays')},
           if(hits = 0, [], arrayMap(one -> 1., settings))) AS values
  FROM (${once(hits, telling)})`;

function sharesOf(all: string, values: string): string {
  return `arrayMap(one -> sqrt(countEqual(${all}, one) / hits), ${values})`;
}

/**
 * Every hit once: of those with one id the first stays. Looked for in the arrays of a visitor, where there hardly ever
 * are two, because to group by hit before would cost as much as all the rest.
 */
const once = (hits: string, telling: string) => `
  SELECT visitor, last, ${NUMBERS.settings} AS settings, arrayEnumerateUniq(ids) AS ranks, arrayMax(ranks) > 1 AS repeats,
         if(repeats, arrayFilter((mark, rank) -> rank = 1, marks, ranks), marks) AS once,
         if(repeats, arrayFilter((number, rank) -> rank = 1, contents, arrayFlatten(
           arrayMap((rank, mark) -> arrayWithConstant(intDiv(mark, 256), rank), ranks, marks))), contents) AS content,
         length(once) AS hits, arrayMap(mark -> mark % 256 % 24, once) AS allHours, arrayDistinct(allHours) AS hours,
         arrayMap(mark -> intDiv(mark % 256, 24), once) AS allWeekdays, arrayDistinct(allWeekdays) AS weekdays
  FROM (${gathered(hits, telling)})`;

/** The hits of each visitor. One number of each holds how many features it has, its weekday and its hour. */
const gathered = (hits: string, telling: string) => `
  SELECT visitor, max(time) AS last, ${NUMBERS.newestPacked} AS packed, groupArrayIf(hit, telling) AS ids,
         groupArrayIf(toUInt32(length(content) * 256 + weekday * 24 + hour), telling) AS marks,
         groupArrayArrayIf(content, telling) AS contents
  FROM (
    SELECT visitor, time, hit, hour, weekday, device, os, browser, country, language,
           ${telling} AS telling, ${onlyKnown(NUMBERS.content)} AS content
    FROM ${hits})
  GROUP BY visitor`;
