import type { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { keepLastDay } from '../delivery/plan/last-day.ts';
import { exportLease } from '../delivery/pull.ts';
import { heal, logsToHeal } from '../delivery/upkeep/heal.ts';
import { endingLogs, removeLastDay } from '../delivery/upkeep/remove-last-day.ts';
import { eraseVisitors } from '../privacy/erase.ts';
import type { Leases } from './lease.ts';
import type { RunResult } from './ledger.ts';

const WAIT_MS = 60_000;

/**
 * Lets go of what is past the retention: brings a changed setting to tables and views, drops the daily
 * partitions that the merges have left, deletes who is to be erased, and turns the last day of an exported id into its
 * removal, so that readers and destinations learn of it before its row is gone. The logs of exported sets are compared with
 * all that is in the sets, which sets right what their upkeeps could not see.
 *
 * @param asked whether somebody asked for this run; else visitors are erased once a day.
 */
export async function expire(
  clickhouse: ClickHouse,
  leases: Leases,
  retentionDays: number,
  asked = true,
): Promise<RunResult> {
  await migrate(clickhouse, retentionDays);
  const erased = await eraseVisitors(clickhouse, leases, retentionDays, asked);
  const healed = await onLogs(leases, await logsToHeal(clickhouse), async (log, seq) => {
    await heal(clickhouse, log, seq);
    return 1;
  });
  const removed = await onLogs(leases, await endingLogs(clickhouse, retentionDays), (log, seq) =>
    removeLastDay(clickhouse, log, seq, retentionDays),
  );
  await keepLastDay(clickhouse, retentionDays);
  const partitions = await dropExpired(clickhouse, retentionDays);
  return {
    result: {
      retentionDays,
      exportsCompared: healed,
      exportsRemoved: removed,
      partitionsDropped: partitions,
      rowsErased: erased?.rows ?? 0,
    },
    rowsRead: 0,
    bytesRead: 0,
  };
}

/** Does something with the logs of exported sets, each under its lease. @returns the sum of what it came to. */
async function onLogs(
  leases: Leases,
  logs: readonly { readonly segment: string; readonly name: string }[],
  work: (log: { readonly segment: string; readonly name: string }, seq: number) => Promise<number>,
): Promise<number> {
  let sum = 0;
  for (const log of logs) {
    const lease = await leases.wait(exportLease(log.segment, log.name), WAIT_MS);
    try {
      sum += await work(log, lease.slot);
    } finally {
      await lease.release();
    }
  }
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
