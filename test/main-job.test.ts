import { createServer, type Server as PageServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME, Person, send, until } from './client.ts';
import { ask } from './engine.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';

/** Vendors 1 to 4 have consent in {@link REFUSING}, so this one has none. */
const GVL_ID = '7';
/** The IAB's own example of a TCF 2.3 string. */
const REFUSING = 'CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA';

/** A CMP that was asked before, and remembers a no. */
const CMP = `<script>window.__tcfapi = function (command, version, callback) {
  if (command === 'addEventListener') callback({ gdprApplies: true, eventStatus: 'tcloaded', tcString: '${REFUSING}',
    listenerId: 1, purpose: { consents: {} }, vendor: { consents: {} } }, true);
};</script>`;

const EVERYONE = { did: {} };
const RECENT = { did: {}, within: '24h' };
const TRAVELLERS = {
  all: [
    { any: [{ did: { category: 'far-away' }, times: 2 }, { did: { keyword: 'cruise' } }] },
    { not: { did: { event: 'purchase' } } },
    { segment: 'recent' },
  ],
};

const HOUR_MS = 3_600_000;
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d';
const IDFA = 'EA7583CD-A667-48BC-B806-42ECB2B48606';

const THREE = ['/one', '/one', '/two'].map((path) => `${path}\tOver the passes\tdesktop`);

describe.each(Object.keys(HOMES) as HomeName[])('the main job in the home %s', (name) => {
  let home: Home;
  beforeAll(async () => {
    home = await openHome(name, {
      NINETY_MIN_AUDIENCE: '1',
      NINETY_GVL_ID: GVL_ID,
      NINETY_SEGMENTS_CRON: '*/2 * * * * *',
    });
    for (const [id, rule] of Object.entries({ everyone: EVERYONE, recent: RECENT, travellers: TRAVELLERS }))
      await home.admin.json('POST', '/v1/segments', { id, name: id, rule });
  });
  afterAll(() => home?.close());

  const page = (path: string) => `https://www.example.com${path}`;
  const someone = () => new Person(home.collector);
  const see = (person: Person, more: Record<string, string>) =>
    person.see({ s: home.siteKey, u: page('/a'), ...more });

  /** Hits from a server of the site's. @returns the answer's body. */
  async function post(key: string, hits: readonly object[], headers: Record<string, string> = {}) {
    const answer = await send(
      'POST',
      `${home.collector}/v1/hits`,
      { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      JSON.stringify(hits.map((hit) => ({ site: home.siteKey, url: page('/s'), ...hit }))),
    );
    return JSON.parse(answer.body) as { accepted: number; refused: unknown[] };
  }

  /** Builds the segment and holds the three places that show its size against each other. */
  async function oneNumber(segment: string, rule: object): Promise<number> {
    const size = await home.admin.build(segment);
    expect(await home.admin.estimate(rule)).toBe(size);
    expect((await home.admin.pull(segment, 'visitor')).lines).toHaveLength(size);
    return size;
  }

  /** Rows of every shard, from ClickHouse itself. */
  const rows = async (sql: string) =>
    (await Promise.all(home.shards.map((shard) => ask(shard, sql)))).map((text) =>
      text.split('\n').filter((line) => line !== ''),
    );
  const local = (table: string) => `ninety.${table}${name === 'cluster' ? '_local' : ''}`;

  inChromium(
    () => home,
    oneNumber,
    // A page that is open for a while, as on a busy machine, tells attention too.
    async () =>
      (await rows(`SELECT path, title, device FROM ${local('hits')} GROUP BY visitor, path, title, device`))
        .flat()
        .sort(),
  );

  it('sees every hit that was acknowledged before a build, again and again', async () => {
    const before = await home.admin.build('everyone');
    for (let round = 1; round <= 4; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async () => expect(await see(someone(), {})).toBe('stored')),
      );
      expect(await home.admin.build('everyone')).toBe(before + 10 * round);
    }
  });

  it('takes a segment from a rule to what partners pull, whole and as changes', async () => {
    const { admin } = home;
    const { key } = await admin.json<{ key: string }>('POST', '/v1/keys', {
      name: 'The site’s server',
      scopes: ['collect'],
    });
    await admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
    const [twice, once, again, cruiser, buyer, deleted] = Array.from({ length: 6 }, someone) as [
      Person,
      Person,
      Person,
      Person,
      Person,
      Person,
    ];
    // A collector that is another process learns of the partner and of the key within seconds.
    await until('the collector knows the partner', async () => {
      const { status } = await deleted.get('/setuid?bidder=dsp&uid=D-1');
      return status === 200;
    });
    await until('the collector knows the key', async () => (await post(key, [])).accepted === 0);

    await see(twice, { c: 'far-away' });
    await see(twice, { c: 'far-away,else' });
    await see(once, { c: 'far-away' });
    await see(again, { c: 'far-away', id: 'one and the same' });
    await see(again, { c: 'far-away', id: 'one and the same' });
    await see(cruiser, { k: 'cruise', did: GAID, dt: 'gaid' });
    await see(buyer, { k: 'cruise' });
    await see(buyer, { e: 'purchase' });
    await see(deleted, { k: 'ship, cruise' });
    const cruise = { keywords: ['cruise'] };
    const from = (ms: number) => new Date(Date.now() - ms).toISOString();
    expect(
      await post(key, [
        { ...cruise, firstPartyId: 'two-hours-ago', time: from(2 * HOUR_MS) },
        { ...cruise, firstPartyId: 'two-days-ago', time: from(48 * HOUR_MS) },
        { ...cruise, deviceId: IDFA, deviceType: 'idfa' },
      ]),
    ).toEqual({ accepted: 3, refused: [] });
    // In: twice, cruiser, deleted, the one of two hours ago, the iPhone.
    expect(await oneNumber('travellers', TRAVELLERS)).toBe(5);

    expect((await twice.get('/setuid?bidder=dsp&uid=T-1')).status).toBe(200);
    expect((await cruiser.get('/setuid?bidder=dsp&uid=C-1')).status).toBe(200);
    expect((await once.get('/setuid?bidder=dsp&uid=O-1')).status).toBe(200);
    await admin.build('travellers');
    const visitors = await admin.pull('travellers', 'visitor');
    expect(visitors.lines.map(({ id }) => id)).toEqual(
      expect.arrayContaining([twice.visitor, cruiser.visitor, deleted.visitor]),
    );
    const partner = await admin.pull('travellers', 'dsp');
    expect(partner.lines).toEqual(['C-1', 'D-1', 'T-1'].map((id) => ({ id, op: 'add' })));
    const gaids = await admin.pull('travellers', 'gaid');
    expect(gaids.lines).toEqual([{ id: GAID, op: 'add' }]);
    const idfas = await admin.pull('travellers', 'idfa');
    expect(idfas.lines).toEqual([{ id: IDFA.toLowerCase(), op: 'add' }]);

    // An imported visitor counts, and is nobody’s whom a partner or a device maker knows.
    const imported = { ...cruise, deviceId: IDFA.replace('EA', 'AE'), deviceType: 'idfa' };
    expect(await post(admin.key, [imported], { 'Ninety-Import': 'given' })).toMatchObject({ accepted: 1 });
    expect(await see(once, { c: 'far-away' })).toBe('stored');
    // The scheduled job builds it, unasked.
    await until('the scheduled job has built', async () => {
      const { size } = await admin.json<{ size: number }>('GET', '/v1/segments/travellers');
      return size === 7;
    });
    const joined = await admin.pull('travellers', 'visitor', visitors.cursor);
    expect(joined.lines).toHaveLength(2);
    expect(joined.lines).toContainEqual({ id: once.visitor, op: 'add' });
    expect((await admin.pull('travellers', 'idfa', idfas.cursor)).lines).toEqual([]);
    const joinedPartner = await admin.pull('travellers', 'dsp', partner.cursor);
    expect(joinedPartner.lines).toEqual([{ id: 'O-1', op: 'add' }]);
    const runs = await admin.json<{ items: { job: string; state: string }[] }>('GET', '/v1/jobs');
    expect(runs.items.some(({ job, state }) => job === 'segments' && state === 'done')).toBe(true);

    // Replaced, deleted, withdrawn.
    expect((await twice.get('/setuid?bidder=dsp&uid=T-2')).status).toBe(200);
    expect((await deleted.get('/setuid?bidder=dsp&uid=')).status).toBe(200);
    const visitor = cruiser.visitor;
    const refused = await cruiser.get(`/p.gif?s=${home.siteKey}&u=${page('/a')}`, { 'sec-gpc': '1' });
    expect(refused.headers['ninety-result']).toBe('refused; reason=sale_opt_out');
    expect(refused.headers['set-cookie']?.[0]).toMatch(/^n90=; Max-Age=0; /);
    expect(cruiser.visitor).toBe('');
    await admin.build('everyone');
    // The membership is yesterday’s still; what leaves is not.
    expect((await admin.pull('travellers', 'visitor', joined.cursor)).lines).toEqual([
      { id: visitor, op: 'remove' },
    ]);
    expect((await admin.pull('travellers', 'gaid', gaids.cursor)).lines).toEqual([
      { id: GAID, op: 'remove' },
    ]);
    expect((await admin.pull('travellers', 'dsp', joinedPartner.cursor)).lines).toEqual([
      { id: 'C-1', op: 'remove' },
      { id: 'D-1', op: 'remove' },
      { id: 'T-1', op: 'remove' },
      { id: 'T-2', op: 'add' },
    ]);
    expect((await admin.pull('travellers', 'dsp')).lines).toEqual(
      ['O-1', 'T-2'].map((id) => ({ id, op: 'add' })),
    );
    // The next build has ended the membership of who withdrew.
    expect(await oneNumber('travellers', TRAVELLERS)).toBe(6);
  });

  it.runIf(name === 'cluster')('keeps all that is known of a visitor on one of two shards', async () => {
    for (const table of ['hits', 'features', 'members', 'consents', 'links']) {
      const [a, b] = (await rows(`SELECT DISTINCT visitor FROM ${local(table)}`)) as [string[], string[]];
      if (table !== 'links') {
        expect(a.length, `${table} on the first shard`).toBeGreaterThan(0);
        expect(b.length, `${table} on the second shard`).toBeGreaterThan(0);
      }
      const [hitsOfA] = await rows(`SELECT DISTINCT visitor FROM ${local('hits')}`);
      if (table !== 'links' && table !== 'consents') expect(hitsOfA).toEqual(expect.arrayContaining(a));
      expect(b.filter((visitor) => a.includes(visitor) || hitsOfA!.includes(visitor))).toEqual([]);
    }
  });
});

/**
 * The part of the job that a browser does, in a home where nobody was before.
 *
 * @param oneNumber builds a segment and holds what shows its size against each other.
 * @param kept path, title and device of each page that a visitor saw, from ClickHouse itself.
 */
function inChromium(
  home: () => Home,
  oneNumber: (segment: string, rule: object) => Promise<number>,
  kept: () => Promise<string[]>,
): void {
  describeInChromium('a page with the tag in Chromium', () => {
    let browser: Browser;
    let pages: PageServer;
    beforeAll(async () => {
      browser = await launchChromium();
      pages = createServer(({ url = '/' }, answer) => {
        answer.setHeader('Content-Type', 'text/html; charset=utf-8');
        answer.end(`<!doctype html><title>Over the passes</title><meta name="keywords" content="alps">
          ${url.startsWith('/refused') ? CMP : ''}
          <script async src="${home().collector}/tag.js" data-site="${home().siteKey}"></script>`);
      }).listen(0, '127.0.0.1');
    });
    afterAll(async () => {
      await browser?.close();
      pages?.closeAllConnections();
      pages?.close();
    });

    // By its own name a headless Chromium is taken for the tool it is.
    const newContext = (options: BrowserContextOptions = {}) =>
      browser.newContext({ userAgent: CHROME, ...options });

    /** Opens a page. @returns how its hit ended. */
    async function visit(context: BrowserContext, path: string): Promise<string | null> {
      const tab = await context.newPage();
      const hit = tab.waitForResponse((response) => response.url().includes('/p.gif'));
      await tab.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}${path}`);
      const result = await (await hit).headerValue('ninety-result');
      await tab.close();
      return result;
    }

    it('leaves a hit, and a second visit is the same visitor', async () => {
      const context = await newContext();
      expect(await visit(context, '/one')).toBe('stored');
      expect(await oneNumber('everyone', EVERYONE)).toBe(1);
      expect(await visit(context, '/two')).toBe('stored');
      expect(await visit(await newContext(), '/one')).toBe('stored');
      expect(await oneNumber('everyone', EVERYONE)).toBe(2);
      await home().admin.json('POST', '/v1/segments', {
        id: 'alpine',
        name: 'Came twice',
        rule: { did: { keyword: 'alps' }, times: { eq: 2 } },
      });
      expect(await home().admin.build('alpine')).toBe(1);
      const cookie = (await context.cookies(home().collector)).find((one) => one.name === 'n90');
      expect((await home().admin.pull('alpine', 'visitor')).lines).toEqual([
        { id: cookie?.value.slice(0, 11), op: 'add' },
      ]);
      expect(await kept()).toEqual(THREE);
    });

    it('leaves nothing of visitors who refused, by TCF or by Global Privacy Control', async () => {
      const refusing = await newContext();
      expect(await visit(refusing, '/refused')).toBe('refused; reason=no_vendor_consent');
      const controlled = await newContext({ extraHTTPHeaders: { 'Sec-GPC': '1' } });
      await controlled.addInitScript(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })",
      );
      expect(await visit(controlled, '/one')).toBe('refused; reason=sale_opt_out');
      for (const context of [refusing, controlled]) expect(await context.cookies()).toEqual([]);
      expect(await oneNumber('everyone', EVERYONE)).toBe(2);
      expect(await kept()).toEqual(THREE);
    });
  });
}
