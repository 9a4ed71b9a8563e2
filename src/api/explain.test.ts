import { expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import type { AuditLine } from '../report/audit.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const path = (id: string, segment: string) =>
  `/v1/visitors/${encodeURIComponent(id)}/explain?segment=${encodeURIComponent(segment)}`;
const GAID = '00112233-4455-4677-8899-aabbccddeef0';

it('GET /v1/visitors/{id}/explain tells of a visitor by any id, clause by clause', async () => {
  const shop = await new Shop(server).open();
  expect(await shop.see(server.person(), { dt: 'gaid', did: GAID })).toBe('stored');
  expect(await shop.build()).toBe(1);
  const [member] = (await shop.members('visitor')).changes;
  const visitor = member!.slice(1);
  for (const id of [visitor, `gaid:${GAID}`, `AAID:${GAID.toUpperCase()}`]) {
    expect(await server.operator.json<Json>('GET', path(id, shop.segment))).toMatchObject({
      visitor,
      segment: shop.segment,
      version: 1,
      member: true,
      via: 'own',
      barred: null,
      rule: {
        path: '/',
        holds: true,
        clause: { did: { site: shop.site } },
        evidence: { hits: 1, newest: { path: '/', site: shop.site }, of: [{ visitor, hits: 1 }] },
      },
      consent: { withdrawn: false },
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown,
    });
  }
});

it('a visitor of whom nothing is stored is no member, and why is said', async () => {
  const shop = await new Shop(server).open();
  expect(await server.operator.json<Json>('GET', path('AAAAAAAAAAA', shop.segment))).toMatchObject({
    member: false,
    via: null,
    barred: 'no_hits',
    rule: { holds: false },
    consent: null,
  });
});

it.each([
  ['AAAAAAAAAAA', 'nix', '404 not_found'],
  ['gaid:00000000-0000-0000-0000-000000000000', '', '400 zero_device_id'],
  ['nobody:u-1', '', '400 unknown_source'],
  ['short', '', '400 invalid'],
])('GET /v1/visitors/%s/explain?segment=%s is refused: %s', async (id, segment, refused) => {
  const shop = await new Shop(server).open();
  expect(await statusOf(server.operator, 'GET', path(id, segment || shop.segment))).toBe(refused);
});

it('needs a segment, and a key that may read', async () => {
  expect(await statusOf(server.operator, 'GET', '/v1/visitors/AAAAAAAAAAA/explain')).toBe('400 invalid');
  const made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'labels', scopes: ['labels'] });
  const labels = new Operator(server.url, String(made['key']));
  expect(await statusOf(labels, 'GET', path('AAAAAAAAAAA', 'nix'))).toBe('403 forbidden');
});

it('is a look at a person: not for who may only read, and written down with who looked', async () => {
  const shop = await new Shop(server).open();
  const keyed = async (name: string, scopes: string[]) => {
    const { id, key } = await server.operator.json<Json>('POST', '/v1/keys', { name, scopes });
    return { id, by: new Operator(server.url, String(key)) };
  };
  const viewer = await keyed('viewer', ['read', 'edit']);
  const looker = await keyed('looker', ['visitors']);
  const asked = path('AAAAAAAAAAA', shop.segment);
  expect(await statusOf(viewer.by, 'GET', asked)).toBe('403 forbidden');
  expect(await looker.by.json<Json>('GET', asked)).toMatchObject({ visitor: 'AAAAAAAAAAA' });
  const { items } = await server.operator.json<{ items: AuditLine[] }>('GET', '/v1/audit?limit=500');
  const looks = items.filter(({ kind, by }) => kind === 'visitor' && [viewer.id, looker.id].includes(by.id));
  expect(looks).toMatchObject([{ by: { id: looker.id }, action: 'looked at' }]);
  expect(looks[0]!.subject).toMatch(/^[0-9a-f]{16}$/);
});
