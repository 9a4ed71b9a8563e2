import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouseError } from '../clickhouse/errors.ts';

/** Together some ten seconds: a restart of the engine, while a sender of a large upload waits. */
const ATTEMPTS = 5;
const WAIT_MS = 1_000;

/**
 * Does what may be done twice, again where ClickHouse does not answer or has no room at the moment.
 *
 * @throws what the last attempt threw; at once where the same again would be refused again.
 */
export async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof ClickHouseError && error.fault === 'unavailable';
      if (!passing || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS * attempt);
    }
  }
}
