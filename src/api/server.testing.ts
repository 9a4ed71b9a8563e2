import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { Operator, Person } from '../../test/client.ts';
import { freshDatabase } from '../../test/engine.ts';
import { OUR_VENDOR } from '../collect/front.testing.ts';
import { readConfig } from '../config.ts';

/** Who an operator and a browser reach; filled in before the first test. */
export interface TestServer {
  operator: Operator;
  url: string;
  person: (headers?: Readonly<Record<string, string>>) => Person;
}

/** The build's, because the tag and the console's page lie beside it. */
const BUILT = new URL('../../dist/serve/serve.js', import.meta.url).href;

/**
 * A whole server in this process over a database of the test file's own; no jobs run by themselves. It
 * believes `X-Forwarded-For`, so that people can come from anywhere. Call it at the top level of a test file.
 */
export async function testServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const database = await freshDatabase();
  const server = {} as TestServer;
  let stop = async () => {};
  beforeAll(async () => {
    const data = await mkdtemp(join(tmpdir(), 'ninety-api-test-'));
    const config = readConfig({
      PORT: '0',
      NINETY_DATA: data,
      NINETY_ROLES: 'collect,api',
      NINETY_MIN_AUDIENCE: '0',
      NINETY_GVL_ID: String(OUR_VENDOR),
      NINETY_TRUST_PROXY: '127.0.0.1',
      CLICKHOUSE_URL: database.urls[0],
      CLICKHOUSE_USER: database.user,
      CLICKHOUSE_PASSWORD: database.password,
      CLICKHOUSE_DATABASE: database.database,
      ...env,
    });
    const { serve } = (await import(BUILT)) as typeof import('../serve/serve.ts');
    const running = await serve(config, pino({ level: 'silent' }), new AbortController().signal);
    server.url = running.listening;
    server.operator = new Operator(running.listening, running.operatorKey);
    server.person = (headers) => new Person(running.listening, headers);
    stop = async () => {
      await running.stop();
      await rm(data, { recursive: true, force: true });
    };
  });
  afterAll(() => stop());
  return server;
}
