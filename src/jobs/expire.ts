import type { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { forgetOvertaken, keepLastDay } from '../delivery/plan/last-day.ts';
import { exportLease } from '../delivery/pull.ts';
import { forgetRemoved } from '../delivery/upkeep/forget-removed.ts';
import { heal, logsToHeal } from '../delivery/upkeep/heal.ts';
import { endingLogs, removeLastDay } from '../delivery/upkeep/remove-last-day.ts';
import { eraseVisitors } from '../privacy/erase.ts';
import type { Leases } from './lease.ts';
import type { RunResult } from './ledger.ts';

const WAIT_MS = 60_000;

/** What the job does, in this order, each whatever became of the others. */
const STEPS = {
  migrate: 'bringing the retention to tables and views',
  erase: 'deleting who is to be erased',
  compare: 'comparing the logs of exported sets',
  remove: 'taking back ids on their last days',
  forget: 'letting go of removals that all readers know',
  lastDay: 'keeping in mind what destinations have',
  overtaken: 'letting go of what destinations were told before',
  drop: 'dropping days past the retention',
} as const;
type Step = keyof typeof STEPS;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Steps of the job failed; what the others do is done, and the next run does the rest. */
export class ExpireError extends AggregateError {
  readonly reason = 'step_failed';
  readonly steps: readonly Step[];

  constructor(failed: ReadonlyMap<Step, unknown>) {
    const messages = [...failed].map(([step, error]) => `${STEPS[step]}: ${textOf(error)}`);
    super([...failed.values()], `Failed at ${messages.join('; ')}`);
    this.name = 'ExpireError';
    this.steps = [...failed.keys()];
  }
}

/**
 * Lets go of what is past the retention: brings a changed setting to tables and views, drops the daily
 * partitions that the merges have left, deletes who is to be erased, and turns the last days of an exported id into its
 * removal, so that readers and destinations learn of it before its row is gone. The logs of exported sets are compared with
 * all that is in the sets, which sets right what their upkeeps could not see.
 *
 * @param asked whether somebody asked for this run; else visitors are erased once a day.
 * @throws ExpireError at the end, of all that failed: one step must not keep another from what is due on a day.
 */
export async function expire(
  clickhouse: ClickHouse,
  leases: Leases,
  retentionDays: number,
  asked = true,
): Promise<RunResult> {
  const failed = new Map<Step, unknown>();
  const step = async <T>(name: Step, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      failed.set(name, error);
      return undefined;
    }
  };
  await step('migrate', () => migrate(clickhouse, retentionDays));
  const erased = await step('erase', () => eraseVisitors(clickhouse, leases, retentionDays, asked));
  const healed = await step('compare', async () =>
    onLogs(leases, await logsToHeal(clickhouse), async (log, seq) => {
      await heal(clickhouse, log, seq);
      return 1;
    }),
  );
  const removed = await step('remove', async () =>
    onLogs(leases, await endingLogs(clickhouse, retentionDays), (log, seq) =>
      removeLastDay(clickhouse, log, seq, retentionDays),
    ),
  );
  await step('forget', () => forgetRemoved(clickhouse, retentionDays));
  await step('lastDay', () => keepLastDay(clickhouse, retentionDays));
  await step('overtaken', () => forgetOvertaken(clickhouse, retentionDays));
  const partitions = await step('drop', () => dropExpired(clickhouse, retentionDays));
  if (failed.size > 0) throw new ExpireError(failed);
  return {
    result: {
      retentionDays,
      exportsCompared: healed ?? 0,
      exportsRemoved: removed ?? 0,
      partitionsDropped: partitions ?? 0,
      rowsErased: erased?.rows ?? 0,
    },
    rowsRead: 0,
    bytesRead: 0,
  };
}

/**
 * Does something with the logs of exported sets, each under its lease, whatever became of the others.
 *
 * @returns the sum of what it came to.
 * @throws AggregateError of all that failed, when each has had its turn.
 */
async function onLogs(
  leases: Leases,
  logs: readonly { readonly segment: string; readonly name: string }[],
  work: (log: { readonly segment: string; readonly name: string }, seq: number) => Promise<number>,
): Promise<number> {
  let sum = 0;
  const errors: unknown[] = [];
  for (const log of logs) {
    try {
      const lease = await leases.wait(exportLease(log.segment, log.name), WAIT_MS);
      try {
        sum += await work(log, lease.slot);
      } finally {
        await lease.release();
      }
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, [...new Set(errors.map(textOf))].join(', '));
  return sum;
}

/** Of tables partitioned by day, whole days go at once; elsewhere TTL merges and the views see to it. */
async function dropExpired(clickhouse: ClickHouse, retentionDays: number): Promise<number> {
  let dropped = 0;
  await clickhouse.onEachHost(async (host) => {
    const parts = await host.query<{ table: string; partition: string }>(
      `SELECT DISTINCT parts.table AS table, parts.partition AS partition
         FROM system.parts AS parts
         INNER JOIN system.tables AS tables ON tables.database = parts.database AND tables.name = parts.table
         WHERE parts.database = currentDatabase() AND parts.active AND tables.partition_key = 'toDate(time)'
           AND toDateOrNull(parts.partition) <= today() - {days:UInt16}`,
      { days: retentionDays },
    );
    for (const { table, partition } of parts) {
      await host.command(`ALTER TABLE {table:Identifier} DROP PARTITION {partition:String}`, {
        table,
        partition,
      });
      dropped += 1;
    }
  });
  return dropped;
}
