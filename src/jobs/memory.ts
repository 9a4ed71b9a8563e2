import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../clickhouse/client.ts';

const LOOK_MS = 500;
/** Nothing is worth waiting for in a look that the engine is too busy for. */
const LOOK_S = 5;

/**
 * Looks, until it is told to stop, at the memory that statements of this database say they had at most: of the host
 * that answers, and of all that run meanwhile, because a statement does not tell what it is for.
 *
 * @returns ends it; the bytes of the largest that was seen, 0 where none was.
 */
export function watchMemory(clickhouse: ClickHouse): () => Promise<number> {
  const over = new AbortController();
  let peak = 0;
  const looking = (async () => {
    while (!over.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: over.signal, ref: false }).catch(() => undefined);
      if (over.signal.aborted) return;
      const [row] = await look(clickhouse);
      peak = Math.max(peak, Number(row?.peak ?? 0));
    }
  })();
  return async () => {
    over.abort();
    await looking;
    return peak;
  };
}

const look = (clickhouse: ClickHouse): Promise<{ peak: string }[]> =>
  clickhouse
    .query<{ peak: string }>(
      `SELECT max(processes.peak_memory_usage) AS peak FROM system.processes AS processes
       WHERE current_database = currentDatabase() AND query_id != queryID()`,
      {},
      { max_execution_time: LOOK_S },
    )
    // A figure that is missing is no reason for a job to fail.
    .catch(() => []);
