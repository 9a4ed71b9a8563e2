import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import type { Json } from '../src/api/shop.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME, Operator } from './client.ts';

const server = await testServer();

describeInChromium('a key in the console', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('is renewed: another may the same, and the old one holds until somebody ends it', async () => {
    const scopes = ['read', 'export:acme'];
    const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'Nightly export', scopes });
    const context = await browser.newContext({ userAgent: CHROME });
    const page = await context.newPage();
    await page.goto(`${server.url}/console/keys`);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Renew the key Nightly export' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Renew Nightly export' });
    await dialog.getByRole('button', { name: 'Make the key' }).press('Enter');
    await dialog.getByText('Nightly export holds still.').waitFor();
    const renewed = await dialog.getByRole('group', { name: 'the key' }).innerText();
    await page.keyboard.press('Escape');

    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/keys');
    const scopesOf = (of: string) => items.find(({ name }) => name === of)?.['scopes'];
    expect(scopesOf('Nightly export, renewed')).toEqual(scopes);
    expect(scopesOf('Nightly export')).toEqual(scopes);
    const status = async (of: string) =>
      (await new Operator(server.url, of).send('GET', '/v1/segments')).status;
    expect([await status(String(key)), await status(renewed)]).toEqual([200, 200]);
    const verb = 'End the key Nightly export';
    await page.getByRole('button', { name: verb, exact: true }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: verb }).press('Enter');
    await page.getByText('The key Nightly export has ended.').waitFor();
    expect([await status(String(key)), await status(renewed)]).toEqual([401, 200]);
    await context.close();
  }, 60_000);
});
