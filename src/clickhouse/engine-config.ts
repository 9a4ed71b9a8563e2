import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';

/** The descriptor on which the engine's process hears that its parent has gone: it is closed by the kernel. */
export const LIFELINE_FD = 3;

/** The engine's process ends with this code when its library cannot be loaded into it. */
export const EXIT_UNLOADABLE = 71;

/** The product's user. `default` cannot be it: the session that opens the ports is `default`, without a password. */
export const ENGINE_USER = 'ninety';

/** One host of a cluster, as seen from the others: its native (TCP) port. */
export interface Shard {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Engines joined as shards under one cluster name. */
export interface RemoteServers {
  readonly cluster: string;
  readonly shards: readonly Shard[];
}

export interface EngineSettings {
  /** Where this configuration will lie: the users are read from the same file. */
  readonly file: string;
  readonly httpPort: number;
  /** undefined = no native port. */
  readonly tcpPort: number | undefined;
  readonly memoryBytes: number;
  readonly password: string;
  readonly remoteServers: RemoteServers | undefined;
}

const MB = 2 ** 20;

/**
 * The engine's configuration file.
 *
 * @param settings ports on 127.0.0.1, the bound of memory in bytes, the password of {@link ENGINE_USER}.
 * @returns XML in the form of a ClickHouse server's config.xml, users included. With `remoteServers` it
 *   holds their passwords as they are, otherwise only a hash: write it for the owner alone.
 */
export function engineConfig(settings: EngineSettings): string {
  const { memoryBytes, tcpPort } = settings;
  return element('clickhouse', [
    // `level` is set on the command line (see engineArguments); here only where messages go. A failed
    // statement is told to who sent it, and its message holds pieces of rows: it stays out of the log.
    element('logger', [
      element('console', 1),
      element('console_log_level', 'warning'),
      element(
        'levels',
        // The last one warns of every merge that found nothing to do.
        ['executeQuery', 'DynamicQueryHandler', 'TCPHandler', 'MergeMutateSelectedEntry'].map((name) =>
          element(name, 'none'),
        ),
      ),
    ]),
    element('listen_host', '127.0.0.1'),
    element('http_port', settings.httpPort),
    tcpPort === undefined ? '' : element('tcp_port', tcpPort),
    // The retention's days are UTC days, wherever the machine stands.
    element('timezone', 'UTC'),
    element('send_crash_reports', [element('enabled', false)]),
    element('max_connections', 512),
    // On a machine of two cores under load it would drop our own connections at random.
    element('min_os_cpu_wait_time_ratio_to_drop_connection', 1_000_000),
    element('max_os_cpu_wait_time_ratio_to_drop_connection', 2_000_000),
    ...memory(memoryBytes),
    ...threads(),
    settings.remoteServers === undefined ? '' : remoteServers(settings.remoteServers),
    element('users_config', settings.file),
    element('profiles', [
      element('default', [
        // One query may not take the memory that inserts need; a large one spills to disk before that.
        element('max_memory_usage', Math.floor(memoryBytes * 0.7)),
        element('max_bytes_before_external_group_by', Math.floor(memoryBytes * 0.25)),
        element('max_bytes_before_external_sort', Math.floor(memoryBytes * 0.25)),
      ]),
    ]),
    quotas(tcpPort !== undefined),
    users(settings.password),
  ]);
}

/**
 * Everything bounded that would otherwise grow towards the gigabytes that its default allows. Three million
 * rows inserted and grouped, then forty seconds of rest: 286 MB resident and 46 threads, against 373 MB and
 * 162 threads with the defaults; the peak of a group-by of 20 million keys 1.06 GB against 1.67 GB.
 */
function memory(bytes: number): string[] {
  return [
    element('max_server_memory_usage', bytes),
    element('merges_mutations_memory_usage_soft_limit', Math.floor(bytes / 2)),
    element('mark_cache_size', 64 * MB),
    element('primary_index_cache_size', 64 * MB),
    element('index_mark_cache_size', 16 * MB),
    element('uncompressed_cache_size', 0),
    element('index_uncompressed_cache_size', 0),
    element('compiled_expression_cache_size', 16 * MB),
    element('mmap_cache_size', 64),
  ];
}

function threads(): string[] {
  const merging = Math.max(2, Math.min(8, Math.floor(availableParallelism() / 2)));
  return [
    element('background_pool_size', merging),
    // With the two that `clickhouse local` has, merges were held up 165 times while three million rows came in.
    element('background_schedule_pool_size', 8),
    element('background_streaming_schedule_pool_size', 4),
    // With its none, what a Distributed table sends in the background never arrives at the other shard.
    element('background_distributed_schedule_pool_size', 4),
    element('max_thread_pool_free_size', 16),
    element('max_io_thread_pool_size', 16),
    element('max_active_parts_loading_thread_pool_size', 4),
    element('max_outdated_parts_loading_thread_pool_size', 2),
    element('max_parts_cleaning_thread_pool_size', 2),
    element('parts_killer_pool_size', 2),
    element('snapshot_cleaner_pool_size', 1),
    // Nobody reads them; once a second would be most of what an idle engine computes.
    element('asynchronous_metrics_update_period_s', 60),
  ];
}

function remoteServers({ cluster, shards }: RemoteServers): string {
  return element('remote_servers', [
    element(
      cluster,
      shards.map(({ host, port, user, password }) =>
        element('shard', [
          element('internal_replication', true),
          element('replica', [
            element('host', host),
            element('port', port),
            element('user', user),
            element('password', password),
          ]),
        ]),
      ),
    ),
  ]);
}

/**
 * `default` has no password and can be reached by every process of the machine. Its own session at the start
 * uses up its quota to the last statement, so that nobody else can so much as close the port under that name.
 * Intervals are counted from 1970, and a longer one than 2^31 - 1 seconds ends the engine without a word.
 */
function quotas(tcp: boolean): string {
  const interval = [element('duration', 2 ** 31 - 1), element('queries', statements(tcp).length)];
  return element('quotas', [element('default', []), element('bootstrap', [element('interval', interval)])]);
}

function users(password: string): string {
  const loopback = element('networks', [element('ip', '127.0.0.1')]);
  return element('users', [
    element('default', [
      element('password', ''),
      loopback,
      element('profile', 'default'),
      element('quota', 'bootstrap'),
      element('grants', [
        element('query', 'GRANT SYSTEM LISTEN ON *.*'),
        element('query', 'GRANT SELECT ON system.numbers'),
      ]),
    ]),
    element(ENGINE_USER, [
      element('password_sha256_hex', createHash('sha256').update(password).digest('hex')),
      loopback,
      element('profile', 'default'),
      element('quota', 'default'),
    ]),
  ]);
}

/**
 * The ports stay open as long as the last statement runs, and it never ends by itself. It hears that it is
 * cancelled when it wakes up: ten times a second costs an idle engine a thousandth of a core more than once.
 */
function statements(tcp: boolean): string[] {
  return [
    ...(tcp ? ['SYSTEM START LISTEN TCP'] : []),
    'SYSTEM START LISTEN HTTP',
    'SELECT sleepEachRow(0.1) FROM system.numbers SETTINGS max_block_size = 1 FORMAT Null',
  ];
}

/**
 * The command line of `clickhouse local` that turns it into a server.
 *
 * @param config path of the file made by {@link engineConfig}. @param store folder of the tables.
 */
export function engineArguments(config: string, store: string, tcp: boolean): string[] {
  return [
    'clickhouse-local',
    `--config-file=${config}`,
    `--path=${store}`,
    // The configuration's own level is overruled by this option's default, `trace`.
    '--log-level=warning',
    '--query',
    statements(tcp).join('; '),
  ];
}

/** Ends the statement that keeps the ports open (it has no user name): the engine then shuts down in order. */
export const END_STATEMENT = "KILL QUERY WHERE user = '' ASYNC";

function element(name: string, content: string | number | boolean | readonly string[]): string {
  const inner = Array.isArray(content) ? content.join('') : escaped(String(content));
  return `<${name}>${inner}</${name}>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;'));
}
