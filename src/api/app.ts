import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { remembered } from '../dashboard/remembered.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { faultOf } from '../log.ts';
import { type PrivacyDoor, privacyRoutes } from '../privacy/routes.ts';
import { deliveriesText } from '../report/deliveries.ts';
import { freshnessText } from '../report/freshness.ts';
import type { SyncDoor } from '../sync/door.ts';
import type { Backend } from './backend.ts';
import { bodyAtMost } from './body-limit.ts';
import { bulkStreams } from './bulk-streams.ts';
import { keyRoutes, partnerRoutes, siteRoutes } from './collections.ts';
import { deliveryRoutes, destinationRoutes, destinationTypeRoutes } from './destinations.ts';
import { erasureRoutes, visitorRoutes } from './erasures.ts';
import { explainRoutes } from './explain.ts';
import { exportRoutes } from './export.ts';
import { BODY_LIMIT, type Env } from './http.ts';
import { identityRoutes } from './identity.ts';
import { importRoutes } from './imports.ts';
import { jobRoutes } from './jobs.ts';
import { journalRoutes } from './journal.ts';
import { labelRoutes } from './labels.ts';
import { lookalikeRoutes } from './lookalikes.ts';
import { matchRateRoutes } from './match-rate.ts';
import { matchRoutes } from './matches.ts';
import { methodsOf } from './methods.ts';
import { modelRoutes } from './models.ts';
import { overlapRoutes } from './overlap.ts';
import { ApiError, asApiError, sendProblem } from './problem.ts';
import { rateLimit } from './rate-limit.ts';
import { segmentPlanRoutes } from './segment-apply.ts';
import { lateAfterMs, segmentRoutes } from './segments.ts';
import { taxonomyRoutes } from './taxonomy.ts';
import { traitRoutes } from './traits.ts';
import { whyRoutes } from './why.ts';

export interface AppOptions extends Backend {
  /** Whether hits can be taken now; else why not. */
  readonly readiness: () => { ready: boolean; reason?: string };
  readonly metrics: () => Promise<string>;
  /** For people's own pages, where the front door is open. */
  readonly privacy: PrivacyDoor;
  /** By which a sync is foretold. */
  readonly sync: SyncDoor;
}

/** What pages load, by path. */
const SCRIPTS = ['/tag.js', '/sync.js'];
const scriptFile = (path: string) => fileURLToPath(new URL(`../pixel${path}`, import.meta.url));

/** Everything that is not a hit or a sync: the management API, the scripts of pages, the probes, the console. */
export async function makeApp(options: AppOptions): Promise<Hono<Env>> {
  const { config, keys, log, tally } = options;
  const app = new Hono<Env>();
  const scripts = await Promise.all(
    SCRIPTS.map(async (path) => ({ path, text: await readFile(scriptFile(path)) })),
  );

  app.use(async (c, next) => {
    c.set('caller', keys.caller(c.req.header('authorization')));
    await next();
    const refused = c.get('refused');
    if (refused !== undefined) tally.count('api', '', refused, Date.now());
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
  });
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => {
    const { ready, reason } = options.readiness();
    return c.text(ready ? 'ready\n' : `${reason}\n`, ready ? 200 : 503);
  });
  // Without ClickHouse there are still the counters, and who watches asks for those most then.
  const freshness = remembered(() =>
    freshnessText(options.clickhouse, options.registry.list('segment'), lateAfterMs(options)).catch(() => ''),
  );
  const deliveries = remembered(() =>
    deliveriesText(options.clickhouse, options.registry.list('destination')).catch(() => ''),
  );
  app.get('/metrics', async (c) =>
    c.body(`${await options.metrics()}${await freshness()}${await deliveries()}`, 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  for (const { path, text } of config.roles.has('collect') ? scripts : []) {
    // Compressed once, as hard as it goes: every page of every site loads it.
    const packed = brotliCompressSync(text);
    app.get(path, (c) => {
      const brotli = /\bbr\b/.test(c.req.header('accept-encoding') ?? '');
      return c.body(new Uint8Array(brotli ? packed : text), 200, {
        'Content-Type': 'text/javascript; charset=utf-8',
        ...(brotli ? { 'Content-Encoding': 'br' } : {}),
        Vary: 'Accept-Encoding',
        'Cache-Control': 'public, max-age=3600',
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
    });
  }
  if (config.roles.has('collect')) app.route('/', privacyRoutes(options.privacy));
  if (config.roles.has('api')) {
    app.use('/v1/*', rateLimit({ perMinute: config.apiPerMinute, request: options.privacy.request }));
    app.use('/v1/*', bulkStreams(options));
    // Before the limit: an upload is read as it comes, and may be of any size.
    app.route('/v1/traits', traitRoutes(options));
    app.route('/v1/matches', matchRoutes(options));
    app.route('/v1/labels', labelRoutes(options));
    // All segments of a folder come at once; it has a limit of its own.
    app.route('/v1/segments', segmentPlanRoutes(options));
    app.use('/v1/*', bodyAtMost(BODY_LIMIT));
    app.route('/', dashboardRoutes(options));
    app.route('/v1/sites', siteRoutes(options));
    app.route('/v1/partners', partnerRoutes(options));
    app.route('/v1/partners', whyRoutes(options, options.sync));
    app.route('/v1/partners', matchRateRoutes(options));
    app.route('/v1/identity', identityRoutes(options));
    app.route('/v1/segments', segmentRoutes(options));
    app.route('/v1/segments', lookalikeRoutes(options));
    app.route('/v1/overlap', overlapRoutes(options));
    app.route('/v1/destinations', destinationRoutes(options));
    app.route('/v1/destination-types', destinationTypeRoutes());
    app.route('/v1/deliveries', deliveryRoutes(options));
    app.route('/v1/export', exportRoutes(options));
    app.route('/v1/keys', keyRoutes(options));
    app.route('/v1/visitors', visitorRoutes(options));
    app.route('/v1/visitors', explainRoutes(options));
    app.route('/v1/erasures', erasureRoutes(options));
    app.route('/v1/jobs', jobRoutes(options));
    app.route('/v1/journal', journalRoutes(options));
    app.route('/v1/imports', importRoutes(options));
    app.route('/v1/taxonomy', taxonomyRoutes(options));
    app.route('/v1/models', modelRoutes(options));
  }
  app.notFound((c) => {
    const methods = methodsOf(app, c.req.path, config.roles.has('collect'));
    if (methods.length === 0) return sendProblem(c, new ApiError('not_found', 'Nothing is here.'));
    c.header('Allow', methods.join(', '));
    return sendProblem(c, new ApiError('method_not_allowed', `Here is only ${methods.join(', ')}.`));
  });
  app.onError((error, c) => {
    const refusal = asApiError(error);
    if (refusal.reason === 'internal') log.error(faultOf(error), 'request failed');
    else if (refusal.reason === 'clickhouse_unavailable')
      log.warn({ error: error.message }, 'clickhouse unavailable');
    return sendProblem(c, refusal);
  });
  return app;
}
