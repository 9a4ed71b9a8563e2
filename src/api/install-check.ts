import { Hono } from 'hono';
import { z } from 'zod';
import { installCheck } from '../report/install-check.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';

const QUARTER_MS = 15 * 60_000;

export const installQuery = z.object({
  since: z.iso.datetime().optional().describe('From when on; default: a quarter of an hour ago'),
});

/** `GET /v1/sites/{id}/check?since=`: whether hits of the site come in, or why they are refused and what to change. */
export function installCheckRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/:id/check', async (c) => {
    expectScope(c, 'read');
    const { since } = readParams(c, installQuery);
    const site = registry.get('site', c.req.param('id'));
    if (site === undefined) throw new ApiError('not_found', `There is no site ${c.req.param('id')}.`);
    const from = since === undefined ? Date.now() - QUARTER_MS : Date.parse(since);
    c.header('Cache-Control', 'no-store');
    return c.json(await installCheck(clickhouse, site.id, from));
  });
  return app;
}
