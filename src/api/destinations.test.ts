import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../../test/client.ts';
import { Receiver } from '../delivery/destinations/webhook.testing.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const SECRET = `whsec_${Buffer.from('twenty-four bytes secret').toString('base64')}`;
const server = await testServer({ NINETY_OUTBOUND_ALLOW: '127.0.0.1' });
const receiver = new Receiver(SECRET);
let shop: Shop;

const api = <T = Json>(method: string, path: string, body?: unknown) =>
  server.operator.json<T>(method, path, body);
const status = (method: string, path: string, body?: unknown) =>
  statusOf(server.operator, method, path, body);
const webhook = (fields: object = {}) => ({
  name: 'Acme',
  type: 'webhook',
  partner: 'acme',
  segments: [{ id: shop.segment, code: 'news' }],
  schedule: 'manual',
  settings: { url: receiver.url, secret: SECRET },
  ...fields,
});
const deliver = async (id: string, action = 'deliver') => {
  const run = await api<{ state: string; result: Json; error: string }>(
    'POST',
    `/v1/destinations/${id}/${action}?wait=1`,
  );
  expect([run.state, run.error]).toEqual(['done', '']);
  return run.result;
};
const known = async (uid: string) => {
  const person = server.person();
  expect(await shop.see(person)).toBe('stored');
  await person.get(`/setuid?bidder=acme&uid=${uid}`);
  return person;
};

beforeAll(async () => {
  await receiver.open();
  await api('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
  shop = await new Shop(server).open();
});
afterAll(() => receiver.close());

describe('a type of destination', () => {
  it('says what it wants to know, as a JSON Schema, and what of that is secret', async () => {
    const { items } = await api<{ items: Json[] }>('GET', '/v1/destination-types');
    const types = items.map(({ type }) => type);
    for (const type of ['trade-desk-first-party', 'xandr', 'webhook', 'google', 'file-drop'])
      expect(types).toContain(type);
    expect(items.find(({ type }) => type === 'webhook')).toMatchObject({
      secrets: ['secret', 'previousSecret'],
      settings: { type: 'object', required: ['url', 'secret'], properties: { url: { format: 'uri' } } },
    });
  });
});

describe('a destination', () => {
  it('is kept without showing what is secret, and changed without saying it again', async () => {
    const made = await api('POST', '/v1/destinations', webhook({ id: 'kept' }));
    expect(made).toMatchObject({
      id: 'kept',
      settings: { url: receiver.url },
      secrets: ['secret'],
      mode: 'delta',
    });
    const changed = await api('PATCH', '/v1/destinations/kept', {
      settings: { linesPerRequest: 10 },
      allows: ['sensitive'],
    });
    expect(changed).toMatchObject({
      settings: { url: receiver.url, linesPerRequest: 10 },
      secrets: ['secret'],
      allows: ['sensitive'],
    });
    const { items } = await api<{ items: Json[] }>('GET', '/v1/destinations');
    for (const shown of [made, changed, ...items])
      expect(JSON.stringify(shown)).not.toContain(SECRET.slice(8));
    const elsewhere = { settings: { url: 'https://else.test/' } };
    expect(await status('PATCH', '/v1/destinations/kept', elsewhere)).toBe('400 secrets_needed');
    expect(await status('DELETE', '/v1/destinations/kept')).toBe('204');
    expect(await status('POST', '/v1/destinations', webhook({ id: 'kept' }))).toBe('409 retired_id');
  });

  it.each<[sentence: string, fields: () => object, problem: RegExp]>([
    [
      'a type that there is not',
      () => ({ type: 'webhok' }),
      /\/type: there is no type webhok, did you mean webhook/,
    ],
    ['a setting that is missing', () => ({ settings: { secret: SECRET } }), /\/settings\/url: is missing/],
    [
      'a setting that is no URL',
      () => ({ settings: { url: 'ftp://x', secret: SECRET } }),
      /\/settings\/url: must be a URL of http or https/,
    ],
    [
      'a setting that is none',
      () => ({ settings: { url: receiver.url, secret: SECRET, urll: 'x' } }),
      /\/settings\/urll: there is no such setting, did you mean url\?/,
    ],
    [
      'a secret that is none',
      () => ({ settings: { url: receiver.url, secret: 'short-secret' } }),
      /\/settings\/secret: (?!.*short-secret)/,
    ],
    ['a partner that there is not', () => ({ partner: 'nobody' }), /\/partner: there is no partner nobody/],
    ['nobody’s ids', () => ({ partner: undefined }), /\/partner: is missing/],
    [
      'ids without anybody whose consent could be asked for',
      () => ({ partner: undefined, devices: ['idfa'] }),
      /\/partner: is missing; nobody is told of without consent/,
    ],
    [
      'a segment that there is not',
      () => ({ segments: ['gone'] }),
      /\/segments\/0: there is no segment gone/,
    ],
    [
      'a device type that there is not',
      () => ({ devices: ['idfv'] }),
      /\/devices\/0: there is no device type idfv/,
    ],
    [
      'a vendor whom nobody was asked about',
      () => ({ gvlId: 999 }),
      /\/gvlId: no partner is registered with vendor id 999/,
    ],
    ['a schedule that is none', () => ({ schedule: { cron: '* * *' } }), /\/schedule\/cron: must be/],
    ['a label that there is not', () => ({ allows: ['secret'] }), /\/allows\/0: /],
  ])('cannot have %s, and says where', async (_, fields, problem) => {
    const answer = await server.operator.send('POST', '/v1/destinations', webhook(fields()));
    expect(answer.status).toBe(400);
    expect(String((JSON.parse(answer.body) as Json)['detail'])).toMatch(problem);
    expect(answer.body).not.toContain(SECRET.slice(8));
  });

  it('is nobody’s to see or change without the scope', async () => {
    const key = await api<{ key: string }>('POST', '/v1/keys', { name: 'reads', scopes: ['read'] });
    const headers = { authorization: `Bearer ${key.key}` };
    expect((await send('GET', `${server.url}/v1/destinations`, headers)).status).toBe(200);
    for (const path of ['', '/x/deliver', '/x/withdraw', '/x/dead-letters/replay'])
      expect((await send('POST', `${server.url}/v1/destinations${path}`, headers, '{}')).status).toBe(403);
  });
});

describe('a delivery', () => {
  it('tells additions and removals, once, and everything anew when it is switched on again', async () => {
    await api('POST', '/v1/destinations', webhook({ id: 'told' }));
    const [stays, goes] = [await known('u-stays'), await known('u-goes')];
    await shop.build();
    const dry = await api<{ segments: Json[]; preview: string }>(
      'POST',
      '/v1/destinations/told/deliver?dryRun=1',
    );
    expect(dry.segments).toMatchObject([{ code: 'news', adds: 2, removes: 0 }]);
    expect(dry.preview).toContain('u-stays');
    expect(receiver.members('news')).toEqual([]);

    expect(await deliver('told')).toMatchObject({ state: 'done', lines: 2, accepted: 2 });
    expect(receiver.members('news')).toEqual(['acme:u-goes', 'acme:u-stays']);
    expect(await deliver('told')).toMatchObject({ state: 'done', lines: 0 });

    expect((await goes.get('/optout')).status).toBeLessThan(400);
    await shop.build();
    expect(await deliver('told')).toMatchObject({ lines: 1, accepted: 1 });
    expect(receiver.members('news')).toEqual(['acme:u-stays']);
    const { items: runs } = await api<{ items: Json[] }>('GET', '/v1/destinations/told/runs');
    expect(runs.map(({ state, adds, removes, accepted }) => [state, adds, removes, accepted])).toEqual([
      ['done', 0, 1, 1],
      ['done', 0, 0, 0],
      ['done', 2, 0, 2],
    ]);
    const run = await api<{ parts: Json[] }>('GET', `/v1/destinations/told/runs/${String(runs[0]!['run'])}`);
    expect(run.parts).toMatchObject([{ state: 'acknowledged', lines: 1, tries: 1 }]);

    await api('PATCH', '/v1/destinations/told', { active: false });
    expect(await status('POST', '/v1/destinations/told/deliver?wait=1')).toBe('409 in_use');
    await api('PATCH', '/v1/destinations/told', { active: true });
    const again = await deliver('told');
    expect(again).toMatchObject({ state: 'done', accepted: Number(again['lines']) });
    expect((await api<{ items: Json[] }>('GET', '/v1/destinations/told/runs')).items[0]).toMatchObject({
      cause: 'resync',
      mode: 'full',
    });
    expect(receiver.members('news')).toEqual(['acme:u-stays']);

    expect(stays.visitor).not.toBe('');
  });

  it('takes everything back before a destination goes, also while it is switched off', async () => {
    const path = '/v1/destinations/told';
    expect(await status('POST', `${path}/withdraw`)).toBe('409 in_use');
    expect(await status('DELETE', path)).toBe('409 in_use');
    await api('PATCH', path, { active: false });
    for (const action of ['deliver', 'resync', 'dead-letters/replay'])
      expect([action, await status('POST', `${path}/${action}?wait=1`)]).toEqual([action, '409 in_use']);
    receiver.next({ status: 503, headers: { 'retry-after': '600' } });
    expect(await deliver('told', 'withdraw')).toMatchObject({ state: 'waiting' });
    expect(await status('DELETE', path)).toBe('409 in_use');
    const health = async () =>
      (await api<{ items: Json[] }>('GET', '/v1/deliveries')).items.find(
        ({ destination }) => destination === 'told',
      );
    expect(await health()).toMatchObject({ state: 'resting', waiting: 1 });
    // As one who has mended something says it, in place of the wait.
    await api('PATCH', path, { name: 'Mended' });
    expect(await deliver('told', 'withdraw')).toMatchObject({ state: 'done', accepted: 1 });
    expect(receiver.members('news')).toEqual([]);
    expect(await health()).toMatchObject({ state: 'off' });
    expect(await status('DELETE', path)).toBe('204');
  });

  it('leaves people where a destination is deleted all the same', async () => {
    await api('POST', '/v1/destinations', webhook({ id: 'left' }));
    expect(await deliver('left')).toMatchObject({ state: 'done' });
    expect(await status('DELETE', '/v1/destinations/left')).toBe('409 in_use');
    expect(await status('DELETE', '/v1/destinations/left?abandon=1')).toBe('204');
    expect(receiver.members('news')).not.toEqual([]);
  });

  it('keeps what is not taken, by line and by chunk, until it is replayed', async () => {
    await api(
      'POST',
      '/v1/destinations',
      webhook({ id: 'letters', segments: [{ id: shop.segment, code: 'letters' }] }),
    );
    await known('u-odd');
    await shop.build();
    receiver.refused.set('acme:u-odd', { reason: 'bad_id' });
    expect(await deliver('letters')).toMatchObject({ state: 'done', dead: 1 });
    const dead = await api<{ lines: number; items: Json[] }>('GET', '/v1/destinations/letters/dead-letters');
    expect(dead).toMatchObject({ lines: 1, items: [{ lines: 1 }] });
    expect(JSON.stringify(dead)).not.toContain('u-odd');
    const health = async () =>
      (await api<{ items: Json[] }>('GET', '/v1/deliveries')).items.find(
        ({ destination }) => destination === 'letters',
      );
    expect(await health()).toMatchObject({ state: 'fine', dead: 1, waiting: 0 });
    receiver.refused.clear();
    expect(await deliver('letters', 'dead-letters/replay')).toMatchObject({ lines: 1, accepted: 1 });
    expect(receiver.members('letters')).toContain('acme:u-odd');
    expect(await health()).toMatchObject({ state: 'fine', dead: 0 });
  });

  it('says that a destination is down, and why', async () => {
    await api(
      'POST',
      '/v1/destinations',
      webhook({ id: 'down', segments: [{ id: shop.segment, code: 'down' }] }),
    );
    await known('u-more');
    await shop.build();
    receiver.next({ status: 401 });
    expect(await deliver('down')).toMatchObject({ state: 'down' });
    const { items } = await api<{ items: Json[] }>('GET', '/v1/deliveries');
    expect(items.find(({ destination }) => destination === 'down')).toMatchObject({
      state: 'down',
      reason: 'unauthorized',
    });
    const metrics = (await send('GET', `${server.url}/metrics`)).body;
    expect(metrics).toMatch(/^ninety_deliveries_total\{destination="letters",outcome="accepted"\} [1-9]/m);
    // Mended by whoever looks after it: at once, and not in an hour.
    await api('PATCH', '/v1/destinations/down', { settings: { concurrency: 1 } });
    expect(await deliver('down')).toMatchObject({ state: 'done' });
    expect(receiver.members('down')).toContain('acme:u-more');
  });

  it('is acknowledged on the receipt of an erasure', async () => {
    await api(
      'POST',
      '/v1/destinations',
      webhook({ id: 'receipt', segments: [{ id: shop.segment, code: 'receipt' }] }),
    );
    const person = await known('u-erased');
    await shop.build();
    await deliver('receipt');
    expect(receiver.members('receipt')).toContain('acme:u-erased');
    const { id } = await api('DELETE', `/v1/visitors/${person.visitor}`);
    const step = async () =>
      (await api<{ steps: Json[] }>('GET', `/v1/erasures/${String(id)}`)).steps.find(
        ({ destination }) => destination === 'receipt',
      );
    expect(await step()).toMatchObject({ step: 'deliver', state: 'waiting' });
    await deliver('receipt');
    expect(receiver.members('receipt')).not.toContain('acme:u-erased');
    expect(await step()).toMatchObject({ state: 'done', at: expect.stringMatching(/Z$/) });
  });

  it('has a waterfall', async () => {
    const { items } = await api<{ items: Json[] }>(
      'GET',
      `/v1/destinations/receipt/waterfall?segment=${shop.segment}`,
    );
    expect(items).toMatchObject([{ segment: shop.segment }]);
    expect(JSON.stringify(items)).toMatch(/"stage":"accepted","n":[1-9]/);
  });
});
