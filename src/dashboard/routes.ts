import { Hono } from 'hono';
import type { Backend } from '../api/backend.ts';
import { type Env, expectScope } from '../api/http.ts';
import { overview } from '../report/overview.ts';

/** The console's first page and the numbers on it. */
export function dashboardRoutes({ clickhouse }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/v1/overview', async (c) => {
    expectScope(c, 'read');
    return c.json(await overview(clickhouse));
  });
  return app;
}
