import { z } from 'zod';
import { destinationInput } from '../../api/destination.ts';
import { falling, ran } from '../../api/destination-history.ts';
import { asked, deleting, replaying } from '../../api/destinations.ts';
import { exportQuery } from '../../api/export.ts';
import { limiting } from '../../api/http.ts';
import { pullQuery } from '../../api/members-query.ts';
import { begun, deliveries, items, run, waterfalls } from '../answers.ts';
import {
  deadLetters,
  destination,
  destinationType,
  dryRun,
  exportManifest,
  pastRun,
  runInFull,
} from '../delivery-answers.ts';
import type { Operation } from '../operation.ts';
import { storedOperations } from './stored.ts';

const done = {
  description: 'The run of the job, when it has ended',
  type: 'application/json',
  schema: run,
} as const;
const soon = { description: 'It has begun', type: 'application/json', schema: begun } as const;
const wait = asked.pick({ wait: true });
const there = { id: 'acme-files' };

const exported = exportQuery.extend(pullQuery.shape);

export const destinationOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/export',
    tag: 'Destinations',
    summary: 'All segments that a destination may have, or what has changed since',
    description:
      'Streams lines of `{segment, as, id, op}`, in the order of segment, kind of id, id. `Ninety-Cursor` is what to give as `since` the next time; trailers give count and SHA-256.',
    scope: 'export:<destination>',
    query: exported,
    answers: { 200: { description: 'A line for each id and segment', type: 'application/x-ndjson' } },
    refusals: ['not_found', 'in_use', 'bad_cursor', 'bad_format', 'cursor_expired', 'too_many_streams'],
    example: { query: { destination: 'acme-files' } },
  },
  {
    method: 'GET',
    path: '/v1/export/manifest',
    tag: 'Destinations',
    summary: 'Count, bytes and SHA-256 of such an answer',
    scope: 'export:<destination>',
    query: exported,
    answers: {
      200: {
        description: 'Of the answer that `at` is of',
        type: 'application/json',
        schema: exportManifest,
      },
    },
    refusals: ['not_found', 'in_use', 'bad_cursor', 'bad_format', 'cursor_expired'],
    example: { query: { destination: 'acme-files', at: 'CURSOR-OF-EXPORT' } },
  },
  {
    method: 'GET',
    path: '/v1/destination-types',
    tag: 'Destinations',
    summary: 'The types of destination, and what each wants to know',
    scope: 'read',
    answers: {
      200: {
        description: 'Settings are JSON Schemas',
        type: 'application/json',
        schema: items(destinationType),
      },
    },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/deliveries',
    tag: 'Destinations',
    summary: 'How each destination stands',
    scope: 'read',
    answers: { 200: { description: 'All of them', type: 'application/json', schema: deliveries } },
    example: {},
  },
  ...storedOperations({
    path: '/v1/destinations',
    tag: 'Destinations',
    one: 'destination',
    readScope: 'read',
    editScope: 'edit',
    input: destinationInput,
    item: destination,
    there: 'acme-files',
    making: {
      id: 'acme-hook',
      name: 'Acme, by webhook',
      type: 'webhook',
      partner: 'acme',
      segments: ['sport-fans', { id: 'all-visitors', code: 'ALL' }],
      schedule: { cron: '0 */6 * * *' },
      settings: {
        url: 'https://receiver.example.com/segments',
        secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      },
    },
    change: { schedule: 'manual' },
    removing: deleting,
    needed: { deleting: true, changing: false },
    spare: 'old-files',
  }),
  {
    method: 'POST',
    path: '/v1/destinations/:id/deliver',
    tag: 'Destinations',
    summary: 'Delivers now, or says what it would',
    scope: 'edit',
    query: asked,
    answers: { 200: { ...done, schema: z.union([dryRun, run]) }, 202: soon },
    refusals: ['not_found', 'in_use'],
    example: { params: there, query: { dryRun: '1' } },
  },
  {
    method: 'POST',
    path: '/v1/destinations/:id/resync',
    tag: 'Destinations',
    summary: 'Tells the destination everything anew',
    scope: 'edit',
    query: wait,
    answers: { 200: done, 202: soon },
    refusals: ['not_found'],
    example: { params: there, query: { wait: '1' } },
  },
  {
    method: 'POST',
    path: '/v1/destinations/:id/withdraw',
    tag: 'Destinations',
    summary: 'Takes back everything that a destination was told',
    description: 'It must be switched off before.',
    scope: 'edit',
    query: wait,
    answers: { 200: done, 202: soon },
    refusals: ['not_found', 'in_use'],
    example: { params: { id: 'idle-files' }, query: { wait: '1' } },
  },
  {
    method: 'GET',
    path: '/v1/destinations/:id/runs',
    tag: 'Destinations',
    summary: 'Its runs, newest first',
    scope: 'read',
    query: limiting.extend(ran.shape),
    answers: { 200: { description: 'The newest runs', type: 'application/json', schema: items(pastRun) } },
    refusals: ['not_found'],
    example: { params: there },
  },
  {
    method: 'GET',
    path: '/v1/destinations/:id/runs/:run',
    tag: 'Destinations',
    summary: 'A run, part by part',
    scope: 'read',
    answers: { 200: { description: 'The run', type: 'application/json', schema: runInFull } },
    refusals: ['not_found'],
    example: { params: { id: 'acme-files', run: 'RUN-OF-FILES' } },
  },
  {
    method: 'GET',
    path: '/v1/destinations/:id/dead-letters',
    tag: 'Destinations',
    summary: 'Lines that it did not take, and that are not sent again by themselves',
    scope: 'read',
    query: limiting,
    answers: {
      200: {
        description: 'The newest, and how many there are',
        type: 'application/json',
        schema: deadLetters,
      },
    },
    refusals: ['not_found'],
    example: { params: there },
  },
  {
    method: 'POST',
    path: '/v1/destinations/:id/dead-letters/replay',
    tag: 'Destinations',
    summary: 'Sends dead letters again',
    scope: 'edit',
    query: wait,
    body: replaying,
    answers: { 200: done, 202: soon },
    refusals: ['not_found'],
    example: { params: there, query: { wait: '1' }, body: {} },
  },
  {
    method: 'GET',
    path: '/v1/destinations/:id/waterfall',
    tag: 'Destinations',
    summary:
      'Members → consented → id known → fresh → allowed → sent → accepted, with each loss by its reason',
    scope: 'read',
    query: falling,
    answers: { 200: { description: 'Of each segment', type: 'application/json', schema: waterfalls } },
    refusals: ['not_found'],
    example: { params: there, query: { days: '7' } },
  },
];
