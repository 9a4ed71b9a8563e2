import { Hono } from 'hono';
import { remembered } from '../dashboard/remembered.ts';
import { type Forgotten, forgotten } from '../report/forgotten.ts';
import { type RetainedTable, retainedTables } from '../report/retained.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';

/** What `GET /v1/retention` answers. */
export interface ShownRetention extends Forgotten {
  readonly retentionDays: number;
  readonly tables: readonly RetainedTable[];
}

/** `GET /v1/retention`: what is kept of people, until when, and who asked to be forgotten; names nobody. */
export function retentionRoutes({ clickhouse, config }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const tables = remembered(() => retainedTables(clickhouse));
  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { retentionDays } = config;
    const [kept, asked] = await Promise.all([tables(), forgotten(clickhouse, retentionDays)]);
    c.header('Cache-Control', 'no-store');
    const told: ShownRetention = { retentionDays, tables: kept, ...asked };
    return c.json(told);
  });
  return app;
}
