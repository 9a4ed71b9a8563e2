import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type ClickHouseClient, type ClickHouseSettings, createClient } from '@clickhouse/client';
import { asClickHouseError } from './errors.ts';
import { cutLongLists } from './long-lists.ts';

/** How to reach one ClickHouse, or each host of a cluster. */
export interface Connection {
  /** One URL, or one for each host of the cluster; statements go to the first that answers. */
  readonly urls: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly cluster: string | undefined;
}

export type Params = Readonly<Record<string, unknown>>;

/** What an insert or a command read and wrote, as the server counted it. */
export interface Cost {
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
}

/** Their defaults would acknowledge too early, or count a replayed file twice in the materialised views. */
const INSERT: ClickHouseSettings = {
  async_insert: 0,
  distributed_foreground_insert: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  // One file is one block a partition, so that its token stands for exactly one part each.
  input_format_parallel_parsing: 0,
  max_insert_block_size: '4000000',
  min_insert_block_size_rows: '4000000',
  min_insert_block_size_bytes: '1000000000',
  session_timezone: 'UTC',
  // A journal file written by an older version may name a column that is gone.
  input_format_skip_unknown_fields: 1,
};

/** The repeated result of an `INSERT … SELECT` would otherwise be taken for a replay and dropped. */
const untokened: ClickHouseSettings = { insert_deduplicate: 0 };

/** Large groupings spill to disk rather than fail, and no query runs for ever. */
const READ: ClickHouseSettings = {
  // `today()` in the views is the retention's day, and retention counts in UTC.
  session_timezone: 'UTC',
  max_execution_time: 600,
  max_bytes_ratio_before_external_group_by: 0.4,
  max_bytes_ratio_before_external_sort: 0.4,
  optimize_distributed_group_by_sharding_key: 0,
  distributed_product_mode: 'global',
  output_format_json_quote_64bit_integers: 1,
  // A granule of hits is of hundreds of visitors, so the hits of those who met one condition lie in most of those that
  // the key leaves: to read the next condition's columns by itself costs an estimate a seventh more than all at once.
  enable_multiple_prewhere_read_steps: 0,
  // What comes next is read while what came before is worked on. Of files that were not in memory an overlap of ten
  // segments takes a tenth less.
  local_filesystem_read_prefetch: 1,
};

/** A host that answers a ping answers it within milliseconds. */
const PING_MS = 1_500;

/** The one door to ClickHouse: embedded engine, server and cluster alike. */
export class ClickHouse {
  readonly database: string;
  readonly cluster: string | undefined;
  readonly #connection: Connection;
  readonly #clients: readonly ClickHouseClient[];
  #preferred = 0;

  /** @param session its id, where all statements are to be of one. */
  constructor(connection: Connection, session?: string) {
    this.#connection = connection;
    this.database = connection.database;
    this.cluster = connection.cluster;
    this.#clients = connection.urls.map((url) =>
      createClient({
        url,
        username: connection.user,
        password: connection.password,
        database: connection.database,
        request_timeout: 620_000,
        max_open_connections: 16,
        keep_alive: { enabled: true },
        log: { level: 127 },
        ...(session === undefined ? {} : { session_id: session }),
      }),
    );
  }

  /** One door for each URL, for statements that every host must run itself. */
  hosts(): ClickHouse[] {
    return this.#connection.urls.map((url) => new ClickHouse({ ...this.#connection, urls: [url] }));
  }

  /** Does what every host must do itself, on one after another. */
  async onEachHost(work: (host: ClickHouse) => Promise<void>): Promise<void> {
    const hosts = this.hosts();
    try {
      for (const host of hosts) await work(host);
    } finally {
      await Promise.all(hosts.map((host) => host.close()));
    }
  }

  /**
   * Runs statements, one after the other, that share temporary tables: in a session of the host that answered last, or of
   * none where it has gone.
   *
   * @throws what `use` throws.
   */
  async inSession<T>(use: (session: ClickHouse) => Promise<T>): Promise<T> {
    const urls = [this.#connection.urls[this.#preferred]!];
    const session = new ClickHouse({ ...this.#connection, urls }, randomUUID());
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  }

  /** Runs statements outside of our database, which may not exist yet. */
  async withoutDatabase<T>(use: (outside: ClickHouse) => Promise<T>): Promise<T> {
    const outside = new ClickHouse({ ...this.#connection, database: 'default' });
    try {
      return await use(outside);
    } finally {
      await outside.close();
    }
  }

  /**
   * @param withinMs milliseconds that each host has: one that is cut off says neither yes nor no for half a minute.
   * @returns whether a host answers right now.
   */
  async ping(withinMs = PING_MS): Promise<boolean> {
    for (const [index, client] of this.#clients.entries()) {
      const abort_signal = AbortSignal.timeout(withinMs);
      const answer = await client.ping({ select: false, abort_signal }).catch(() => ({ success: false }));
      if (answer.success) {
        this.#preferred = index;
        return true;
      }
    }
    return false;
  }

  /**
   * Rows of a SELECT as objects; 64-bit numbers come as text.
   *
   * @param params values for `{name:Type}` in the SQL.
   * @throws ClickHouseError
   */
  async query<Row>(sql: string, params: Params = {}, settings: ClickHouseSettings = {}): Promise<Row[]> {
    const { sql: query, params: query_params } = cutLongLists(sql, params);
    return this.#run('query', async (client) => {
      const answer = await client.query({
        query,
        query_params: { ...query_params },
        format: 'JSONEachRow',
        clickhouse_settings: { ...READ, ...settings },
      });
      return answer.json<Row>();
    });
  }

  /**
   * The answer of a SELECT as raw bytes in `format`, streamed at constant memory.
   *
   * @param encoding in which ClickHouse packs the bytes; they come as it packed them.
   * @throws ClickHouseError when the query cannot start; a later fault destroys the stream.
   */
  async stream(
    sql: string,
    params: Params,
    format: string,
    abort?: AbortSignal,
    encoding?: 'gzip' | 'zstd',
  ): Promise<Readable> {
    const { sql: query, params: query_params } = cutLongLists(sql, params);
    return this.#run('stream', async (client) => {
      const answer = await client.exec({
        query: `${query} FORMAT ${format}`,
        query_params: { ...query_params },
        clickhouse_settings: {
          ...READ,
          wait_end_of_query: 0,
          ...(encoding ? { enable_http_compression: 1 } : {}),
        },
        ...(encoding
          ? { http_headers: { 'Accept-Encoding': encoding }, decompress_response_stream: false }
          : {}),
        ...(abort ? { abort_signal: abort } : {}),
      });
      return answer.stream;
    });
  }

  /**
   * Runs a statement that answers nothing: DDL, `INSERT … SELECT`.
   *
   * @throws ClickHouseError
   */
  async command(sql: string, params: Params = {}, settings: ClickHouseSettings = {}): Promise<Cost> {
    const { sql: query, params: query_params } = cutLongLists(sql, params);
    return this.#run(sql.slice(0, 40).split(/\s+/).slice(0, 3).join(' '), async (client) => {
      const { summary } = await client.command({
        query,
        query_params: { ...query_params },
        clickhouse_settings: { ...READ, ...INSERT, ...untokened, wait_end_of_query: 1, ...settings },
      });
      return {
        rowsRead: Number(summary?.read_rows ?? 0),
        bytesRead: Number(summary?.read_bytes ?? 0),
        rowsWritten: Number(summary?.written_rows ?? 0),
      };
    });
  }

  /**
   * Inserts a few rows that were made here.
   *
   * @param token a repeat with the same token counts once, whatever its rows.
   * @throws ClickHouseError
   */
  async insert(table: string, rows: readonly object[], token?: string): Promise<void> {
    await this.#run(`insert into ${table}`, (client) =>
      client.insert({
        table,
        values: rows,
        format: 'JSONEachRow',
        clickhouse_settings: { ...INSERT, ...tokened(token), date_time_input_format: 'best_effort' },
      }),
    );
  }

  /**
   * Sends ready-made bytes in format TabSeparatedWithNames as they are.
   *
   * @param token a repeat with the same token counts once.
   * @throws ClickHouseError
   */
  async insertBytes(table: string, bytes: Readable, token: string): Promise<void> {
    await this.#run(`insert into ${table}`, (client) =>
      client.insert({
        table,
        values: bytes,
        format: 'TabSeparatedWithNames',
        clickhouse_settings: { ...INSERT, ...tokened(token) },
      }),
    );
  }

  /**
   * Sends the same bytes as {@link insertBytes}, of which only those rows are kept whose `key` no stored row
   * of the same `file` has. Two at once for one file would each find them missing, as when a connection is cut
   * and the statement goes on without it: it runs under the file's name, and ClickHouse has no two of a name.
   *
   * @throws ClickHouseError
   */
  async insertMissing(table: string, bytes: Readable, key: string, file: string): Promise<void> {
    const columns = await this.query<{ name: string; type: string }>(
      'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
      { table },
    );
    const names = columns.map((column) => column.name).join(', ');
    const structure = columns
      .map((column) => `${column.name} ${column.type}`)
      .join(', ')
      .replaceAll("'", "\\'");
    await this.#run(`insert into ${table}`, async (client) => {
      const { stream } = await client.exec({
        query: `INSERT INTO ${table} (${names}) SELECT ${names} FROM input('${structure}')
                WHERE ${key} NOT IN (SELECT ${key} FROM ${table} WHERE file = {file:String})
                FORMAT TabSeparatedWithNames`,
        values: bytes,
        query_id: `insert-missing/${this.database}/${table}/${file}`,
        query_params: { file },
        clickhouse_settings: { ...READ, ...INSERT, ...untokened, wait_end_of_query: 1 },
      });
      for await (const _ of stream);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #run<T>(what: string, use: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    try {
      return await use(this.#clients[this.#preferred]!);
    } catch (error) {
      const failure = asClickHouseError(error, what);
      // The next statement tries the next host; this one may have been carried out, so it is not repeated here.
      if (failure.code === undefined) this.#preferred = (this.#preferred + 1) % this.#clients.length;
      throw failure;
    }
  }
}

/**
 * An insert without a token gets one that nobody else has: `insert_deduplicate = 0` is overridden where the
 * server knows `deduplicate_insert`, and a server that does not know that one refuses it.
 */
const tokened = (token: string = randomUUID()): ClickHouseSettings => ({
  insert_deduplicate: 1,
  insert_deduplication_token: token,
});
