import { z } from 'zod';
import { paging } from '../../api/http.ts';
import { page } from '../answers.ts';
import { IDEMPOTENCY_KEY } from '../headers.ts';
import type { MediaType, Operation } from '../operation.ts';
import { labelCount, receipts } from '../system-answers.ts';

interface UploadKind {
  readonly name: 'traits' | 'matches' | 'labels';
  readonly lines: string;
  readonly takes: readonly MediaType[];
  readonly query?: z.ZodObject;
  readonly listedAt?: '/uploads';
  readonly example: string;
}

/** The operations of each kind of upload, as `uploadRoutes` makes them. */
const uploads = ({ name, lines, takes, query, listedAt, example }: UploadKind): Operation[] => {
  const path = `/v1/${name}`;
  const receipt = { description: 'The receipt', type: 'application/json', schema: receipts[name] } as const;
  return [
    {
      method: 'POST',
      path,
      tag: 'Uploads',
      summary: `Takes in ${name}`,
      description: `${lines} Of any size, plain or gzip.`,
      scope: 'labels',
      headers: [IDEMPOTENCY_KEY],
      ...(query === undefined ? {} : { query }),
      takes,
      answers: { 200: receipt },
      refusals: ['conflict', 'cut_off', 'bad_gzip', 'bad_encoding', 'not_stored'],
      example: { body: example, type: 'application/x-ndjson' },
    },
    {
      method: 'GET',
      path: `${path}${listedAt ?? ''}`,
      tag: 'Uploads',
      summary: `Receipts of ${name}, newest first`,
      scope: 'labels or read',
      query: paging,
      answers: {
        200: { description: 'A page of receipts', type: 'application/json', schema: page(receipts[name]) },
      },
      example: {},
    },
    {
      method: 'GET',
      path: `${path}/:upload`,
      tag: 'Uploads',
      summary: `One receipt of ${name}`,
      scope: 'labels or read',
      answers: { 200: receipt },
      refusals: ['not_found'],
      example: { params: { upload: `RECEIPT-OF-${name.toUpperCase()}` } },
    },
  ];
};

export const uploadOperations: readonly Operation[] = [
  ...uploads({
    name: 'traits',
    lines: 'Lines of `{id: "type:uid", trait: "provider:name", expires?}`.',
    takes: ['application/x-ndjson'],
    example: '{"id":"acme:A1B2C3","trait":"panel:cyclists"}\n',
  }),
  ...uploads({
    name: 'matches',
    lines: 'Lines of `{id: "type:uid" or visitor, partner, uid}`, or a table.',
    takes: ['application/x-ndjson', 'text/tab-separated-values'],
    query: z.object({
      partner: z.string().optional().describe('Of lines that name none'),
      columns: z.string().optional().describe('Names of a table’s columns, comma separated'),
    }),
    example: '{"id":"acme:A1B2C3","partner":"acme","uid":"Z9"}\n',
  }),
  ...uploads({
    name: 'labels',
    lines: 'Lines of `{id: "type:uid", attribute, value}`, or a table.',
    takes: ['application/x-ndjson', 'text/csv', 'text/tab-separated-values'],
    query: z.object({ source: z.string().optional().describe('Who declares them; default: the key') }),
    listedAt: '/uploads',
    example: '{"id":"acme:A1B2C3","attribute":"gender","value":"female"}\n',
  }),
  {
    method: 'GET',
    path: '/v1/labels',
    tag: 'Uploads',
    summary: 'How many labels hold, by attribute, value and source',
    scope: 'read',
    query: paging.extend({ attribute: z.string().optional() }),
    answers: { 200: { description: 'A page of counts', type: 'application/json', schema: page(labelCount) } },
    example: {},
  },
];
