import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, type Person, send, until } from '../../test/client.ts';
import { NO, OUR_VENDOR, PARTNER_VENDOR } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer({ NINETY_GVL_ID: String(OUR_VENDOR) });
const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';
const NEWCOMER = 'bebe52e7-03ee-455a-b3c4-e57283966239';

let shop: Shop;
let labels: Operator;
beforeAll(async () => {
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme', gvlId: PARTNER_VENDOR });
  labels = await withScope('labels');
  shop = await new Shop(server).open();
});

async function withScope(scope: string): Promise<Operator> {
  const made = await server.operator.json<Json>('POST', '/v1/keys', { name: scope, scopes: [scope] });
  return new Operator(server.url, String(made['key']));
}

/** Somebody who was in the shop; with a uid, also at the partner. */
async function visitor(uid?: string, parameters: Record<string, string> = {}): Promise<Person> {
  const person = server.person();
  expect(await shop.see(person, parameters)).toBe('stored');
  if (uid !== undefined)
    expect((await person.get(`/setuid?bidder=acme&uid=${uid}`)).headers['ninety-result']).toBe('matched');
  return person;
}

const ndjson = (lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

async function upload(
  lines: readonly (object | string)[],
  headers: Record<string, string> = {},
): Promise<{ status: number; answer: Json }> {
  const answer = await send(
    'POST',
    `${server.url}/v1/traits`,
    { authorization: `Bearer ${labels.key}`, 'content-type': 'application/x-ndjson', ...headers },
    ndjson(lines),
  );
  return { status: answer.status, answer: JSON.parse(answer.body) as Json };
}

const cars = (id: string, more: object = {}) => ({ id, trait: 'data-co:cars', ...more });
const size = (trait: string) => server.operator.estimate({ all: [{ trait }, { did: { site: shop.site } }] });

describe('an upload of traits', () => {
  it('has a receipt that accounts for every line, at once and later', async () => {
    const [own, , app, leaver] = [
      await visitor(),
      await visitor('u-1'),
      await visitor(undefined, { dt: 'idfa', did: DEVICE }),
      await visitor('u-leaver'),
    ];
    expect(app.visitor).not.toBe('');
    const known = leaver.visitor;
    for (const [id, rule] of [
      ['drivers', { not: { not: { trait: 'data-co:cars' } } }],
      ['drivers-here', { all: [{ segment: 'drivers' }, { did: { site: shop.site } }] }],
      ['flyers', { trait: 'data-co:planes' }],
    ])
      await server.operator.json('POST', '/v1/segments', { id, name: 'Named', rule });
    expect(await shop.see(leaver, { gdpr: '1', gdpr_consent: NO })).toMatch(/^refused/);
    const { status, answer } = await upload([
      cars(`visitor:${own.visitor}`),
      cars('acme:u-1'),
      cars(`IDFA:${DEVICE.toUpperCase()}`),
      '',
      '{"id":',
      cars('acme:nobody'),
      { id: 'acme:nobody', trait: 'data-co:boats' },
      cars('visitor:AAAAAAAAAAA'),
      cars('acme:u-leaver'),
      cars(`visitor:${known}`),
      cars('nobody:u-1'),
      cars('acme:u-1', { trait: 'boats' }),
      { id: 'acme:u-1', trait: 'data-co:past', expires: '2020-01-01' },
    ]);
    expect(status).toBe(200);
    expect(answer).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{16}$/),
      state: 'done',
      received: 12,
      malformed: {
        count: 3,
        lines: [
          { line: 5, reason: 'bad_json' },
          { line: 11, reason: 'unknown_source' },
          { line: 12, reason: 'bad_trait' },
        ],
      },
      reasons: { bad_json: 1, unknown_source: 1, bad_trait: 1 },
      refused: { unknown_id: 3, withdrawn: 2 },
      unknownIds: 2,
      stored: 4,
      expired: 1,
      traits: ['data-co:cars', 'data-co:boats', 'data-co:past'],
      segments: { count: 2, ids: ['drivers', 'drivers-here'] },
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await labels.json('GET', `/v1/traits/${answer['id']}`)).toEqual(answer);
    expect(await size('data-co:cars')).toBe(3);
    expect(await size('data-co:past')).toBe(0);
    expect(await size('data-co:boats')).toBe(0);
    const counted = await server.operator.refusals();
    for (const [reason, n] of Object.entries({
      unknown_id: 3,
      withdrawn: 2,
      bad_trait: 1,
      unknown_source: 1,
    }))
      expect(counted.get(reason), reason).toBe(n);
  });

  it('reaches every visitor of a device, also the one that the device alone is', async () => {
    const device = { dt: 'gaid', did: NEWCOMER };
    const person = await visitor();
    expect(await shop.see(person, device)).toBe('stored');
    expect((await upload([{ id: `gaid:${NEWCOMER}`, trait: 'data-co:apps' }])).answer['stored']).toBe(1);
    expect(await size('data-co:apps')).toBe(1);
    // The app later on sends no cookie: another visitor, known by the same device.
    expect(await shop.see(server.person(), device)).toBe('stored');
    await shop.build();
    expect(await size('data-co:apps')).toBe(2);
  });

  it('tells of an id that is matched only later nothing until it is uploaded again', async () => {
    const line = { id: 'acme:u-late', trait: 'data-co:late' };
    expect((await upload([line])).answer).toMatchObject({ stored: 0, unknownIds: 1 });
    await visitor('u-late');
    await shop.build();
    expect(await size('data-co:late')).toBe(0);
    expect((await upload([line])).answer).toMatchObject({ stored: 1, unknownIds: 0 });
    expect(await size('data-co:late')).toBe(1);
  });

  it('goes by the newest uid that a visitor has with a partner', async () => {
    const person = await visitor('u-old');
    expect((await person.get('/setuid?bidder=acme&uid=u-new')).headers['ninety-result']).toBe('matched');
    const { answer } = await upload([
      { id: 'acme:u-old', trait: 'data-co:old' },
      { id: 'acme:u-new', trait: 'data-co:new' },
    ]);
    expect(answer).toMatchObject({ stored: 1, unknownIds: 1 });
    expect([await size('data-co:old'), await size('data-co:new')]).toEqual([0, 1]);
  });

  it('has its newest word count: a trait ends, comes back, and ends by itself', async () => {
    await visitor('u-turns');
    const say = (expires?: string) => upload([{ id: 'acme:u-turns', trait: 'data-co:turns', expires }]);
    await say();
    expect(await size('data-co:turns')).toBe(1);
    expect((await say('2020-01-01T00:00:00Z')).answer).toMatchObject({ stored: 1, expired: 1 });
    expect(await size('data-co:turns')).toBe(0);
    const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
    await say(inMs(3_600_000));
    expect(await size('data-co:turns')).toBe(1);
    await say(inMs(2_000));
    await until('the trait has expired', async () => (await size('data-co:turns')) === 0);
  });

  it('may say one thing of one id twice: the last line counts', async () => {
    await visitor('u-twice');
    const said = { id: 'acme:u-twice', trait: 'data-co:twice' };
    await upload([{ ...said, expires: '2020-01-01' }, said]);
    expect(await size('data-co:twice')).toBe(1);
    await upload([said, { ...said, expires: '2020-01-01' }]);
    expect(await size('data-co:twice')).toBe(0);
  });

  it('that is sent again under its Idempotency-Key is the same upload', async () => {
    await visitor('u-again');
    const lines = [{ id: 'acme:u-again', trait: 'data-co:again' }, 'x'];
    const first = await upload(lines, { 'idempotency-key': '"night of the 3rd"' });
    const again = await upload(lines, { 'idempotency-key': '"night of the 3rd"' });
    expect(first.answer).toMatchObject({ state: 'done', stored: 1 });
    expect(again).toEqual(first);
    const other = await upload(lines, { 'idempotency-key': 'another' });
    expect(other.answer['id']).not.toBe(first.answer['id']);
    const listed = await labels.json<{ items: Json[] }>('GET', '/v1/traits?limit=1000');
    expect(listed.items.filter(({ id }) => id === first.answer['id'])).toHaveLength(1);
  });

  it('is listed, the newest first, page by page', async () => {
    const ids = [];
    for (let n = 0; n < 3; n++) ids.unshift((await upload(['x'])).answer['id']);
    const first = await labels.json<{ items: Json[]; next: string }>('GET', '/v1/traits?limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.next).toBe(ids[1]);
    const second = await labels.json<{ items: Json[] }>('GET', `/v1/traits?limit=2&after=${first.next}`);
    expect(second.items[0]?.['id']).toBe(ids[2]);
  });

  it('may be gzip, and larger than what other requests may hold', async () => {
    const lines = Array.from({ length: 30_000 }, (_, n) => cars(`acme:nobody-${n}`));
    const { status, answer } = await sendRaw(gzipSync(ndjson(lines)), { 'content-encoding': 'gzip' });
    expect([status, answer['received'], answer['unknownIds']]).toEqual([200, 30_000, 30_000]);
    const plain = await sendRaw(Buffer.from(ndjson(lines)));
    expect([plain.status, plain.answer['received']]).toEqual([200, 30_000]);
  });
});

/** A body of bytes, sent in chunks as a stream is. */
function sendRaw(body: Buffer, headers: Record<string, string> = {}, goneWhen?: Promise<unknown>) {
  return new Promise<{ status: number; answer: Json }>((resolve, reject) => {
    const asked = request(
      `${server.url}/v1/traits`,
      { method: 'POST', headers: { authorization: `Bearer ${labels.key}`, ...headers } },
      (incoming) => {
        const pieces: Buffer[] = [];
        incoming
          .on('data', (piece: Buffer) => pieces.push(piece))
          .on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              answer: JSON.parse(Buffer.concat(pieces).toString()) as Json,
            }),
          );
      },
    );
    asked.on('error', reject);
    asked.write(body);
    if (goneWhen === undefined) asked.end();
    else void goneWhen.then(() => asked.destroy(new Error('gone')));
  });
}

describe('an upload that is refused', () => {
  it('is so by name', async () => {
    const reader = await withScope('read');
    const post = (by: Operator) => statusOf(by, 'POST', '/v1/traits', cars('acme:u'));
    expect(await post(new Operator(server.url, 'no-such-key-at-all'))).toBe('401 unauthorized');
    expect(await post(reader)).toBe('403 forbidden');
    expect(await statusOf(await withScope('collect'), 'GET', '/v1/traits')).toBe('403 forbidden');
    expect(await statusOf(reader, 'GET', '/v1/traits')).toBe('200');
    expect(await statusOf(labels, 'GET', '/v1/traits/nothing')).toBe('404 not_found');
    expect(await statusOf(labels, 'DELETE', '/v1/traits')).toBe('405 method_not_allowed');
    expect(await upload(['x'], { 'content-encoding': 'br' })).toMatchObject({
      status: 415,
      answer: { type: 'urn:ninety:bad_encoding' },
    });
    expect(await upload(['x'], { 'idempotency-key': 'clé' })).toMatchObject({ status: 400 });
  });

  it('because its gzip is damaged stores nothing, and has a receipt', async () => {
    await visitor('u-damaged');
    const packed = gzipSync(
      ndjson(Array.from({ length: 5_000 }, () => ({ id: 'acme:u-damaged', trait: 'data-co:damaged' }))),
    );
    const { status, answer } = await sendRaw(packed.subarray(0, packed.length - 20), {
      'content-encoding': 'gzip',
    });
    expect([status, answer['type']]).toEqual([400, 'urn:ninety:bad_gzip']);
    expect(await labels.json('GET', `/v1/traits/${answer['upload']}`)).toMatchObject({
      state: 'failed',
      reason: 'bad_gzip',
      stored: 0,
    });
    expect(await size('data-co:damaged')).toBe(0);
  });

  it('because its sender went away stores nothing, and can be sent again under the same key', async () => {
    await visitor('u-cut');
    const line = `${JSON.stringify({ id: 'acme:u-cut', trait: 'data-co:cut' })}\n`;
    const key = { 'idempotency-key': 'cut' };
    const newest = async (state: string) => {
      const { items } = await labels.json<{ items: Json[] }>('GET', '/v1/traits?limit=1');
      return items[0]?.['state'] === state && items[0];
    };
    const begun = until('the upload has begun', () => newest('receiving'));
    await expect(sendRaw(Buffer.from(line), key, begun)).rejects.toThrow('gone');
    const { id } = await begun;
    const receipt = await until('the receipt says so', () => newest('failed'));
    expect(receipt).toMatchObject({ id, reason: 'cut_off', stored: 0 });
    expect(await size('data-co:cut')).toBe(0);
    const again = await upload([line.trim()], key);
    expect(again.answer).toMatchObject({ id, state: 'done', stored: 1 });
    expect(await size('data-co:cut')).toBe(1);
  });
});
