import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { Shop } from '../src/api/shop.testing.ts';
import type { Waterfall } from '../src/delivery/waterfall.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME } from './client.ts';

const server = await testServer({ NINETY_OUTBOUND_ALLOW: '127.0.0.1' });

describeInChromium('a destination in the console', () => {
  const PEOPLE = 5;
  const REFUSED = 2;
  let browser: Browser;
  let page: Page;
  /** Takes all but the first lines of a request, as long as it is told to. */
  let receiver: Server;
  let isRefusing = true;

  beforeAll(async () => {
    browser = await launchChromium();
    receiver = createServer((request, response) => {
      request.resume().on('end', () => {
        const refused = Array.from({ length: isRefusing ? REFUSED : 0 }, (_, index) => ({
          index,
          reason: 'not a customer',
        }));
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ refused }));
      });
    }).listen(0, '127.0.0.1');
    await server.operator.json('POST', '/v1/partners', { id: 'a-dsp', name: 'A DSP' });
    const shop = await new Shop(server).open();
    for (let n = 0; n < PEOPLE; n++)
      await shop.see(server.person({ 'x-forwarded-for': '73.160.0.1' }), {
        dt: 'gaid',
        did: `aebe52e7-03ee-455a-b3c4-00000000000${n + 1}`,
      });
    await shop.build();
    await server.operator.json('POST', '/v1/destinations', {
      id: 'hook',
      name: 'Hook',
      type: 'webhook',
      partner: 'a-dsp',
      devices: ['gaid'],
      settings: {
        url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
        secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      },
      segments: [shop.segment],
      schedule: 'manual',
    });
    const context = await browser.newContext({ userAgent: CHROME });
    page = await context.newPage();
    await page.goto(`${server.url}/console/destinations/hook`);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Hook', level: 1 }).waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    receiver?.close();
  });

  const group = (name: string) => page.getByRole('group', { name }).locator('tbody tr');
  const cells = async (name: string, row = 0) =>
    (await group(name).nth(row).locator('th, td').allInnerTexts()).map((text) => text.trim());
  const accepted = async () => {
    const { items } = await server.operator.json<{ items: Waterfall[] }>(
      'GET',
      '/v1/destinations/hook/waterfall',
    );
    return items[0]!.stages.at(-1);
  };

  it('shows before anything is sent who would be added, and who is lost on the way', async () => {
    await page.getByRole('button', { name: 'Dry run' }).press('Enter');
    await page.getByRole('dialog').getByText('Nothing was sent.').waitFor();
    const [, added, removed, refreshed, inIt, members] = await cells('What would be told');
    expect([added, removed, refreshed, inIt, members].map(Number)).toEqual([PEOPLE, 0, 0, PEOPLE, PEOPLE]);
    await page.keyboard.press('Escape');
  });

  it('says what of a delivery was taken, and counts what was refused for one reason as one', async () => {
    await page.getByRole('button', { name: 'Deliver now' }).press('Enter');
    await page
      .getByText(`${PEOPLE} lines told to Hook, ${PEOPLE - REFUSED} lines taken, ${REFUSED} lines refused.`)
      .waitFor();
    await group('Dead letters').first().waitFor();
    expect(await group('Dead letters').count()).toBe(1);
    const [, lines, why] = await cells('Dead letters');
    expect(Number(lines)).toBe(REFUSED);
    expect(why).toContain('line_rejected');
    expect(await accepted()).toEqual({
      stage: 'accepted',
      n: PEOPLE - REFUSED,
      losses: [{ reason: 'line_rejected', n: REFUSED }],
    });
    const last = group('Stages with their losses').filter({ hasText: 'Accepted' });
    const [shown, lost] = await last.getByRole('cell').allInnerTexts();
    expect(Number(shown)).toBe(PEOPLE - REFUSED);
    expect(lost).toContain(`${REFUSED} line rejected`);
  });

  it('replays what was refused, by keyboard, and shows that all of it is there', async () => {
    isRefusing = false;
    await page.getByRole('button', { name: 'Replay all' }).press('Enter');
    await page.getByText(`${REFUSED} lines told to Hook, ${REFUSED} lines taken.`).waitFor();
    await page.getByText('None: everything that was told was taken').waitFor();
    expect(await accepted()).toEqual({ stage: 'accepted', n: PEOPLE, losses: [] });
    const [, state, taken, dead] = await cells('Runs');
    expect([state, Number(taken), Number(dead)]).toEqual(['done', REFUSED, 0]);
  });

  it('says at its field what is wrong with the times of a schedule', async () => {
    await page.getByLabel('When it is told').selectOption('cron');
    await page.getByLabel('Times').fill('99 * * * *');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('cron expression').waitFor();
    expect(await page.getByLabel('Times').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Times').fill('30 5 * * *');
    await page.keyboard.press('Enter');
    await page.getByText('The schedule is changed.').waitFor();
    expect(await server.operator.json('GET', '/v1/destinations/hook')).toMatchObject({
      schedule: { cron: '30 5 * * *' },
    });
  });
});
