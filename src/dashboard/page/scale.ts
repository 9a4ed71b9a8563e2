/** So that two hits in an hour do not look like a flood. */
const LEAST = 4;

/**
 * Where the axis of a chart ends: the least of 1, 2, 4, 6 or 8 times a power of ten that is not below the
 * highest value, so that its half is a round number too.
 *
 * @param highest a count.
 */
export function axisEnd(highest: number): number {
  const wanted = Math.max(LEAST, highest);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 4, 6, 8].find((step) => step * power >= wanted) ?? 10) * power;
}
