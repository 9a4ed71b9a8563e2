import { beforeAll, describe, expect, it } from 'vitest';
import { CHROME, send, until } from '../../test/client.ts';
import { NO } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf, YES_SIGNAL } from './shop.testing.ts';

const server = await testServer();
const report = (path: string) => server.operator.json<Json>('GET', `/v1/reports/${path}`);
const table = async (path: string) => {
  const { headers, body } = await server.operator.send('GET', `/v1/reports/${path}`);
  const [columns, ...rows] = body.trimEnd().split('\r\n');
  return { type: headers['content-type'], columns, rows };
};
let shop: Shop;

beforeAll(async () => {
  shop = await new Shop(server).open();
  const anna = server.person();
  const bert = server.person(GERMANY);
  await shop.see(anna, { c: 'a,b', k: 'x', id: 'once' });
  await shop.see(anna, { c: 'a,b', k: 'x', id: 'once' });
  await shop.see(anna, { c: 'b', e: 'signup', u: 'https://shop.test/plans/large' });
  await shop.see(bert, { c: 'b', e: 'plan_seen', u: 'https://shop.test/plans/small', ...YES_SIGNAL });
  await shop.see(bert, { gdpr: '1', gdpr_consent: NO });
  for (const [id, rule] of [
    ['of_a', { did: { category: 'a' } }],
    ['of_b', { did: { category: ['b'], path: '/plans/l*' } }],
  ])
    await server.operator.json('POST', '/v1/segments', { id, name: id, rule });
  await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
  // Refusals are tallied every two seconds, for which nothing waits; the one was the last that happened.
  await until('the refusal is counted', async () => {
    const { total } = (await report('traffic')) as { total: Json };
    return total['refused'] === 1;
  });
});

describe('GET /v1/reports/traffic', () => {
  it('counts as the overview does, and the points come to no less', async () => {
    const { total, points } = (await report('traffic?step=hour')) as {
      total: Json;
      points: readonly (Json & { hits: number })[];
    };
    const overview = await server.operator.json<Json>('GET', '/v1/overview');
    expect(total).toEqual({ hits: 3, visitors: 2, refused: 1 });
    expect(overview).toMatchObject({ hits: total['hits'], visitors: total['visitors'] });
    expect(points.reduce((sum, { hits }) => sum + hits, 0)).toBe(3);
  });

  it('is told apart by what is asked for', async () => {
    const { series } = (await report('traffic?by=event')) as { series: { value: string; total: Json }[] };
    expect(series.map(({ value, total }) => [value, total['hits']])).toEqual([
      ['pageview', 1],
      ['plan_seen', 1],
      ['signup', 1],
    ]);
    const bySite = (await report('traffic?by=site')) as { series: { value: string; total: Json }[] };
    expect(bySite.series).toMatchObject([{ value: shop.site, total: { hits: 3, visitors: 2, refused: 1 } }]);
  });

  it('is CSV by the parameter and by what is accepted', async () => {
    const { type, columns, rows } = await table('traffic?by=event&step=day&format=csv');
    expect([type, columns]).toEqual([
      'text/csv; charset=utf-8; header=present',
      'time,by,value,hits,visitors,refused',
    ]);
    expect(rows.at(-1)).toMatch(/,event,signup,1,1,$/);
    const accepted = await send('GET', `${server.url}/v1/reports/traffic`, {
      accept: 'text/csv',
      authorization: `Bearer ${server.operator.key}`,
    });
    expect(accepted.headers['content-type']).toContain('text/csv');
  });
});

describe('GET /v1/reports/consent', () => {
  it('tells who allows what by country, and what was refused', async () => {
    const { total, countries, refusals, stored } = (await report('consent')) as Record<string, Json[]>;
    expect(total).toEqual({ visitors: 2, store: 1, profile: 1, handOut: 1, withdrawn: 1 });
    expect(countries).toEqual(
      expect.arrayContaining([expect.objectContaining({ country: 'DE', visitors: 1, withdrawn: 1 })]),
    );
    // The repeated hit once, as the traffic has it.
    expect(stored).toBe(3);
    expect(refusals).toMatchObject([{ room: 'collect', reason: expect.any(String), n: 1 }]);
    expect((await table('consent?format=csv')).rows[0]).toBe(',,,2,1,1,1,1,,3,');
  });

  it('tells of each country what was stored and refused, and by which signal, which is the same in sum', async () => {
    const { countries, refusals, stored } = (await report('consent')) as Record<string, Json[]>;
    const [refusal] = refusals as { signal: string }[];
    const [refusing] = countries!.filter(({ refused }) => (refused as number) > 0);
    expect(refusing).toMatchObject({
      country: expect.stringMatching(/^[A-Z]{2}$/),
      refused: 1,
      signals: [{ signal: refusal!.signal, n: 1 }],
    });
    expect(countries!.reduce((sum, one) => sum + (one['stored'] as number), 0)).toBe(stored);
    expect((await table('consent?format=csv')).rows).toContain(
      `,country,${String(refusing!['country'])},,,,,,1,,${refusal!.signal}`,
    );
  });
});

describe('GET /v1/reports/segments', () => {
  it('has the sizes that the segments have, now and over time', async () => {
    const { segments } = (await report('segments?segments=of_b,of_a')) as { segments: Json[] };
    const now = await server.operator.json<Json>('GET', '/v1/segments/of_a');
    expect(segments.map(({ segment }) => segment)).toEqual(['of_b', 'of_a']);
    expect(segments[1]).toMatchObject({
      size: now['size'],
      asOf: now['asOf'],
      state: now['state'],
      points: [{ size: now['size'], version: 1 }],
    });
  });
});

describe('GET /v1/reports/overlap', () => {
  it('is what the overlap says', async () => {
    const asked = 'overlap?segments=of_a,of_b';
    expect(await report(asked)).toEqual(await server.operator.json('GET', `/v1/${asked}`));
    expect((await table(`${asked}&format=csv`)).rows).toEqual(['of_a,of_b,1,1,1']);
  });
});

describe('GET /v1/reports/match-rates', () => {
  it('has the rate that the partner has, and what was recorded', async () => {
    await server.operator.json('POST', '/v1/partners', { id: 'p', name: 'P' });
    const { partners } = (await report('match-rates?partners=p&days=7')) as { partners: Json[] };
    const { asOf: _, ...rate } = await server.operator.json<Json>('GET', '/v1/partners/p/match-rate');
    expect(partners).toMatchObject([{ partner: 'p', now: rate, points: [] }]);
    expect((await table('match-rates?partners=p&format=csv')).rows).toHaveLength(1);
    await server.operator.json('PATCH', '/v1/partners/p', { freshDays: 3 });
    expect(await report('match-rates?partners=p')).toMatchObject({ partners: [{ now: { freshDays: 3 } }] });
  });
});

describe('GET /v1/reports/deliveries', () => {
  it('is of every destination, as it stands', async () => {
    expect(await report('deliveries')).toEqual({ days: 30, destinations: [] });
  });
});

describe('GET /v1/reports/unused-signals', () => {
  it('has what no segment asks for, most visitors first, ready to be asked for', async () => {
    const { items } = (await report('unused-signals?minVisitors=1')) as { items: Json[] };
    expect(items.map(({ kind, value, visitors }) => [kind, value, visitors])).toEqual([
      ['keyword', 'x', 1],
      ['event', 'plan_seen', 1],
      ['event', 'signup', 1],
      ['path', '/', 1],
      ['path', '/plans/small', 1],
    ]);
    expect(items[0]!['rule']).toEqual({ did: { keyword: 'x' }, within: '7d' });
    expect(await report('unused-signals')).toMatchObject({ items: [] });
  });
});

describe('the rule of an unused signal', () => {
  it('has as many visitors as the report counted: of the site, of its time, without pings of attention', async () => {
    const site = await server.operator.json<Json>('POST', '/v1/sites', { name: 'News' });
    const hit = { userAgent: CHROME, ip: '73.160.0.1', deviceType: 'gaid' };
    const day = (days: number) => Date.now() - days * 86_400_000;
    const device = (n: number) => ({ deviceId: `0000000${n}-0000-4000-8000-000000000000` });
    await server.operator.json('POST', '/v1/hits', [
      { ...hit, ...device(1), site: site['key'], url: 'https://news.test/a', keywords: ['k'], time: day(1) },
      // Too long ago, on another site, and no more than a ping: three that are not of it.
      { ...hit, ...device(2), site: site['key'], url: 'https://news.test/a', keywords: ['k'], time: day(9) },
      { ...hit, ...device(3), site: shop.key, url: 'https://shop.test/a', keywords: ['k'], time: day(1) },
      {
        ...hit,
        ...device(4),
        site: site['key'],
        event: 'attention',
        dwellMs: 5_000,
        url: 'https://news.test/a',
        keywords: ['k'],
        time: day(1),
      },
    ]);
    await server.operator.json('POST', `/v1/segments/${shop.segment}/build?wait=1`);
    const { items } = (await report(`unused-signals?site=${site['id']}&minVisitors=1`)) as {
      items: { kind: string; value: string; visitors: number; rule: unknown }[];
    };
    expect(items.map(({ kind, value, visitors }) => [kind, value, visitors])).toEqual([
      ['keyword', 'k', 1],
      ['path', '/a', 1],
    ]);
    for (const { rule } of items) expect(await server.operator.estimate(rule)).toBe(1);
  });
});

describe('the consent report', () => {
  it('counts hits as the traffic does, whenever they were acknowledged, and of a site its own refusals only', async () => {
    // By their own time, two days before the range; acknowledged now.
    const time = Date.now() - 2 * 86_400_000;
    const hit = { site: shop.key, url: 'https://shop.test/late', time, ip: '73.160.0.1', userAgent: CHROME };
    await server.operator.json('POST', '/v1/hits', [hit]);
    await server.operator.json('POST', `/v1/segments/${shop.segment}/build?wait=1`);
    const range = `from=${new Date(Date.now() - 86_400_000).toISOString()}&step=hour`;
    for (const asked of [range, '', `site=${shop.site}`]) {
      const { stored } = await report(`consent?${asked}`);
      const { total } = (await report(`traffic?${asked}`)) as { total: Json };
      expect(stored).toBe(total['hits']);
    }
    // Somebody has given a partner the site's id; its syncs are no refusals of the site.
    const partner = {
      id: shop.site,
      name: 'Of the same id',
      gvlId: 10,
      syncUrl: 'https://sync.test/?r={{.RedirectURL}}',
    };
    await server.operator.json('POST', '/v1/partners', { ...partner, redirectHosts: ['sync.test'] });
    await send('GET', `${server.url}/setuid?bidder=${shop.site}&uid=1&gdpr=1`, {
      'user-agent': CHROME,
      ...GERMANY,
    });
    await until('the sync is counted', async () => {
      const { refusals } = (await report('consent')) as { refusals: Json[] };
      return refusals.some(({ room }) => room === 'sync');
    });
    const { refusals } = (await report(`consent?site=${shop.site}`)) as { refusals: Json[] };
    expect(refusals.map(({ room }) => room)).toEqual(['collect']);
  });

  it('has hits of a country among all others, whose visitors were seen elsewhere since', async () => {
    const hit = { site: shop.key, url: 'https://shop.test/abroad', userAgent: CHROME };
    const device = { deviceType: 'gaid', deviceId: '00000009-0000-4000-8000-000000000000' };
    const time = Date.now() - 3_600_000;
    await server.operator.json('POST', '/v1/hits', [
      { ...hit, ...device, ip: '126.0.0.1', time },
      { ...hit, ...device, ip: '73.160.0.1', time: time + 60_000 },
    ]);
    await server.operator.json('POST', `/v1/segments/${shop.segment}/build?wait=1`);
    const { countries, stored } = (await report('consent')) as { countries: Json[]; stored: number };
    expect(countries.at(-1)).toMatchObject({ country: null, visitors: 0, stored: 1, refused: 0 });
    expect(countries.reduce((sum, one) => sum + Number(one['stored']), 0)).toBe(stored);
  });
});

describe('a report refuses', () => {
  it.each([
    ['traffic?from=x', '400 invalid'],
    ['traffic?step=year', '400 invalid'],
    ['traffic?step=minute', '400 invalid'],
    ['traffic?from=2020-01-02&to=2020-01-03', '400 invalid'],
    ['traffic?format=xml', '400 invalid'],
    ['traffic?by=visitor', '400 invalid'],
    ['traffic?site=nobody', '404 not_found'],
    ['segments?segments=nobody', '404 not_found'],
    ['match-rates?days=2', '400 invalid'],
    ['match-rates?by=site', '400 invalid'],
    ['deliveries?days=91', '400 invalid'],
    ['nothing', '404 not_found'],
  ])('%s', async (path, expected) => {
    expect(await statusOf(server.operator, 'GET', `/v1/reports/${path}`)).toBe(expected);
  });

  it('whoever has no key to read', async () => {
    expect((await send('GET', `${server.url}/v1/reports/traffic`)).status).toBe(401);
  });
});
