import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, type Person } from '../../test/client.ts';
import { NO, OUR_VENDOR, PARTNER_VENDOR } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer({ NINETY_GVL_ID: String(OUR_VENDOR) });
const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';

let shop: Shop;
let labels: Operator;
beforeAll(async () => {
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme', gvlId: PARTNER_VENDOR });
  labels = await withScope('labels', 'panel');
  shop = await new Shop(server).open();
});

async function withScope(scope: string, id: string): Promise<Operator> {
  const made = await server.operator.json<Json>('POST', '/v1/keys', { id, name: scope, scopes: [scope] });
  return new Operator(server.url, String(made['key']));
}

async function visitor(uid?: string, parameters: Record<string, string> = {}): Promise<Person> {
  const person = server.person();
  expect(await shop.see(person, parameters)).toBe('stored');
  if (uid !== undefined)
    expect((await person.get(`/setuid?bidder=acme&uid=${uid}`)).headers['ninety-result']).toBe('matched');
  return person;
}

const ndjson = (lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

async function post(body: string | Buffer, headers: Record<string, string> = {}, query = '') {
  const answer = await fetch(`${server.url}/v1/labels${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${labels.key}`, 'content-type': 'application/x-ndjson', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: answer.status, answer: (await answer.json()) as Json };
}
const female = (id: string) => ({ id, attribute: 'gender', value: 'f' });
const counted = async (attribute: string) =>
  (await server.operator.json<{ items: Json[] }>('GET', `/v1/labels?attribute=${attribute}`)).items;

describe('an upload of labels', () => {
  it('has a receipt that accounts for every line, at once and later, and is counted', async () => {
    const own = await visitor();
    await visitor('u-1');
    await visitor(undefined, { dt: 'idfa', did: DEVICE });
    const leaver = await visitor('u-leaver');
    const left = leaver.visitor;
    expect(await shop.see(leaver, { gdpr: '1', gdpr_consent: NO })).toMatch(/^refused/);
    const { status, answer } = await post(
      ndjson([
        female(`visitor:${own.visitor}`),
        female('acme:u-1'),
        { id: `IDFA:${DEVICE.toUpperCase()}`, attribute: 'age', value: 34 },
        '{"id":',
        female('acme:nobody'),
        female('nobody:u-1'),
        female(`visitor:${left}`),
        { id: 'acme:u-1', attribute: 'health', value: 'good' },
        { id: 'acme:u-1', attribute: 'age', value: '13-17' },
        { id: 'acme:u-1', attribute: 'car', value: 'estate' },
        { id: 'acme:u-1', attribute: 'car', value: 'van' },
      ]),
    );
    expect(status).toBe(200);
    expect(answer).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{16}$/),
      state: 'done',
      source: 'panel',
      received: 11,
      malformed: {
        count: 4,
        lines: [
          { line: 4, reason: 'bad_json' },
          { line: 6, reason: 'unknown_source' },
          { line: 8, reason: 'special_category' },
          { line: 9, reason: 'minor' },
        ],
      },
      reasons: { bad_json: 1, unknown_source: 1, special_category: 1, minor: 1 },
      refused: { unknown_id: 1, withdrawn: 1, conflict: 2 },
      conflicts: [10, 11],
      takenBack: 0,
      unknownIds: 1,
      stored: 3,
      attributes: ['gender', 'age', 'car'],
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await labels.json('GET', `/v1/labels/${answer['id']}`)).toEqual(answer);
    const listed = await labels.json<{ items: Json[] }>('GET', '/v1/labels/uploads?limit=1');
    expect(listed.items).toEqual([answer]);
    expect(await counted('gender')).toEqual([
      { attribute: 'gender', value: 'female', source: 'panel', visitors: 2, iabAudienceId: '49' },
    ]);
    const refusals = await server.operator.refusals();
    for (const [reason, n] of Object.entries({ special_category: 1, minor: 1, conflict: 2, withdrawn: 1 }))
      expect(refusals.get(reason), reason).toBe(n);
  });

  it('may be a table, say who declares it, and be gzip and larger than what other requests may hold', async () => {
    await visitor('u-2');
    const named = await post(
      'id,attribute,value\nacme:u-2,income,high\n',
      { 'content-type': 'text/csv' },
      '?source=survey',
    );
    expect(named.answer).toMatchObject({ stored: 1, source: 'survey' });
    expect(await counted('income')).toMatchObject([
      { value: 'high', source: 'survey', visitors: 1, iabAudienceId: null },
    ]);
    const many = ndjson(Array.from({ length: 30_000 }, (_, n) => female(`acme:nobody-${n}`)));
    const plain = await post(many);
    expect([plain.status, plain.answer['unknownIds']]).toEqual([200, 30_000]);
    const packed = await post(gzipSync(many), { 'content-encoding': 'gzip' });
    expect([packed.status, packed.answer['unknownIds']]).toEqual([200, 30_000]);
  });

  it('that is sent again under its Idempotency-Key is the same upload', async () => {
    await visitor('u-3');
    const first = await post(ndjson([female('acme:u-3')]), { 'idempotency-key': '"may"' });
    expect(await post(ndjson([female('acme:u-3')]), { 'idempotency-key': '"may"' })).toEqual(first);
  });

  it('is refused by name', async () => {
    const reader = await withScope('read', 'reader');
    expect(await statusOf(reader, 'POST', '/v1/labels', female('acme:u-1'))).toBe('403 forbidden');
    expect(await statusOf(labels, 'GET', '/v1/labels')).toBe('403 forbidden');
    expect(await statusOf(reader, 'GET', '/v1/labels')).toBe('200');
    expect(await statusOf(reader, 'GET', '/v1/labels/uploads')).toBe('200');
    expect(await statusOf(labels, 'GET', '/v1/labels/nothing')).toBe('404 not_found');
    expect(await statusOf(reader, 'GET', '/v1/labels?attribute=My%20own')).toBe('400 invalid');
    expect(await statusOf(reader, 'GET', '/v1/labels?after=x')).toBe('400 invalid');
    expect(await statusOf(labels, 'DELETE', '/v1/labels')).toBe('405 method_not_allowed');
    expect(await post('x', {}, '?source=My%20panel')).toMatchObject({ status: 400 });
    const table = await post('acme:u-1,gender,f\n', { 'content-type': 'text/csv' });
    expect(table).toMatchObject({
      status: 400,
      answer: { type: 'urn:ninety:invalid', receipt: { reason: 'bad_header' } },
    });
    expect(table.answer['detail']).toContain('id, attribute and value');
  });
});

describe('labels', () => {
  it('are counted page by page', async () => {
    const all = (await server.operator.json<{ items: Json[] }>('GET', '/v1/labels')).items;
    expect(all.length).toBeGreaterThan(2);
    const paged: Json[] = [];
    for (let after = ''; ; ) {
      const { items, next } = await server.operator.json<{ items: Json[]; next: string | null }>(
        'GET',
        `/v1/labels?limit=1${after}`,
      );
      paged.push(...items);
      if (next === null) break;
      after = `&after=${next}`;
    }
    expect(paged).toEqual(all);
  });

  it('have attributes whose values are listed with their ids, for who prepares a file', async () => {
    const { items } = await labels.json<{ items: Json[] }>('GET', '/v1/labels/attributes');
    expect(items.find(({ attribute }) => attribute === 'gender')).toMatchObject({
      iabAudienceId: '48',
      aliases: ['sex'],
      open: false,
      values: [
        { value: 'female', iabAudienceId: '49' },
        { value: 'male', iabAudienceId: '50' },
        { value: 'other', iabAudienceId: '51' },
      ],
    });
  });
});
