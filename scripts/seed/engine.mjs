import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecrets } from '../../dist/clickhouse/data-folder.js';
import { ENGINE_USER } from '../../dist/clickhouse/engine-config.js';
import { readConfig } from '../../dist/config.js';

/**
 * The ClickHouse behind a server of this machine: that of CLICKHOUSE_URL, or the engine that runs in its data folder.
 *
 * @param {Record<string, string | undefined>} env that the server was started with.
 * @returns {Promise<import('../../src/clickhouse/client.ts').Connection>}
 * @throws ConfigError; DataFolderError, or what the file system says, where no engine runs in the folder.
 */
export async function connectionOf(env) {
  const { data, clickhouse } = readConfig(env);
  const { urls, user, password, database, cluster } = clickhouse;
  if (urls !== undefined) return { urls, user, password, database, cluster };
  const engine = await readFile(join(data, 'engine/config.xml'), 'utf8');
  const port = /<http_port>(\d+)</.exec(engine)?.[1];
  const { enginePassword } = await readSecrets(data, {});
  return {
    urls: [`http://127.0.0.1:${port}`],
    user: ENGINE_USER,
    password: enginePassword,
    database,
    cluster,
  };
}
