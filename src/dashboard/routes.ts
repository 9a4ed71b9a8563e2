import { Hono } from 'hono';
import type { Backend } from '../api/backend.ts';
import { type Env, expectScope, pageQuery } from '../api/http.ts';
import { assetRoutes } from './assets.ts';
import { summarizer } from './summary.ts';

/**
 * The console's pages, and the numbers of the first of them (`GET /v1/overview`) and of the sites
 * (`GET /v1/overview/sites?after=&limit=`): those are for a key of scope `read`.
 */
export function dashboardRoutes(backend: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const { summary, sites } = summarizer(backend);
  app.get('/v1/overview', async (c) => {
    expectScope(c, 'read');
    c.header('Cache-Control', 'no-store');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    return c.json(await summary());
  });
  app.get('/v1/overview/sites', async (c) => {
    expectScope(c, 'read');
    c.header('Cache-Control', 'no-store');
    return c.json(await sites(pageQuery(c)));
  });
  app.route('/', assetRoutes());
  return app;
}
