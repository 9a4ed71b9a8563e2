import { z } from 'zod';
import { limiting } from '../../api/http.ts';
import { asked as lookalike } from '../../api/lookalikes.ts';
import { membersQuery } from '../../api/members.ts';
import { pullQuery } from '../../api/members-query.ts';
import { overlapQuery } from '../../api/overlap.ts';
import { applied, wanted } from '../../api/segment-apply.ts';
import { paged, restoring } from '../../api/segment-versions.ts';
import { asked as estimated, listed, said } from '../../api/segments.ts';
import { estimate, items, overlap, pastBuild, segment } from '../answers.ts';
import { membersManifest } from '../delivery-answers.ts';
import { ETAG, IF_MATCH } from '../headers.ts';
import type { Operation } from '../operation.ts';
import { plansApplied, segmentPlan, segmentVersion, versionInFull } from '../system-answers.ts';
import { storedOperations } from './stored.ts';

const wait = z.object({ wait: z.enum(['1']).optional().describe('Answers when it is done') });
const pulled = membersQuery.extend(pullQuery.shape);
const rule = { any: [{ did: { category: '1' }, times: 2, within: '30d' }, { did: { path: '/cars/*' } }] };
const there = { id: 'sport-fans' };

export const segmentOperations: readonly Operation[] = [
  ...storedOperations({
    path: '/v1/segments',
    tag: 'Segments',
    one: 'segment',
    readScope: 'read',
    editScope: 'edit',
    input: said,
    item: segment,
    listed,
    needed: { deleting: true, changing: true },
    there: 'sport-fans',
    making: { id: 'car-buyers', name: 'Car buyers', rule, folder: 'auto', labels: ['autumn'] },
    change: { note: 'For the autumn campaign', labels: ['autumn'] },
    spare: 'old-segment',
  }),
  {
    method: 'POST',
    path: '/v1/segments/estimate',
    tag: 'Segments',
    summary: 'The exact size of a rule, now',
    scope: 'read',
    body: estimated,
    answers: { 200: { description: 'How many visitors it has', type: 'application/json', schema: estimate } },
    refusals: ['bad_rule', 'not_built'],
    example: { body: { rule } },
  },
  {
    method: 'POST',
    path: '/v1/segments/plan',
    tag: 'Segments',
    summary: 'What would become of segments if they were as files say',
    description: 'Changes nothing.',
    scope: 'read',
    body: wanted,
    answers: { 200: { description: 'The plan', type: 'application/json', schema: segmentPlan } },
    example: {
      body: { segments: [{ id: 'sport-fans', name: 'Sport fans', rule: { did: { category: '483' } } }] },
    },
  },
  {
    method: 'POST',
    path: '/v1/segments/apply',
    tag: 'Segments',
    summary: 'Makes segments as files say: all of them, or none',
    scope: 'edit',
    body: applied,
    answers: { 200: { description: 'What was written', type: 'application/json', schema: plansApplied } },
    refusals: ['conflict', 'not_stored'],
    example: {
      body: {
        segments: [{ id: 'readers', name: 'Readers', rule: { did: { event: 'pageview' } } }],
        note: 'From the repository',
      },
    },
  },
  {
    method: 'POST',
    path: '/v1/segments/:id/build',
    tag: 'Segments',
    summary: 'Builds the segment now, from every hit acknowledged before',
    scope: 'edit',
    query: wait,
    answers: {
      200: { description: 'The segment as it is now', type: 'application/json', schema: segment },
      202: { description: 'It is being built', type: 'application/json', schema: segment },
    },
    refusals: ['not_found', 'busy'],
    example: { params: there, query: { wait: '1' } },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/members',
    tag: 'Segments',
    summary: 'Who is in the segment, or what has changed since',
    description:
      'Streams lines of `{id, op}`. `Ninety-Cursor` is what to give as `since` the next time. Below the privacy floor no adds leave; removals always do.',
    scope: 'export:<kind of id>',
    query: pulled,
    answers: { 200: { description: 'A line for each id', type: 'application/x-ndjson' } },
    refusals: [
      'not_found',
      'not_built',
      'bad_cursor',
      'bad_format',
      'cursor_expired',
      'unknown_source',
      'forbidden',
      'too_many_streams',
    ],
    example: { params: there, query: { as: 'visitor' } },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/members/manifest',
    tag: 'Segments',
    summary: 'Count, bytes and SHA-256 of such an answer',
    scope: 'export:<kind of id>',
    query: pulled,
    answers: {
      200: {
        description: 'Of the answer that `at` is of',
        type: 'application/json',
        schema: membersManifest,
      },
    },
    refusals: ['not_found', 'not_built', 'bad_cursor', 'bad_format', 'cursor_expired', 'unknown_source'],
    example: { params: there, query: { as: 'visitor', at: 'CURSOR-OF-MEMBERS' } },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/history',
    tag: 'Segments',
    summary: 'Sizes over time, oldest first',
    scope: 'read',
    query: limiting,
    answers: {
      200: { description: 'The newest builds', type: 'application/json', schema: items(pastBuild) },
    },
    refusals: ['not_found'],
    example: { params: there, query: { limit: '50' } },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/lookalike',
    tag: 'Segments',
    summary: 'What a reach of look-alikes has, and is worth',
    scope: 'read',
    query: lookalike,
    answers: { 200: { description: 'For the reach, and for a curve of them', type: 'application/json' } },
    refusals: ['not_found', 'not_built', 'busy'],
    // The example's world has too few members for a model of them.
    example: { params: there, query: { reach: '0.1' }, status: 409 },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/versions',
    tag: 'Segments',
    summary: 'Every change of the segment, newest first',
    scope: 'read',
    query: paged,
    answers: {
      200: {
        description: 'A page of versions',
        type: 'application/json',
        schema: z.strictObject({ items: z.array(segmentVersion), next: z.int().nullable() }),
      },
    },
    refusals: ['not_found'],
    example: { params: there },
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/versions/:n',
    tag: 'Segments',
    summary: 'The segment as it was in a version',
    scope: 'read',
    answers: { 200: { description: 'The version', type: 'application/json', schema: versionInFull } },
    refusals: ['not_found'],
    example: { params: { id: 'sport-fans', n: '1' } },
  },
  {
    method: 'POST',
    path: '/v1/segments/:id/versions/:n/restore',
    tag: 'Segments',
    summary: 'Makes a version the newest again',
    scope: 'edit',
    headers: [IF_MATCH],
    body: restoring,
    answers: {
      200: { description: 'The segment', type: 'application/json', schema: segment, headers: [ETAG] },
    },
    refusals: ['not_found', 'conflict', 'version_conflict'],
    example: { params: { id: 'sport-fans', n: '1' }, body: { note: 'As it was' } },
  },
  {
    method: 'GET',
    path: '/v1/overlap',
    tag: 'Segments',
    summary: 'How many visitors segments have in common, two by two',
    scope: 'read',
    query: overlapQuery,
    answers: { 200: { description: 'Exact counts', type: 'application/json', schema: overlap } },
    refusals: ['not_found', 'not_built'],
    example: { query: { segments: 'sport-fans,all-visitors' } },
  },
];
