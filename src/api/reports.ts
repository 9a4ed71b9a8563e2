import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { WINDOWS } from '../identity/match-rate.ts';
import type { Item, Kind } from '../registry/kinds.ts';
import { consent } from '../report/consent.ts';
import { delivered, MAX_DESTINATIONS } from '../report/delivered.ts';
import { MAX_PARTNERS, matchRates, RATE_SPLITS, tooManyRates } from '../report/match-rates.ts';
import { type Range, rangeOf, rangeQuery, spanOf } from '../report/range.ts';
import { MAX_SEGMENTS, segmentSizes, tooManySizes } from '../report/segment-sizes.ts';
import { traffic } from '../report/traffic.ts';
import { TRAFFIC_SPLITS } from '../report/traffic-counts.ts';
import { signals, unusedSignals } from '../report/unused-signals.ts';
import { usedSignals } from '../report/used-signals.ts';
import { keepsMatches } from '../sync/target.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, readParams } from './http.ts';
import { overlapOf, overlapQuery } from './overlap.ts';
import { ApiError } from './problem.ts';
import { answerReport, reportFormat } from './report-answer.ts';
import { ReportQueue } from './report-queue.ts';
import { RememberedRates } from './report-rates.ts';
import {
  consentTable,
  deliveriesTable,
  matchRatesTable,
  overlapTable,
  segmentsTable,
  signalsTable,
  trafficTable,
} from './report-tables.ts';
import { lateAfterMs } from './segments.ts';

const site = z.string().max(64).optional().describe('Id of the one site; default: all');
const listOf = (what: string, most: number) =>
  z
    .string()
    .max(10_000)
    .optional()
    .describe(`Ids of up to ${most} ${what}, comma separated; default: the first`);

const signalsQuery = rangeQuery.omit({ step: true }).extend({
  from: rangeQuery.shape.from.describe(
    'Beginning, an ISO 8601 date or time in UTC; default: seven days before `to`',
  ),
  site,
  minVisitors: z.coerce.number().int().min(1).max(1_000_000_000).default(10).describe('Fewer are no volume'),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('Of each kind'),
  format: reportFormat,
});

/** What each report may be asked. */
export const reportQueries = {
  traffic: rangeQuery.extend({
    site,
    by: z
      .enum(TRAFFIC_SPLITS, `must be one of ${TRAFFIC_SPLITS.join(', ')}`)
      .optional()
      .describe('By what hits are told apart besides'),
    format: reportFormat,
  }),
  consent: rangeQuery.extend({ site, format: reportFormat }),
  segments: rangeQuery.extend({ segments: listOf('segments', MAX_SEGMENTS), format: reportFormat }),
  overlap: overlapQuery.extend({ format: reportFormat }),
  matchRates: rangeQuery.extend({
    partners: listOf('partners', MAX_PARTNERS),
    days: z.coerce
      .number()
      .pipe(z.literal(WINDOWS, `must be one of ${WINDOWS.join(', ')}`))
      .default(1)
      .describe('Days up to a moment that its rate counts')
      // The document shows what comes in, before it is read as one of these.
      .meta({ enum: [...WINDOWS] }),
    by: z
      .enum(RATE_SPLITS, `must be one of ${RATE_SPLITS.join(', ')}`)
      .optional()
      .describe('By what past rates are told apart besides; `now` is by both'),
    format: reportFormat,
  }),
  deliveries: z.object({
    destinations: listOf('destinations', MAX_DESTINATIONS),
    days: z.coerce.number().int().min(1).max(90).default(30).describe('Days to look back, today among them'),
    format: reportFormat,
  }),
  signals: signalsQuery,
  unusedSignals: signalsQuery,
};

/**
 * `GET /v1/reports/…`: what happened over time, as JSON or CSV. A number that stands elsewhere too is asked with the
 * same query as there.
 */
export function reportRoutes(backend: Backend): Hono<Env> {
  const { clickhouse, config, registry } = backend;
  const app = new Hono<Env>();
  const readRange = (asked: Parameters<typeof rangeOf>[0]): Range =>
    expectRange(rangeOf(asked, config.retentionDays));
  const queue = new ReportQueue();
  const heavy = <T>(c: Context<Env>, make: () => Promise<T>) => queue.run(make, c.req.raw.signal);
  const rates = new RememberedRates(clickhouse);

  app.get('/traffic', async (c) => {
    const { site, by, format, ...asked } = query(c, reportQueries.traffic);
    expectSite(backend, site);
    const range = readRange(asked);
    const report = await heavy(c, () => traffic(clickhouse, { range, site, by }));
    return answerReport(c, format, report, trafficTable);
  });
  app.get('/consent', async (c) => {
    const { site, format, ...asked } = query(c, reportQueries.consent);
    expectSite(backend, site);
    const range = readRange(asked);
    const report = await heavy(c, () => consent(clickhouse, range, site));
    return answerReport(c, format, report, consentTable);
  });
  app.get('/segments', async (c) => {
    const { segments, format, ...asked } = query(c, reportQueries.segments);
    const range = readRange(asked);
    const items = named(backend, 'segment', segments, MAX_SEGMENTS);
    const excess = tooManySizes(range, items.length);
    if (excess !== undefined) throw new ApiError('invalid', excess);
    return answerReport(
      c,
      format,
      await segmentSizes(clickhouse, range, items, lateAfterMs(backend)),
      segmentsTable,
    );
  });
  app.get('/overlap', async (c) => {
    const { segments, format } = query(c, reportQueries.overlap);
    return answerReport(c, format, await overlapOf(backend, segments), overlapTable);
  });
  app.get('/match-rates', async (c) => {
    const { partners, days, by, format, ...asked } = query(c, reportQueries.matchRates);
    const range = readRange(asked);
    const rated = named(backend, 'partner', partners, MAX_PARTNERS).map((partner) => ({
      ...partner,
      keepsMatches: keepsMatches(partner),
    }));
    const excess = tooManyRates(range, rated.length, by);
    if (excess !== undefined) throw new ApiError('invalid', excess);
    const report = await heavy(c, () => matchRates(clickhouse, range, rated, days, { by, now: rates.of }));
    return answerReport(c, format, report, matchRatesTable);
  });
  app.get('/deliveries', async (c) => {
    const { destinations, days, format } = query(c, reportQueries.deliveries);
    const items = named(backend, 'destination', destinations, MAX_DESTINATIONS);
    return answerReport(c, format, await delivered(clickhouse, items, days), deliveriesTable);
  });
  app.get('/signals', async (c) => {
    const { site, minVisitors, limit, format, ...asked } = query(c, reportQueries.signals);
    expectSite(backend, site);
    const range = expectRange(spanOf(asked, config.retentionDays));
    const report = await heavy(c, () => signals(clickhouse, { range, site, minVisitors, limit }));
    return answerReport(c, format, report, signalsTable);
  });
  app.get('/unused-signals', async (c) => {
    const { site, minVisitors, limit, format, ...asked } = query(c, reportQueries.unusedSignals);
    expectSite(backend, site);
    const used = usedSignals(registry.list('segment').map(({ rule }) => rule));
    const range = expectRange(spanOf(asked, config.retentionDays));
    const report = await heavy(c, () => unusedSignals(clickhouse, { range, site, used, minVisitors, limit }));
    return answerReport(c, format, report, signalsTable);
  });
  return app;
}

/** @throws ApiError `unauthorized`, `forbidden`, `invalid` */
function query<S extends z.ZodType>(c: Context<Env>, schema: S): z.output<S> {
  expectScope(c, 'read');
  return readParams(c, schema);
}

/** @throws ApiError `invalid` with the sentence that is there in place of a range. */
function expectRange<R extends object>(range: R | string): R {
  if (typeof range === 'string') throw new ApiError('invalid', range);
  return range;
}

function expectSite({ registry }: Backend, site: string | undefined): void {
  if (site !== undefined && registry.get('site', site) === undefined)
    throw new ApiError('not_found', `There is no site ${site}.`);
}

/**
 * Those that a list names, each once and in its order; without a list the first by id.
 *
 * @throws ApiError `invalid` for too many, `not_found`
 */
function named<K extends Kind>(
  { registry }: Backend,
  kind: K,
  list: string | undefined,
  most: number,
): Item<K>[] {
  if (list === undefined) return registry.list(kind).slice(0, most);
  const ids = [...new Set(list.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  if (ids.length === 0 || ids.length > most)
    throw new ApiError('invalid', `${kind}s must name from 1 to ${most} ids, comma separated.`);
  return ids.map((id) => {
    const item = registry.get(kind, id);
    if (item === undefined) throw new ApiError('not_found', `There is no ${kind} ${id}.`);
    return item;
  });
}
