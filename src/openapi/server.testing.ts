import { join } from 'node:path';
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { pino } from 'pino';

/**
 * The app as the build has it, over a ClickHouse that nobody asks: for its table of routes. The build's, because the
 * console's files lie beside it.
 */
export async function builtApp(): Promise<Hono<{ Bindings: HttpBindings }>> {
  const built = (file: string) => import(new URL(join('../../dist', file), import.meta.url).href);
  const { makeApp } = (await built('api/app.js')) as typeof import('../api/app.ts');
  const { makeCore } = (await built('serve/core.js')) as typeof import('../serve/core.ts');
  const { readConfig } = (await built('config.js')) as typeof import('../config.ts');
  const url = 'http://127.0.0.1:9';
  const config = readConfig({ CLICKHOUSE_URL: url });
  const connection = { urls: [url], user: 'nobody', password: '', database: 'none', cluster: undefined };
  const core = makeCore(
    config,
    'a secret of a test that asks nobody',
    'n90_nobody',
    connection,
    pino({ level: 'silent' }),
  );
  const nothing = async () => {};
  return (await makeApp({
    ...core,
    publicUrl: () => url,
    tellsDataCentres: false,
    // Doors of people and partners are used by requests only, and there are none.
    privacy: {} as never,
    sync: {} as never,
    flush: nothing,
    metrics: async () => '',
    readiness: () => ({ ready: true }),
  })) as unknown as Hono<{ Bindings: HttpBindings }>;
}
