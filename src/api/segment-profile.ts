import { Hono } from 'hono';
import { z } from 'zod';
import { segmentProfile } from '../report/segment-profile.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { ApiError } from './problem.ts';
import { answerReport, reportFormat } from './report-answer.ts';
import { ReportQueue } from './report-queue.ts';
import { profileTable } from './report-tables.ts';

/** What a profile may be asked. */
export const profileQuery = z.object({ format: reportFormat });

/** `GET /v1/segments/{id}/profile`: what sets the members apart from everyone. */
export function segmentProfileRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  const queue = new ReportQueue(1);
  app.get('/:id/profile', async (c) => {
    expectScope(c, 'read');
    const { format } = readParams(c, profileQuery);
    const id = c.req.param('id');
    if (registry.get('segment', id) === undefined)
      throw new ApiError('not_found', `There is no segment ${id}.`);
    const profile = await queue.run(() => segmentProfile(clickhouse, id), c.req.raw.signal);
    if (profile.asOf === null)
      throw new ApiError(
        'not_built',
        `Segment ${id} has not been built yet; POST /v1/segments/${id}/build?wait=1 builds it now.`,
      );
    return answerReport(c, format, profile, profileTable);
  });
  return app;
}
