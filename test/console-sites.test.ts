import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { Shop } from '../src/api/shop.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

/** Not where the console is open: who runs it may have come by another way. */
const PUBLIC_URL = 'http://audience.example.com';
const server = await testServer({ NINETY_PUBLIC_URL: PUBLIC_URL });

describeInChromium('many sites and segments in the console', () => {
  /** More than one page of a list has, where nothing else is asked for. */
  const MANY = 105;
  let browser: Browser;
  let shop: Shop;

  beforeAll(async () => {
    browser = await launchChromium();
    shop = await new Shop(server).open();
    for (let n = 0; n < MANY; n++)
      await server.operator.json('POST', '/v1/sites', { id: `a${n}`, name: `Site ${n}`, domains: [] });
    await server.operator.json('POST', '/v1/sites', { id: 'zz', name: 'The Daily Harbour', domains: [] });
    const { key } = await server.operator.json<{ key: string }>('GET', '/v1/sites/zz');
    const person = server.person();
    await shop.see(person);
    // 483 is what the IAB calls sports.
    for (const n of [1, 2])
      await person.get(`/p.gif?s=${key}&c=483&k=harbour&e=signup&u=https%3A%2F%2Fharbour.test%2Fpage-${n}`);
    await shop.build();
    // Nobody is in its seed, so it cannot be built.
    await server.operator.json('POST', '/v1/segments', {
      id: 'nobody',
      name: 'Nobody',
      rule: { did: { event: 'never' } },
    });
    await server.operator.json('POST', '/v1/segments', {
      id: 'zz-like',
      name: 'Like nobody',
      rule: { like: 'nobody', reach: 0.1 },
    });
    await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
    await server.operator.json('POST', '/v1/jobs/alerts/run?wait=1');
  });
  afterAll(() => browser?.close());

  it('shows hits of the last of them, the signals that it sends, and who needs somebody', async () => {
    const context = await browser.newContext({ userAgent: CHROME });
    try {
      const page = await context.newPage();
      await page.goto(`${server.url}/console/sites`);
      await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
      await page.keyboard.press('Enter');
      const row = page.getByRole('row', { name: 'The Daily Harbour' });
      await row.getByRole('cell', { name: '2', exact: true }).waitFor();
      expect(await row.locator('td.number').allInnerTexts()).toEqual(['2', '1']);

      await row.getByRole('link').click();
      await page.getByText(`<script async src="${PUBLIC_URL}/tag.js" data-site=`).waitFor();
      const card = page.locator('section', { has: page.getByRole('heading', { name: 'Signals seen' }) });
      const shown = async (kind: string, first: string) => {
        await card.getByRole('button', { name: kind }).click();
        await card.getByRole('row', { name: first }).waitFor();
        return card.locator('tbody tr').allInnerTexts();
      };
      expect(await shown('Categories', 'Sports')).toEqual(['Sports\t2\t1']);
      expect(await shown('Keywords', 'harbour')).toEqual(['harbour\t2\t1']);
      expect(await shown('Events', 'signup')).toEqual(['signup\t2\t1']);
      expect(await shown('Paths', '/page-1')).toEqual(['/page-1\t1\t1', '/page-2\t1\t1']);

      // By its name, also where it is an alert, which knows no more of it than its id.
      const { items } = await server.operator.json<{ items: object[] }>('GET', '/v1/alerts');
      expect(items).toMatchObject([{ kind: 'segment_stale', subject: 'zz-like', name: 'Like nobody' }]);
      await page.goto(server.url);
      const matters = page.locator('.matters');
      await matters.locator('li', { hasText: 'since' }).waitFor();
      expect(await matters.getByRole('link').allInnerTexts()).toEqual([
        expect.stringMatching(/^Like nobody: failed/),
      ]);
      const table = page.locator('section', { has: page.getByRole('heading', { name: 'Segments' }) });
      expect(await table.locator('tbody th').first().innerText()).toBe('Like nobody');
    } finally {
      await context.close();
    }
  });
});
