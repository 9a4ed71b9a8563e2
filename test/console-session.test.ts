import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer();

describeInChromium('a session that ends while a page is open', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the session hangs on. */
  let key: { readonly id: string; readonly key: string };

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    key = await server.operator.json('POST', '/v1/keys', { name: 'Ada', scopes: ['edit'] });
    context = await browser.newContext({ userAgent: CHROME });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  async function signIn(path: string): Promise<void> {
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(key.key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
  }
  const endSession = () => server.operator.send('DELETE', `/v1/keys/${key.id}`);

  it('takes nothing of what is typed: who signs in again goes on with it', async () => {
    await signIn('/console/segments/-new');
    await page.getByLabel('Name').fill('Half a rule');
    await page.getByRole('button', { name: 'By hand' }).click();
    await endSession();
    // It is counted while it is typed, so the end of the session shows at once.
    await page.getByRole('textbox', { name: 'Rule as JSON or YAML' }).fill('{"did":{"keyword":"kept"}}');
    const dialog = page.getByRole('dialog', { name: 'Your session is over' });
    await dialog.waitFor();
    // The dialog has the focus, and a wrong key is said in it.
    await page.keyboard.type('not-the-right-key');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('This server does not know that key').waitFor();
    await page.keyboard.type(server.operator.key);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Name').inputValue()).toBe('Half a rule');
    await page.getByRole('button', { name: 'Make the segment' }).click();
    await page.getByRole('heading', { name: 'Half a rule', level: 1 }).waitFor();
    await page.getByText('kept').first().waitFor();
  });

  it('may be looked past, and asks again when something is to be saved', async () => {
    await signIn('/console/sites');
    await page.getByRole('button', { name: 'New site' }).click();
    const form = page.getByRole('dialog', { name: 'New site' });
    await form.getByLabel('Name').fill('The Harbour');
    await endSession();
    await form.getByRole('button', { name: 'Make the site' }).click();
    const dialog = page.getByRole('dialog', { name: 'Your session is over' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await form.getByLabel('Name').inputValue()).toBe('The Harbour');
    await form.getByRole('button', { name: 'Make the site' }).click();
    await dialog.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await form.getByRole('button', { name: 'Make the site' }).click();
    await page.getByRole('heading', { name: 'The Harbour', level: 1 }).waitFor();
  });

  it('shows no more where nothing is typed, and leads back to the page that was open', async () => {
    await signIn('/console/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await endSession();
    await page.getByRole('link', { name: 'Segments', exact: true }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Segments', level: 1 }).waitFor();
  });
});
