import type { ClickHouse } from '../clickhouse/client.ts';
import { PERSONAL_COLUMN, storedTable } from '../clickhouse/schema.ts';

/** A table that holds rows about visitors: how old the oldest of them is, and when it dies. */
export interface RetainedTable {
  readonly table: string;
  readonly rows: number;
  /** Day of the oldest row, UTC; null = there is none. */
  readonly oldest: string | null;
  /** The day on which that row is gone. */
  readonly dies: string | null;
}

const DAY_MS = 86_400_000;

/**
 * Asks every table about visitors for its oldest row, in order of their names: reads one column of each, so not to be
 * asked with every look.
 *
 * @throws ClickHouseError
 */
export async function retainedTables(clickhouse: ClickHouse): Promise<RetainedTable[]> {
  const found = new Map<string, { rows: number; oldest: string | null; days: number }>();
  await clickhouse.onEachHost(async (host) => {
    for (const { name, stored, time, days } of await datedTables(host)) {
      const [row] = await host.query<{ n: string; oldest: string }>(
        'SELECT count() AS n, toString(toDate(min({time:Identifier}))) AS oldest FROM {stored:Identifier}',
        { stored, time },
      );
      const n = Number(row?.n ?? 0);
      const before = found.get(name) ?? { rows: 0, oldest: null };
      const oldest = n === 0 ? null : row!.oldest;
      found.set(name, {
        days,
        rows: before.rows + n,
        oldest:
          before.oldest === null || (oldest !== null && oldest < before.oldest) ? oldest : before.oldest,
      });
    }
  });
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([table, { rows, oldest, days }]) => ({
      table,
      rows,
      oldest,
      dies: oldest === null ? null : dayAfter(oldest, days),
    }));
}

interface DatedTable {
  readonly name: string;
  /** That holds the rows on this host. */
  readonly stored: string;
  /** The column from which its TTL counts. */
  readonly time: string;
  readonly days: number;
}

const TTL = /\bTTL (?:toDate\()?(\w+)\)? \+ (.*?) SETTINGS\b/s;
const LEAST = /least\((\d+), (\d+)\)/g;

/**
 * Reads a TTL as the engine writes it down.
 *
 * @param engine `engine_full` of the table.
 * @returns the column that it counts from, and for how many days a row is kept; where that hangs on the row the most,
 *   by when the oldest is gone whatever it is. Undefined of a table without an end.
 */
export function ttlOf(engine: string): { readonly time: string; readonly days: number } | undefined {
  const [, time, life] = TTL.exec(engine) ?? [];
  if (time === undefined || life === undefined) return undefined;
  const reckoned = life.replace(LEAST, (_, a: string, b: string) => String(Math.min(Number(a), Number(b))));
  return { time, days: Math.max(...[...reckoned.matchAll(/\d+/g)].map(([number]) => Number(number))) };
}

/** The tables of a host that hold rows about visitors, with their TTL as the engine has it: some are of a day's work. */
async function datedTables(host: ClickHouse): Promise<DatedTable[]> {
  const rows = await host.query<{ stored: string; columns: string[]; engine: string }>(
    `SELECT tables.name AS stored, groupArray(columns.name) AS columns, any(tables.engine_full) AS engine
     FROM system.tables AS tables
     INNER JOIN system.columns AS columns ON columns.database = tables.database AND columns.table = tables.name
     WHERE tables.database = currentDatabase() AND tables.engine LIKE '%MergeTree'
     GROUP BY stored`,
  );
  const suffix = storedTable('', host.cluster);
  return rows
    .filter(({ columns }) => columns.some((column) => PERSONAL_COLUMN.test(column)))
    .flatMap(({ stored, engine }) => {
      const ttl = ttlOf(engine);
      if (ttl === undefined) return [];
      const name = suffix !== '' && stored.endsWith(suffix) ? stored.slice(0, -suffix.length) : stored;
      return [{ name, stored, ...ttl }];
    });
}

const dayAfter = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
