import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { Shop } from '../src/api/shop.testing.ts';
import { ClickHouse } from '../src/clickhouse/client.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';
import { freshDatabase } from './engine.ts';

const database = await freshDatabase();
const server = await testServer({
  CLICKHOUSE_USER: database.user,
  CLICKHOUSE_PASSWORD: database.password,
  CLICKHOUSE_DATABASE: database.database,
});
const clickhouse = new ClickHouse(database);
const DAY_MS = 86_400_000;

describeInChromium('segments in the console', () => {
  let browser: Browser;
  let context: BrowserContext | undefined;

  let shop: Shop;

  beforeAll(async () => {
    browser = await launchChromium();
    shop = await new Shop(server).open();
    for (let at = 0; at < 2; at++) await shop.see(server.person());
    await shop.build();
  });
  afterAll(async () => {
    await browser?.close();
    await clickhouse.close();
  });
  afterEach(async () => {
    await context?.close();
    context = undefined;
  });

  async function signedIn(path: string): Promise<Page> {
    context = await browser.newContext({ userAgent: CHROME });
    const page = await context.newPage();
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
    return page;
  }

  const card = (page: Page) =>
    page.locator('section', { has: page.getByRole('heading', { name: 'Size', level: 2 }) });

  it('that are young say how their size went build by build', async () => {
    const page = await signedIn(`/console/segments/${shop.segment}`);
    const { items } = await server.operator.json<{ items: { size: number }[] }>(
      'GET',
      `/v1/segments/${shop.segment}/history`,
    );
    const sizes = items.map(({ size }) => String(size));
    expect(sizes.at(-1)).toBe('2');
    await card(page)
      .getByRole('img', {
        name: new RegExp(`^Size of Visitors over ${items.length} builds?, now 2 visitors`),
      })
      .waitFor();
    expect(await card(page).getByText('As a table', { exact: true }).count()).toBe(0);
    await card(page).getByText('The last builds as a table').press('Enter');
    const shown = card(page).getByRole('group', { name: 'Builds' }).locator('tbody tr > td:nth-child(2)');
    expect(await shown.allInnerTexts()).toEqual(sizes.toReversed());
  });

  it('that are older say it day by day, in the numbers of the report', async () => {
    // As jobs have left them, before any of today: no test can wait for days.
    const noon = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;
    const before = [7, 5, 6].map((size, at) => {
      const time = new Date(noon - 2 * at * DAY_MS).toISOString();
      const counted = { version: 1, size, reason: '' };
      return { segment: shop.segment, build: 0, state: 'built', as_of: time, time, ...counted };
    });
    await clickhouse.insert('builds', before);
    const page = await signedIn(`/console/segments/${shop.segment}`);
    await card(page).getByRole('img', { name: 'Size of Visitors over 4 days, now 2 visitors.' }).waitFor();
    await card(page).getByText('As a table', { exact: true }).press('Enter');
    const rows = card(page)
      .getByRole('group', { name: /^Size of Visitors/ })
      .getByRole('row');
    const shown = (await rows.allInnerTexts()).slice(1).map((text) => text.split(/\s+/));
    expect(shown.map(([, size]) => size)).toEqual(['6', '5', '7', '2']);
    const { segments } = await server.operator.json<{
      segments: { points: { time: string; size: number }[] }[];
    }>('GET', `/v1/reports/segments?segments=${shop.segment}&step=day`);
    expect(shown).toEqual(segments[0]!.points.map(({ time, size }) => [time.slice(0, 10), String(size)]));
    const link = card(page).getByRole('link', { name: /^Download CSV of sizes/ });
    const { body } = await server.operator.send('GET', (await link.getAttribute('href'))!);
    // Beside its head a line of each day, and one of what readers see now.
    expect(body.trim().split('\r\n')).toHaveLength(shown.length + 2);
  });

  it('are found by keyboard alone, by name, folder and label, and shown by the hundred', async () => {
    const words = ['Sport', 'Garden', 'Travel'];
    const segments = Array.from({ length: 120 }, (_, n) => ({
      id: `s${n}`,
      name: `${words[n % 3]} ${n}`,
      folder: `${words[n % 3]!.toLowerCase()}/${n % 2 === 0 ? 'warm' : 'cold'}`,
      labels: n % 10 === 0 ? ['live'] : ['draft'],
      rule: { did: { keyword: `k${n}` } },
    }));
    await server.operator.json('POST', '/v1/segments/apply', { segments });
    const page = await signedIn('/console/segments');
    const list = page.getByRole('region', { name: 'All segments' });
    const names = () => list.locator('tbody th a').allInnerTexts();
    const found = (text: string) => list.getByRole('status').getByText(text, { exact: true }).waitFor();
    await found('121 segments');
    expect(await names()).toHaveLength(100);
    // By name as a person reads it, so "Garden 4" before "Garden 10".
    expect((await names()).slice(0, 3)).toEqual(['Garden 1', 'Garden 4', 'Garden 7']);
    await list.getByRole('button', { name: 'Show 21 more of 21' }).press('Enter');
    expect(await names()).toHaveLength(121);
    // The button is gone, and who pressed it goes on where the list went on.
    const shown = await names();
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe(shown[100]);
    const focused = () => page.evaluate('document.activeElement.labels?.[0]?.innerText.split("\\n")[0]');
    await list.getByRole('searchbox', { name: 'Search' }).focus();
    await page.keyboard.type('garden');
    await found('40 segments');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Folder');
    await page.keyboard.type('garden/w');
    await found('20 segments');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Label');
    await page.keyboard.type('live');
    await found('4 segments');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Order');
    await page.keyboard.type('Changed');
    expect((await names()).sort()).toEqual(['Garden 10', 'Garden 100', 'Garden 40', 'Garden 70']);
    await page.getByRole('searchbox').fill('nothing of the kind');
    await list.getByText('No segment is like that.').waitFor();
  });

  it('of whatever name break no page: markup, marks that turn text round, two hundred letters', async () => {
    const names = ['<img src=x onerror=alert(1)>"\'&amp;', '\u202eevil', 'W'.repeat(200)];
    const make = (path: string, body: object) => server.operator.json('POST', `/v1/${path}`, body);
    for (const [n, name] of names.entries()) {
      await make('sites', { id: `e${n}`, name });
      await make('partners', { id: `e${n}`, name });
      await make('keys', { id: `e${n}`, name, scopes: ['read'] });
      await make('segments', { id: `e${n}`, name, rule: { did: {} } });
      await server.operator.build(`e${n}`);
      await make('destinations', {
        ...{ id: `e${n}`, name, type: 'file-drop', partner: `e${n}`, segments: [`e${n}`] },
        ...{ schedule: 'manual', settings: { drop: 'folder', path: `e${n}`, format: 'csv' } },
      });
    }
    const page = await signedIn('/');
    const scripts: string[] = [];
    page.on('dialog', (dialog) => {
      scripts.push(dialog.message());
      void dialog.dismiss();
    });
    const of = (n: number) => [
      `/console/segments/e${n}`,
      `/console/segments/e${n}/edit`,
      ...['sites', 'partners', 'destinations'].map((kind) => `/console/${kind}/e${n}`),
    ];
    const lists = ['', 'segments', 'sites', 'partners', 'destinations', 'keys', 'audit'];
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of [
        ...names.flatMap((_, n) => of(n)),
        ...lists.map((list) => (list === '' ? '/' : `/console/${list}`)),
        '/console/segments/-overlap?segments=e0,e1,e2',
      ]) {
        await page.goto(server.url + path);
        await page.locator('main h1').waitFor();
        await page.locator('.loading').first().waitFor({ state: 'detached' });
        expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, width]);
        expect(await page.locator('img[src="x"]').count()).toBe(0);
      }
    }
    expect(scripts).toEqual([]);
    // A mark that turns text round ends with the name: what follows it is read as it is written.
    await page.goto(`${server.url}/console/segments`);
    await page.locator('tbody a[href$="/e1"]').waitFor();
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('tbody a[href$="/e1"]')).unicodeBidi`),
    ).toBe('isolate');
  });
});
