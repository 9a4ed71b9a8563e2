import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Summary } from '../src/dashboard/summary.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { Person, send } from './client.ts';
import { type Home, openHome } from './homes.ts';

const CRAWLER = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
const MARKUP = '<img src=x onerror="document.title=1">&amp;';

let home: Home;
let url: string;
beforeAll(async () => {
  home = await openHome('embedded');
  url = home.collector;
});
afterAll(() => home?.close());

const get = (path: string, headers: Record<string, string> = {}) => send('GET', url + path, headers);

async function keyOf(scope: string): Promise<string> {
  return (await home.admin.json<{ key: string }>('POST', '/v1/keys', { name: scope, scopes: [scope] })).key;
}

const tag = () => `<script async src="${url}/tag.js" data-site="${home.siteKey}"></script>`;

describe('the page without its numbers', () => {
  it('is for everybody, lets nothing in from elsewhere, and is not sent twice', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    );
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const again = await get('/', { 'If-None-Match': page.headers.etag! });
    expect(again.status).toBe(304);
  });
});

describeInChromium('the console in Chromium', () => {
  let browser: Browser;
  let context: BrowserContext;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  /** @param expected console errors that the test is about; every other one fails it. */
  async function open(options: BrowserContextOptions = {}, expected = /^$/): Promise<Page> {
    context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() !== 'log' && !expected.test(message.text())) complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  const text = (page: Page, selector: string) => page.locator(selector).innerText();
  const visible = (page: Page, selector: string) => page.locator(selector).isVisible();
  const settled = (page: Page, selector: string, wanted: string) =>
    vi.waitFor(async () => expect(await text(page, selector)).toBe(wanted), {
      timeout: 20_000,
      interval: 100,
    });

  it('tells a newcomer what to do, and what it tells works', async () => {
    const page = await open();
    await page.locator('#start').waitFor();
    expect(await text(page, '#start-tag')).toBe(tag());
    expect(await text(page, '#hits')).toBe('0');
    expect(await text(page, '#chart-caption')).toBe('No hits in the last 60 minutes.');
    expect(await visible(page, '#no-refusals')).toBe(true);
    expect(await visible(page, '#segment-table')).toBe(false);

    const command = await text(page, '#first-segment-command');
    expect(command).toContain(`curl ${url}/v1/segments`);
    const body = JSON.parse(/-d '(.*)'/.exec(command)?.[1] ?? '') as unknown;
    const made = await home.admin.json<{ id: string }>('POST', '/v1/segments', body);
    await page.locator(`#segment-rows [data-key="${made.id}"]`).waitFor();
    expect(await visible(page, '#first-segment')).toBe(false);
    await home.admin.send('DELETE', `/v1/segments/${made.id}`);
    await page.locator('#first-segment').waitFor();
    expect(await visible(page, '#segment-table')).toBe(false);
  });

  it('shows what happens by itself, in the numbers of the API, and keeps what the reader has in hand', async () => {
    const page = await open();
    await page.locator('#start').waitFor();
    const button = page.locator('#site-rows [data-key="main"] button');
    await button.focus();

    const fan = new Person(url);
    const crawler = new Person(url, { 'user-agent': CRAWLER });
    const see = (person: Person, path: string, s = home.siteKey) =>
      person.see({ s, u: `https://www.example.com${path}` });
    expect(await see(fan, '/football/cup')).toBe('stored');
    expect(await see(fan, '/football/table')).toBe('stored');
    expect(await see(new Person(url), '/')).toBe('stored');
    expect(await see(fan, '/', 'no-such-site')).toBe('refused; reason=unknown_site');
    expect(await see(crawler, '/')).toBe('refused; reason=bot');
    expect(await see(crawler, '/')).toBe('refused; reason=bot');
    await home.admin.json('POST', '/v1/segments', {
      id: 'football',
      name: MARKUP,
      rule: { did: { path: '/football/*' }, times: 2 },
    });
    expect(await home.admin.build('football')).toBe(1);
    await home.admin.json('POST', '/v1/partners', { name: 'A DSP' });

    await settled(page, '#hits', '3');
    await settled(page, '#partners', '1');
    await settled(page, '#segment-rows [data-slot="state"]', 'fresh');
    await settled(page, '#journal', '0 B');
    await settled(page, '#refusal-rows [data-key="collect bot"] [data-slot="n"]', '2');
    const shown = await home.admin.json<Summary>('GET', '/v1/overview');
    const segments = await home.admin.json<{ items: Summary['segments'] }>('GET', '/v1/segments');
    expect(shown).toMatchObject({ hits: 3, visitors: 2, partnerCount: 1, journalBytes: 0 });
    expect(shown.hitsByMinute.reduce((sum, minute) => sum + minute.hits, 0)).toBe(3);
    expect(shown.segments).toEqual(
      segments.items.map(({ id, name, size, asOf, state }) => ({ id, name, size, asOf, state })),
    );
    expect(await text(page, '#visitors')).toBe('2');
    expect(await text(page, '#chart-caption')).toMatch(/^3 hits in the last 60 minutes/);
    expect(await text(page, '#segment-rows [data-slot="size"]')).toBe(String(segments.items[0]!.size));
    expect(segments.items[0]!.size).toBe(1);
    expect(await text(page, '#segment-rows [data-slot="name"]')).toBe(MARKUP);
    expect(await text(page, '#refusal-rows [data-key="collect unknown_site"]')).toContain(
      'The site key is missing or belongs to no site.',
    );
    expect(await text(page, '#site-rows [data-slot="counts"]')).toBe('3 hits, 2 visitors');
    const builds = page.locator('#run-rows tr', { hasText: 'segments' });
    expect(await builds.first().innerText()).toMatch(/^segments\s+built 1, failed 0\s+done\s/);
    expect(await visible(page, '#start')).toBe(false);
    expect(await page.evaluate('document.title')).toBe('Ninety');
    expect(await page.evaluate('document.activeElement?.dataset.slot')).toBe('copy');
  });

  it('copies a tag, and says so', async () => {
    const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const button = page.locator('#site-rows [data-key="main"] button');
    await button.click();
    await settled(page, '#site-rows [data-key="main"] button', 'Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(tag());
    await settled(page, '#site-rows [data-key="main"] button', 'Copy');
  });

  it('says when the server does not answer, keeps the numbers, and comes back', async () => {
    const page = await open({}, /ERR_INTERNET_DISCONNECTED/);
    await settled(page, '#live-state', 'Live');
    await context.setOffline(true);
    await settled(page, '#live-state', 'The server does not answer; trying again');
    expect(await text(page, '#hits')).toBe('3');
    await context.setOffline(false);
    await settled(page, '#live-state', 'Live');
  });

  it('is dark where the reader wants it dark', async () => {
    const brightness = async (page: Page) => {
      await page.locator('#console').waitFor();
      const colour = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string;
      return Math.max(...colour.match(/\d+/g)!.map(Number));
    };
    expect(await brightness(await open({ colorScheme: 'light' }))).toBeGreaterThan(200);
    await context.close();
    expect(await brightness(await open({ colorScheme: 'dark' }))).toBeLessThan(60);
  });

  it('fits on a screen 360 pixels wide', async () => {
    const page = await open({ viewport: { width: 360, height: 740 } });
    await settled(page, '#hits', '3');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const tables =
      '[...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth)';
    expect(await page.evaluate(`${tables}.map((box) => box.id)`)).toEqual([]);
  });

  it('asks for a key where it may not show the numbers without, says when it is wrong, and forgets it', async () => {
    const page = await open({ extraHTTPHeaders: { 'X-Forwarded-For': '192.0.2.9' } }, /status of 40[13]/);
    await page.locator('#sign-in').waitFor();
    expect(await visible(page, '#console')).toBe(false);
    const key = page.getByLabel('Key', { exact: true });
    await key.fill('not-the-right-key');
    await key.press('Enter');
    await settled(
      page,
      '#key-problem',
      'This server does not know that key. Check that it is whole, and of this server.',
    );
    await key.fill(await keyOf('collect'));
    await key.press('Enter');
    await settled(
      page,
      '#key-problem',
      'The key is known, but may not read: it needs the scope read, edit or admin.',
    );
    await key.fill(home.admin.key);
    await page.getByRole('button', { name: 'Show the numbers' }).click();
    await settled(page, '#hits', '3');
    expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
    await page.reload();
    await settled(page, '#hits', '3');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('#sign-in').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await visible(page, '#console')).toBe(false);
  });
});

describe('the numbers', () => {
  const status = async (headers: Record<string, string>) => (await get('/v1/overview', headers)).status;
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

  it('are shown without a key on the machine itself, and to nobody who comes another way', async () => {
    expect(await status({})).toBe(200);
    expect(await status({ Host: `localhost:${new URL(url).port}` })).toBe(200);
    expect(await status({ Host: 'rebound.example.com' })).toBe(401);
    expect(await status({ 'X-Forwarded-For': '127.0.0.1' })).toBe(401);
    expect(await status({ Forwarded: 'for=127.0.0.1' })).toBe(401);
    const { body } = await get('/v1/overview', { Host: 'rebound.example.com' });
    expect(JSON.parse(body)).toMatchObject({ type: 'urn:ninety:unauthorized', status: 401 });
  });

  it('are shown to a key of scope read, however it comes', async () => {
    const [reader, collector] = [await keyOf('read'), await keyOf('collect')];
    const elsewhere = { Host: 'console.example.com', 'X-Forwarded-For': '192.0.2.9' };
    expect(await status({ ...elsewhere, ...bearer(reader) })).toBe(200);
    expect(await status({ ...elsewhere, ...bearer(collector) })).toBe(403);
    expect(await status({ ...elsewhere, ...bearer(`${reader}x`) })).toBe(401);
    expect(await status(bearer(collector))).toBe(403);
    expect(await status(bearer('wrong-key-of-some-length'))).toBe(401);
  });
});
