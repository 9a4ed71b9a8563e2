/**
 * A source of numbers that come out the same at every run (mulberry32, Tommy Ettinger 2017, public domain).
 *
 * @param {number} seed any whole number of 32 bits.
 */
export function randomFrom(seed) {
  let state = seed | 0;
  /** @returns {number} from 0 to under 1. */
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  /** @returns {number} a whole number from 0 to under `limit`. */
  const below = (limit) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (list) => list[below(list.length)],
    /** @param {Record<string, number>} weights by name. @returns {string} a name, as often as it weighs. */
    weighted: (weights) => {
      const entries = Object.entries(weights);
      let rest = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) {
        rest -= weight;
        if (rest < 0) return name;
      }
      return entries[0][0];
    },
    /** @returns {number} of the exponential distribution: the time to the next of things that come by chance. */
    waiting: (mean) => -Math.log(1 - next()) * mean,
    /** @returns {string} `length` characters of `alphabet`. */
    text: (length, alphabet) => Array.from({ length }, () => alphabet[below(alphabet.length)]).join(''),
  };
}
