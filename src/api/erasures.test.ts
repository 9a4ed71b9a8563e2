import { expect, it } from 'vitest';
import type { Operator } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const erase = (by: Operator, id: string) => by.send('DELETE', `/v1/visitors/${encodeURIComponent(id)}`);

it.each<[string, string, string]>([
  ['gaid:00112233-4455-4677-8899-aabbccddeef0', 'gaid', '00112233-4455-4677-8899-aabbccddeef0'],
  ['aaid:00112233-4455-4677-8899-aabbccddeef1', 'gaid', '00112233-4455-4677-8899-aabbccddeef1'],
  ['ADID:00112233-4455-4677-8899-AABBCCDDEEF2', 'gaid', '00112233-4455-4677-8899-aabbccddeef2'],
  ['IDFA:00112233445546778899AABBCCDDEEF3', 'idfa', '00112233-4455-4677-8899-aabbccddeef3'],
  ['idfa:00112233-4455-4677-8899-aabbccddeef4', 'IDFA', '00112233-4455-4677-8899-AABBCCDDEEF4'],
  ['dpid:some-app-install-0001', 'generic', 'some-app-install-0001'],
  ['generic:some-app-install-0002', 'dpid', 'some-app-install-0002'],
])('DELETE /v1/visitors/%s takes away whom %s %s was collected of', async (id, dt, did) => {
  const shop = await new Shop(server).open();
  // A browser in which the device id was seen, and an app that is known by it alone.
  expect(await shop.see(server.person(), { dt, did })).toBe('stored');
  expect(
    await shop.posted([{ site: shop.key, url: 'https://shop.test/', deviceType: dt, deviceId: did }], {}),
  ).toMatchObject({ accepted: 1 });
  const before = await shop.build();
  expect(before).toBeGreaterThan(0);
  const answer = await erase(server.operator, id);
  expect([answer.status, JSON.parse(answer.body) as Json]).toEqual([
    202,
    expect.objectContaining({ state: 'waiting', visitors: before }),
  ]);
  expect(await server.operator.estimate({ did: { site: shop.site } })).toBe(0);
});

it.each([
  ['idfa:00000000-0000-0000-0000-000000000000', '400 zero_device_id'],
  ['AAID:00000000-0000-0000-0000-000000000000', '400 zero_device_id'],
  ['gaid:0', '400 zero_device_id'],
  ['adid:not-an-id', '400 invalid'],
  ['idfv:00112233-4455-4677-8899-aabbccddeef0', '400 unknown_source'],
  ['nobody:u-1', '400 unknown_source'],
  ['idfa:', '400 invalid'],
  [':u-1', '400 invalid'],
  ['short', '400 invalid'],
])('DELETE /v1/visitors/%s is refused: %s', async (id, refused) => {
  expect(await statusOf(server.operator, 'DELETE', `/v1/visitors/${encodeURIComponent(id)}`)).toBe(refused);
});
