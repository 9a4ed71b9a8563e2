import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { tcString } from '../pixel/tag.testing.ts';
import { describeInChromium } from './chromium.ts';
import { until } from './client.ts';
import { bundlePrebid } from './partners/prebid-bundle.ts';
import type { StandIn } from './partners/stand-in.ts';
import { openSyncWorld, type SyncWorld } from './partners/sync-world.ts';

/** Longer than syncs take that nothing holds up; Prebid.js waits a second for one. */
const QUIET_MS = 2000;

describeInChromium('Prebid.js with us as its Prebid Server’s cookie sync', () => {
  let world: SyncWorld;
  let context: BrowserContext;
  let before: Record<string, number>;
  beforeAll(async () => {
    world = await openSyncWorld({ NINETY_GVL_ID: '1' });
    world.pages.set('/prebid.js', await bundlePrebid('consentManagementTcf'));
    // An auction that nobody bids in.
    world.pages.set('/auction', '{"id":"1","seatbid":[],"cur":"USD"}');
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    context = await world.browser();
    before = visits();
    world.asked.length = 0;
  });
  afterEach(() => context.close());

  const visits = () =>
    Object.fromEntries(
      Object.entries(world.partners).map(([id, { visits }]: [string, StandIn]) => [id, visits.length]),
    );
  const called = () => Object.keys(before).filter((id) => visits()[id]! > before[id]!);
  /** What Prebid.js has asked. */
  const requests = () =>
    world.asked.flatMap(({ method, url, body }) =>
      method === 'POST' && url === '/cookie_sync' ? [JSON.parse(body) as Record<string, unknown>] : [],
    );

  /** A page with an auction, and time for its syncs. @param s2s what is set beside the endpoints. */
  async function auction(
    s2s: Readonly<Record<string, unknown>>,
    { config = {}, head = '', site = world.site }: { config?: object; head?: string; site?: string } = {},
  ): Promise<Page> {
    const settings = {
      ...config,
      s2sConfig: {
        accountId: '1',
        enabled: true,
        timeout: 1000,
        endpoint: `${site}/auction`,
        syncEndpoint: `${world.collector}/cookie_sync`,
        ...s2s,
      },
    };
    const bids = (s2s['bidders'] as string[]).map((bidder) => ({ bidder, params: {} }));
    const adUnit = { code: 'top', mediaTypes: { banner: { sizes: [[300, 250]] } }, bids };
    world.pages.set(
      '/',
      `<!doctype html><title>Boots</title>${head}<div id="top"></div>
      <script src="/prebid.js"></script>
      <script>
        pbjs.que.push(() => {
          pbjs.setConfig(${JSON.stringify(settings)});
          pbjs.requestBids({
            adUnits: [${JSON.stringify(adUnit)}],
            bidsBackHandler: () => { document.title = 'Auctioned' },
          });
        });
      </script>`,
    );
    const page = await context.newPage();
    await page.goto(`${site}/`);
    await page.waitForFunction("document.title === 'Auctioned'");
    await page.waitForTimeout(QUIET_MS);
    return page;
  }

  const ALL = ['xandr', 'adobe', 'google', 'thetradedesk', 'pubmatic'];

  it('syncs at most userSyncLimit partners a page, all of them in time, and nobody twice', async () => {
    const s2s = { bidders: ALL, userSyncLimit: 3, coopSync: false };
    const page = await auction(s2s);
    expect(requests()).toMatchObject([{ bidders: ALL, limit: 3, coopSync: false, account: '1' }]);
    const first = called();
    expect(first).toHaveLength(3);
    const cookies = async (origin: string, name: string) =>
      (await context.cookies(origin)).find((cookie) => cookie.name === name)?.value;
    // The page has what it was answered, and in that nothing of our id.
    const visitor = (await cookies(world.collector, 'n90'))!.slice(0, 11);
    expect(await page.content()).not.toContain(visitor);

    await auction(s2s);
    expect(called().sort()).toEqual([...ALL].sort());
    const all = visits();
    await auction(s2s);
    expect(visits()).toEqual(all);
    for (const id of ['xandr', 'adobe', 'google', 'pubmatic'])
      expect([id, await world.outcomes(id)]).toMatchObject([id, { sent: 1, matched: 1 }]);
    expect([...world.partners.thetradedesk.matches.keys()]).toEqual([visitor]);
    // Who is matched is exported once there is a hit.
    const hit = await context.request.get(
      `${world.collector}/p.gif?s=${world.home.siteKey}&u=${world.site}/`,
    );
    expect(hit.headers()['ninety-result']).toBe('stored');
    for (const id of ['xandr', 'adobe', 'google', 'pubmatic'] as const)
      expect([id, await world.idsAt(id)]).toEqual([
        id,
        [await cookies(world.partners[id].origin, 'partner_uid')],
      ]);
  });

  it('obeys filterSettings', async () => {
    const filterSettings = {
      iframe: { bidders: '*', filter: 'exclude' },
      image: { bidders: ['adobe'], filter: 'exclude' },
    };
    await auction({ bidders: ALL }, { config: { userSync: { filterSettings } } });
    expect(requests()).toMatchObject([{ filterSettings }]);
    expect(called()).toEqual(['xandr', 'google', 'thetradedesk']);
    expect((await world.outcomes('pubmatic')).blocked_by_filter).toBe(1);
    expect((await world.outcomes('adobe')).blocked_by_filter).toBe(1);
  });

  it('lets others fill the limit only where the page allows it', async () => {
    await auction({ bidders: ['xandr'], userSyncLimit: 2, coopSync: false });
    expect(called()).toEqual(['xandr']);
    await auction({ bidders: ['xandr'], userSyncLimit: 2, coopSync: true });
    // Of the first priority, at random.
    expect(called()).toHaveLength(3);
    for (const id of called()) expect(ALL).toContain(id);
  });

  it('is not held up by a partner that never answers', async () => {
    const bidders = ['silent', 'xandr'];
    await auction({ bidders });
    await until('the other one is matched', async () =>
      world.asked.some(({ url }) => url.startsWith('/setuid?bidder=xandr')),
    );
    expect(called().sort()).toEqual([...bidders].sort());
  });

  /** A CMP in which the choice is made. */
  const cmp = (consent: string) =>
    `<script>__tcfapi = (command, version, hear) => hear({
      gdprApplies: true, eventStatus: 'tcloaded', tcString: '${consent}', listenerId: 1,
      purpose: { consents: { 1: true } }, vendor: { consents: {} } }, true)</script>`;
  const config = { consentManagement: { gdpr: { cmpApi: 'iab', timeout: 1000, defaultGdprScope: true } } };

  it('passes the TC string on, and calls whom it names', async () => {
    const yes = tcString([1, 3, 4]);
    await auction({ bidders: ALL }, { config, head: cmp(yes) });
    expect(requests()).toMatchObject([{ gdpr: 1, gdpr_consent: yes }]);
    expect(called()).toEqual(['adobe']);
    const { path } = world.partners.adobe.visits.at(-1)!;
    expect(new URLSearchParams(path.slice('/ibs:'.length)).get('gdpr_consent')).toBe(yes);
  });

  it('calls nobody where the string says no', async () => {
    const no = tcString([]);
    await auction({ bidders: ALL }, { config, head: cmp(no) });
    expect(requests()).toMatchObject([{ gdpr: 1, gdpr_consent: no }]);
    expect(called()).toEqual([]);
    expect(await context.cookies(world.collector)).toEqual([]);
  });

  it('lets the pages of no other site read who is synced', async () => {
    await auction({ bidders: ALL }, { site: world.site.replace('shop.', 'elsewhere.') });
    expect(requests()).toHaveLength(1);
    expect(called()).toEqual([]);
  });
});
