import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer();

describeInChromium('the script of a page', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext({ userAgent: CHROME });
    page = await context.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    await page.goto(server.url);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  });
  afterEach(async () => {
    await context.close();
    expect(faults.splice(0)).toEqual([]);
  });

  /** Pieces that are asked for from now on, by the names of their pages. */
  function asked(): string[] {
    const names: string[] = [];
    page.on('request', (request) => {
      const [, name] = /\/console\/assets\/([a-z-]+)-\w+\.js$/.exec(request.url()) ?? [];
      if (name !== undefined) names.push(name);
    });
    return names;
  }

  /** The server does not say yet who is signed in. @returns lets it. */
  async function holdSession(): Promise<() => void> {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/v1/session', async (route) => {
      await held;
      await route.continue();
    });
    return release;
  }

  it('is asked for before it is known who is signed in, that of the address only, and once', async () => {
    const release = await holdSession();
    const names = asked();
    await page.goto(`${server.url}/console/jobs`);
    await expect.poll(() => names).toContain('jobs');
    expect(await page.getByRole('navigation').count()).toBe(0);
    release();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(names.filter((name) => name === 'jobs')).toEqual(['jobs']);
    expect(names).not.toContain('overview');
  });

  it('that did not come when it was asked for first is told of where the page would be', async () => {
    await page.route('**/console/assets/jobs-*', (route) => route.abort());
    await page.goto(`${server.url}/console/jobs`);
    await page.getByRole('heading', { name: 'This page did not come' }).waitFor();
    await page.getByRole('navigation').waitFor();
    await page.unroute('**/console/assets/jobs-*');
    await page.getByRole('button', { name: 'Load it again' }).click();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
  });

  it('is none of an address that there is not, which is said', async () => {
    const release = await holdSession();
    const names = asked();
    await page.goto(`${server.url}/console/jobs/nothing/of/the/kind`);
    release();
    await page.getByRole('heading', { name: 'Nothing is here' }).waitFor();
    expect(names).not.toContain('jobs');
  });

  it('is asked for in vain by nobody: where nobody is signed in, who signs in has it', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const names = asked();
    await page.goto(`${server.url}/console/jobs`);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await expect.poll(() => names).toContain('jobs');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(names.filter((name) => name === 'jobs')).toEqual(['jobs']);
  });
});
