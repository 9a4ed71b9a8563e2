import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouse } from './client.ts';

/** A part is sorted and written by one core while it is read and joined by several. */
const AT_ONCE = 2;

/** Of servers from 26.5 on. */
const UNION = 'max_streams_for_union_step';

/**
 * What each of several statements beside each other should have, where what they do is mostly grouping: two threads of
 * one statement meet the same keys, group them both, and have to put together what they found. And where one thread
 * takes turns with the branches of a UNION, the groups of each are out of the processor's cache when it comes back to
 * them, so it does one after another: an eighth of its time.
 *
 * @param parts as `sideBySide` takes them.
 */
export async function settingsEach(
  clickhouse: ClickHouse,
  parts: readonly unknown[],
  atOnce = AT_ONCE,
): Promise<ClickHouseSettings> {
  const [row] = await clickhouse.query<{ threads: string; known: string[] }>(
    `SELECT toString(getSetting('max_threads')) AS threads,
       (SELECT groupArray(name) FROM system.settings WHERE name = {union:String}) AS known`,
    { union: UNION },
  );
  const { threads = '1', known = [] } = row ?? {};
  const each = Math.max(1, Math.floor(Number(threads) / Math.min(atOnce, parts.length)));
  return { max_threads: each, ...(each === 1 && Object.fromEntries(known.map((name) => [name, '1']))) };
}

/**
 * Does something with each part of a long work, two at a time.
 *
 * @param atOnce where there may not be room for two.
 * @throws what the first that fails throws, when none is under way any more; no further one is begun then.
 */
export async function sideBySide<Part>(
  parts: readonly Part[],
  work: (part: Part) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> {
  const rest = [...parts];
  const worker = async () => {
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      await work(part).catch((error: unknown) => {
        rest.length = 0;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
