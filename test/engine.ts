import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, inject } from 'vitest';

/** A ClickHouse that a test may use. */
export interface TestEngine {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** A database of a test file's own, in the form in which the client takes its connection. */
export interface TestDatabase {
  readonly urls: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly cluster: undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    engine: TestEngine;
  }
}

/** The engine that runs during all unit tests: the embedded one, or that of TEST_CLICKHOUSE_URL. */
export function sharedEngine(): TestEngine {
  return inject('engine');
}

/**
 * Runs a statement without the product's client, on a connection of its own.
 *
 * @returns the answer's body. @throws Error with the status and the server's message.
 */
export async function ask(engine: TestEngine, sql: string): Promise<string> {
  const headers = { 'X-ClickHouse-User': engine.user, 'X-ClickHouse-Key': engine.password };
  const sent = request(engine.url, { method: 'POST', agent: false, headers }).end(sql);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${body}`);
  return body;
}

/**
 * Makes a database of a random name, dropped after the file's last test.
 * Call it at the top level of a test file or of a `describe`, where hooks may be registered.
 */
export async function freshDatabase(): Promise<TestDatabase> {
  const engine = sharedEngine();
  const database = `test_${randomBytes(6).toString('hex')}`;
  afterAll(() => ask(engine, `DROP DATABASE IF EXISTS ${database} SYNC`).then(() => {}));
  await ask(engine, `CREATE DATABASE ${database}`);
  return { urls: [engine.url], user: engine.user, password: engine.password, database, cluster: undefined };
}
