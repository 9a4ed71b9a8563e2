import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ClickHouse } from './client.ts';

/** A schema that cannot be brought up to date; the message says what to do. */
export class SchemaError extends Error {
  readonly reason: 'edited_file' | 'newer_schema' | 'cluster_unfit';

  constructor(reason: SchemaError['reason'], message: string) {
    super(message);
    this.name = 'SchemaError';
    this.reason = reason;
  }
}

/** Where the statements will run: one machine, or every host of a cluster, with or without a Keeper. */
export interface Home {
  readonly database: string;
  readonly cluster: string | undefined;
  readonly replicated: boolean;
  readonly retentionDays: number;
}

const FOLDER = fileURLToPath(new URL('../../clickhouse-schema/', import.meta.url));

/**
 * Of every table that the journal or a job fills: how many parts are remembered for recognising a
 * repeated insert (each file is one part a day it touches), and that a part is on disk before the answer
 * that lets the journal delete the file.
 */
const DEDUPLICATED =
  'non_replicated_deduplication_window = 100000, replicated_deduplication_window = 100000, fsync_after_insert = 1, fsync_part_directory = 1';

interface File {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

/**
 * Applies what is missing of `clickhouse-schema/` to every host, in order, and brings views and TTLs to
 * the retention. Safe to run again, by several processes at once, and after being cut off anywhere.
 *
 * @returns the names of the files that were applied to at least one host.
 * @throws SchemaError where an applied file was edited, or the cluster does not fit.
 */
export async function migrate(clickhouse: ClickHouse, retentionDays: number): Promise<string[]> {
  const files = await readFiles();
  const hosts = clickhouse.hosts();
  const applied = new Set<string>();
  try {
    for (const host of hosts) await createDatabase(host);
    const home: Home = {
      database: clickhouse.database,
      cluster: clickhouse.cluster,
      replicated: clickhouse.cluster !== undefined && (await checkCluster(hosts, clickhouse.cluster)),
      retentionDays,
    };
    for (const host of hosts) {
      for (const name of await migrateHost(host, files, home)) applied.add(name);
    }
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
  }
  return [...applied];
}

async function readFiles(): Promise<File[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{3}_\w+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, `file://${FOLDER}`), 'utf8');
      return {
        number: Number(name.slice(0, 3)),
        name,
        checksum: createHash('sha256').update(text).digest('hex'),
        text,
      };
    }),
  );
}

/** The database does not exist yet, so the statement must not run inside it. */
async function createDatabase(host: ClickHouse): Promise<void> {
  await host.withoutDatabase((outside) => outside.command(`CREATE DATABASE IF NOT EXISTS ${host.database}`));
  await host.command(
    `CREATE TABLE IF NOT EXISTS schema_files
     (number UInt16, name String, checksum String, retention UInt16, time DateTime64(3) DEFAULT now64(3))
     ENGINE = MergeTree ORDER BY (number, time)`,
  );
}

async function migrateHost(host: ClickHouse, files: readonly File[], home: Home): Promise<string[]> {
  const done = new Map(
    (
      await host.query<{ number: number; name: string; checksum: string; retention: number }>(
        `SELECT number, argMax(name, time) AS name, argMax(checksum, time) AS checksum, argMax(retention, time) AS retention
         FROM schema_files GROUP BY number`,
      )
    ).map((row) => [row.number, row]),
  );
  const newest = files.at(-1)?.number ?? 0;
  const unknown = [...done.values()].find((row) => row.number > newest);
  if (unknown) {
    throw new SchemaError(
      'newer_schema',
      `The database was migrated by a newer Ninety (it has ${unknown.name}); start that version, or restore a backup.`,
    );
  }
  for (const file of files) {
    const row = done.get(file.number);
    if (row && row.checksum !== file.checksum) {
      throw new SchemaError(
        'edited_file',
        `${file.name} was applied before and has been edited since. Landed schema files never change: restore it and put the change into a new numbered file.`,
      );
    }
  }
  const record = (file: File) =>
    host.insert('schema_files', [
      { number: file.number, name: file.name, checksum: file.checksum, retention: home.retentionDays },
    ]);
  const missing = files.filter((file) => !done.has(file.number));
  for (const file of missing) {
    for (const statement of statements(file.text, home)) await host.command(statement);
    await record(file);
  }
  const otherRetention = files.filter(
    (file) => done.has(file.number) && done.get(file.number)?.retention !== home.retentionDays,
  );
  if (otherRetention.length > 0) {
    for (const statement of retentionStatements(files, home)) await host.command(statement);
    for (const file of otherRetention) await record(file);
  }
  return missing.map((file) => file.name);
}

/**
 * The statements of one schema file for a home. In the files `{name}` is a table that holds rows, wherever
 * it is filled or altered; a bare name is read. `-- shard by: expression` stands above each `CREATE TABLE`.
 * On a cluster `{name}` becomes `name_local` and a Distributed `name` is laid over it; columns added to the
 * one are added to the other, which holds a list of its own, but no rows to order by them.
 */
export function statements(text: string, home: Home): string[] {
  return text
    .replace(/^--(?! shard by:).*\n/gm, '')
    .split(/;\s*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .flatMap((statement) => {
      const shardBy = /^-- shard by: (.+)$/m.exec(statement)?.[1];
      const bare = statement.replace(/^--.*\n/gm, '').trim();
      const table = /^CREATE TABLE IF NOT EXISTS \{(\w+)\}/.exec(bare)?.[1];
      if (table !== undefined && shardBy === undefined)
        throw new Error(`${table} lacks its "-- shard by:" line`);
      const filled = fill(bare, home);
      if (home.cluster === undefined) return [filled];
      if (table !== undefined) return [filled, distributed(table, shardBy!, home.cluster)];
      const widened = /^ALTER TABLE \{(\w+)\}\s.*\bADD COLUMN\b/s.exec(bare)?.[1];
      if (widened === undefined) return [filled];
      const columns = bare.replace(`{${widened}}`, widened).replace(/,\s*MODIFY ORDER BY \([^)]*\)/, '');
      return [filled, fill(columns, home)];
    });
}

function fill(sql: string, home: Home): string {
  return sql
    .replaceAll('{retention}', String(home.retentionDays))
    .replaceAll('{deduplicated}', DEDUPLICATED)
    .replace(/\{(\w*MergeTree)(?:\(([^)]*)\))?\}/g, (_, engine: string, args: string | undefined) =>
      home.replicated
        ? `Replicated${engine}('/clickhouse/tables/{shard}/{database}/{table}', '{replica}'${args ? `, ${args}` : ''})`
        : `${engine}(${args ?? ''})`,
    )
    .replace(/(?<!\/)\{([a-z_]+)\}(?![/'])/g, (_, table: string) => storedTable(table, home.cluster));
}

/** Names under which a column tells one visitor, device or partner's user from another. */
export const PERSONAL_COLUMN =
  /^(visitor|uid|user|device_id|cookie|fid|first_party_id|idfa|gaid|ip|address|network|e?mail|hit|.*_(visitor|uid|user|user_id|device_id))s?$/;

/** The table that holds the rows on a host: on a cluster, a table's own name is the Distributed one over all. */
export const storedTable = (table: string, cluster: string | undefined) =>
  cluster === undefined ? table : `${table}_local`;

const distributed = (table: string, shardBy: string, cluster: string) =>
  `CREATE TABLE IF NOT EXISTS ${table} AS ${storedTable(table, cluster)} ENGINE = Distributed('${cluster}', currentDatabase(), '${storedTable(table, cluster)}', ${shardBy})`;

/** What a changed retention means for tables and views that exist already; the newest definition of each counts. */
function retentionStatements(files: readonly File[], home: Home): string[] {
  const newest = new Map<string, string>();
  for (const statement of files.flatMap((file) => statements(file.text, home))) {
    const view = /^CREATE (?:VIEW IF NOT EXISTS|OR REPLACE VIEW) (\w+)/.exec(statement)?.[1];
    if (view) newest.set(view, statement.replace('CREATE VIEW IF NOT EXISTS', 'CREATE OR REPLACE VIEW'));
    const table = /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1];
    const ttl = /^TTL (.+)$/m.exec(statement)?.[1];
    if (table && ttl) newest.set(table, `ALTER TABLE ${table} MODIFY TTL ${ttl}`);
    const altered = /^ALTER TABLE (\w+) MODIFY TTL /.exec(statement)?.[1];
    if (altered) newest.set(altered, statement);
  }
  return [...newest.values()];
}

/**
 * Checks that we reach every host of the cluster ourselves, because DDL goes to each (`ON CLUSTER` needs a
 * Keeper, which a cluster may lack).
 *
 * @returns whether tables are to be replicated: the cluster has a Keeper.
 */
async function checkCluster(hosts: readonly ClickHouse[], cluster: string): Promise<boolean> {
  const first = hosts[0]!;
  const members = await first.query<{ shard_num: number; replicas: string }>(
    'SELECT shard_num, toString(count()) AS replicas FROM system.clusters WHERE cluster = {cluster:String} GROUP BY shard_num',
    { cluster },
  );
  if (members.length === 0) {
    throw new SchemaError(
      'cluster_unfit',
      `No cluster named "${cluster}" in system.clusters; check CLICKHOUSE_CLUSTER and remote_servers.`,
    );
  }
  const count = members.reduce((sum, member) => sum + Number(member.replicas), 0);
  if (count !== hosts.length) {
    throw new SchemaError(
      'cluster_unfit',
      `Cluster "${cluster}" has ${count} hosts and CLICKHOUSE_URL names ${hosts.length}. Name each host once, comma separated: the schema is applied to each.`,
    );
  }
  const [keeper] = await first.query<{ n: string }>(
    "SELECT count() AS n FROM system.tables WHERE database = 'system' AND name = 'zookeeper'",
  );
  const replicated = Number(keeper?.n) > 0;
  if (!replicated && members.some((member) => Number(member.replicas) > 1)) {
    throw new SchemaError(
      'cluster_unfit',
      `Cluster "${cluster}" has replicas but no Keeper to keep them alike; configure one.`,
    );
  }
  if (replicated) {
    const [macros] = await first.query<{ n: string }>(
      "SELECT count() AS n FROM system.macros WHERE macro IN ('shard', 'replica')",
    );
    if (Number(macros?.n) < 2) {
      throw new SchemaError(
        'cluster_unfit',
        `Cluster "${cluster}" has a Keeper; its hosts need the macros "shard" and "replica" for replicated tables.`,
      );
    }
  }
  return replicated;
}
