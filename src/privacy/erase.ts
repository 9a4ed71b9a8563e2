import type { ClickHouse } from '../clickhouse/client.ts';
import { storedTable } from '../clickhouse/schema.ts';
import type { Leases } from '../jobs/lease.ts';

/** Longest wait for another process's batch. */
const WAIT_MS = 60_000;
/** Visitors of one statement: their ids stand in it, and memory holds no more of them. */
const VISITORS_AT_ONCE = 10_000;
/** What says who is to be deleted, and what was. */
const RECORDS: ReadonlySet<string> = new Set(['erasures', 'erasure_steps']);
/** Of the columns by which a row's moment is known, the first that a table has. */
const TIMES = ['time', 'last', 'seen'];

/** What a batch did. */
export interface Erased {
  /** Rows, over all tables and hosts. */
  readonly rows: number;
}

/**
 * Deletes the rows of every visitor whose erasure is asked for, from each table that has visitors, in one
 * batch: a deletion rewrites a mask over each daily partition, 3 to 12 s for ninety of them, whether for one
 * visitor or for ten thousand. Then the parts are written anew, so that the rows are off the disk.
 *
 * Of an erasure that was asked for by an operator, what was observed up to then goes; of an opt-out
 * everything. Requests of earlier days are looked at again, because a collector that was cut off may have
 * brought a visitor's hits since.
 *
 * @param asked whether somebody asked for it; else there is at most one batch a day.
 * @returns undefined where there was nothing to do yet.
 * @throws ClickHouseError, LeaseBusyError; what is done then stays done, and the next batch does the rest.
 */
export async function eraseVisitors(
  clickhouse: ClickHouse,
  leases: Leases,
  retentionDays: number,
  asked: boolean,
): Promise<Erased | undefined> {
  const lease = await leases.wait('erase', WAIT_MS);
  try {
    const [due] = await clickhouse.query<{ requests: string; horizon: string; today: string }>(
      `SELECT count() AS requests, max(erasures.stored) AS horizon,
              (SELECT count() FROM erasure_batches WHERE toDate(erasure_batches.time) = today()) AS today
       FROM erasures`,
    );
    if (due === undefined || Number(due.requests) === 0 || (!asked && Number(due.today) > 0))
      return undefined;
    const names = new Set<string>();
    let rows = 0;
    await clickhouse.onEachHost(async (host) => {
      for (const table of await tablesOfVisitors(host)) {
        names.add(table.name);
        rows += await eraseFrom(host, table, lease.slot, retentionDays);
      }
    });
    const [deleted] = await clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
    await clickhouse.onEachHost(purge);
    await clickhouse.command(
      `INSERT INTO erasure_batches
       SELECT {batch:UInt64} AS batch, {horizon:DateTime64(3, 'UTC')} AS horizon, {names:Array(String)} AS names,
              {time:DateTime64(3, 'UTC')} AS time, now64(3, 'UTC') AS purged`,
      { batch: lease.slot, horizon: due.horizon, names: [...names].sort(), time: deleted!.now },
    );
    return { rows };
  } finally {
    await lease.release();
  }
}

interface Table {
  /** As the receipt calls it. */
  readonly name: string;
  /** That holds the rows on this host. */
  readonly stored: string;
  readonly time: string;
}

/** Asked of the host, so that a table that is added later is not forgotten. */
async function tablesOfVisitors(host: ClickHouse): Promise<Table[]> {
  const rows = await host.query<{ name: string; columns: string[] }>(
    `SELECT columns.table AS name, groupArray(columns.name) AS columns
     FROM system.columns AS columns
     INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
     WHERE columns.database = currentDatabase() AND tables.engine LIKE '%MergeTree'
     GROUP BY name HAVING has(groupArray(columns.name), 'visitor') ORDER BY name`,
  );
  return rows.flatMap(({ name: stored, columns }) => {
    const suffix = storedTable('', host.cluster);
    const name = suffix !== '' && stored.endsWith(suffix) ? stored.slice(0, -suffix.length) : stored;
    const time = TIMES.find((column) => columns.includes(column));
    return RECORDS.has(name) || time === undefined ? [] : [{ name, stored, time }];
  });
}

/** A visitor's own no must outlive the deletion: a hit that comes late would otherwise read as a yes. */
const spared = (name: string) => (name === 'consents' ? 'AND withdrawn = 0' : '');

async function eraseFrom(
  host: ClickHouse,
  { name, stored, time }: Table,
  batch: number,
  days: number,
): Promise<number> {
  let erased = 0;
  for (;;) {
    const found = await host.query<{ visitor: string; until: string; rows: string }>(
      `SELECT kept.visitor AS visitor, any(toUnixTimestamp64Milli(request.until)) AS until, count() AS rows
       FROM {stored:Identifier} AS kept
       INNER JOIN (
         SELECT visitor, max(if(suppressed, toDateTime64('2200-01-01 00:00:00', 3, 'UTC'), erasures.time)) AS until
         FROM erasures WHERE toDate(erasures.time) > today() - {days:UInt16} GROUP BY visitor
       ) AS request ON request.visitor = kept.visitor
       WHERE kept.visitor GLOBAL IN (SELECT visitor FROM erasures) AND kept.${time} <= request.until ${spared(name)}
       GROUP BY visitor LIMIT {limit:UInt32}`,
      { stored, days, limit: VISITORS_AT_ONCE },
    );
    if (found.length === 0) return erased;
    const visitors = found.map(({ visitor }) => BigInt(visitor));
    await host.command(
      `DELETE FROM {stored:Identifier}
       WHERE visitor IN {visitors:Array(UInt64)}
         AND toUnixTimestamp64Milli(${time}) <= transform(visitor, {visitors:Array(UInt64)}, {untils:Array(Int64)}, toInt64(0))
         ${spared(name)}`,
      { stored, visitors, untils: found.map(({ until }) => BigInt(until)) },
    );
    await host.insert(
      storedTable('erasure_steps', host.cluster),
      found.map(({ visitor, rows }) => ({ visitor, batch, name, rows, time: new Date().toISOString() })),
    );
    erased += found.reduce((sum, { rows }) => sum + Number(rows), 0);
    if (found.length < VISITORS_AT_ONCE) return erased;
  }
}

/** Also of a batch that was cut off before it came to this. */
async function purge(host: ClickHouse): Promise<void> {
  const tables = await host.query<{ name: string }>(
    `SELECT DISTINCT parts.table AS name FROM system.parts AS parts
     WHERE parts.database = currentDatabase() AND parts.active AND parts.has_lightweight_delete ORDER BY name`,
  );
  for (const { name } of tables)
    await host.command('ALTER TABLE {name:Identifier} APPLY DELETED MASK', { name }, { mutations_sync: '2' });
}
