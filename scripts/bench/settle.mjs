import { setTimeout as sleep } from 'node:timers/promises';

/** Files of 8 MiB are inserted in a second or a few; an engine that had the load's leavings has taken minutes. */
const STUCK_MS = 120_000;
/** However slowly it goes on. */
const LONGEST_MS = 1_200_000;
const LOOK_MS = 1_000;
const TELL_EVERY_MS = 10_000;

const MIB = 2 ** 20;

/**
 * How the journal is.
 *
 * @param {{api: (path: string) => Promise<any>}} ninety
 * @param {string} [stream] all of them where none is named.
 * @returns {Promise<{files: number, bytes: number, mb: number, oldest: string | null,
 *   setAside: {file: string, rows: number, reason: string}[]}>} what waits for ClickHouse, and what was set aside.
 */
export async function journalOf(ninety, stream) {
  const { waiting, setAside } = await ninety.api('/v1/journal');
  const isMeant = (each) => stream === undefined || each.stream === stream;
  const meant = waiting.filter(isMeant);
  const sum = (field) => meant.reduce((all, each) => all + each[field], 0);
  const bytes = sum('bytes');
  return {
    files: sum('files'),
    bytes,
    mb: Math.round((10 * bytes) / MIB) / 10,
    oldest: meant.flatMap(({ oldest }) => oldest ?? []).sort()[0] ?? null,
    setAside: setAside.filter(isMeant),
  };
}

/**
 * Waits, after a load has ended, until the journal's hits, or those of another stream, are shipped. It gives up
 * when what waits grows no less for two minutes, and after twenty in any case.
 *
 * @param {{api: Function, ask: Function}} ninety
 * @param {{stream?: string, told?: (text: string) => void, stuckMs?: number, longestMs?: number, lookMs?: number}} [options]
 *   `told` hears now and then how far it is.
 * @returns {Promise<string[]>} what is not shipped, a line for each file set aside, for all that wait, and for a
 *   last file that could not be closed; empty where everything is.
 */
export async function shipAll(
  ninety,
  {
    stream = 'hits',
    told = () => undefined,
    stuckMs = STUCK_MS,
    longestMs = LONGEST_MS,
    lookMs = LOOK_MS,
  } = {},
) {
  const began = performance.now();
  let end = began + stuckMs;
  let tell = began;
  let least = Number.POSITIVE_INFINITY;
  let state = await journalOf(ninety, stream);
  while (state.files > 0 && performance.now() < Math.min(end, began + longestMs)) {
    if (state.bytes < least) end = performance.now() + stuckMs;
    least = Math.min(least, state.bytes);
    if (performance.now() >= tell) {
      told(`${state.files} files of ${state.mb} MB wait for ClickHouse`);
      tell = performance.now() + TELL_EVERY_MS;
    }
    await sleep(lookMs);
    state = await journalOf(ninety, stream);
  }
  const left = state.setAside.map(({ file, rows, reason }) => `${file}: ${rows} rows set aside, ${reason}`);
  if (state.files > 0)
    return [...left, `${state.files} files of ${state.mb} MB wait, the oldest since ${state.oldest}`];
  // Closes the file that is being written and ships it. With files waiting the answer would come behind them.
  const { status, text } = await ninety.ask('/v1/jobs/segments/run?wait=1', {});
  return status === 200 ? left : [...left, `the last file is not shipped: ${status} ${text}`];
}

/**
 * Waits until what was acknowledged is in ClickHouse, as {@link shipAll} does, and counts it there; for a new
 * count it waits as long again at most.
 *
 * @param {number} acknowledged hits.
 * @returns {Promise<{inClickHouse: number, missing: string[]}>} `missing`: where the rest may be, a line each;
 *   empty where nothing is missing.
 */
export async function settle(ninety, acknowledged, options = {}) {
  const left = await shipAll(ninety, options);
  const { longestMs = LONGEST_MS, lookMs = LOOK_MS } = options;
  const asked = new Date().toISOString();
  const end = performance.now() + longestMs;
  // A count of many hits is dear, so the server remembers it: for minutes where it took seconds.
  let { hits, countedAt } = await ninety.api('/v1/overview');
  while (countedAt < asked && performance.now() < end) {
    await sleep(lookMs);
    ({ hits, countedAt } = await ninety.api('/v1/overview'));
  }
  if (hits === acknowledged) return { inClickHouse: hits, missing: [] };
  const difference =
    hits < acknowledged ? `${acknowledged - hits} of ${acknowledged}` : `${hits - acknowledged} too many`;
  const whereabouts = left.length > 0 ? left : ['nothing waits and nothing is set aside'];
  return { inClickHouse: hits, missing: [`${difference}, as counted at ${countedAt}`, ...whereabouts] };
}
