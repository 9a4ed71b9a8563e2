import { Hono } from 'hono';
import { z } from 'zod';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { writeAct } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readJson } from './http.ts';
import { ApiError } from './problem.ts';

const counts = z.partialRecord(
  z.enum(Object.keys(REFUSALS) as [Refusal, ...Refusal[]]),
  z.int().min(1).max(1_000_000_000),
);
export const schema = z.strictObject({ site: z.string().max(200), refused: counts });

/**
 * `POST /v1/imports` takes `{site: KEY, refused: {reason: n}}`: the lines of a log that the import command
 * refused by itself, so that they are counted where every other refusal is.
 *
 * Only an administrator's key may: the header by which hits are an import's is believed of no other, and a
 * command that asks here first never hands in a log's hits as those of real browsers.
 */
export function importRoutes({ clickhouse, registry, tally }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/', async (c) => {
    const actor = expectScope(c, 'admin').id;
    const { site: key, refused } = await readJson(c, schema);
    const site = registry.list('site').find((each) => each.key === key);
    if (!site)
      throw new ApiError('not_found', `There is no site with the key ${key}; GET /v1/sites lists them.`);
    await writeAct(clickhouse, { actor, action: 'imported', kind: 'site', subjects: [site.id] });
    const now = Date.now();
    for (const [reason, n] of Object.entries(refused)) tally.count('import', site.id, reason, now, n);
    return c.json({ site: site.id, counted: refused }, 202);
  });
  return app;
}
