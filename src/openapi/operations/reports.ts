import type { z } from 'zod';
import { alertsQuery } from '../../api/alerts.ts';
import { limiting } from '../../api/http.ts';
import { reportQueries } from '../../api/reports.ts';
import {
  alerts,
  consentReport,
  deliveriesReport,
  matchRatesReport,
  overlap,
  segmentsReport,
  signalsReport,
  trafficReport,
  unusedReport,
} from '../answers.ts';
import type { Example, Operation } from '../operation.ts';

const report = (
  name: string,
  summary: string,
  query: z.ZodObject,
  schema: z.ZodType,
  example: NonNullable<Example['query']> = {},
  refusals: Operation['refusals'] = [],
): Operation => ({
  method: 'GET',
  path: `/v1/reports/${name}`,
  tag: 'Reports',
  summary,
  description: 'CSV with `format=csv` or `Accept: text/csv`.',
  scope: 'read',
  query,
  answers: { 200: { description: 'The report', type: 'application/json', schema, also: ['text/csv'] } },
  refusals: ['not_found', ...refusals],
  example: { query: example },
});

/** Where many ask at once for what reads every hit. */
const BUSY = ['busy'] as const;

export const reportOperations: readonly Operation[] = [
  report(
    'traffic',
    'Hits, visitors and refusals over time',
    reportQueries.traffic,
    trafficReport,
    { step: 'hour', by: 'site' },
    BUSY,
  ),
  report(
    'consent',
    'Who allows what by country, and what was refused',
    reportQueries.consent,
    consentReport,
    {},
    BUSY,
  ),
  report('segments', 'Sizes of segments over time', reportQueries.segments, segmentsReport, {
    segments: 'sport-fans',
  }),
  report(
    'overlap',
    'The overlap of segments',
    reportQueries.overlap,
    overlap,
    { segments: 'sport-fans,all-visitors' },
    ['not_built'],
  ),
  report(
    'match-rates',
    'Match rates over time, and now',
    reportQueries.matchRates,
    matchRatesReport,
    { partners: 'acme', days: '7' },
    BUSY,
  ),
  report('deliveries', 'What came to destinations, day by day', reportQueries.deliveries, deliveriesReport),
  report(
    'signals',
    'What hits say: categories, keywords, events and paths with volume',
    reportQueries.signals,
    signalsReport,
    { minVisitors: '1' },
    BUSY,
  ),
  report(
    'unused-signals',
    'What hits say and no segment asks for',
    reportQueries.unusedSignals,
    unusedReport,
    { minVisitors: '1' },
    BUSY,
  ),
  {
    method: 'GET',
    path: '/v1/alerts',
    tag: 'Operation',
    summary: 'What needs attention now',
    description:
      'Webhooks (`NINETY_ALERT_WEBHOOKS`) are told when an alert opens and when it clears, once each: see Webhooks.',
    scope: 'read',
    query: limiting.extend(alertsQuery.shape),
    answers: { 200: { description: 'Those that are open first', type: 'application/json', schema: alerts } },
    example: { query: { state: 'all' } },
  },
];
