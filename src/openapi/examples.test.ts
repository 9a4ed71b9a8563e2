import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CHROME, send } from '../../test/client.ts';
import { testServer } from '../api/server.testing.ts';
import { fieldsOf, jsonSchema, openApiDocument } from './document.ts';
import { type Example, type Operation, openPath, requestPath } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';

const server = await testServer();

/** What stands in examples for what only a server that runs can tell. */
const known: Record<string, string> = {};
const filled = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value).replace(
      /\b(SITEKEY|OTHER-VISITOR|VISITOR|ERASURE|ORIGIN|RUN-OF-FILES|(?:RECEIPT|CURSOR)-OF-[A-Z]+)\b/g,
      (name) => known[name] ?? name,
    ),
  ) as T;

function ask({ method, path, scope, takes, body }: Operation, example: Example): Promise<Answer> {
  const type = example.type ?? takes?.[0] ?? (body === undefined ? undefined : 'application/json');
  return send(
    method,
    server.url + requestPath({ path } as Operation, example),
    {
      'user-agent': CHROME,
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(scope === null ? {} : { authorization: `Bearer ${server.operator.key}` }),
      ...example.headers,
    },
    example.body === undefined
      ? undefined
      : typeof example.body === 'string'
        ? example.body
        : JSON.stringify(example.body),
  );
}

const files = { type: 'file-drop', partner: 'acme', segments: ['sport-fans'], schedule: 'manual' };
const settings = { drop: 'folder', path: 'acme', format: 'csv' };

beforeAll(async () => {
  const make = (path: string, body: object) =>
    server.operator.json<Record<string, unknown>>('POST', `/v1/${path}`, body);
  const { key } = await make('sites', { id: 'shop', name: 'Shop', domains: ['shop.example.com'] });
  known['SITEKEY'] = String(key);
  known['ORIGIN'] = server.url;
  await make('sites', { id: 'old-shop', name: 'Old shop' });
  const syncUrl = 'https://sync.example.com/match?redir={{.RedirectURL}}';
  await make('partners', {
    id: 'acme',
    name: 'Acme',
    gvlId: 10,
    syncUrl,
    redirectHosts: ['sync.example.com'],
  });
  await make('partners', { id: 'old-partner', name: 'Old partner' });
  for (const id of ['reporting', 'old-key']) await make('keys', { id, name: id, scopes: ['read'] });
  await make('segments', { id: 'sport-fans', name: 'Sport fans', rule: { did: { category: '483' } } });
  for (const id of ['all-visitors', 'old-segment'])
    await make('segments', { id, name: id, rule: { did: {} } });
  for (const id of ['acme-files', 'old-files'])
    await make('destinations', { ...files, id, name: id, settings });
  await make('destinations', { ...files, id: 'idle-files', name: 'idle', settings, active: false });
  const people = [server.person(), server.person(), server.person()];
  for (const person of people) await person.see({ s: String(key), u: 'https://shop.example.com/', c: '483' });
  const [one, other, gone] = people.map(({ visitor }) => visitor);
  known['VISITOR'] = one!;
  known['OTHER-VISITOR'] = other!;
  await make('jobs/segments/run?wait=1', {});
  const erased = await server.operator.json<{ id: string }>('DELETE', `/v1/visitors/${gone}`);
  known['ERASURE'] = erased.id;
  const { result } = await make('destinations/acme-files/deliver?wait=1', {});
  known['RUN-OF-FILES'] = String((result as { run: number }).run);
  for (const [name, path] of [
    ['MEMBERS', 'segments/sport-fans/members?as=visitor'],
    ['EXPORT', 'export?destination=acme-files'],
  ]) {
    const { headers } = await server.operator.send('GET', `/v1/${path}`);
    known[`CURSOR-OF-${name}`] = String(headers['ninety-cursor']);
  }
  for (const { path, example } of OPERATIONS.filter(
    ({ tag, method }) => tag === 'Uploads' && method === 'POST',
  )) {
    if (typeof example.body !== 'string') continue;
    const answer = await ask(
      OPERATIONS.find((each) => each.path === path && each.method === 'POST')!,
      example,
    );
    const { id } = JSON.parse(answer.body) as { id: string };
    known[`RECEIPT-OF-${path.slice('/v1/'.length).toUpperCase()}`] = id;
  }
});

/** What is deleted is asked for before. */
const inOrder = [...OPERATIONS].sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));

describe('the example of', () => {
  it.each(inOrder.map((each) => [`${each.method} ${openPath(each.path)}`, each] as const))(
    '%s is answered as it is documented',
    async (_, operation) => {
      const example = filled(operation.example);
      const answer = await ask(operation, example);
      const { status } = answer;
      const documented = operation.answers[status];
      if (example.status === undefined)
        expect([status, answer.body, documented]).toEqual([status, answer.body, expect.anything()]);
      else expect(status).toBe(example.status);
      if (documented === undefined) {
        expect(answer.headers['content-type']).toBe('application/problem+json');
        return;
      }
      for (const { name } of documented.headers ?? [])
        expect([name, answer.headers[name.toLowerCase()]]).toEqual([name, expect.any(String)]);
      if (documented.type === undefined) expect(answer.body).toBe('');
      else expect(String(answer.headers['content-type'])).toContain(documented.type);
      if (documented.schema === undefined) return;
      const parsed = documented.schema.safeParse(JSON.parse(answer.body));
      expect(parsed.error?.issues ?? []).toEqual([]);
    },
  );
});

describe('a header that is documented', () => {
  const taking = (name: string) =>
    OPERATIONS.filter(({ headers = [] }) => headers.some((one) => one.name === name));

  it('as If-Match, holds a change back that is of another version', async () => {
    const changes = taking('If-Match').filter(({ method }) => method !== 'DELETE');
    expect(changes.length).toBeGreaterThan(4);
    for (const operation of changes) {
      const example = filled(operation.example);
      const answer = await ask(operation, { ...example, headers: { 'if-match': '"4000000000"' } });
      expect([operation.path, answer.status]).toEqual([operation.path, 412]);
      const any = await ask(operation, { ...example, headers: { 'if-match': '*' } });
      expect([operation.path, any.status]).toEqual([operation.path, 200]);
    }
  });

  it('as Idempotency-Key, has a repeat answered with the first receipt', async () => {
    const uploads = taking('Idempotency-Key');
    expect(uploads).toHaveLength(3);
    for (const operation of uploads) {
      const example = { ...filled(operation.example), headers: { 'idempotency-key': '"once"' } };
      const [first, second] = [await ask(operation, example), await ask(operation, example)];
      expect([first.status, second.status]).toEqual([200, 200]);
      expect(JSON.parse(second.body)).toEqual(JSON.parse(first.body));
    }
  });
});

describe('an answer that is documented as CSV too', () => {
  const asCsv = OPERATIONS.filter(({ answers }) => answers[200]?.also?.includes('text/csv'));

  it.each(asCsv.map((each) => [openPath(each.path), each] as const))('%s, is so', async (_, operation) => {
    const { query = {}, ...example } = filled(operation.example);
    const { status, headers } = await ask(operation, { ...example, query: { ...query, format: 'csv' } });
    expect([status, String(headers['content-type'])]).toEqual([200, expect.stringContaining('text/csv')]);
  });

  it('is of every operation that is asked for it', () => {
    const asked = OPERATIONS.filter(({ query }) =>
      fieldsOf(query === undefined ? {} : jsonSchema(query, 'input')).some(
        ({ name, schema }) => name === 'format' && (schema['enum'] as string[] | undefined)?.includes('csv'),
      ),
    ).filter(({ answers }) => answers[200]?.type === 'application/json');
    expect(asked).toEqual(asCsv);
  });
});

describe('what is served', () => {
  it('is the document, for whoever asks', async () => {
    const { status, headers, body } = await send('GET', `${server.url}/openapi.json`);
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(openApiDocument(server.url))));
  });

  it('is the page, under a policy that lets nothing of it but its style in', async () => {
    const { status, headers } = await send('GET', `${server.url}/docs`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    );
    expect((await send('GET', `${server.url}/docs/style.css`)).headers['content-type']).toContain('text/css');
  });

  it('validates with the schemas that it shows: of each body, a field that is not there is refused', async () => {
    const strict = OPERATIONS.filter(
      ({ body }) => body !== undefined && jsonSchema(body, 'input')['additionalProperties'] === false,
    );
    expect(strict.length).toBeGreaterThan(10);
    for (const operation of strict) {
      const example = filled(operation.example);
      const body = { ...(example.body as object), noSuchField: 1 };
      const answer = await ask(operation, { ...example, body });
      expect([operation.path, answer.status]).toEqual([operation.path, 400]);
      expect(answer.body).toContain('noSuchField');
    }
  });

  it('validates parameters so too: a value of another kind is refused', async () => {
    const bounded = OPERATIONS.filter(({ isFront }) => isFront !== true).flatMap((operation) =>
      operation.query === undefined
        ? []
        : fieldsOf(jsonSchema(operation.query, 'input'))
            // Whatever `wait` is but 1, the answer does not wait.
            .filter(({ name, schema }) => name !== 'wait' && (schema['enum'] || schema['type'] !== 'string'))
            .map(({ name }) => ({ operation, name })),
    );
    expect(bounded.length).toBeGreaterThan(30);
    for (const { operation, name } of bounded) {
      const example = filled(operation.example);
      const answer = await ask(operation, { ...example, query: { ...example.query, [name]: 'none/such' } });
      expect([operation.path, name, answer.status]).toEqual([operation.path, name, 400]);
    }
  });
});
