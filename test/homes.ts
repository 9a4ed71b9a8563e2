import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../src/clickhouse/engine.ts';
import { Operator } from './client.ts';
import type { TestEngine } from './engine.ts';
import { freePort } from './free-port.ts';
import { ADMIN_KEY, type Ended, engineOf, type ServerProcess, startServer } from './server-process.ts';

/** What the product allows itself for its end, and a little. */
const STOP_MS = 12_000;

/** One process of Ninety. */
export interface Server extends ServerProcess {
  readonly url: string;
  /** Ends it as Ctrl-C would. @returns all it said. @throws Error where it takes too long or does not end well. */
  readonly stop: () => Promise<Ended>;
}

async function start(data: string, env: Readonly<Record<string, string>>): Promise<Server> {
  const server = startServer(data, env);
  let url: string;
  try {
    ({ url } = await server.banner());
  } catch (error) {
    server.signal('SIGKILL');
    throw error;
  }
  const stop = async () => {
    server.signal('SIGTERM');
    const late = setTimeout(() => server.signal('SIGKILL'), STOP_MS);
    const ended = await server.ended;
    clearTimeout(late);
    if (ended.code !== 0)
      throw new Error(`a server did not end well (${ended.code ?? ended.signal}): ${ended.err}`);
    return ended;
  };
  return { ...server, url, stop };
}

/** Ninety running somewhere, whatever it stands on. */
export interface Home {
  /** Where browsers go. */
  readonly collector: string;
  /** An administrator at the management API. */
  readonly admin: Operator;
  readonly siteKey: string;
  /** The ClickHouse beneath, shard by shard, to be asked without Ninety. */
  readonly shards: readonly TestEngine[];
  readonly servers: readonly Server[];
  readonly close: () => Promise<void>;
}

export type HomeName = 'embedded' | 'url' | 'cluster';

/** In words, for the names of tests. */
export const HOMES: Readonly<Record<HomeName, string>> = {
  embedded: 'embedded (npm start as it is)',
  url: 'url (an engine of its own, reached only by CLICKHOUSE_URL)',
  cluster: 'cluster (two shards; collector, API and jobs in processes of their own)',
};

/** @param env of every process, beside what the home itself needs. */
export async function openHome(name: HomeName, env: Readonly<Record<string, string>> = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), `ninety-${name}-`));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    const faults: unknown[] = [];
    for (const step of undo.reverse().splice(0)) await step().catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw faults[0];
  };
  const run = async (data: string, more: Readonly<Record<string, string>>) => {
    const server = await start(join(folder, data), { NINETY_LOG_LEVEL: 'debug', ...env, ...more });
    undo.push(server.stop);
    return server;
  };
  try {
    const shards = await startShards(name, folder, undo);
    const clickhouse: Record<string, string> =
      shards.length === 0
        ? {}
        : {
            CLICKHOUSE_URL: shards.map(({ url }) => url).join(','),
            CLICKHOUSE_USER: shards[0]!.user,
            CLICKHOUSE_PASSWORD: shards[0]!.password,
          };
    // All at once, as whatever starts containers does.
    const servers = await all(
      name === 'cluster'
        ? ['collect', 'api', 'jobs'].map((role) =>
            run(role, {
              ...clickhouse,
              CLICKHOUSE_CLUSTER: CLUSTER,
              NINETY_ROLES: role,
              NINETY_SECRET: 'the same secret for every process of a test',
            }),
          )
        : [run('data', clickhouse)],
    );
    const admin = new Operator(servers[name === 'cluster' ? 1 : 0]!.url, ADMIN_KEY);
    const { key } = await admin.json<{ key: string }>('GET', '/v1/sites/main');
    return {
      collector: servers[0]!.url,
      admin,
      siteKey: key,
      shards: name === 'embedded' ? [engineOf(join(folder, 'data'))] : shards,
      servers,
      close,
    };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}

/** Waits for the others where one fails, so that whatever has started is known and can be stopped. */
async function all<T>(starts: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

const CLUSTER = 'both';

async function startShards(
  name: HomeName,
  folder: string,
  undo: (() => Promise<unknown>)[],
): Promise<TestEngine[]> {
  if (name === 'embedded') return [];
  const password = 'password-of-a-test';
  const ports = name === 'cluster' ? [await freePort(), await freePort()] : [];
  const shards = ports.map((port) => ({ host: '127.0.0.1', port, user: 'ninety', password }));
  const engines = await all(
    (name === 'cluster' ? ports : [undefined]).map(async (tcpPort, number) => {
      const engine = await startEngine({
        folder: join(folder, `shard${number}`),
        memoryBytes: 2 ** 30,
        password,
        log: (event) => {
          if (event.event === 'engine_exited') console.error('a shard of the tests ended', event);
        },
        ...(tcpPort === undefined ? {} : { tcpPort, remoteServers: { cluster: CLUSTER, shards } }),
      });
      undo.push(() => engine.stop());
      return engine;
    }),
  );
  return engines.map(({ url, user }) => ({ url, user, password }));
}
