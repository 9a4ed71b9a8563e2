import type { ClickHouse } from '../clickhouse/client.ts';
import { PERSONAL_COLUMN, storedTable } from '../clickhouse/schema.ts';
import { rememberUnlinked } from '../delivery/upkeep/unlinked.ts';
import type { Leases } from '../jobs/lease.ts';

/** Longest wait for another process's batch. */
const WAIT_MS = 60_000;
/** Visitors of one statement: their ids stand in it, and memory holds no more of them. */
const VISITORS_AT_ONCE = 10_000;
/** Tables with ids of people in them from which nothing is deleted here, and why. */
export const SPARED_TABLES: Readonly<Record<string, string>> = {
  erasures: 'says who is to be deleted',
  erasure_steps: 'says what was deleted',
  exports: 'by it readers learn of the removal',
  sent_sets: 'by it destinations learn of the removal',
  unlinked_uids: 'by it readers learn of the removal; kept for thirty days',
  subject_requests: 'says what destinations were asked to delete; kept for thirty days',
  delivery_lines:
    'is dropped when its run is told; what a destination did not take is kept thirty days at most',
  trait_lines: 'is dropped with the end of its upload, after a day at the latest',
  match_lines: 'is dropped with the end of its upload, after a day at the latest',
  label_lines: 'is dropped with the end of its upload, after a day at the latest',
};
/** Of the columns by which a row's moment is known, the first that a table has. */
const TIMES = ['time', 'last', 'seen'];

/** There are people in tables that no batch can delete from; what could be deleted from the others is deleted. */
export class ErasureError extends Error {
  readonly reason = 'unfit_table';
  readonly tables: readonly string[];

  constructor(tables: readonly string[]) {
    super(
      `Nothing was deleted from ${tables.join(', ')}: ids of people are there, but not the columns "visitor" and one of "${TIMES.join('", "')}" by which rows are found. Add them, or move the table to another database.`,
    );
    this.name = 'ErasureError';
    this.tables = tables;
  }
}

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
 * @throws ClickHouseError, LeaseBusyError, ErasureError; what is done then stays done, the receipt stays open,
 *   and the next batch does the rest.
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
    const unfit = new Set<string>();
    let rows = 0;
    await clickhouse.onEachHost(async (host) => {
      const found = await tablesOfVisitors(host);
      for (const name of found.unfit) unfit.add(name);
      for (const table of found.tables) {
        names.add(table.name);
        for (const id of table.ids) rows += await eraseFrom(host, table, id, lease.slot, retentionDays);
      }
    });
    const [deleted] = await clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
    await clickhouse.onEachHost(purge);
    if (unfit.size > 0) throw new ErasureError([...unfit].sort());
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

type Id = 'visitor' | 'own';

/** A table that a batch deletes from. */
export interface Table {
  /** As the receipt calls it. */
  readonly name: string;
  /** That holds the rows on this host. */
  readonly stored: string;
  /** The column by which a row's moment is known. */
  readonly time: string;
  /** That name the visitor; a link names a second one, who is the other id. */
  readonly ids: readonly Id[];
}

/**
 * The tables of a host that hold rows about visitors. Asked of the host, so that a table that is added later is
 * not forgotten.
 *
 * @returns those that a batch deletes from, and the names of those that it cannot delete from and should.
 * @throws ClickHouseError
 */
export async function tablesOfVisitors(host: ClickHouse): Promise<{ tables: Table[]; unfit: string[] }> {
  const rows = await host.query<{ name: string; columns: string[] }>(
    `SELECT columns.table AS name, groupArray(columns.name) AS columns
     FROM system.columns AS columns
     INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
     WHERE columns.database = currentDatabase() AND tables.engine LIKE '%MergeTree'
     GROUP BY name ORDER BY name`,
  );
  const tables: Table[] = [];
  const unfit: string[] = [];
  for (const { name: stored, columns } of rows) {
    const suffix = storedTable('', host.cluster);
    const name = suffix !== '' && stored.endsWith(suffix) ? stored.slice(0, -suffix.length) : stored;
    if (Object.hasOwn(SPARED_TABLES, name) || !columns.some((column) => PERSONAL_COLUMN.test(column)))
      continue;
    const time = TIMES.find((column) => columns.includes(column));
    if (!columns.includes('visitor') || time === undefined) {
      unfit.push(name);
      continue;
    }
    tables.push({ name, stored, time, ids: columns.includes('own') ? ['visitor', 'own'] : ['visitor'] });
  }
  return { tables, unfit };
}

/** A visitor's own no must outlive the deletion: a hit that comes late would otherwise read as a yes. */
const spared = (name: string) => (name === 'consents' ? 'AND withdrawn = 0' : '');

async function eraseFrom(
  host: ClickHouse,
  { name, stored, time }: Table,
  id: Id,
  batch: number,
  days: number,
): Promise<number> {
  let erased = 0;
  for (;;) {
    const found = await host.query<{ visitor: string; until: string; rows: string }>(
      `SELECT kept.${id} AS visitor, any(toUnixTimestamp64Milli(request.until)) AS until, count() AS rows
       FROM {stored:Identifier} AS kept
       INNER JOIN (
         SELECT visitor, max(if(suppressed, toDateTime64('2200-01-01 00:00:00', 3, 'UTC'), erasures.time)) AS until
         FROM erasures WHERE toDate(erasures.time) > today() - {days:UInt16} GROUP BY visitor
       ) AS request ON request.visitor = kept.${id}
       WHERE kept.${id} GLOBAL IN (SELECT visitor FROM erasures) AND kept.${time} <= request.until ${spared(name)}
       GROUP BY kept.${id} LIMIT {limit:UInt32}`,
      { stored, days, limit: VISITORS_AT_ONCE },
    );
    if (found.length === 0) return erased;
    const visitors = found.map(({ visitor }) => BigInt(visitor));
    if (name === 'links') await rememberUnlinked(host, { stored, id, visitors });
    await host.command(
      `DELETE FROM {stored:Identifier}
       WHERE ${id} IN {visitors:Array(UInt64)}
         AND toUnixTimestamp64Milli(toDateTime64(${time}, 3)) <= transform(${id}, {visitors:Array(UInt64)}, {untils:Array(Int64)}, toInt64(0))
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
