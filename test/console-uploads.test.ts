import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { type Json, Shop } from '../src/api/shop.testing.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer();

describeInChromium('uploads in the console', () => {
  const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  /** Some 20 MB, of which a second of a slow line sends a small part. */
  const LINES = 400_000;
  const BYTES_A_SECOND = 2_000_000;
  let browser: Browser;
  let folder: string;
  let visitor: string;

  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), 'ninety-uploads-'));
    await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
    const shop = await new Shop(server).open();
    const person = server.person({ 'x-forwarded-for': '73.160.0.1' });
    await shop.see(person);
    visitor = person.visitor;
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function opened(path: string, key = server.operator.key): Promise<Page> {
    const context = await browser.newContext({ userAgent: CHROME, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
    return page;
  }

  const fileOf = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  /** What a screen reader is told of from now on, once each. */
  const listen = (page: Page) =>
    page.evaluate(`window.said = []; new MutationObserver(() => {
      for (const status of document.querySelectorAll('dialog [role=status]'))
        if (status.textContent !== '' && said.at(-1) !== status.textContent) said.push(status.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
  const said = (page: Page) => page.evaluate<string[]>('window.said');

  const receipts = async (path: string) => (await server.operator.json<{ items: Json[] }>('GET', path)).items;

  it('one that is stopped by keyboard on its way leaves nothing, and its receipt says so', async () => {
    const line = (n: number) => `{"id":"visitor:${visitor}","partner":"acme","uid":"uid-${n}"}`;
    const file = await fileOf('matches.ndjson', Array.from({ length: LINES }, (_, n) => line(n)).join('\n'));
    const page = await opened('/console/partners');
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: BYTES_A_SECOND,
    });
    await page.getByRole('button', { name: 'Upload matches' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('File').setInputFiles(file);
    await listen(page);
    await dialog.getByRole('button', { name: 'Upload matches' }).press('Enter');
    const bar = dialog.getByRole('progressbar', { name: 'Upload' });
    await vi.waitFor(
      async () => expect(Number(await bar.getAttribute('value'))).toBeGreaterThan(0.05),
      20_000,
    );
    // The bar has it; of whoever listens it would take the word at every event.
    expect(await said(page)).toEqual(['matches.ndjson is being sent.']);
    await dialog.getByRole('button', { name: 'Stop' }).press('Enter');
    await dialog.getByRole('alert').getByText('Nothing of it is stored.').waitFor();
    await vi.waitFor(async () => {
      const focused = await page.evaluate<string>('document.activeElement.textContent.trim()');
      expect(focused).toBe('Upload matches');
    });

    const stopped = { state: 'failed', reason: 'cut_off', stored: 0 };
    await vi.waitFor(async () => expect(await receipts('/v1/matches')).toMatchObject([stopped]), 20_000);
    const { links } = await server.operator.json<Json>('GET', `/v1/visitors/${visitor}`);
    expect(links).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Leave, and lose it' }).click();
    const row = page.getByRole('group', { name: 'Uploads of matches' }).locator('tbody tr');
    await row.getByText('failed').waitFor();
    expect(await row.innerText()).toContain('Nothing of it is stored');
    await page.context().close();
  }, 120_000);

  it('that went before are listed with what was not stored and why, also to who may only look', async () => {
    const text = [
      { id: `visitor:${visitor}`, attribute: 'gender', value: 'female' },
      { id: `visitor:${visitor}`, attribute: 'age', value: '15' },
      { id: 'nobody', attribute: 'gender', value: 'male' },
      { id: 'gaid:aebe52e7-03ee-455a-b3c4-000000000001', attribute: 'gender', value: 'male' },
    ];
    await fetch(`${server.url}/v1/labels`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.operator.key}`,
        'content-type': 'application/x-ndjson',
      },
      body: text.map((line) => JSON.stringify(line)).join('\n'),
    });
    const [receipt] = await receipts('/v1/labels/uploads');
    expect(receipt).toMatchObject({ received: 4, stored: 1, reasons: { bad_id: 1, minor: 1 } });

    const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'v', scopes: ['read'] });
    const page = await opened('/console/models', String(key));
    const row = page.getByRole('group', { name: 'Uploads of labels' }).locator('tbody tr');
    await row.getByText('done').waitFor();
    expect((await row.innerText()).match(/\d+ [a-z]+_?[a-z]+$/gm)?.sort()).toEqual([
      '1 bad_id',
      '1 minor',
      '1 unknown_id',
    ]);
    expect(await page.getByRole('button', { name: 'Upload labels' }).count()).toBe(0);
    await page.evaluate(AXE);
    const violations = await page.evaluate<string[]>(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html].join(": ")))',
    );
    expect(violations).toEqual([]);
    const opener = row.getByRole('button', { name: /^Show/ });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Receipt' });
    await dialog.getByText('1 of 4 lines stored').waitFor();
    await dialog.getByRole('group', { name: 'Lines that were refused' }).getByText('minor').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.textContent')).toContain(
      `the receipt ${receipt!['id']}`,
    );
    await page.context().close();
  }, 60_000);
});
