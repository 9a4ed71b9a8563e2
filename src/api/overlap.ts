import { Hono } from 'hono';
import { z } from 'zod';
import { MAX_OVERLAP, overlap } from '../report/overlap.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';

const asked = z.object({ segments: z.string().max(10_000) });

/** How many visitors segments have in common, two by two. */
export function overlapRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    const { segments } = readParams(c, asked);
    const ids = [...new Set(segments.split(',').map((id) => id.trim()))].filter((id) => id !== '');
    if (ids.length < 2 || ids.length > MAX_OVERLAP)
      throw new ApiError(
        'invalid',
        `segments must name from 2 to ${MAX_OVERLAP} segments, comma separated; it names ${ids.length}.`,
      );
    const unknown = ids.find((id) => !registry.get('segment', id));
    if (unknown !== undefined) throw new ApiError('not_found', `There is no segment ${unknown}.`);
    const found = await overlap(clickhouse, ids);
    const without = found.segments.find(({ asOf }) => asOf === null);
    if (without)
      throw new ApiError(
        'not_built',
        `Segment ${without.id} has not been built yet; POST /v1/segments/${without.id}/build?wait=1 builds it now.`,
      );
    return c.json(found);
  });
  return app;
}
