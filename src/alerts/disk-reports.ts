import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Config } from '../config.ts';
import { Usage } from '../journal/usage.ts';
import { type Disk, diskOf } from '../report/disk.ts';

/** How the disk of a server's data folder stands, as the server said. */
export interface DiskReport {
  /** Host and data folder, by which a server is the same after a restart. */
  readonly server: string;
  readonly disk: Disk;
  /** Bytes that lie in the journal, and that may; a quota of 0 = it takes no hits. */
  readonly journal: { readonly bytes: number; readonly quota: number };
  /** Seconds since it said so, by ClickHouse's clock. */
  readonly ageS: number;
}

/** @param withinS seconds; who has been silent for longer is left out. @throws ClickHouseError */
export async function reportedDisks(clickhouse: ClickHouse, withinS: number): Promise<DiskReport[]> {
  const rows = await clickhouse.query<{
    server: string;
    free: string;
    total: string;
    bytes: string;
    quota: string;
    age: string;
  }>(
    `SELECT server, argMax(disk_reports.free, disk_reports.time) AS free, argMax(disk_reports.total, disk_reports.time) AS total,
            argMax(disk_reports.journal_bytes, disk_reports.time) AS bytes,
            argMax(disk_reports.journal_quota, disk_reports.time) AS quota,
            dateDiff('second', max(disk_reports.time), now64(3)) AS age
     FROM disk_reports GROUP BY server HAVING age < {withinS:UInt32} ORDER BY server`,
    { withinS },
  );
  return rows.map(({ server, free, total, bytes, quota, age }) => ({
    server,
    disk: { free: Number(free), total: Number(total) },
    journal: { bytes: Number(bytes), quota: Number(quota) },
    ageS: Number(age),
  }));
}

const EVERY_MS = 60_000;

/**
 * Lets this server say each minute how its disk stands, so that whoever looks for alerts knows: also of one that only
 * collects, whose disk the journal is on.
 *
 * @param onError told when it could not be said; the next minute tries again.
 * @returns what ends it.
 */
export function reportDisk(
  clickhouse: ClickHouse,
  { data, journal, roles }: Pick<Config, 'data' | 'journal' | 'roles'>,
  onError: (error: Error) => void,
): () => void {
  const usage = new Usage(join(data, 'journal'));
  const report = async () => {
    const { free, total } = await diskOf(data);
    await usage.scan();
    const row = { server: `${hostname()}:${data}`, free, total, journal_bytes: usage.bytes };
    const quota = roles.has('collect') ? journal.quotaBytes : 0;
    await clickhouse.insert('disk_reports', [{ ...row, journal_quota: quota }]);
  };
  let last = Promise.resolve();
  // One that takes long is not asked twice.
  const next = () => {
    last = last.then(report).catch(onError);
  };
  next();
  const timer = setInterval(next, EVERY_MS).unref();
  return () => clearInterval(timer);
}
