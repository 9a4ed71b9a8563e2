import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, leftOpen } from './aims.mjs';
import { median, residentMb, round } from './machine.mjs';

/** Of a shorter look nobody can tell a leak from a heap that is still finding its size. */
const LEAST_S = 120;
const FIFTHS = 5;
/** What the last fifth of a look may have, of what the second had: the first is the heap's growing up. */
const GROWTH = 1.2;

/**
 * Looks at a process's resident memory each second until so many are over.
 *
 * @param {number} pid @param {number} seconds
 * @param {(mb: number, at: number) => void | Promise<void>} [seen] called with each look, and the seconds since the first.
 * @returns {Promise<number[]>} megabytes.
 */
export async function watchMemory(pid, seconds, seen = () => undefined) {
  const looks = [];
  const began = performance.now();
  for (let at = 1; ; at++) {
    const due = Math.min(at, seconds) * 1000 - (performance.now() - began);
    await sleep(Math.max(0, due));
    looks.push(residentMb(pid));
    await seen(looks.at(-1), Math.min(at, seconds));
    if (at >= seconds) return looks;
  }
}

/** @param {number[]} looks @returns {number[]} the median of each fifth of them, in their order. */
export const fifths = (looks) =>
  Array.from({ length: FIFTHS }, (_, fifth) => {
    const part = looks.slice((fifth * looks.length) / FIFTHS, ((fifth + 1) * looks.length) / FIFTHS);
    return median(part);
  });

/** Of memory watched, in megabytes: lowest, highest, and the medians of five fifths where there are as many looks. */
export const memoryShown = (looks) => ({
  looks: looks.length,
  lowest: Math.min(...looks),
  highest: Math.max(...looks),
  ...(looks.length < FIFTHS ? {} : { fifths: fifths(looks) }),
});

/**
 * The aim of memory that stays flat.
 *
 * @param {number[]} looks as {@link watchMemory} gives them, one a second.
 * @param {string} whose and when, such as "the collector under load".
 * @returns {import('./aims.mjs').Aim}
 */
export function flatMemory(looks, whose) {
  const parts = fifths(looks);
  const aim = atMost(
    GROWTH,
    round(parts[4] / parts[1], 3),
    `memory of ${whose}, median of the last fifth of the time over that of the second`,
  );
  return looks.length < LEAST_S ? leftOpen(aim) : aim;
}
