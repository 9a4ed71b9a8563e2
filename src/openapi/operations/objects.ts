import { z } from 'zod';
import { keyInput, partnerInput, siteInput } from '../../api/collections.ts';
import { firstPartner } from '../../api/partner.ts';
import { items, key, matchRate, newKey, partner, site } from '../answers.ts';
import type { Operation } from '../operation.ts';
import { why } from '../people-answers.ts';
import { cataloguePartner } from '../system-answers.ts';
import { storedOperations } from './stored.ts';

/** Read by `foretell`, as the front door reads them of a browser. */
const signals = z.object({
  gdpr: z.string().optional(),
  gdpr_consent: z.string().optional(),
  us_privacy: z.string().optional(),
  gpp: z.string().optional(),
  gpp_sid: z.string().optional(),
  gpc: z.string().optional(),
  ip: z.string().optional().describe('Where the browser comes from'),
  visitor: z.string().optional().describe('11 characters: also what is stored of that visitor'),
});

/** Sites, partners and keys: whom the product works for. */
export const objectOperations: readonly Operation[] = [
  ...storedOperations({
    path: '/v1/sites',
    tag: 'Sites',
    one: 'site',
    readScope: 'read',
    editScope: 'edit',
    input: siteInput,
    item: site,
    there: 'shop',
    making: { id: 'blog', name: 'Blog', domains: ['blog.example.com'] },
    change: { domains: ['shop.example.com', 'www.shop.example.com'] },
    spare: 'old-shop',
  }),
  ...storedOperations({
    path: '/v1/partners',
    tag: 'Partners',
    one: 'partner',
    readScope: 'read',
    editScope: 'edit',
    input: partnerInput,
    firstInput: firstPartner,
    item: partner,
    needed: { deleting: true, changing: false },
    there: 'acme',
    making: {
      id: 'other-dsp',
      name: 'Other DSP',
      gvlId: 11,
      syncUrl: 'https://sync.example.com/match?redir={{.RedirectURL}}',
      redirectHosts: ['sync.example.com'],
    },
    change: { freshDays: 7 },
    spare: 'old-partner',
  }),
  {
    method: 'GET',
    path: '/v1/partners/catalogue',
    tag: 'Partners',
    summary: 'Partners that are ready made',
    scope: 'read',
    answers: {
      200: { description: 'All of them', type: 'application/json', schema: items(cataloguePartner) },
    },
    example: {},
  },
  {
    method: 'GET',
    path: '/v1/partners/:id/why',
    tag: 'Partners',
    summary: 'Why a browser with these signals is matched or not',
    description:
      'With `visitor` also what is stored of that one: it needs the scope `visitors` besides, and the look is written down under `/v1/audit` before it is answered.',
    scope: 'read',
    query: signals,
    answers: {
      200: {
        description: 'What would happen, how syncs ended in the last day, and what is stored of a visitor',
        type: 'application/json',
        schema: why,
      },
    },
    refusals: ['not_found'],
    example: { params: { id: 'acme' }, query: { gdpr: '0' } },
  },
  {
    method: 'GET',
    path: '/v1/partners/:id/match-rate',
    tag: 'Partners',
    summary: 'Of visitors seen lately, how many have an id with the partner',
    scope: 'read',
    query: z.object({ format: z.enum(['json', 'csv']).optional() }),
    answers: {
      200: {
        description: 'By browser and country',
        type: 'application/json',
        schema: matchRate,
        also: ['text/csv'],
      },
    },
    refusals: ['not_found'],
    example: { params: { id: 'acme' } },
  },
  ...storedOperations({
    path: '/v1/keys',
    tag: 'Operation',
    one: 'key',
    readScope: 'admin',
    editScope: 'admin',
    input: keyInput,
    item: key,
    made: newKey,
    there: 'reporting',
    making: { id: 'dashboards', name: 'Dashboards', scopes: ['read'] },
    change: { name: 'Reporting, nightly' },
    spare: 'old-key',
  }),
];
