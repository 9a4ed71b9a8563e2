import type { RunResult } from '../../jobs/ledger.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Courier } from './courier.ts';
import { type Delivered, deliver } from './deliver.ts';
import { orderOf } from './due.ts';
import { lastRuns } from './runs.ts';

/** Each has its own way out; what is planned for them shares one database. */
const AT_ONCE = 4;
const WAIT_MS = 300_000;

/** Some destinations could not be delivered to; the others were. */
export class DeliveriesError extends Error {
  readonly reason = 'not_delivered';

  /** @param failed why, by destination. */
  constructor(failed: ReadonlyMap<string, string>) {
    super([...failed].map(([id, why]) => `${id}: ${why}`).join('\n'));
    this.name = 'DeliveriesError';
  }
}

/**
 * Brings every active destination up to date now, whatever its schedule.
 *
 * @throws DeliveriesError after all of them were tried.
 */
export async function deliverAll(courier: Courier, registry: Registry): Promise<RunResult> {
  const last = await lastRuns(courier.clickhouse);
  const queue = registry.list('destination').filter(({ active }) => active);
  const delivered: Delivered[] = [];
  const failed = new Map<string, string>();
  const work = async () => {
    for (let destination = queue.shift(); destination !== undefined; destination = queue.shift()) {
      const order = orderOf(destination, last.get(destination.id));
      try {
        delivered.push(await deliver(courier, destination, order, { waitMs: WAIT_MS }));
      } catch (error) {
        failed.set(destination.id, error instanceof Error ? error.message : 'unknown');
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed.size > 0) throw new DeliveriesError(failed);
  return { result: { destinations: delivered }, rowsRead: 0, bytesRead: 0 };
}
