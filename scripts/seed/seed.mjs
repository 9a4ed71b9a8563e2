import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiOf } from './api.mjs';
import { connectionOf } from './engine.mjs';
import { Past } from './past.mjs';
import { progressOf } from './progress.mjs';
import { SCENARIOS } from './scenarios.mjs';

/**
 * Fills a running server with a scenario, and shows on standard error how far that is.
 *
 * @param {{name: string, people?: number, url?: string, key?: string}} options `people` in place of the scenario's own
 *   number; `url` and `key` of the server, else it is the one that runs on NINETY_DATA.
 * @param {Record<string, string | undefined>} env that the server was started with.
 * @returns the server's address. @throws Error with what to do.
 */
export async function seed({ name, people = SCENARIOS[name].people, url: named, key }, env = process.env) {
  const scenario = SCENARIOS[name];
  const server = named === undefined ? await running(env) : { url: named, key };
  const past = await pastOf(named, env);
  const progress = progressOf(scenario.steps({ past }));
  try {
    await scenario.seed({ api: apiOf(server.url, server.key), people, past, progress });
  } catch (error) {
    const left =
      'What was made before this stays. A scenario begins on an empty server: start one on another data folder';
    throw new Error(`${error.message}\n${left} (NINETY_DATA=folder npm start), or delete this one.`);
  } finally {
    progress.end();
    await past?.close();
  }
  return server.url;
}

/** As the commands of this machine find the server: by what it leaves in its data folder. */
async function running({ NINETY_DATA }) {
  const file = join(NINETY_DATA || 'data', 'operator.json');
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new Error(`No server runs on this data folder (${file} is not there); npm start starts one.`);
  }
}

/** The engine in the data folder is that of the server that runs there, and of none that is named. */
async function pastOf(named, env) {
  if (named === undefined || env.CLICKHOUSE_URL) return new Past(await connectionOf(env));
  process.stderr.write('No CLICKHOUSE_URL names the ClickHouse of that server: there will be no trends.\n');
  return undefined;
}
