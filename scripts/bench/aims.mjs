/**
 * @typedef {{what: string, aim: string, value: number | null, met: boolean | null}} Aim
 *   `met`: null = left open on purpose, which fails nothing. A value that should be there and is not is null too,
 *   and not met.
 */

const judged = (what, aim, value, holds) => {
  const measured = typeof value === 'number' && !Number.isNaN(value);
  return { what, aim, value: measured ? value : null, met: measured && holds(value) };
};

/** @param {string} what names the value, so that `what: value` reads well. @returns {Aim} */
export const atLeast = (bound, value, what) => judged(what, `≥ ${bound}`, value, (found) => found >= bound);

/** @returns {Aim} */
export const atMost = (bound, value, what) => judged(what, `≤ ${bound}`, value, (found) => found <= bound);

/** @returns {Aim} */
export const exactly = (wanted, value, what) =>
  judged(what, `= ${wanted}`, value, (found) => found === wanted);

/** The same aim, not judged. @param {Aim} aim @returns {Aim} */
export const leftOpen = (aim) => ({ ...aim, met: null });

/**
 * Says what a run has missed, a sentence each on standard error, and lets the program end with code 1 for it.
 *
 * @param {Record<string, Aim>} aims
 * @returns {Record<string, Omit<Aim, 'what'>>} as the JSON line of the run shows them.
 */
export function conclude(aims) {
  for (const { what, aim, value, met } of Object.values(aims)) {
    if (met === true) continue;
    const found = value ?? 'not measured';
    process.stderr.write(
      met === null
        ? `Not judged in a run like this: ${what}: ${found}, aim ${aim}.\n`
        : `Aim not met: ${what}: ${found}, aim ${aim}.\n`,
    );
    if (met === false) process.exitCode = 1;
  }
  return Object.fromEntries(
    Object.entries(aims).map(([name, { aim, value, met }]) => [name, { aim, value, met }]),
  );
}
