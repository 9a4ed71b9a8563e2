import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { GERMANY, type Json, Shop } from '../src/api/shop.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer();

describeInChromium('a person in the console', () => {
  const AMERICA = { 'x-forwarded-for': '73.160.0.1' };
  let browser: Browser;
  let page: Page | undefined;
  let shop: Shop;

  beforeAll(async () => {
    browser = await launchChromium();
    await server.operator.json('POST', '/v1/partners', { id: 'a-dsp', name: 'A DSP' });
    shop = await new Shop(server).open();
  }, 120_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    await page?.context().close();
    page = undefined;
  });

  async function opened(path: string, key = server.operator.key): Promise<Page> {
    const context = await browser.newContext({ userAgent: CHROME, extraHTTPHeaders: AMERICA });
    page = await context.newPage();
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
    return page;
  }

  const keyOf = async (...scopes: string[]) =>
    String((await server.operator.json<Json>('POST', '/v1/keys', { name: scopes.join(), scopes }))['key']);

  it('is forgotten where somebody looks at it, and nothing of it is shown from then on, a yes neither', async () => {
    const person = server.person(AMERICA);
    await shop.see(person);
    await shop.build();
    const page = await opened(`/console/visitors?id=${person.visitor}`);
    const known = page.locator('section', { has: page.getByRole('heading', { name: 'Known' }) });
    await known.getByText('hand segments out for advertising').waitFor();
    await known.getByRole('button', { name: 'Forget' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Forget this person?' });
    await question.getByText(person.visitor).waitFor();
    await question.getByRole('button', { name: 'Forget this person' }).press('Enter');
    await known.getByText('no word stored').waitFor();
    expect(await server.operator.json('GET', `/v1/visitors/${person.visitor}`)).toMatchObject({
      hits: 0,
      consent: null,
      segments: [],
    });
  }, 30_000);

  it('of the browser itself leads to its own choices, and is forgotten by nobody who may not change anything', async () => {
    const page = await opened('/console/visitors', await keyOf('read', 'visitors'));
    await page.evaluate(`fetch('/p.gif?s=${shop.key}&u=https%3A%2F%2Fshop.test%2Fmine')`);
    await expect
      .poll(async () => (await page.context().cookies()).some(({ name }) => name === 'n90'))
      .toBe(true);
    await page.getByRole('button', { name: 'This browser' }).press('Enter');
    const own = page.getByRole('link', { name: 'This browser’s own choices, and opting out' });
    await own.waitFor();
    expect(await page.getByRole('button', { name: 'Forget' }).count()).toBe(0);
    await own.press('Enter');
    await page.getByRole('link', { name: 'Opt out' }).waitFor();
  }, 30_000);

  it('is no matter of a key without the scope, which is told what it lacks', async () => {
    const page = await opened('/console/partners/a-dsp', await keyOf('edit'));
    await page.getByText('A look at one’s own browser needs the scope visitors.').waitFor();
    expect(await page.getByRole('button', { name: 'Begin' }).count()).toBe(0);
    await page.goto(`${server.url}/console/visitors?id=me`);
    await page.getByText('This page needs the scope visitors.').waitFor();
  }, 30_000);

  it('that did not consent counts in the rate of refusals, by the signal that was not there', async () => {
    for (let n = 0; n < 2; n++) await shop.see(server.person(AMERICA));
    expect(await shop.see(server.person(GERMANY))).toContain('consent_missing');
    await shop.build();
    const report = () =>
      server.operator.json<{ stored: number; refusals: unknown[] }>('GET', '/v1/reports/consent');
    await expect
      .poll(async () => (await report()).refusals, { timeout: 10_000 })
      .toMatchObject([{ reason: 'consent_missing', signal: 'none', n: 1 }]);
    const { stored } = await report();
    const share = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 }).format(
      1 / (stored + 1),
    );
    const page = await opened('/console/privacy');
    const row = page.getByRole('group', { name: 'Refusals by signal' }).locator('tbody tr');
    await row.waitFor();
    expect(await row.locator('td').allInnerTexts()).toEqual(['1', share, 'none']);
    await page.getByText(`1 hit and 0 syncs were refused, ${stored} hits stored: ${share}`).waitFor();
  }, 30_000);
});
