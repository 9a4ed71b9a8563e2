import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { faultOf } from '../log.ts';
import { type PrivacyDoor, privacyRoutes } from '../privacy/routes.ts';
import type { SyncDoor } from '../sync/door.ts';
import { alertRoutes } from './alerts.ts';
import { auditRoutes } from './audit.ts';
import { bodyAtMost } from './body-limit.ts';
import { bulkStreams } from './bulk-streams.ts';
import { keyRoutes, partnerRoutes, siteRoutes } from './collections.ts';
import { deliveryRoutes, destinationRoutes, destinationTypeRoutes } from './destinations.ts';
import { docsRoutes } from './docs.ts';
import { erasureRoutes, visitorRoutes } from './erasures.ts';
import { explainRoutes } from './explain.ts';
import { exportRoutes } from './export.ts';
import { BODY_LIMIT, type Env } from './http.ts';
import { identityRoutes } from './identity.ts';
import { importRoutes } from './imports.ts';
import { installCheckRoutes } from './install-check.ts';
import { jobRoutes } from './jobs.ts';
import { journalRoutes } from './journal.ts';
import { labelRoutes } from './labels.ts';
import { lookalikeRoutes } from './lookalikes.ts';
import { matchRateRoutes } from './match-rate.ts';
import { matchRoutes } from './matches.ts';
import { methodsOf } from './methods.ts';
import { modelRoutes } from './models.ts';
import { overlapRoutes } from './overlap.ts';
import { type Probed, probeRoutes } from './probes.ts';
import { ApiError, asApiError, sendProblem } from './problem.ts';
import { profileRoutes } from './profile.ts';
import { rateLimit } from './rate-limit.ts';
import { reportRoutes } from './reports.ts';
import { retentionRoutes } from './retention.ts';
import { segmentPlanRoutes } from './segment-apply.ts';
import { segmentProfileRoutes } from './segment-profile.ts';
import { segmentRoutes } from './segments.ts';
import { Callers, sessionRoutes } from './session.ts';
import { settingRoutes } from './settings.ts';
import { taxonomyRoutes } from './taxonomy.ts';
import { traitRoutes } from './traits.ts';
import { whyRoutes } from './why.ts';

export interface AppOptions extends Probed {
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
  const { config, log, tally } = options;
  const app = new Hono<Env>();
  const callers = new Callers(options);
  const scripts = await Promise.all(
    SCRIPTS.map(async (path) => ({ path, text: await readFile(scriptFile(path)) })),
  );

  app.use(async (c, next) => {
    await next();
    const refused = c.get('refused');
    if (refused !== undefined) tally.count('api', '', refused, Date.now());
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
  });
  app.use((c, next) => {
    c.set('caller', callers.of(c));
    return next();
  });
  app.route('/', probeRoutes(options));
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
    app.use('/v1/*', bulkStreams({ tally: options.tally, log, most: config.bulkStreams }));
    // Before the limit: an upload is read as it comes, and may be of any size.
    app.route('/v1/traits', traitRoutes(options));
    app.route('/v1/matches', matchRoutes(options));
    app.route('/v1/labels', labelRoutes(options));
    // All segments of a folder come at once; it has a limit of its own.
    app.route('/v1/segments', segmentPlanRoutes(options));
    app.use('/v1/*', bodyAtMost(BODY_LIMIT));
    // Lists and reports are mostly names that come again; streams of lines pack themselves where they are asked to.
    app.use('/v1/*', compress({ encoding: 'gzip', contentTypeFilter: /^application\/json\b/ }));
    app.route('/', dashboardRoutes(options));
    app.route('/', docsRoutes(options));
    app.route('/v1/session', sessionRoutes(options, callers));
    app.route('/v1/sites', siteRoutes(options));
    app.route('/v1/sites', installCheckRoutes(options));
    app.route('/v1/partners', partnerRoutes(options));
    app.route('/v1/partners', whyRoutes(options, options.sync));
    app.route('/v1/partners', matchRateRoutes(options));
    app.route('/v1/identity', identityRoutes(options));
    app.route('/v1/segments', segmentRoutes(options));
    app.route('/v1/segments', lookalikeRoutes(options));
    app.route('/v1/segments', segmentProfileRoutes(options));
    app.route('/v1/overlap', overlapRoutes(options));
    app.route('/v1/reports', reportRoutes(options));
    app.route('/v1/alerts', alertRoutes(options));
    app.route('/v1/destinations', destinationRoutes(options));
    app.route('/v1/destination-types', destinationTypeRoutes());
    app.route('/v1/deliveries', deliveryRoutes(options));
    app.route('/v1/export', exportRoutes(options));
    app.route('/v1/keys', keyRoutes(options));
    app.route('/v1/visitors', visitorRoutes(options));
    app.route('/v1/visitors', explainRoutes(options));
    app.route('/v1/visitors', profileRoutes(options, options.privacy));
    app.route('/v1/audit', auditRoutes(options));
    app.route('/v1/settings', settingRoutes(options));
    app.route('/v1/retention', retentionRoutes(options));
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
