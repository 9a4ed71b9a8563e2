import { z } from 'zod';
import { auditPaged } from '../../api/audit.ts';
import { installQuery } from '../../api/install-check.ts';
import { profileQuery } from '../../api/segment-profile.ts';
import { signIn } from '../../api/session.ts';
import { items } from '../answers.ts';
import type { Operation } from '../operation.ts';
import { audit, retention, segmentProfile, siteCheck, visitorProfile } from '../people-answers.ts';

const session = z.strictObject({
  key: z
    .strictObject({ id: z.string(), name: z.string().nullable() })
    .nullable()
    .describe('Null where nobody is signed in'),
  scopes: z.array(z.string()),
  role: z.enum(['viewer', 'editor', 'admin']).nullable(),
  expires: z.iso.datetime().nullable().describe('Null where the key itself was sent'),
  publicUrl: z
    .url()
    .nullable()
    .describe('`NINETY_PUBLIC_URL`; null where it is not set, or nobody is signed in'),
});

const profile = {
  description: 'Hits, interests, demographics, segments, consent and the day on which nothing is left',
  type: 'application/json',
  schema: visitorProfile,
} as const;

/** What the console signs in with and looks up. */
export const consoleOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/v1/session',
    tag: 'Console',
    summary: 'Signs a browser in with a key',
    description:
      'Only from a page of this server: `Origin` must be its own, and the header `Ninety-Console` be there. The session is a cookie, ends by itself and with its key, and may what the key may.',
    scope: null,
    body: signIn,
    answers: { 201: { description: 'Who is signed in', type: 'application/json', schema: session } },
    refusals: ['unauthorized', 'forbidden'],
    example: {
      body: { key: 'a-key-of-another-server' },
      headers: { Origin: 'ORIGIN', 'Ninety-Console': '1' },
      status: 401,
    },
  },
  {
    method: 'GET',
    path: '/v1/session',
    tag: 'Console',
    summary: 'Who asks',
    scope: null,
    answers: { 200: { description: 'By session or by key', type: 'application/json', schema: session } },
    example: {},
  },
  {
    method: 'DELETE',
    path: '/v1/session',
    tag: 'Console',
    summary: 'Signs the browser out',
    scope: 'read',
    answers: { 204: { description: 'Its cookie is gone' } },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/visitors/me',
    tag: 'Visitors',
    summary: 'What is stored of the browser that asks, by its cookie',
    description: 'Each look is written down under `/v1/audit` before it is answered.',
    scope: 'visitors',
    answers: { 200: profile },
    refusals: ['not_found'],
    // Whoever runs the example is no browser with a cookie of ours.
    example: { status: 404 },
  },
  {
    method: 'GET',
    path: '/v1/visitors/:id{.+}',
    tag: 'Visitors',
    summary: 'What is stored of a visitor',
    description:
      'The id is a visitor’s 11 characters, or `type:uid` with a device type or a partner. Each look is written down under `/v1/audit` before it is answered.',
    scope: 'visitors',
    answers: { 200: profile },
    refusals: ['not_found', 'unknown_source'],
    example: { params: { id: 'VISITOR' } },
  },
  {
    method: 'GET',
    path: '/v1/audit',
    tag: 'Operation',
    summary: 'Who changed or did what, and who looked at whom, the newest first',
    description: 'Of a visitor the subject is a keyed hash. `next` is what to give as `before`.',
    scope: 'admin',
    query: auditPaged,
    answers: { 200: { description: 'What keys did', type: 'application/json', schema: audit } },
    example: { query: { limit: '10' } },
  },
  {
    method: 'GET',
    path: '/v1/sites/:id/check',
    tag: 'Sites',
    summary: 'Whether hits of a site come in, or why they are refused and what to change',
    scope: 'read',
    query: installQuery,
    answers: { 200: { description: 'Since when, what came', type: 'application/json', schema: siteCheck } },
    refusals: ['not_found'],
    example: { params: { id: 'shop' } },
  },
  {
    method: 'GET',
    path: '/v1/retention',
    tag: 'Operation',
    summary: 'What is kept of people, until when, and who asked to be forgotten',
    description:
      'For each table that holds rows about visitors its oldest row and the day on which that is gone.',
    scope: 'read',
    answers: {
      200: { description: 'Tables, opt-outs, erasures', type: 'application/json', schema: retention },
    },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/settings',
    tag: 'Operation',
    summary: 'What this server was started with, without its secrets',
    scope: 'admin',
    answers: {
      200: {
        description: 'Name, value and meaning of each setting',
        type: 'application/json',
        schema: items(z.strictObject({ name: z.string(), value: z.string(), meaning: z.string() })),
      },
    },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/segments/:id/profile',
    tag: 'Segments',
    summary:
      'What sets the members apart from everyone: by country, device, browser, hour, category, demographics',
    description:
      'Of each kind the 24 values that most members have, with share and index: 100 is as common as among everyone. CSV with `format=csv` or `Accept: text/csv`.',
    scope: 'read',
    query: profileQuery,
    answers: {
      200: {
        description: 'Shares and indexes',
        type: 'application/json',
        schema: segmentProfile,
        also: ['text/csv'],
      },
    },
    refusals: ['not_found', 'not_built', 'busy'],
    example: { params: { id: 'sport-fans' } },
  },
];
