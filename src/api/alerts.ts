import { Hono } from 'hono';
import { z } from 'zod';
import { ALERTS } from '../alerts/kinds.ts';
import { lastCheck, listAlerts, type ShownAlert } from '../alerts/store.ts';
import { subjectName } from '../alerts/subject-name.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery, readParams } from './http.ts';

/** An alert with what its subject is called. */
export interface NamedAlert extends ShownAlert {
  readonly name: string;
}

/** What `GET /v1/alerts` answers. */
export interface ShownAlerts {
  readonly items: readonly NamedAlert[];
  /** ISO 8601: when somebody last looked; null = nobody has yet. */
  readonly checkedAt: string | null;
  /** What is watched, each with a sentence. */
  readonly kinds: typeof ALERTS;
}

export const alertsQuery = z.object({
  state: z
    .enum(['open', 'all'], 'must be open or all')
    .default('open')
    .describe('`all`: also what has cleared or ended'),
});

/** `GET /v1/alerts`: what needs attention now. */
export function alertRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { state } = readParams(c, alertsQuery);
    const [items, checkedAt] = await Promise.all([
      listAlerts(clickhouse, state, pageQuery(c).limit),
      lastCheck(clickhouse),
    ]);
    c.header('Cache-Control', 'no-store');
    const named = items.map((alert) => ({ ...alert, name: subjectName(registry, alert) }));
    return c.json({ items: named, checkedAt, kinds: ALERTS } satisfies ShownAlerts);
  });
  return app;
}
