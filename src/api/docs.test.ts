import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium, launchChromium } from '../../test/chromium.ts';
import { testServer } from './server.testing.ts';

const server = await testServer();
const axe = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

describeInChromium('the reference in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 360],
  ] as const)(
    'is for everybody to read, %s and %i wide, and asks nobody else',
    async (colorScheme, width) => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      const complaints: string[] = [];
      const asked: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => asked.push(new URL(request.url()).origin));
      await page.goto(`${server.url}/docs`);
      // Evaluated as a debugger does, the page's policy lets no script in.
      await page.evaluate(axe);
      const found = await page.evaluate(
        'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
      );
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
      expect(new Set(asked)).toEqual(new Set([server.url]));
      const widest = await page.evaluate('document.documentElement.scrollWidth');
      expect(widest).toBeLessThanOrEqual(width);
      if (process.env['SCREENSHOT'] !== undefined)
        await page.screenshot({ path: `${process.env['SCREENSHOT']}-${colorScheme}-${width}.png` });
      await context.close();
    },
  );
});
