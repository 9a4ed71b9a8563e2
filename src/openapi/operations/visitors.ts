import { explainQuery } from '../../api/explain.ts';
import { scored } from '../../api/models.ts';
import { anything, items } from '../answers.ts';
import type { Operation } from '../operation.ts';
import { erasure, explanation } from '../people-answers.ts';
import { labelAttribute } from '../system-answers.ts';

export const visitorOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/visitors/:id{.+}/explain',
    tag: 'Visitors',
    summary: 'Why a visitor is in a segment or not, clause by clause',
    description:
      'The id is a visitor’s 11 characters, or `type:uid` with a device type or a partner. Each look is written down under `/v1/audit` before it is answered.',
    scope: 'visitors',
    query: explainQuery,
    answers: {
      200: { description: 'Each clause with its evidence', type: 'application/json', schema: explanation },
    },
    refusals: ['not_found', 'unknown_source'],
    example: { params: { id: 'VISITOR' }, query: { segment: 'sport-fans' } },
  },
  {
    method: 'DELETE',
    path: '/v1/visitors/:id{.+}',
    tag: 'Visitors',
    summary: 'Erases a person',
    description: 'Hidden at once; deleted by the next batch. `Location` is the receipt.',
    scope: 'edit',
    answers: { 202: { description: 'The receipt as it begins', type: 'application/json', schema: erasure } },
    refusals: ['not_found', 'unknown_source'],
    example: { params: { id: 'OTHER-VISITOR' } },
  },
  {
    method: 'GET',
    path: '/v1/erasures/:id',
    tag: 'Visitors',
    summary: 'The receipt of an erasure, step by step',
    scope: 'read',
    answers: { 200: { description: 'The receipt', type: 'application/json', schema: erasure } },
    refusals: ['not_found'],
    example: { params: { id: 'ERASURE' } },
  },
  {
    method: 'GET',
    path: '/v1/models',
    tag: 'Models',
    summary: 'How good each demographic model is, on labels it never saw',
    scope: 'read',
    answers: { 200: { description: 'Of each attribute', type: 'application/json', schema: anything } },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/models/:attribute',
    tag: 'Models',
    summary: 'One model in full',
    scope: 'read',
    answers: { 200: { description: 'The model', type: 'application/json', schema: anything } },
    refusals: ['not_found'],
    // The example's world has no labels.
    example: { params: { attribute: 'gender' }, status: 404 },
  },
  {
    method: 'GET',
    path: '/v1/models/:attribute/scores',
    tag: 'Models',
    summary: 'Everybody’s probability of each class',
    scope: 'export:<kind of id>',
    query: scored,
    answers: {
      200: { description: 'Lines of `{id, value, probability, declared}`', type: 'application/x-ndjson' },
    },
    refusals: ['not_found', 'unknown_source'],
    example: { params: { attribute: 'gender' }, query: { as: 'visitor' }, status: 404 },
  },
  {
    method: 'GET',
    path: '/v1/identity',
    tag: 'Models',
    summary: 'Links by source, what is set aside and why, clusters by size',
    scope: 'read',
    answers: {
      200: { description: 'As of the last run of the job', type: 'application/json', schema: anything },
    },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/labels/attributes',
    tag: 'Uploads',
    summary: 'The names and values of labels that are known',
    scope: 'labels or read',
    answers: { 200: { description: 'All of them', type: 'application/json', schema: items(labelAttribute) } },
    example: {},
  },
];
