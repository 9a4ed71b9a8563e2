import { beforeAll, describe, expect, it } from 'vitest';
import { LEAST_SEED } from '../audience/lookalikes/seed.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const status = (method: string, path: string, body?: unknown) =>
  statusOf(server.operator, method, path, body);
const SEED = 150;
const OTHERS = 600;

let shop: Shop;
/**
 * Whoever signed up looks at tents, and one in twenty others: less would leave it to chance whether the thirty of the
 * seed who are held out tell themselves from the others.
 */
beforeAll(async () => {
  shop = await new Shop(server).open();
  const authorization = `Bearer ${server.operator.key}`;
  const seen = Array.from({ length: SEED + OTHERS }, (_, n) => {
    const path = n < SEED || n % 20 === 0 ? 'tents' : 'cars';
    const hit = { site: shop.key, url: `https://shop.test/${path}`, firstPartyId: `reader-${1000 + n}` };
    return n < SEED ? [hit, { ...hit, url: 'https://shop.test/', event: 'signup' }] : [hit];
  }).flat();
  for (let from = 0; from < seen.length; from += 100)
    await shop.posted(seen.slice(from, from + 100), { authorization });
  await shop.build();
  for (const [id, rule] of Object.entries({
    signed: { did: { site: shop.site, event: 'signup' } },
    few: { did: { site: shop.site, event: 'nothing' } },
    campers: { like: 'signed', reach: 0.1 },
    'like-few': { like: 'few', reach: 0.1 },
  }))
    await server.operator.json('POST', '/v1/segments', { id, name: id, rule });
});
const lookalike = (query = '') => server.operator.json<Json>('GET', `/v1/segments/signed/lookalike${query}`);

describe('GET /v1/segments/{id}/lookalike', () => {
  it('says how many a reach has, what it is worth, and by what it was told', async () => {
    const answer = await lookalike('?reach=0.1');
    const size = Math.round((SEED + OTHERS) / 10);
    expect(answer).toMatchObject({
      segment: 'signed',
      seed: 'excluded',
      reach: 0.1,
      size,
      universe: SEED + OTHERS,
      noSignal: null,
      trained: { members: SEED, others: OTHERS },
    });
    expect(answer['lift']).toBeGreaterThan(1);
    expect(answer['auc']).toBeGreaterThan(0.7);
    const features = answer['features'] as { feature: string; weight: number; ofRule: boolean }[];
    const tents = features.find(({ feature }) => feature.endsWith('/tents'));
    expect(tents?.weight).toBeGreaterThan(0);
    const curve = answer['curve'] as { reach: number; size: number; found: number; lift: number }[];
    expect(curve.find(({ reach }) => reach === 0.1)).toMatchObject({ size, lift: answer['lift'] });
    expect(curve.at(-1)).toMatchObject({ reach: 1, size: OTHERS, found: 1 });
    expect(await server.operator.build('campers')).toBe(size);
    expect(await server.operator.estimate({ like: 'signed', reach: 0.1 })).toBe(size);
  });

  it('counts the seed too where that is wanted, as a rule that names both does', async () => {
    const [without, included] = [await lookalike('?reach=0.1'), await lookalike('?reach=0.1&seed=include')];
    expect(included).toMatchObject({
      seed: 'included',
      size: (without['size'] as number) + SEED,
      lift: without['lift'],
    });
    expect((included['curve'] as Json[]).at(-1)).toMatchObject({ size: SEED + OTHERS });
    const either = { any: [{ segment: 'signed' }, { like: 'signed', reach: 0.1 }] };
    expect(await server.operator.estimate(either)).toBe(included['size']);
  });

  it.each([
    ['GET', '/v1/segments/few/lookalike', undefined, '409 seed_too_small'],
    ['POST', '/v1/segments/estimate', { rule: { like: 'few', reach: 0.1 } }, '409 seed_too_small'],
    ['GET', '/v1/segments/nobody/lookalike', undefined, '404 not_found'],
    ['GET', '/v1/segments/signed/lookalike?reach=0', undefined, '400 invalid'],
    ['GET', '/v1/segments/signed/lookalike?reach=5', undefined, '400 invalid'],
    ['GET', '/v1/segments/signed/lookalike?seed=yes', undefined, '400 invalid'],
  ])('refuses by name: %s %s', async (method, path, body, refusal) => {
    expect(await status(method, path, body)).toBe(refusal);
  });

  it('leaves a segment failed that needs the look-alike of too few, with the reason', async () => {
    const built = await server.operator.json<Json>('POST', '/v1/segments/like-few/build?wait=1');
    expect(built).toMatchObject({ state: 'failed', size: null });
    expect(built['reason']).toBe(
      `seed_too_small: of segment few 0 members may be profiled, and a look-alike needs ${LEAST_SEED}`,
    );
  });

  it('does not take the place of what is stored for the number of a plan', async () => {
    const rule = { like: 'signed', reach: 0.1 };
    const planned = (event: string) => [
      { id: 'signed', rule: { did: { site: shop.site, event } }, merge: 'visitor' },
    ];
    expect(await status('POST', '/v1/segments/estimate', { rule, segments: planned('signup') })).toBe('200');
    expect(await status('POST', '/v1/segments/estimate', { rule, segments: planned('pageview') })).toBe(
      '409 seed_not_stored',
    );
  });

  it('is made anew by the job', async () => {
    const before = await lookalike();
    const run = await server.operator.json<Json>('POST', '/v1/jobs/lookalikes/run?wait=1');
    expect(run).toMatchObject({
      state: 'done',
      result: { made: { signed: { members: SEED, others: OTHERS } }, refused: { few: expect.any(String) } },
    });
    const after = await lookalike();
    expect(after).toMatchObject({ auc: before['auc'], lift: before['lift'], features: before['features'] });
    expect((after['trained'] as Json)['builtAt']).not.toBe((before['trained'] as Json)['builtAt']);
  });
});
