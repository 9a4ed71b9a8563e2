import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { Backend } from '../api/backend.ts';
import { type Env, expectScope } from '../api/http.ts';
import { assetRoutes } from './assets.ts';
import { isOwnMachine } from './own-machine.ts';
import { summarizer } from './summary.ts';

/**
 * The console's first page and the numbers on it. The numbers are for a key of scope `read`, and without a
 * key for whoever sits at the machine of an unpublished server.
 */
export function dashboardRoutes(backend: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const summary = summarizer(backend);
  app.get('/v1/overview', async (c) => {
    c.header('Cache-Control', 'no-store');
    c.header('Cross-Origin-Resource-Policy', 'same-origin');
    // A key that is sent is meant: a wrong one is told so, also at this machine.
    const keyless = c.req.header('authorization') === undefined;
    const { incoming } = c.env as HttpBindings;
    if (!keyless || !isOwnMachine(backend.config, incoming)) expectScope(c, 'read');
    return c.json(await summary());
  });
  app.route('/', assetRoutes());
  return app;
}
