import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { type Json, Shop } from '../src/api/shop.testing.ts';
import type { ClassReport, ModelReport } from '../src/audience/models/model.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer();

describeInChromium('models in the console', () => {
  const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const PEOPLE = 240;
  const GENDERS = ['female', 'male'] as const;
  const deviceOf = (n: number) => `aebe52e7-03ee-455a-b3c4-${n.toString(16).padStart(12, '0')}`;
  let browser: Browser;
  let shop: Shop;

  beforeAll(async () => {
    browser = await launchChromium();
    shop = await new Shop(server).open();
    await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
    // Who is what is told by the pages, but not always.
    const hits = Array.from({ length: PEOPLE }, (_, n) => {
      const liked = GENDERS[(n % 2) ^ Number(n % 15 === 0)];
      const page = (path: string) => ({
        site: shop.key,
        url: `https://shop.test/${path}`,
        deviceId: deviceOf(n),
        deviceType: 'gaid',
        ip: '73.160.0.1',
        userAgent: CHROME,
      });
      return [page(`${liked}/${n % 3}`), page(`all/${n % 5}`), page(`${liked}/${n % 4}`)];
    }).flat();
    // As an app's server sends them: what a browser sends is all of one visitor.
    const authorization = `Bearer ${server.operator.key}`;
    expect(await shop.posted(hits, { authorization })).toMatchObject({ accepted: hits.length });
  }, 120_000);
  afterAll(() => browser?.close());

  async function opened(path: string, width = 1200): Promise<Page> {
    const context = await browser.newContext({
      userAgent: CHROME,
      bypassCSP: true,
      viewport: { width, height: 800 },
    });
    const page = await context.newPage();
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation').waitFor();
    return page;
  }

  const violations = async (page: Page) => {
    await page.evaluate(AXE);
    return page.evaluate<string[]>(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html].join(": ")))',
    );
  };

  it('learn from a file of labels that is handed in by keyboard, which says of each refused line why', async () => {
    const lines = Array.from({ length: PEOPLE }, (_, n) => `gaid:${deviceOf(n)},gender,${GENDERS[n % 2]}`);
    const text = ['id,attribute,value', ...lines, 'nobody,gender,male', `gaid:${deviceOf(0)},age,15`].join(
      '\n',
    );
    const page = await opened('/console/models', 360);
    // From here on, so that the browser knows in time that none is to be opened on a screen.
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Upload labels' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Upload labels' }).press('Enter');
    await page.getByText('Choose a file.').waitFor();
    expect(await page.evaluate('document.activeElement.type')).toBe('file');
    await page.getByLabel('File').press('Enter');
    await (await chooser).setFiles({ name: 'panel.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    expect(await page.getByLabel('Written as').inputValue()).toBe('text/csv');
    await page.getByLabel('Who declares them').fill('panel');
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Who declares them').press('Enter');

    const said = page.getByRole('dialog').locator('h3, [role=alert]');
    await said.first().waitFor();
    expect(await said.allInnerTexts()).toEqual([`${PEOPLE} of ${PEOPLE + 2} lines stored`]);
    const refused = page.getByRole('group', { name: 'Lines that were refused' }).locator('tbody tr');
    expect((await refused.allInnerTexts()).map((row) => row.split(/\s+/).slice(0, 2))).toEqual([
      [String(PEOPLE + 2), 'bad_id'],
      [String(PEOPLE + 3), 'minor'],
    ]);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/labels/uploads');
    expect(items).toMatchObject([{ source: 'panel', stored: PEOPLE, malformed: { count: 2 } }]);
    await page.context().close();
  }, 120_000);

  it('show what a threshold brings, in the counts of the held-out labels', async () => {
    await server.operator.json('POST', '/v1/jobs/demographics/run?wait=1');
    const model = await server.operator.json<ModelReport>('GET', '/v1/models/gender');
    const [of] = model.classes as [ClassReport];
    const { thresholds, truePositives, falsePositives } = of.curve!;
    expect([truePositives.at(-1), falsePositives.at(-1)]).toEqual([of.heldOut, model.heldOut - of.heldOut]);
    expect(of.threshold).not.toBeNull();

    const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
    const page = await opened('/console/models/gender');
    const facts = async () =>
      (await page.getByTestId('at-threshold').locator('dd').allInnerTexts()).join('; ');
    const shows = async (...shares: (number | null)[]) => {
      const wanted = shares.map((share) => (share === null ? '–' : percent.format(share)));
      await vi.waitFor(async () => {
        const shown = (await facts()).split('; ').map((each) => each.split(' ')[0]);
        expect(shown).toEqual(wanted);
      });
    };
    const slider = page.getByRole('slider');
    await slider.waitFor();
    await shows(of.coverage, of.precision, of.recall);
    expect(await violations(page)).toEqual([]);

    await slider.press('End');
    await shows(0, null, 0);
    await slider.press('Home');
    const decided = of.curve!.decided.at(-1)!;
    const right = of.curve!.right.at(-1)!;
    await shows(decided / model.heldOut, right / decided, right / of.heldOut);
    expect(await slider.getAttribute('aria-valuetext')).toContain(thresholds.at(-1)!.toFixed(3));
    // What it says of itself is all that is said: nothing beside it is read out at each step.
    expect(await page.locator('section [aria-live]', { hasText: 'Precision' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Back to the model’s own' }).press('Enter');
    await shows(of.coverage, of.precision, of.recall);
    expect(await page.evaluate('document.activeElement.type')).toBe('range');

    const roc = page.locator('section', { has: page.getByRole('heading', { name: 'ROC' }) });
    await roc.getByText('As a table').click();
    expect(await roc.locator('tbody tr').count()).toBe(thresholds.length + 1);
    await page.context().close();
  }, 120_000);

  it('of before curves were kept say how one comes by them', async () => {
    const page = await opened('/console/models');
    await page.route('**/v1/models/gender', async (route) => {
      const answer = await route.fetch();
      const { classes, ...model } = (await answer.json()) as ModelReport;
      const json = { ...model, classes: classes.map(({ curve: _, ...one }) => one) };
      await route.fulfill({ response: answer, json });
    });
    await page.getByRole('link', { name: 'gender' }).click();
    await page.getByText('trained before the counts of its held-out labels were kept').waitFor();
    await page.getByRole('heading', { name: 'Calibration' }).waitFor();
    expect(await page.getByRole('slider').count()).toBe(0);
    await page.context().close();
  });

  it.each([
    ['matches', { id: `gaid:${deviceOf(0)}`, uid: 'A1' }, 'bad_id'],
    ['traits', { id: `gaid:${deviceOf(0)}`, trait: 'panel:cyclists' }, 'bad_id'],
  ])('stand beside partners, whose %s are uploaded so too', async (kind, line, reason) => {
    const page = await opened('/console/partners');
    await page.getByRole('button', { name: `Upload ${kind}` }).click();
    const dialog = page.getByRole('dialog');
    if (kind === 'matches') await dialog.getByLabel('Partner of lines that name none').selectOption('acme');
    const text = [line, { ...line, id: 'nobody' }].map((one) => JSON.stringify(one)).join('\n');
    await dialog.getByLabel('File').setInputFiles({
      name: 'lines.ndjson',
      mimeType: 'application/x-ndjson',
      buffer: Buffer.from(text),
    });
    await dialog.getByRole('button', { name: `Upload ${kind}` }).click();
    await dialog.getByRole('heading', { name: '1 of 2 lines stored' }).waitFor();
    await dialog.getByRole('row', { name: `2 ${reason}` }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });
});
