import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, type Person, send, until } from '../../test/client.ts';
import { ALL_PURPOSES, NO, OUR_VENDOR, PARTNER_VENDOR, tc } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer({ NINETY_GVL_ID: String(OUR_VENDOR) });
const DEVICE = 'aebe52e7-03ee-455a-b3c4-e57283966239';

let shop: Shop;
let labels: Operator;
beforeAll(async () => {
  for (const id of ['acme', 'neighbour'])
    await server.operator.json('POST', '/v1/partners', { id, name: id, gvlId: PARTNER_VENDOR });
  labels = await withScope('labels');
  shop = await new Shop(server).open();
});

async function withScope(scope: string): Promise<Operator> {
  const made = await server.operator.json<Json>('POST', '/v1/keys', { name: scope, scopes: [scope] });
  return new Operator(server.url, String(made['key']));
}

async function visitor(parameters: Record<string, string> = {}): Promise<Person> {
  const person = server.person();
  expect(await shop.see(person, parameters)).toBe('stored');
  return person;
}

async function match(person: Person, partner: string, uid: string): Promise<void> {
  const answer = await person.get(`/setuid?bidder=${partner}&uid=${uid}`);
  expect(answer.headers['ninety-result']).toMatch(/^matched|^replaced/);
}

const ndjson = (lines: readonly (object | string)[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

async function post(
  body: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<{ status: number; answer: Json }> {
  const answer = await send(
    'POST',
    `${server.url}/v1/matches${query}`,
    { authorization: `Bearer ${labels.key}`, 'content-type': 'application/x-ndjson', ...headers },
    body,
  );
  return { status: answer.status, answer: JSON.parse(answer.body) as Json };
}
const upload = (lines: readonly (object | string)[], headers: Record<string, string> = {}) =>
  post(ndjson(lines), headers);

/** The ids under which a partner's pull has everybody of the shop. */
async function pulled(as = 'acme'): Promise<string[]> {
  await shop.build();
  return (await shop.members(as)).changes.map((change) => change.slice(1));
}

describe('an upload of matches', () => {
  it('links who is known, at once, with a receipt that accounts for every line', async () => {
    const [own, near, leaver] = [await visitor(), await visitor(), await visitor()];
    await visitor({ dt: 'idfa', did: DEVICE });
    await match(near, 'neighbour', 'n-1');
    const left = leaver.visitor;
    expect(await shop.see(leaver, { gdpr: '1', gdpr_consent: NO })).toMatch(/^refused/);
    expect(await pulled()).toEqual([]);
    const { status, answer } = await upload([
      { id: own.visitor, partner: 'acme', uid: 'a-own' },
      { id: `visitor:${own.visitor}`, partner: 'neighbour', uid: 'n-own' },
      { id: 'neighbour:n-1', partner: 'acme', uid: 'a-near' },
      '',
      { id: `IDFA:${DEVICE.toUpperCase()}`, partner: 'acme', uid: 'a\\device' },
      { id: 'AAAAAAAAAAA', partner: 'acme', uid: 'a-nobody' },
      { id: 'AAAAAAAAAAA', partner: 'neighbour', uid: 'n-nobody' },
      { id: 'neighbour:nobody', partner: 'acme', uid: 'a-nobody' },
      { id: left, partner: 'acme', uid: 'a-left' },
      { id: own.visitor, partner: 'nobody', uid: 'x' },
      { id: own.visitor, partner: 'acme', uid: 'x'.repeat(10_240) },
      { id: own.visitor, partner: 'acme', uid: 'https://acme.example/' },
      '{"id":',
      `{"id":"${'x'.repeat(70_000)}"}`,
    ]);
    expect(status).toBe(200);
    expect(answer).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{16}$/),
      state: 'done',
      received: 13,
      malformed: {
        count: 5,
        lines: [
          { line: 10, reason: 'unknown_partner' },
          { line: 11, reason: 'bad_uid' },
          { line: 12, reason: 'bad_uid' },
          { line: 13, reason: 'bad_json' },
          { line: 14, reason: 'line_too_long' },
        ],
      },
      reasons: { unknown_partner: 1, bad_uid: 2, bad_json: 1, line_too_long: 1 },
      refused: { unknown_id: 3, withdrawn: 1 },
      unknownIds: 2,
      stored: 4,
      deleted: 0,
      partners: ['acme', 'neighbour'],
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await labels.json('GET', `/v1/matches/${answer['id']}`)).toEqual(answer);
    expect(await pulled()).toEqual(['a-near', 'a-own', 'a\\device']);
    expect(await pulled('neighbour')).toEqual(['n-1', 'n-own']);
    const counted = await server.operator.refusals();
    for (const [reason, n] of Object.entries({ unknown_id: 3, withdrawn: 1, bad_uid: 2, line_too_long: 1 }))
      expect(counted.get(reason), reason).toBe(n);
  });

  it('replaces and deletes, which a pull since then tells', async () => {
    const [one, two] = [await visitor(), await visitor()];
    const say = (uid1: string, uid2: string) =>
      upload([
        { id: one.visitor, partner: 'acme', uid: uid1 },
        { id: two.visitor, partner: 'acme', uid: uid2 },
      ]);
    await say('r-1', 'r-2');
    await shop.build();
    const before = await shop.members('acme');
    expect(before.changes).toEqual(expect.arrayContaining(['+r-1', '+r-2']));
    expect((await say('r-1b', '')).answer).toMatchObject({ stored: 2, deleted: 1 });
    const after = await shop.members('acme', before.cursor);
    expect([...after.changes].sort()).toEqual(['+r-1b', '-r-1', '-r-2']);
  });

  it('has the last line count, by whatever id it names the visitor', async () => {
    const person = await visitor();
    await match(person, 'neighbour', 'n-twice');
    await upload([
      { id: person.visitor, partner: 'acme', uid: 't-first' },
      { id: 'neighbour:n-twice', partner: 'acme', uid: 't-last' },
    ]);
    expect(await pulled()).toContain('t-last');
    await upload([
      { id: 'neighbour:n-twice', partner: 'acme', uid: 't-first' },
      { id: 'neighbour:n-twice', partner: 'acme', uid: '' },
      { id: person.visitor, partner: 'acme', uid: 't-own' },
    ]);
    expect(await pulled()).toEqual(expect.arrayContaining(['t-own']));
    expect(await pulled()).not.toEqual(expect.arrayContaining([expect.stringMatching(/^t-[fl]/)]));
  });

  it('gives way to what the browser says later', async () => {
    const person = await visitor();
    await upload([{ id: person.visitor, partner: 'acme', uid: 'b-uploaded' }]);
    await match(person, 'acme', 'b-synced');
    expect(await pulled()).toContain('b-synced');
    expect(await pulled()).not.toContain('b-uploaded');
  });

  it('brings no consent: an id leaves only where the visitor allows the partner', async () => {
    const consented = tc(ALL_PURPOSES, [OUR_VENDOR, PARTNER_VENDOR]);
    const not = await visitor({ gdpr: '1', gdpr_consent: tc(ALL_PURPOSES, [OUR_VENDOR]) });
    const { answer } = await upload([{ id: not.visitor, partner: 'acme', uid: 'c-1' }]);
    expect(answer['stored']).toBe(1);
    expect(await pulled()).not.toContain('c-1');
    expect(await shop.see(not, { gdpr: '1', gdpr_consent: consented })).toBe('stored');
    expect(await pulled()).toContain('c-1');
  });

  it('links nobody who is to be erased', async () => {
    const person = await visitor();
    await shop.build();
    await server.operator.json('DELETE', `/v1/visitors/${person.visitor}`);
    const { answer } = await upload([{ id: person.visitor, partner: 'acme', uid: 'e-1' }]);
    expect(answer).toMatchObject({ stored: 0, refused: { withdrawn: 1 } });
  });

  it('may be a table, with the names of its columns in the first line or beside it, also gzip', async () => {
    const person = await visitor();
    const type = { 'content-type': 'text/tab-separated-values; charset=utf-8' };
    const line = (uid: string) => `${uid}\t7\t${person.visitor}`;
    expect(
      (await post(`\uFEFFuid\tseen\tID\r\n${line('s-1')}\r\n`, type, '?partner=acme')).answer,
    ).toMatchObject({
      received: 1,
      stored: 1,
      partners: ['acme'],
    });
    expect(await pulled()).toContain('s-1');
    const named = await post(`${line('s-2')}\nx\n\n`, type, '?partner=acme&columns=uid,-,id');
    expect(named.answer).toMatchObject({
      received: 2,
      stored: 1,
      malformed: { count: 1, lines: [{ line: 2, reason: 'malformed' }] },
    });
    const packed = await sendRaw(gzipSync(`id\tpartner\tuid\n${person.visitor}\tacme\ts-3`), {
      ...type,
      'content-encoding': 'gzip',
    });
    expect(packed).toMatchObject({ status: 200, answer: { received: 1, stored: 1 } });
    expect(await pulled()).toContain('s-3');
  });

  it('that is sent again under its Idempotency-Key is the same upload', async () => {
    const person = await visitor();
    const lines = [{ id: person.visitor, partner: 'acme', uid: 'i-1' }];
    const first = await upload(lines, { 'idempotency-key': 'night' });
    expect(first.answer).toMatchObject({ stored: 1 });
    expect(await upload([], { 'idempotency-key': 'night' })).toEqual(first);
    const { items } = await labels.json<{ items: Json[] }>('GET', '/v1/matches?limit=1');
    expect(items).toEqual([first.answer]);
  });
});

/** A body of bytes. @param goneWhen breaks it off, when this comes true. */
function sendRaw(body: Buffer, headers: Record<string, string>, goneWhen?: Promise<unknown>) {
  return new Promise<{ status: number; answer: Json }>((resolve, reject) => {
    const asked = request(
      `${server.url}/v1/matches`,
      { method: 'POST', headers: { authorization: `Bearer ${labels.key}`, ...headers } },
      (incoming) => {
        let said = '';
        incoming
          .setEncoding('utf8')
          .on('data', (piece: string) => {
            said += piece;
          })
          .on('end', () => resolve({ status: incoming.statusCode ?? 0, answer: JSON.parse(said) as Json }));
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
    const by = (operator: Operator) => statusOf(operator, 'POST', '/v1/matches', {});
    expect(await by(new Operator(server.url, 'no-such-key-at-all'))).toBe('401 unauthorized');
    expect(await by(reader)).toBe('403 forbidden');
    expect(await statusOf(reader, 'GET', '/v1/matches')).toBe('200');
    expect(await statusOf(labels, 'GET', '/v1/matches/nothing')).toBe('404 not_found');
    expect((await upload(['x'], { 'content-encoding': 'br' })).status).toBe(415);
  });

  it.each<[string, string, string, RegExp]>([
    ['a partner that is none', 'application/x-ndjson', '?partner=nobody', /GET \/v1\/partners/],
    ['columns of lines that have none', 'application/x-ndjson', '?columns=id,uid', /tab-separated/],
    ['columns without a partner', 'text/tab-separated-values', '?columns=id,uid', /partner/],
    ['a first line that names no columns', 'text/tab-separated-values', '', /first line/],
  ])('for %s', async (_, type, query, why) => {
    const { status, answer } = await post('AAAAAAAAAAA\tacme\tu', { 'content-type': type }, query);
    expect([status, answer['type']]).toEqual([400, 'urn:ninety:invalid']);
    expect(answer['detail']).toMatch(why);
  });

  it('because its sender went away stores nothing', async () => {
    const person = await visitor();
    const newest = async (state: string) => {
      const { items } = await labels.json<{ items: Json[] }>('GET', '/v1/matches?limit=1');
      return items[0]?.['state'] === state && items[0];
    };
    const begun = until('the upload has begun', () => newest('receiving'));
    const line = `${JSON.stringify({ id: person.visitor, partner: 'acme', uid: 'g-1' })}\n`;
    await expect(sendRaw(Buffer.from(line), {}, begun)).rejects.toThrow('gone');
    const receipt = await until('the receipt says so', () => newest('failed'));
    expect(receipt).toMatchObject({ reason: 'cut_off', stored: 0 });
    expect(await pulled()).not.toContain('g-1');
  });
});
