import type { BrowserContext, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type PageServer, servePages } from '../pixel/page-server.ts';
import { tcfCmp, tcString } from '../pixel/tag.testing.ts';
import { describeInChromium, launchProfile } from './chromium.ts';
import { CHROME } from './client.ts';
import { ask } from './engine.ts';
import { type Home, openHome } from './homes.ts';
import { openTlsFront, type TlsFront } from './tls-front.ts';

/** Of the vendors who have consent in a string of {@link tcString}. */
const GVL_ID = '2';
const EVERYONE = { id: 'everyone', name: 'Everyone', rule: { did: {} } };
const YES = tcString([1, 3, 4]);
const NO = tcString([]);
const STORED = 'stored';

const WORLDS = [
  ['third-party cookies are allowed', true],
  ['they are blocked', false],
] as const;

/** The tag on a site's page with a TCF CMP, in a browser with a profile, before a collector of another site. */
describeInChromium('a visitor who changes her mind', () => {
  let home: Home;
  let front: TlsFront;
  let pages: PageServer;
  let site: string;
  let siteKey: string;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    [home, pages] = await Promise.all([
      openHome('embedded', {
        NINETY_MIN_AUDIENCE: '1',
        NINETY_GVL_ID: GVL_ID,
        NINETY_TRUST_PROXY: '127.0.0.1',
        NINETY_SEGMENTS_CRON: '0 0 1 1 *',
      }),
      servePages(),
    ]);
    front = await openTlsFront(home.collector);
    site = `http://news.localhost:${new URL(pages.site).port}`;
    const { key } = await home.admin.json<{ key: string }>('POST', '/v1/sites', {
      name: 'News',
      domains: ['news.localhost'],
    });
    siteKey = key;
    await home.admin.json('POST', '/v1/segments', EVERYONE);
    const tag = `<script async src="${front.origin}/tag.js" data-site="${key}" data-vendor="${GVL_ID}"></script>`;
    pages.pages.set('/asking', `<!doctype html><title>Over the passes</title>${tcfCmp}${tag}`);
    pages.pages.set('/plain', `<!doctype html><title>Over the passes</title>${tag}`);
  });
  // A page that stays open goes on telling attention, which the next test would count.
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  afterAll(async () => {
    await pages?.close();
    front?.close();
    await home?.close();
  });

  async function open(thirdPartyCookies: boolean, path: string): Promise<Page> {
    const context = await launchProfile(thirdPartyCookies, CHROME);
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(site + path);
    return page;
  }
  /** What an answer of the collector's says it came to, once what brings it about is done. */
  async function ending(page: Page, path: string, act: () => Promise<unknown>): Promise<string | null> {
    const asked = page.waitForResponse((response: Response) => new URL(response.url()).pathname === path);
    await act();
    return (await asked).headerValue('ninety-result');
  }
  const hit = (page: Page, act: () => Promise<unknown>) => ending(page, '/p.gif', act);
  const choose = (page: Page, text: string) => () => page.evaluate(`cmp.update('${text}', false)`);
  /** Name and value of our cookies in a browser, on every site. */
  const cookies = async (page: Page) =>
    (await page.context().cookies()).map(({ name, value }) => [name, value] as const);

  /** Who is in the segment by a build of now. */
  async function members(): Promise<string[]> {
    await home.admin.build('everyone');
    return (await home.admin.pull('everyone', 'visitor')).lines.map(({ id }) => id);
  }
  const others = (all: readonly string[], known: readonly string[]) =>
    all.filter((id) => !known.includes(id));
  /** Rows of a visitor, from ClickHouse itself. */
  async function rows(table: string, visitor: string, and = ''): Promise<number> {
    const number = Buffer.from(visitor, 'base64url').readBigUInt64BE();
    return Number(
      await ask(home.shards[0]!, `SELECT count() FROM ninety.${table} WHERE visitor = ${number} ${and}`),
    );
  }
  /** Whatever the tag would send of a page, and the time it takes to. */
  async function stir(page: Page): Promise<void> {
    await page.evaluate("ninety('event', 'after'); history.pushState(1, '', '/next')");
    await page.waitForTimeout(1_500);
  }

  it.each(WORLDS)('is heard at once, each time, where %s', async (_, thirdPartyCookies) => {
    const known = await members();
    const page = await open(thirdPartyCookies, '/asking');
    await stir(page);
    expect(await members()).toEqual(known);

    expect(await hit(page, choose(page, YES))).toBe(STORED);
    const [first, ...more] = others(await members(), known);
    expect(more).toEqual([]);
    expect(await rows('hits', first!)).toBeGreaterThan(0);
    expect(await rows('consents', first!, 'AND withdrawn = 1')).toBe(0);
    expect((await cookies(page)).map(([name]) => name).sort()).toEqual(
      thirdPartyCookies ? ['_n90', 'n90'] : ['_n90'],
    );

    expect(await hit(page, choose(page, NO))).toBe('refused; reason=no_purpose_store');
    expect(await members()).toEqual(known);
    expect(await rows('consents', first!, 'AND withdrawn = 1')).toBe(1);
    expect(await cookies(page)).toEqual([]);
    const stored = await home.admin.stored();
    await stir(page);
    expect(await home.admin.stored()).toBe(stored);
    expect(await cookies(page)).toEqual([]);

    expect(await hit(page, choose(page, YES))).toBe(STORED);
    const [second, ...rest] = others(await members(), known);
    expect(rest).toEqual([]);
    expect(second).not.toBe(first);
    expect(await rows('consents', second!, 'AND withdrawn = 1')).toBe(0);
  });

  it.each(WORLDS)('opts out by the site, and in again, where %s', async (_, thirdPartyCookies) => {
    const known = await members();
    const page = await open(thirdPartyCookies, '/plain');
    await expect.poll(async () => others(await members(), known).length).toBe(1);
    const [first] = others(await members(), known);

    expect(await ending(page, '/optout', () => page.evaluate("ninety('optout')"))).toBe('opted_out');
    await home.admin.json('POST', '/v1/jobs/expire/run?wait=1');
    expect(await home.admin.estimate(EVERYONE.rule)).toBe(known.length);
    expect(await members()).toEqual(known);
    for (const table of ['hits', 'features', 'members']) expect(await rows(table, first!)).toBe(0);
    const marks = [
      ['_n90', '0'],
      ['n90_optout', `1.${siteKey}`],
    ];
    const left = async () => (await cookies(page)).sort(([a], [b]) => (a < b ? -1 : 1));
    expect(await left()).toEqual(thirdPartyCookies ? marks : marks.slice(0, 1));
    const stored = await home.admin.stored();
    await stir(page);
    await page.goto(`${site}/plain`);
    await stir(page);
    expect(await home.admin.stored()).toBe(stored);
    expect(await left()).toEqual(thirdPartyCookies ? marks : marks.slice(0, 1));

    expect(await hit(page, () => page.evaluate("ninety('optin')"))).toBe(STORED);
    const [second, ...rest] = others(await members(), known);
    expect(rest).toEqual([]);
    expect(second).not.toBe(first);
    expect((await left())[0]).toEqual(['_n90', expect.stringMatching(/^\d{16,}$/)]);
  });
});
