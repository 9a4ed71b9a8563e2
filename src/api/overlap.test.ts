import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop } from './shop.testing.ts';

const server = await testServer();
const ask = (segments: string) => server.operator.send('GET', `/v1/overlap?segments=${segments}`);

beforeAll(async () => {
  const shop = await new Shop(server).open();
  for (const categories of ['a', 'a,b', 'a,b,c', 'c']) await shop.see(server.person(), { c: categories });
  for (const category of ['a', 'b', 'c', 'd'])
    await server.operator.json('POST', '/v1/segments', {
      id: category,
      name: category,
      rule: { did: { category } },
    });
  await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
});

describe('GET /v1/overlap', () => {
  it('counts whom each two segments have in common, and each size beside', async () => {
    const { segments, pairs } = await server.operator.json<{ segments: Json[]; pairs: Json[] }>(
      'GET',
      '/v1/overlap?segments=a,c,b,d',
    );
    expect(segments.map(({ id, size }) => [id, size])).toEqual([
      ['a', 3],
      ['c', 2],
      ['b', 2],
      ['d', 0],
    ]);
    expect(pairs.map(({ a, b, size }) => [a, b, size])).toEqual([
      ['a', 'c', 1],
      ['a', 'b', 2],
      ['a', 'd', 0],
      ['c', 'b', 1],
      ['c', 'd', 0],
      ['b', 'd', 0],
    ]);
  });

  it.each([
    ['a', 400, 'invalid'],
    ['a,a', 400, 'invalid'],
    ['', 400, 'invalid'],
    [Array.from({ length: 21 }, (_, n) => `s${n}`).join(), 400, 'invalid'],
    ['a,nobody', 404, 'not_found'],
  ])('refuses %j', async (segments, status, reason) => {
    const answer = await ask(segments);
    expect([answer.status, (JSON.parse(answer.body) as Json)['type']]).toEqual([
      status,
      `urn:ninety:${reason}`,
    ]);
  });

  it('needs a key', async () => {
    expect((await send('GET', `${server.url}/v1/overlap?segments=a,b`)).status).toBe(401);
  });
});

describe('the freshness of segments', () => {
  it('is in the metrics, one by one and together', async () => {
    const { body } = await send('GET', `${server.url}/metrics`);
    expect(body).toMatch(/^ninety_segment_age_seconds\{segment="a"\} \d+$/m);
    expect(body).toContain('\nninety_segment_stale{segment="a"} 0\n');
    expect(body).toContain('\nninety_segments{state="fresh"} 5\n');
    expect(body).toContain('\nninety_segments{state="stale"} 0\n');
  });

  it('is in the overview', async () => {
    const { freshness } = await server.operator.json<{ freshness: Json }>('GET', '/v1/overview');
    expect(freshness).toEqual({ oldest: expect.any(String), failing: 0 });
    expect(Date.now() - Date.parse(String(freshness['oldest']))).toBeLessThan(3_600_000);
  });

  it('stands beside who came and went in the history', async () => {
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/segments/a/history');
    expect(items.at(-1)).toMatchObject({ size: 3 });
    expect(items.at(-1)).toHaveProperty('added');
  });
});
