import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { LeaseBusyError } from '../jobs/lease.ts';
import { CollectorsBehindError } from '../journal/marks.ts';
import type { Backend } from './backend.ts';
import { keyRoutes, partnerRoutes, siteRoutes } from './collections.ts';
import type { Env } from './http.ts';
import { jobRoutes } from './jobs.ts';
import { ApiError, sendProblem } from './problem.ts';
import { segmentRoutes } from './segments.ts';

export interface AppOptions extends Backend {
  /** Whether hits can be taken now; else why not. */
  readonly readiness: () => { ready: boolean; reason?: string };
  readonly metrics: () => Promise<string>;
}

const TAG = fileURLToPath(new URL('../pixel/tag.js', import.meta.url));

/** Everything that is not a hit or a sync: the management API, the tag, the probes, the console. */
export async function makeApp(options: AppOptions): Promise<Hono<Env>> {
  const { config, keys, log } = options;
  const app = new Hono<Env>();
  const tag = await readFile(TAG);

  app.use(async (c, next) => {
    c.set('caller', keys.caller(c.req.header('authorization')));
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
  });
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const { ready, reason } = options.readiness();
    return c.text(ready ? 'ready\n' : `${reason}\n`, ready ? 200 : 503);
  });
  app.get('/metrics', async (c) =>
    c.body(await options.metrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
  if (config.roles.has('collect')) {
    app.get('/tag.js', (c) =>
      c.body(new Uint8Array(tag), 200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Cache-Control': 'public, max-age=3600',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      }),
    );
  }
  if (config.roles.has('api')) {
    app.route('/', dashboardRoutes(options));
    app.route('/v1/sites', siteRoutes(options));
    app.route('/v1/partners', partnerRoutes(options));
    app.route('/v1/segments', segmentRoutes(options));
    app.route('/v1/keys', keyRoutes(options));
    app.route('/v1/jobs', jobRoutes(options));
  }
  app.notFound((c) => sendProblem(c, new ApiError('not_found', 'Nothing is here.')));
  app.onError((error, c) => {
    if (error instanceof ApiError) return sendProblem(c, error);
    if (error instanceof LeaseBusyError)
      return sendProblem(c, new ApiError('busy', `${error.message}; try again.`));
    if (error instanceof CollectorsBehindError)
      return sendProblem(c, new ApiError('collectors_behind', error.message));
    if (error instanceof ClickHouseError && error.fault === 'unavailable') {
      log.warn({ error: error.message }, 'clickhouse unavailable');
      return sendProblem(
        c,
        new ApiError(
          'clickhouse_unavailable',
          'The storage does not answer right now; hits are still taken. Try again.',
        ),
      );
    }
    log.error({ error: error.message, stack: error.stack }, 'request failed');
    return sendProblem(c, new ApiError('internal', 'This is a fault of ours; the log has more.'));
  });
  return app;
}
