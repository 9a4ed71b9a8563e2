import { beforeAll, describe, expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import { Receiver } from '../delivery/destinations/webhook.testing.ts';
import { OPERATIONS } from '../openapi/operations/index.ts';
import { ACTS, type AuditLine } from '../report/audit.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer({ NINETY_OUTBOUND_ALLOW: '127.0.0.1' });
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d';

let shop: Shop;
let key: Json;
let operator: Operator;
beforeAll(async () => {
  shop = await new Shop(server).open();
  key = await server.operator.json<Json>('POST', '/v1/keys', { name: 'Ada', scopes: ['admin'] });
  operator = new Operator(server.url, String(key['key']));
  const receiver = await new Receiver(SECRET).open();
  await operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme', gvlId: 1 });
  await operator.json('POST', '/v1/destinations', {
    id: 'dsp',
    name: 'DSP',
    type: 'webhook',
    partner: 'acme',
    settings: { url: receiver.url, secret: SECRET },
    schedule: 'manual',
    segments: 'all',
  });
  return () => receiver.close();
});

const audit = async () =>
  (await server.operator.json<{ items: AuditLine[] }>('GET', '/v1/audit?limit=500')).items;

/** Of each operation that asks for more than an answer: what it leaves, where that is no version of anything. */
const LEAVES: Readonly<Record<string, (typeof ACTS)[number] | 'nothing' | 'a version'>> = {
  'POST /v1/hits': 'nothing',
  'POST /v1/session': 'nothing',
  'DELETE /v1/session': 'nothing',
  'POST /v1/segments/estimate': 'nothing',
  'POST /v1/segments/plan': 'nothing',
  'POST /v1/segments/apply': 'a version',
  'POST /v1/segments/:id/versions/:n/restore': 'a version',
  ...Object.fromEntries(
    ['sites', 'partners', 'segments', 'destinations', 'keys'].flatMap((kind) => [
      [`POST /v1/${kind}`, 'a version'],
      [`PATCH /v1/${kind}/:id`, 'a version'],
      [`DELETE /v1/${kind}/:id`, 'a version'],
    ]),
  ),
  'POST /v1/segments/:id/build': 'built',
  'POST /v1/jobs/:name/run': 'ran',
  'POST /v1/destinations/:id/deliver': 'delivered',
  'POST /v1/destinations/:id/resync': 'resynced',
  'POST /v1/destinations/:id/withdraw': 'withdrew',
  'POST /v1/destinations/:id/dead-letters/replay': 'replayed',
  'DELETE /v1/visitors/:id{.+}': 'erased',
  'POST /v1/journal/:stream/:file/replay': 'put back',
  'DELETE /v1/journal/:stream/:file': 'dropped',
  'POST /v1/imports': 'imported',
  'POST /v1/traits': 'uploaded',
  'POST /v1/matches': 'uploaded',
  'POST /v1/labels': 'uploaded',
  'PUT /v1/taxonomy/:taxonomy': 'named',
};

describe('the audit', () => {
  it('knows of everything that can be done what is written down of it', () => {
    const doing = OPERATIONS.filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/'));
    expect(Object.keys(LEAVES).sort()).toEqual(
      [...new Set(doing.map(({ method, path }) => `${method} ${path}`))].sort(),
    );
    expect([...new Set(Object.values(LEAVES))].sort()).toEqual([...ACTS, 'a version', 'nothing'].sort());
  });

  it.each<[action: string, kind: string, subject: () => string | RegExp, act: () => Promise<unknown>]>([
    ['built', 'segment', () => shop.segment, () => operator.build(shop.segment)],
    ['ran', 'job', () => 'expire', () => operator.json('POST', '/v1/jobs/expire/run?wait=1')],
    [
      'delivered',
      'destination',
      () => 'dsp',
      () => operator.json('POST', '/v1/destinations/dsp/deliver?wait=1'),
    ],
    [
      'resynced',
      'destination',
      () => 'dsp',
      () => operator.json('POST', '/v1/destinations/dsp/resync?wait=1'),
    ],
    [
      'replayed',
      'destination',
      () => 'dsp',
      () => operator.json('POST', '/v1/destinations/dsp/dead-letters/replay?wait=1'),
    ],
    [
      'withdrew',
      'destination',
      () => 'dsp',
      async () => {
        await operator.json('PATCH', '/v1/destinations/dsp', { active: false });
        await operator.json('POST', '/v1/destinations/dsp/withdraw?wait=1');
      },
    ],
    ['erased', 'visitor', () => /^[0-9a-f]{16}$/, () => operator.json('DELETE', `/v1/visitors/gaid:${GAID}`)],
    [
      'uploaded',
      'matches',
      () => /^[\w-]+$/,
      () => operator.send('POST', '/v1/matches', { id: `gaid:${GAID}`, partner: 'acme', uid: 'u1' }),
    ],
    [
      'imported',
      'site',
      () => shop.site,
      () => operator.json('POST', '/v1/imports', { site: shop.key, refused: { bot: 1 } }),
    ],
    [
      'named',
      'taxonomy',
      () => 'audience-1.1',
      () =>
        operator.json('PUT', '/v1/taxonomy/audience-1.1', {
          entries: [{ id: '1', parent: '', name: 'Demographic', tiers: ['Demographic'] }],
        }),
    ],
  ])('has who %s: %s', async (action, kind, subject, act) => {
    await act();
    const line = (await audit()).find((each) => each.action === action && each.kind === kind);
    const wanted = subject();
    expect(line).toMatchObject({
      by: { id: key['id'], name: 'Ada' },
      subject: typeof wanted === 'string' ? wanted : expect.stringMatching(wanted),
      version: null,
    });
  });

  it('has nothing of what was only asked, or was refused', async () => {
    const before = (await audit()).length;
    const reader = await operator.json<Json>('POST', '/v1/keys', { name: 'reader', scopes: ['read'] });
    const only = new Operator(server.url, String(reader['key']));
    expect(await statusOf(operator, 'POST', '/v1/destinations/dsp/deliver?dryRun=1')).toBe('200');
    expect(await statusOf(operator, 'POST', '/v1/jobs/nothing/run')).toBe('404 unknown_job');
    expect(await statusOf(operator, 'DELETE', '/v1/journal/hits/w1-000000000-00000000')).toBe(
      '404 not_found',
    );
    expect(await statusOf(only, 'DELETE', `/v1/visitors/gaid:${GAID}`)).toBe('403 forbidden');
    expect((await audit()).length).toBe(before + 1);
  });
});
