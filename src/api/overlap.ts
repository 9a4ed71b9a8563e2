import { Hono } from 'hono';
import { z } from 'zod';
import { MAX_OVERLAP, type Overlap, overlap } from '../report/overlap.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';

export const overlapQuery = z.object({
  segments: z.string().max(10_000).describe(`Ids of 2 to ${MAX_OVERLAP} segments, comma separated`),
});

/**
 * Whom the segments have in common that a list names.
 *
 * @param segments ids, comma separated.
 * @throws ApiError `invalid`, `not_found`, `not_built`; ClickHouseError
 */
export async function overlapOf({ clickhouse, registry }: Backend, segments: string): Promise<Overlap> {
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
  return found;
}

/** How many visitors segments have in common, two by two. */
export function overlapRoutes(backend: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    return c.json(await overlapOf(backend, readParams(c, overlapQuery).segments));
  });
  return app;
}
