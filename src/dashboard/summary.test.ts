import { beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../api/server.testing.ts';
import { type Json, Shop } from '../api/shop.testing.ts';
import type { SignalsReport } from '../report/unused-signals.ts';
import { SHOWN, type SiteLines, type Summary } from './summary.ts';

const server = await testServer();
const api = <T = Json>(method: string, path: string, body?: unknown) =>
  server.operator.json<T>(method, path, body);
let shop: Shop;

beforeAll(async () => {
  shop = await new Shop(server).open();
  // By its id the site is the last of all.
  await api('POST', '/v1/sites', { id: 'zz-last', name: 'Last', domains: [] });
  const { key } = await api<{ key: string }>('GET', '/v1/sites/zz-last');
  for (let n = 0; n < 110; n++) await api('POST', '/v1/sites', { id: `a-${n}`, name: `${n}`, domains: [] });
  const anna = server.person();
  await shop.see(anna, { c: 'aisle-7', k: 'red', e: 'signup', u: 'https://shop.test/plans' });
  await shop.see(server.person(), { c: 'aisle-7', u: 'https://shop.test/' });
  await anna.get(`/p.gif?s=${key}&e=pageview&c=late&u=https%3A%2F%2Flast.test%2F`);
  for (let n = 0; n < SHOWN + 2; n++)
    await api('POST', '/v1/segments', { id: `a-${n}`, name: `${n}`, rule: { did: {} } });
  await api('POST', '/v1/segments', { id: 'gone', name: 'Gone', rule: { did: {} } });
  // It is found by its seed, which has too few members to learn from: the build of it alone fails.
  await api('POST', '/v1/segments', { id: 'zz-like', name: 'Like', rule: { like: 'gone', reach: 0.1 } });
  await api('POST', '/v1/jobs/segments/run?wait=1');
});

describe('the overview', () => {
  it('shows of many segments first who needs somebody, whatever the id, and how many there are', async () => {
    const { segments, segmentCount, segmentStates } = await api<Summary>('GET', '/v1/overview');
    expect(segments).toHaveLength(SHOWN);
    expect(Object.values(segmentStates).reduce((sum, n) => sum + n, 0)).toBe(segmentCount);
    expect(segmentStates.failed).toBe(1);
    expect(segments[0]).toMatchObject({ id: 'zz-like', state: 'failed' });
    const { size, asOf, state } = await api(`GET`, `/v1/segments/${segments[1]!.id}`);
    expect(segments[1]).toMatchObject({ size, asOf, state });
  });

  it('tells of a run that built many how many they were, and not which', async () => {
    const { runs } = await api<Summary>('GET', '/v1/overview');
    const results = runs.map(({ result }) => result);
    expect(results).toContainEqual(expect.objectContaining({ built: SHOWN + 4, failed: 1 }));
  });

  it('has the counts of every site, page by page', async () => {
    const lines: SiteLines['items'][number][] = [];
    for (let after: string | null = ''; after !== null; ) {
      const page: SiteLines = await api('GET', `/v1/overview/sites?limit=60&after=${after}`);
      lines.push(...page.items);
      after = page.next;
    }
    const { siteCount, hits } = await api<Summary>('GET', '/v1/overview');
    expect(lines).toHaveLength(siteCount);
    expect(lines.find(({ id }) => id === 'zz-last')).toMatchObject({ hits: 1, visitors: 1 });
    expect(lines.reduce((sum, line) => sum + line.hits, 0)).toBe(hits);
  });

  it('comes compressed where that is asked for, and else as it is', async () => {
    const fetched = await fetch(`${server.url}/v1/overview`, {
      headers: { authorization: `Bearer ${server.operator.key}`, 'accept-encoding': 'gzip' },
    });
    expect(fetched.headers.get('content-encoding')).toBe('gzip');
    expect(((await fetched.json()) as Summary).siteCount).toBeGreaterThan(100);
    const plain = await server.operator.send('GET', '/v1/overview');
    expect(plain.headers['content-encoding']).toBeUndefined();
  });
});

describe('GET /v1/reports/signals', () => {
  it('has what a site says, also what every hit says and what segments use', async () => {
    const { items } = await api<SignalsReport>('GET', `/v1/reports/signals?site=${shop.site}&minVisitors=1`);
    expect(items.map(({ kind, value, hits, visitors }) => [kind, value, hits, visitors])).toEqual([
      ['category', 'aisle-7', 2, 2],
      ['keyword', 'red', 1, 1],
      ['event', 'pageview', 1, 1],
      ['event', 'signup', 1, 1],
      ['path', '/', 1, 1],
      ['path', '/plans', 1, 1],
    ]);
  });

  it('is a table too, and is of those with volume', async () => {
    const { body } = await server.operator.send(
      'GET',
      `/v1/reports/signals?site=${shop.site}&minVisitors=2&format=csv`,
    );
    expect(body.trimEnd().split('\r\n')).toEqual(['kind,value,hits,visitors', 'category,aisle-7,2,2']);
  });
});
