import type { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { exportLease } from '../delivery/pull.ts';
import { eraseVisitors } from '../privacy/erase.ts';
import type { Leases } from './lease.ts';
import type { RunResult } from './ledger.ts';

const WAIT_MS = 60_000;

/**
 * Lets go of what is past the retention: brings a changed setting to tables and views, drops the daily
 * partitions that the merges have left, deletes who is to be erased, and turns the last day of an exported id into its
 * removal, so that readers learn of it before its row is gone.
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
  const removed = await removeLastDay(clickhouse, leases, retentionDays);
  const partitions = await dropExpired(clickhouse, retentionDays);
  return {
    result: {
      retentionDays,
      exportsRemoved: removed,
      partitionsDropped: partitions,
      rowsErased: erased?.rows ?? 0,
    },
    rowsRead: 0,
    bytesRead: 0,
  };
}

async function removeLastDay(clickhouse: ClickHouse, leases: Leases, retentionDays: number): Promise<number> {
  const lastDay = { days: retentionDays - 1 };
  const ending = `
    SELECT segment, source, uid FROM kept_exports GROUP BY segment, source, uid
    HAVING argMax(kept_exports.op, kept_exports.seq) = 'add'
       AND argMax(kept_exports.observed, kept_exports.seq) <= today() - {days:UInt16}`;
  const sets = await clickhouse.query<{ segment: string; source: string }>(
    `SELECT DISTINCT segment, source FROM (${ending})`,
    lastDay,
  );
  let removed = 0;
  for (const { segment, source } of sets) {
    const lease = await leases.wait(exportLease(segment, source), WAIT_MS);
    try {
      const cost = await clickhouse.command(
        `INSERT INTO exports
         SELECT segment, source, uid, {seq:UInt64} AS seq, 'remove' AS op, today() AS observed
         FROM (${ending}) WHERE segment = {segment:String} AND source = {source:String}`,
        { ...lastDay, segment, source, seq: lease.slot },
      );
      removed += cost.rowsWritten;
    } finally {
      await lease.release();
    }
  }
  return removed;
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
