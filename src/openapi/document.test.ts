import { describe, expect, it } from 'vitest';
import { API_REFUSALS } from '../api/problem.ts';
import { WINDOWS } from '../identity/match-rate.ts';
import { DELIVERY_STATES } from '../report/deliveries.ts';
import { deliveries } from './answers.ts';
import { openApiDocument } from './document.ts';
import { openPath, paramsOf, TAGS, usualStatus } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { docsPage } from './page.ts';
import { builtApp } from './server.testing.ts';

type Json = Record<string, unknown>;
const document = openApiDocument('https://audience.example.com') as Json;
const operations = Object.entries(document['paths'] as Record<string, Record<string, Json>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, each]) => ({ path, method, each })),
);
const named = (method: string, path: string) => `${method.toUpperCase()} ${openPath(path)}`;

/** The console's own pages and files, and the style of the reference: what a browser loads of itself. */
const isPageFile = (path: string) =>
  path === '/' || path === '/*' || /^\/(console|docs)\//.test(path) || path === '/console';

/** Every value in a tree. */
function* values(node: unknown): Generator<unknown> {
  yield node;
  if (typeof node === 'object' && node !== null)
    for (const value of Object.values(node)) yield* values(value);
}

describe('the document', () => {
  it('has every route of the app, and no other', async () => {
    const app = await builtApp();
    const routed = app.routes
      // What runs for every method is middleware, and no route.
      .filter(({ method, path }) => method !== 'ALL' && !isPageFile(path))
      .map(({ method, path }) => named(method, path));
    const documented = OPERATIONS.filter(({ isFront }) => isFront !== true).map(({ method, path }) =>
      named(method, path),
    );
    expect([...new Set(documented)].sort()).toEqual([...new Set(routed)].sort());
  });

  it('names each operation once', () => {
    const ids = operations.map(({ each }) => each['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('getSegmentsIdMembers');
    expect(operations).toHaveLength(OPERATIONS.length);
  });

  it('describes each parameter of each path, and every tag', () => {
    for (const { path, each } of operations) {
      const parameters = (each['parameters'] as { name: string; in: string }[]).filter(
        (one) => one.in === 'path',
      );
      expect(parameters.map(({ name }) => name)).toEqual(paramsOf(path));
      expect(Object.keys(TAGS)).toContain((each['tags'] as string[])[0]);
    }
  });

  it('refers to nothing that it lacks, and has no schema of an older draft', () => {
    for (const value of values(document)) {
      if (typeof value !== 'object' || value === null) continue;
      const { $ref, $schema } = value as Json;
      expect($schema).toBeUndefined();
      if (typeof $ref === 'string' && $ref.startsWith('#/components/'))
        expect(
          $ref
            .slice(2)
            .split('/')
            .reduce((node: unknown, step) => (node as Json | undefined)?.[step], document),
        ).toBeDefined();
    }
  });

  it('tells what a schema tells: a default, a bound, what must be there', () => {
    const members = operations.find(({ path }) => path === '/v1/segments/{id}/members')!.each;
    expect(members['parameters']).toContainEqual(
      expect.objectContaining({
        name: 'as',
        in: 'query',
        required: false,
        schema: expect.objectContaining({ default: 'visitor' }),
      }),
    );
    const made = operations.find(({ path, method }) => path === '/v1/segments' && method === 'post')!.each;
    const content = (made['requestBody'] as { content: Record<string, { schema: Json }> }).content;
    expect(content['application/json']!.schema).toMatchObject({
      required: expect.arrayContaining(['name']),
      properties: { ttlDays: { minimum: 1, maximum: 180 } },
      additionalProperties: false,
    });
  });

  it('has headers as parameters of requests, and of answers: also when to ask again', () => {
    const changed = operations.find(
      ({ path, method }) => path === '/v1/segments/{id}' && method === 'patch',
    )!.each;
    expect(changed['parameters']).toContainEqual(
      expect.objectContaining({ name: 'If-Match', in: 'header', required: false, example: '"3"' }),
    );
    expect(changed['responses']).toMatchObject({
      200: { headers: { ETag: { schema: { type: 'string' } } } },
      429: { headers: { 'Retry-After': { schema: { type: 'string' } } } },
      503: { headers: { 'Retry-After': { schema: { type: 'string' } } } },
    });
    expect((changed['responses'] as Json)['412']).not.toHaveProperty('headers');
  });

  it('tells the fields of every answer, but for these', () => {
    const untold = operations.filter(({ each }) =>
      Object.entries(
        each['responses'] as Record<string, { content?: Record<string, { schema: Json }> }>,
      ).some(([status, { content }]) => {
        const schema = content?.['application/json']?.schema;
        if (!status.startsWith('2') || schema === undefined || schema['anyOf'] !== undefined) return false;
        const fields = (schema['properties'] ?? {}) as Record<string, { items?: Json }>;
        const told = fields['items']?.items ?? schema;
        return Object.keys((told['properties'] ?? {}) as object).length === 0;
      }),
    );
    expect(untold.map(({ method, path }) => named(method, path)).sort()).toEqual([
      'GET /openapi.json',
      'GET /v1/identity',
      'GET /v1/models',
      'GET /v1/models/{attribute}',
      'GET /v1/segments/{id}/lookalike',
    ]);
  });

  it('tells what code says: the states of a destination, the values of a parameter, what is refused', () => {
    const health = { destination: 'd', name: 'D', type: 'webhook', reason: '', detail: '', until: null };
    const of = { ...health, planned: null, acknowledged: null, waiting: 0, dead: 0 };
    for (const state of DELIVERY_STATES)
      expect(deliveries.safeParse({ items: [{ ...of, state }] }).error).toBeUndefined();
    const rates = operations.find(({ path }) => path === '/v1/reports/match-rates')!.each;
    expect(rates['parameters']).toContainEqual(
      expect.objectContaining({ name: 'days', schema: expect.objectContaining({ enum: [...WINDOWS] }) }),
    );
    for (const { path, each } of operations) {
      const responses = each['responses'] as Record<string, { description: string }>;
      if (each['security'] !== undefined && path.startsWith('/v1/'))
        expect([path, responses[429]?.description]).toEqual([
          path,
          expect.stringContaining('`rate_limited`'),
        ]);
    }
    const overlap = operations.find(({ path }) => path === '/v1/reports/overlap')!.each;
    expect((overlap['responses'] as Record<string, unknown>)[409]).toMatchObject({
      description: '`not_built`',
    });
  });

  it('tells what a webhook is sent: how it is signed, and the name of what it speaks of', () => {
    const { post } = (document['webhooks'] as Record<string, { post: Json }>)['alert']!;
    expect((post['parameters'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
    ]);
    const content = (post['requestBody'] as { content: Record<string, { schema: Json }> }).content;
    expect(content['application/json']!.schema).toMatchObject({
      properties: { data: { required: expect.arrayContaining(['subject', 'name']) } },
    });
  });

  it('answers with refusals of the list only', () => {
    for (const { refusals = [], answers } of OPERATIONS) {
      expect(refusals.every((name) => Object.hasOwn(API_REFUSALS, name))).toBe(true);
      expect(Object.keys(answers).length).toBeGreaterThan(0);
    }
    expect(usualStatus(OPERATIONS.find(({ path }) => path === '/readyz')!)).toBe(200);
  });
});

describe('the page of it', () => {
  const page = docsPage('https://audience.example.com');

  it('has every operation, with how it is asked', () => {
    for (const { method, path } of OPERATIONS) expect(page).toContain(`<b>${method}</b> ${openPath(path)}`);
    expect(page).toContain('<b>POST</b> alert');
    expect(page).toContain('ninety_refused_total');
    expect(page).toContain('cursor_expired');
  });

  it('loads nothing but its own style, and holds no script', () => {
    expect(page).not.toMatch(/<script|style="|<style|javascript:|onerror/i);
    expect([...page.matchAll(/\b(?:src|href)="(?!#)([^"]*)"/g)].map(([, url]) => url)).toEqual([
      '/docs/style.css',
      '/openapi.json',
    ]);
  });

  it('has each id once', () => {
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
