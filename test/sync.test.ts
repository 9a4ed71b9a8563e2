import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tcString } from '../pixel/tag.testing.ts';
import { describeInChromium } from './chromium.ts';
import { until } from './client.ts';
import { ask } from './engine.ts';
import type { StandIn } from './partners/stand-in.ts';
import { openSyncWorld, type SyncWorld } from './partners/sync-world.ts';

/** Longer than a sync takes that nothing holds up. */
const QUIET_MS = 1500;
/** What partners with a vendor id of 2 are consented to; the others have theirs of the catalogue. */
const YES = tcString([1, 3, 4]);
const NO = tcString([]);

/** A CMP in which the choice is made. */
const cmp = (consent: string, purposes: boolean) =>
  `<script>__tcfapi = (command, version, hear) => hear({
    gdprApplies: true, eventStatus: 'tcloaded', tcString: '${consent}', listenerId: 1,
    purpose: { consents: { 1: ${purposes}, 3: ${purposes} } }, vendor: { consents: { 1: ${purposes} } } }, true)</script>`;

describeInChromium('cookie sync in a browser', () => {
  let world: SyncWorld;
  beforeAll(async () => {
    world = await openSyncWorld({ NINETY_GVL_ID: '1' });
  });
  afterAll(() => world?.close());

  const called = () =>
    Object.entries(world.partners)
      .filter(([, partner]: [string, StandIn]) => partner.visits.length > 0)
      .map(([id]) => id);
  const visits = () =>
    Object.fromEntries(Object.entries(world.partners).map(([id, { visits }]) => [id, visits.length]));
  const askedFor = (path: string) => world.asked.filter(({ url }) => url.split('?')[0] === path);

  /** Opens a page of the site, and leaves it open: what it loads may take its time. */
  async function open(context: BrowserContext, head: string): Promise<Page> {
    world.pages.set(
      '/',
      `<!doctype html><title>Boots</title>${head}
        <script async src="${world.collector}/tag.js" data-site="${world.home.siteKey}"></script>`,
    );
    const page = await context.newPage();
    await page.goto(`${world.site}/`);
    return page;
  }

  const script = () =>
    `<script async src="${world.collector}/sync.js" data-site="${world.home.siteKey}"></script>`;

  /** A page with the frame in it from the start. */
  const frame = (parameters = '') =>
    `<iframe src="${world.collector}/sync.html?s=${world.home.siteKey}${parameters}"></iframe>`;

  const cookieAt = async (context: BrowserContext, origin: string, name: string) =>
    (await context.cookies(origin)).find((cookie) => cookie.name === name)?.value;

  it('matches a browser with its partners by the script of a page, five a page, first priority first', async () => {
    const { partners } = world;
    const context = await world.browser();
    const page = await open(context, script());
    await until('four partners have answered', async () => askedFor('/setuid').length === 4);
    await page.waitForTimeout(QUIET_MS);
    expect(called()).toEqual(['xandr', 'adobe', 'google', 'thetradedesk', 'pubmatic']);
    for (const id of ['xandr', 'adobe', 'google', 'pubmatic'])
      expect([id, await world.outcomes(id)]).toEqual([id, { sent: 1, matched: 1 }]);
    expect(await world.outcomes('thetradedesk')).toEqual({ sent: 1 });

    const visitor = (await cookieAt(context, world.collector, 'n90'))!.slice(0, 11);
    for (const id of ['xandr', 'adobe', 'google', 'pubmatic'] as const)
      expect([id, await world.idsAt(id)]).toEqual([
        id,
        [await cookieAt(context, partners[id].origin, 'partner_uid')],
      ]);
    // Those who keep a match of their own have our id, and the page around them has not.
    for (const id of ['adobe', 'google', 'thetradedesk'] as const)
      expect([id, [...partners[id].matches.keys()]]).toEqual([id, [visitor]]);
    expect(await page.content()).not.toContain(visitor);
    const [shard] = world.home.shards;
    const rows = await ask(shard!, 'SELECT partner, uid FROM ninety.matches ORDER BY partner FORMAT TSV');
    expect(rows.trim().split('\n')).toHaveLength(4);
    await page.close();

    // The next page brings the rest, and nobody twice; whoever is slow still matches.
    const before = visits();
    const next = await open(context, script());
    await until('the slow one has matched', async () => (await world.outcomes('slow')).matched === 1);
    await next.waitForTimeout(QUIET_MS);
    expect(visits()).toMatchObject({
      ...before,
      slow: before.slow! + 1,
      loop: before.loop! + 1,
      silent: before.silent! + 1,
    });
    expect(await world.outcomes('loop')).toMatchObject({ sent: 1, loop: 1 });
    expect(await world.outcomes('silent')).toEqual({ blocked_by_limit: 1, sent: 1 });
    expect(await world.idsAt('slow')).toEqual([await cookieAt(context, partners.slow.origin, 'partner_uid')]);
    await next.close();

    const done = visits();
    const last = await open(context, script());
    await until('a third frame came', async () => askedFor('/sync.html').length >= 3);
    await last.waitForTimeout(QUIET_MS);
    expect(visits()).toEqual(done);
    await context.close();
  });

  it('sends nobody twice within the freshness, and says in one request why', async () => {
    const context = await world.browser();
    const page = await open(context, frame());
    await until('the browser is matched', async () => (await world.outcomes('xandr')).matched === 2);
    await page.waitForTimeout(QUIET_MS);
    const before = visits();
    // By whatever way: another frame, the partner's own page, a page that lies about what it loads.
    const next = await open(
      context,
      `<img src="${world.collector}/sync/xandr"><img src="${world.collector}/sync/xandr?f=i&b=1">`,
    );
    await next.waitForTimeout(QUIET_MS);
    expect(visits()).toMatchObject({ xandr: before.xandr, adobe: before.adobe, google: before.google });
    const asked = await context.request.get(`${world.collector}/sync/xandr?debug=1`);
    expect(await asked.json()).toMatchObject({ outcome: 'already_fresh' });
    await context.close();
  });

  it('goes on to a host of the partner, and to no other', async () => {
    const { partners, collector } = world;
    const context = await world.browser();
    const page = await open(context, frame());
    const matches = (await world.outcomes('xandr')).matched ?? 0;
    await until(
      'the browser is matched',
      async () => ((await world.outcomes('xandr')).matched ?? 0) > matches,
    );
    await page.waitForTimeout(QUIET_MS);
    const to = (url: string) => `${collector}/sync/xandr?redir=${encodeURIComponent(url)}`;
    await page.goto(to(`${partners.xandr.origin}/after`));
    expect(page.url()).toBe(`${partners.xandr.origin}/after`);
    const answer = await page.goto(to(`${partners.silent.origin}/elsewhere`));
    expect([answer?.status(), page.url()]).toEqual([400, to(`${partners.silent.origin}/elsewhere`)]);
    await context.close();
  });

  describe('with the visitor’s choice', () => {
    let before: Record<string, number>;
    let context: BrowserContext;
    beforeEach(async () => {
      before = visits();
      world.asked.length = 0;
      context = await world.browser();
    });
    afterEach(() => context.close());

    it('calls whom the string names, and gives it the string as it came', async () => {
      await open(context, cmp(YES, true) + script());
      await until('the frame came', async () => askedFor('/sync.html').length > 0);
      await until('Adobe’s id came back', async () => askedFor('/setuid').length > 0);
      expect(visits()).toEqual({ ...before, adobe: before.adobe! + 1 });
      const given = new URLSearchParams(world.partners.adobe.visits.at(-1)!.path.slice('/ibs:'.length));
      expect([given.get('gdpr'), given.get('gdpr_consent')]).toEqual(['1', YES]);
      const [back] = askedFor('/setuid');
      expect(new URL(back!.url, world.collector).searchParams.get('gdpr_consent')).toBe(YES);
      expect((await world.outcomes('xandr')).no_partner_consent).toBe(1);
    });

    it('calls nobody on a no, and the page does not even ask', async () => {
      const page = await open(context, cmp(NO, false) + script());
      await page.waitForTimeout(4000);
      expect(askedFor('/sync.html')).toEqual([]);
      expect(visits()).toEqual(before);
      // Whoever asks all the same hears no, by whatever door.
      const signals = `gdpr=1&gdpr_consent=${NO}`;
      await open(
        context,
        `${cmp(NO, false)}${frame(`&${signals}`)}<img src="${world.collector}/sync/xandr?${signals}"><img src="${world.collector}/sync/xandr?gdpr=1">`,
      );
      await until(
        'three have asked',
        async () => askedFor('/sync.html').length + askedFor('/sync/xandr').length > 2,
      );
      await page.waitForTimeout(QUIET_MS);
      expect(visits()).toEqual(before);
      expect(await context.cookies(world.collector)).toEqual([]);
    });

    it('calls nobody for who has opted out', async () => {
      const page = await context.newPage();
      await page.goto(`${world.collector}/optout`);
      await open(context, `${frame()}<img src="${world.collector}/sync/xandr">`);
      await until(
        'both have asked',
        async () => askedFor('/sync.html').length + askedFor('/sync/xandr').length > 1,
      );
      await page.waitForTimeout(QUIET_MS);
      expect(visits()).toEqual(before);
      expect(world.asked.filter(({ url }) => url.startsWith('/sync')).map(({ status }) => status)).toEqual([
        401, 401,
      ]);
    });

    it('calls nobody for a browser that blocks third-party cookies, which is asked once more and no further', async () => {
      const blocked = await world.browser(false);
      const noCookie = (await world.outcomes('')).no_cookie ?? 0;
      const page = await open(blocked, `${script()}<img src="${world.collector}/sync/xandr">`);
      await until('both have come back', async () => askedFor('/sync.html').length > 1);
      await page.waitForTimeout(QUIET_MS);
      expect(visits()).toEqual(before);
      expect([askedFor('/sync.html').length, askedFor('/sync/xandr').length]).toEqual([2, 2]);
      expect((await world.outcomes('')).no_cookie).toBe(noCookie + 1);
      expect((await world.outcomes('xandr')).no_cookie).toBe(1);
      expect(await blocked.cookies(world.collector)).toEqual([]);
      await blocked.close();
    });
  });
});
