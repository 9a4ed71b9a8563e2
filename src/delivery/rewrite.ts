/**
 * An add in a log is written anew when its day has moved on so far, not with each day: of millions of ids that are seen
 * daily there would be as many rows a day.
 */
export const REWRITE_DAYS = 7;

/**
 * Whether an add's row is to be written anew: its day has moved on far enough, or the row nears its end.
 *
 * @param newest expression: the day that it would have now.
 * @param written expression: the day that it has.
 * @returns a condition; `days`, of the retention, is among its parameters.
 */
export const rewriteSql = (newest: string, written: string): string =>
  `(${newest} > ${written} AND (${newest} >= ${written} + ${REWRITE_DAYS}
     OR ${written} <= today() - ({days:UInt16} - ${REWRITE_DAYS} - 1)))`;
