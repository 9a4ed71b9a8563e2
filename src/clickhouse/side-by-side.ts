import type { ClickHouse } from './client.ts';

/** A part is sorted and written by one core while it is read and joined by several. */
const AT_ONCE = 2;

/**
 * How many threads each of several statements beside each other should have, where what they do is mostly grouping:
 * two threads of one statement meet the same keys, group them both, and have to put together what they found.
 *
 * @param parts as `sideBySide` takes them.
 * @returns the setting `max_threads`.
 */
export async function threadsEach(
  clickhouse: ClickHouse,
  parts: readonly unknown[],
  atOnce = AT_ONCE,
): Promise<number> {
  const [row] = await clickhouse.query<{ threads: string }>(
    "SELECT toString(getSetting('max_threads')) AS threads",
  );
  return Math.max(1, Math.floor(Number(row?.threads ?? 1) / Math.min(atOnce, parts.length)));
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
