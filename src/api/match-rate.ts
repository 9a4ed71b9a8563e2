import { Hono } from 'hono';
import { type MatchRate, matchRate } from '../identity/match-rate.ts';
import { csv } from '../report/csv.ts';
import { keepsMatches } from '../sync/target.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';
import { ApiError } from './problem.ts';
import { MATCH_COUNTS, matchCounts } from './report-tables.ts';

/** `GET /v1/partners/{id}/match-rate?format=json|csv`: of visitors seen lately, how many have an id with a partner. */
export function matchRateRoutes({ clickhouse, registry }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/:id/match-rate', async (c) => {
    expectScope(c, 'read');
    const id = c.req.param('id');
    const partner = registry.get('partner', id);
    if (partner === undefined) throw new ApiError('not_found', `There is no partner ${id}.`);
    const format = c.req.query('format') ?? 'json';
    if (format !== 'json' && format !== 'csv') throw new ApiError('invalid', 'format must be json or csv.');
    const rate = await matchRate(clickhouse, { ...partner, keepsMatches: keepsMatches(partner) });
    c.header('Cache-Control', 'no-store');
    return format === 'json'
      ? c.json(rate)
      : c.body(csvOf(rate), 200, { 'Content-Type': 'text/csv; charset=utf-8' });
  });
  return app;
}

/** One row for each window as a whole, each browser and each country. */
function csvOf({ partner, asOf, reason, windows }: MatchRate): string {
  const rows = windows.flatMap((window) =>
    [
      ['all', '', window] as const,
      ...window.browsers.map((each) => ['browser', each.browser, each] as const),
      ...window.countries.map((each) => ['country', each.country, each] as const),
    ].map(([by, value, counts]) => [window.days, by, value, ...matchCounts(counts)]),
  );
  return csv(
    ['partner', 'asOf', 'days', 'by', 'value', ...MATCH_COUNTS, 'reason'],
    rows.map((row) => [partner, asOf, ...row, reason ?? '']),
  );
}
