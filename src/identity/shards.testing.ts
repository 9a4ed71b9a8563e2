import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/free-port.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { startEngine } from '../clickhouse/engine.ts';
import { migrate } from '../clickhouse/schema.ts';

const CLUSTER = 'both';
const password = 'password-of-a-test';

/** Two engines that are the shards of one cluster, with the schema on both. */
export async function openShards(): Promise<{ clickhouse: ClickHouse; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ninety-shards-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const step of undo.reverse().splice(0)) await step();
  };
  try {
    const ports = [await freePort(), await freePort()];
    const shards = ports.map((port) => ({ host: '127.0.0.1', port, user: 'ninety', password }));
    const urls: string[] = [];
    for (const [number, tcpPort] of ports.entries()) {
      const engine = await startEngine({
        folder: join(folder, `shard${number}`),
        memoryBytes: 2 ** 30,
        password,
        tcpPort,
        remoteServers: { cluster: CLUSTER, shards },
        log: (event) => {
          if (event.event === 'engine_exited') console.error('a shard of the tests ended', event);
        },
      });
      undo.push(() => engine.stop());
      urls.push(engine.url);
    }
    const clickhouse = new ClickHouse({
      urls,
      user: 'ninety',
      password,
      database: 'shared',
      cluster: CLUSTER,
    });
    undo.push(() => clickhouse.close());
    await migrate(clickhouse, 90);
    return { clickhouse, close };
  } catch (error) {
    await close();
    throw error;
  }
}
