import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { until } from './client.ts';
import { bundlePrebid } from './partners/prebid-bundle.ts';
import { openSyncWorld, type SyncWorld } from './partners/sync-world.ts';

interface Told {
  readonly segments: string[];
  readonly ortb2: { readonly user: { readonly data: unknown[] } };
  readonly keyValues: Record<string, string[]>;
  readonly pps: unknown;
  readonly ppsj: string;
}

describeInChromium('what a page is told of its browser', () => {
  let world: SyncWorld;
  let context: BrowserContext;
  beforeAll(async () => {
    world = await openSyncWorld({ NINETY_MIN_AUDIENCE: '1' });
    world.pages.set('/', '<!doctype html><title>Boots</title>');
    world.pages.set('/prebid.js', await bundlePrebid());
    world.pages.set('/auction', '{"id":"1","seatbid":[],"cur":"USD"}');
    const { admin } = world.home;
    for (const segment of [
      { id: 'readers', iabAudienceId: '1046', rule: { did: { path: '/boots' } } },
      { id: 'buyers', rule: { did: { event: 'buy' } } },
      { id: 'patients', labels: ['sensitive'], rule: { did: {} } },
    ])
      await admin.json('POST', '/v1/segments', { name: `All ${segment.id}`, ...segment });
  });
  afterAll(() => world?.close());
  beforeEach(async () => {
    context = await world.browser();
  });
  afterEach(() => context.close());

  const hit = (parameters: Readonly<Record<string, string>>) =>
    context.request.get(
      `${world.collector}/p.gif?${new URLSearchParams({ s: world.home.siteKey, u: `${world.site}/boots`, ...parameters })}`,
    );
  async function built(): Promise<void> {
    const { admin } = world.home;
    for (const id of ['readers', 'buyers', 'patients', 'everyone']) await admin.build(id);
    await admin.json('POST', '/v1/jobs/deliver/run?wait=1', {});
  }

  async function open(site = world.site): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`${site}/`);
    return page;
  }

  /** As the page's own script asks. */
  const asked = (page: Page, more: Readonly<Record<string, string>> = {}) =>
    page.evaluate(
      async (url) => {
        const answer = await fetch(url, { credentials: 'include' });
        return { told: (await answer.json()) as unknown, result: answer.headers.get('ninety-result') };
      },
      `${world.collector}/v1/me?${new URLSearchParams({ s: world.home.siteKey, ...more })}`,
    ) as Promise<{ told: Told; result: string }>;
  const toldAll = (page: Page, segments: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    until(`it is told of ${segments.join()}`, async () => {
      const { told } = await asked(page, more);
      return told.segments.join() === segments.join() && told;
    });

  it('is of the segments that may leave, in every form, and goes on to bids and to the ad server', async () => {
    expect((await hit({ e: 'buy' })).headers()['ninety-result']).toBe('stored');
    await hit({});
    const page = await open();
    await built();
    const data = [{ name: 'localhost', ext: { segtax: 4 }, segment: [{ id: '1046' }] }];
    const told = await toldAll(page, ['buyers', 'everyone', 'readers']);
    expect(told).toEqual({
      segments: ['buyers', 'everyone', 'readers'],
      ortb2: { user: { data } },
      keyValues: { n90: ['buyers', 'everyone', 'readers'] },
      pps: { taxonomies: { IAB_AUDIENCE_1_1: { values: ['1046'] } } },
      ppsj: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
    });
    // Whoever asks what is known of him sees at least what goes out.
    const known = await (await context.request.get(`${world.collector}/privacy`)).text();
    for (const id of told.segments) expect(known).toContain(id === 'everyone' ? 'Everyone' : `All ${id}`);

    world.pages.set(
      '/auctioned',
      `<!doctype html><title>Boots</title><div id="top"></div>
      <script>
        window.calls = [];
        window.googletag = {
          cmd: { push: (work) => work() },
          setConfig: (config) => calls.push(['setConfig', config]),
          pubads: () => ({ setTargeting: (...args) => calls.push(['setTargeting', ...args]) }),
        };
      </script>
      <script src="/prebid.js"></script>
      <script>${helper(`${world.collector}/v1/me?s=${world.home.siteKey}`)}</script>
      <script>
        pbjs.que.push(async () => {
          await window.audience;
          pbjs.setConfig({ s2sConfig: {
            accountId: '1', enabled: true, bidders: ['xandr'], timeout: 1000,
            endpoint: '${world.site}/auction',
          } });
          pbjs.requestBids({
            adUnits: [{ code: 'top', mediaTypes: { banner: { sizes: [[300, 250]] } }, bids: [{ bidder: 'xandr', params: {} }] }],
            bidsBackHandler: () => { document.title = 'Auctioned' },
          });
        });
      </script>`,
    );
    const auctions: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/auction')) auctions.push(request.postData() ?? '');
    });
    await page.goto(`${world.site}/auctioned`);
    await page.waitForFunction("document.title === 'Auctioned'");
    expect(JSON.parse(auctions[0]!)).toMatchObject({ user: { data } });
    expect(await page.evaluate('window.calls')).toEqual([
      ['setTargeting', 'n90', ['buyers', 'everyone', 'readers']],
      ['setConfig', { pps: told.pps }],
    ]);
  });

  it('is for the pages of the site alone', async () => {
    await hit({});
    const page = await open(world.site.replace('shop.', 'elsewhere.'));
    await expect(asked(page)).rejects.toThrow('Failed to fetch');
    const answer = await context.request.get(`${world.collector}/v1/me?s=${world.home.siteKey}`, {
      headers: { origin: 'http://elsewhere.localhost' },
    });
    expect([
      answer.status(),
      answer.headers()['access-control-allow-origin'],
      answer.headers()['vary'],
    ]).toEqual([403, undefined, 'Origin']);
  });

  it('answers a preflight, under the page’s own origin and never any', async () => {
    const origin = world.site;
    const url = `${world.collector}/v1/me?s=${world.home.siteKey}`;
    const preflight = await context.request.fetch(url, { method: 'OPTIONS', headers: { origin } });
    expect(preflight.status()).toBe(204);
    expect(preflight.headers()).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET',
      vary: 'Origin',
    });
  });

  it('is by the site’s own id where the browser blocks our cookie, and nothing once it has opted out', async () => {
    await context.close();
    context = await world.browser(false);
    const fid = '98765432109876543210987654321098765432';
    const page = await open();
    await page.evaluate(
      (url) => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(() => undefined),
      `${world.collector}/p.gif?${new URLSearchParams({ s: world.home.siteKey, u: `${world.site}/boots`, fid })}`,
    );
    await built();
    await toldAll(page, ['everyone', 'readers'], { fid });
    expect(await asked(page)).toMatchObject({ told: { segments: [] }, result: 'empty; reason=no_cookie' });
    await page.evaluate(
      (url) => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(() => undefined),
      `${world.collector}/optout?${new URLSearchParams({ s: world.home.siteKey, fid })}`,
    );
    expect(await asked(page, { fid })).toMatchObject({
      told: { segments: [], ortb2: { user: { data: [] } }, keyValues: {} },
      result: 'empty; reason=opted_out',
    });
  });

  it('is nothing with a no, and under consent where it is wanted', async () => {
    await hit({});
    const page = await open();
    await built();
    await toldAll(page, ['everyone', 'readers']);
    const no = await asked(page, { us_privacy: '1YYN' });
    expect(no).toMatchObject({ told: { segments: [] }, result: 'empty; reason=sale_opt_out' });
    // The no has ended what was known, and the cookie with it.
    expect(await asked(page)).toMatchObject({ told: { segments: [] }, result: 'empty; reason=no_cookie' });
  });
});

/** What the README gives for pages. */
const helper = (url: string) => `
  window.pbjs = window.pbjs || {}; pbjs.que = pbjs.que || [];
  window.googletag = window.googletag || {}; googletag.cmd = googletag.cmd || [];
  window.audience = fetch('${url}', {
    credentials: 'include', signal: AbortSignal.timeout(500),
  }).then((answer) => answer.json()).then((me) => {
    pbjs.que.push(() => pbjs.mergeConfig({ ortb2: me.ortb2 }));
    googletag.cmd.push(() => {
      for (const [key, values] of Object.entries(me.keyValues)) googletag.pubads().setTargeting(key, values);
      googletag.setConfig({ pps: me.pps });
    });
  }).catch(() => {});`;
