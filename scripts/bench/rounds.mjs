import { cpuSeconds, median, round } from './machine.mjs';
import { load } from './wrk.mjs';

export const SERVER_CORE = 0;
export const LOAD_CORE = 1;
const WARM_UP_S = 5;

let runs = 0;

/** @returns {string} eight characters for the hit ids of a run that no other run has. */
export const ownPrefix = () => String(++runs).padStart(8, '0');

/**
 * One run of load on a server, with the CPU time that the server used for a request.
 *
 * @param {{url: string, pid: number}} server @param {string} file of requests.
 * @param {{restMs?: number}} [options]
 */
export async function one({ url, pid }, file, seconds, options = {}) {
  const before = cpuSeconds(pid);
  const result = await load({ url, seconds, core: LOAD_CORE, file, prefix: ownPrefix(), ...options });
  return { ...result, cpuUs: ((cpuSeconds(pid) - before) * 1e6) / result.requests };
}

/** Of several runs, the median of each figure, and all that failed. */
export const medians = (rounds) => ({
  perSecond: round(median(rounds.map((each) => each.perSecond))),
  p50: round(median(rounds.map((each) => each.p50)), 2),
  p99: round(median(rounds.map((each) => each.p99)), 2),
  cpuUs: round(median(rounds.map((each) => each.cpuUs)), 1),
  failed: rounds.reduce((sum, each) => sum + each.failed, 0),
});

/**
 * Loads servers in turn, so that what else the machine does falls on all of them.
 *
 * @param {Record<string, {url: string, pid: number}>} servers
 * @param {(text: string) => void} told hears of each round.
 * @param {{restMs?: number}} [options] as of `one`.
 * @returns medians, by the servers' names.
 */
export async function compare(servers, file, rounds, seconds, told, options) {
  const names = Object.keys(servers);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await one(servers[name], file, Math.min(WARM_UP_S, seconds), options);
  for (let at = 1; at <= rounds; at++) {
    for (const name of names) results[name].push(await one(servers[name], file, seconds, options));
    const each = names.map((name) => `${name} ${round(results[name].at(-1).perSecond)}/s`);
    told(`round ${at} of ${rounds}   ${each.join('   ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, medians(results[name])]));
}

/** Ninety's figures, and what they are of bare hono's in the same rounds. */
export const ratios = ({ hono, ninety }) => ({
  perSecond: ninety.perSecond,
  ratio: round(ninety.perSecond / hono.perSecond, 3),
  ratioByCpu: round(hono.cpuUs / ninety.cpuUs, 3),
  cpuUs: ninety.cpuUs,
  p50: ninety.p50,
  p99: ninety.p99,
});
