import { expect, it } from 'vitest';
import type { SegmentProfile } from '../report/segment-profile.ts';
import { testServer } from './server.testing.ts';
import { Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const AMERICA = { 'x-forwarded-for': '73.160.0.1' };
const JAPAN = { 'x-forwarded-for': '126.10.0.1' };

it('holds a segment against everyone, each visitor counted once for each value', async () => {
  const shop = await new Shop(server).open();
  for (const [from, page] of [
    [AMERICA, '/hats'],
    [AMERICA, '/hats'],
    [AMERICA, '/shoes'],
    [JAPAN, '/hats'],
    [JAPAN, '/shoes'],
    [JAPAN, '/shoes'],
  ] as const) {
    const person = server.person(from);
    const seen = () => shop.see(person, { u: `https://shop.test${page}`, c: page === '/hats' ? '483' : '' });
    expect(await seen()).toBe('stored');
    expect(await seen()).toBe('stored');
  }
  await server.operator.json('POST', '/v1/segments', {
    id: 'hats',
    name: 'Hats',
    rule: { did: { path: '/hats' } },
  });
  expect(await server.operator.build('hats')).toBe(3);

  const profile = await server.operator.json<SegmentProfile>('GET', '/v1/segments/hats/profile');
  expect([profile.members, profile.everyone]).toEqual([3, 6]);
  expect(profile.kinds.country).toEqual([
    { value: 'US', members: 2, everyone: 3, share: 2 / 3, shareOfEveryone: 1 / 2, index: 133 },
    { value: 'JP', members: 1, everyone: 3, share: 1 / 3, shareOfEveryone: 1 / 2, index: 67 },
  ]);
  expect(profile.kinds.category.find(({ value }) => value === '483')).toMatchObject({
    members: 3,
    everyone: 3,
    index: 200,
  });
  expect(profile.kinds.demographic).toEqual([]);
  const { body } = await server.operator.send('GET', '/v1/segments/hats/profile?format=csv');
  const [head, ...lines] = body.trim().split('\r\n');
  expect(head).toBe('kind,value,members,everyone,share,shareOfEveryone,index');
  expect(lines).toContain('country,JP,1,3,0.3333333333333333,0.5,67');
  expect(lines).toHaveLength(Object.values(profile.kinds).flat().length);
  expect(await statusOf(server.operator, 'GET', '/v1/segments/nobody/profile')).toBe('404 not_found');
});
