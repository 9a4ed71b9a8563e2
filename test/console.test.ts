import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliDecompressSync } from 'node:zlib';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { type Json, Shop } from '../src/api/shop.testing.ts';
import { PAGES } from '../src/dashboard/pages.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME, Operator, type Person, send } from './client.ts';

const server = await testServer();
/** An address in the United States, as the bundled file has it: no consent law wants a yes. */
const AMERICA = { 'x-forwarded-for': '73.160.0.1' };

const get = (path: string, headers: Record<string, string> = {}) => send('GET', server.url + path, headers);

describe('the page', () => {
  it('is one for all its addresses, lets nothing in from elsewhere, and is not sent twice', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    );
    expect(page.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
    });
    expect((await get('/', { 'If-None-Match': page.headers.etag! })).status).toBe(304);
    for (const { id } of PAGES) {
      expect((await get(`/console/${id}`)).body).toBe(page.body);
      expect((await get(`/console/${id}/some-thing`)).body).toBe(page.body);
    }
    expect((await get('/console/nowhere')).status).toBe(404);
  });

  it('loads pieces that are kept for good, packed as the browser reads them', async () => {
    const { body } = await get('/');
    const path = /src="(\/console\/assets\/main-\w+\.js)"/.exec(body)?.[1] ?? '';
    const plain = await get(path);
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = await fetch(server.url + path, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(await packed.text()).toBe(plain.body);
    const smaller = await get(path, { 'accept-encoding': 'gzip, br' });
    expect(smaller.headers['content-encoding']).toBe('br');
    expect(smaller.headers['vary']).toBe('Accept-Encoding');
    const onDisk = new URL(`../dist/dashboard/page/assets/${path.split('/').at(-1)}.br`, import.meta.url);
    expect(brotliDecompressSync(readFileSync(onDisk)).toString()).toBe(plain.body);
  });
});

describeInChromium('the console in Chromium', () => {
  const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  /** Compressed, with everything that it loads by itself. */
  const FIRST_PAGE_BYTES = 200_000;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let shop: Shop;
  const complaints: string[] = [];
  const labels: string[] = [];
  const GENDERS = ['female', 'male'];

  beforeAll(async () => {
    browser = await launchChromium();
    await server.operator.json('POST', '/v1/partners', { id: 'a-dsp', name: 'A DSP' });
    shop = await new Shop(server).open();
    for (let at = 0; at < 6; at++) {
      const person = server.person(AMERICA);
      await shop.see(person, { u: 'https://shop.test/shoes', t: 'Shoes' });
      labels.push(
        JSON.stringify({ id: `visitor:${person.visitor}`, attribute: 'gender', value: GENDERS[at % 2] }),
      );
      if (at < 4) await shop.see(person, { u: 'https://shop.test/hats', t: 'Hats' });
      if (at < 2) await shop.see(person, { u: 'https://shop.test/done', e: 'purchase' });
    }
    await shop.build();
    const uploaded = await fetch(`${server.url}/v1/labels`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${server.operator.key}`,
        'content-type': 'application/x-ndjson',
      },
      body: labels.join('\n'),
    });
    expect(uploaded.ok).toBe(true);
    await server.operator.json('POST', '/v1/jobs/demographics/run?wait=1');
    await server.operator.json('POST', '/v1/destinations', {
      id: 'files',
      name: 'Files',
      type: 'file-drop',
      partner: 'a-dsp',
      devices: ['gaid'],
      settings: { drop: 'folder', path: 'files' },
      segments: [shop.segment],
      schedule: 'manual',
    });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(complaints.splice(0)).toEqual([]);
  });

  /** @param expected console errors that the test is about; every other one fails it. */
  async function open(path: string, options: BrowserContextOptions = {}, expected = /^$/): Promise<Page> {
    context = await browser.newContext({ userAgent: CHROME, extraHTTPHeaders: AMERICA, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected.test(message.text())) complaints.push(message.text());
    });
    await page.goto(server.url + path);
    return page;
  }

  async function signedIn(path: string, options: BrowserContextOptions = {}, expected = /^$/): Promise<Page> {
    const page = await open(path, options, expected);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
    return page;
  }

  /** What axe-core finds on the page; put into it from outside, which only a context with `bypassCSP` lets happen. */
  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE);
    return page.evaluate<string[]>(
      'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html].join(": ")))',
    );
  }

  const settled = (look: () => Promise<unknown>, wanted: unknown) => expect.poll(look).toEqual(wanted);
  const reads = (page: Page, id: string) => async () => (await page.getByTestId(id).innerText()).trim();

  it('is entered with a key by keyboard alone, says when it is wrong, and is left', async () => {
    const page = await open('/', {}, /status of 40[13]/);
    await page.getByLabel('Key', { exact: true }).waitFor();
    await page.keyboard.type('not-the-right-key');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('This server does not know that key').waitFor();
    const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'c', scopes: ['collect'] });
    await page.keyboard.type(String(key));
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('needs the scope read, edit or admin').waitFor();
    await page.keyboard.type(server.operator.key);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.evaluate('localStorage.length + sessionStorage.length + document.cookie.length')).toBe(
      0,
    );
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page');
    await page.getByRole('link', { name: 'Segments', exact: true }).press('Enter');
    await page.getByRole('heading', { name: 'Segments', level: 1 }).waitFor();
    await settled(() => page.evaluate('document.activeElement.tagName'), 'H1');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Segments');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  it('shows a viewer no more than a viewer may do', async () => {
    const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'v', scopes: ['read'] });
    const page = await open(`/console/segments/${shop.segment}`);
    await page.getByLabel('Key', { exact: true }).fill(String(key));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Visitors', level: 1 }).waitFor();
    const links = await page.getByRole('navigation').getByRole('link').allInnerTexts();
    expect(links).toEqual([
      'Overview',
      'Segments',
      'Destinations',
      'Sites',
      'Partners',
      'Models',
      'Privacy',
      'Jobs',
    ]);
    expect(await page.getByRole('button', { name: 'Build now' }).count()).toBe(0);
    for (const closed of ['visitors', 'keys', 'audit', 'settings']) {
      await page.goto(`${server.url}/console/${closed}`);
      await page.getByRole('heading', { name: 'Not with this key' }).waitFor();
    }
    await page.goto(`${server.url}/console/sites/${shop.site}`);
    await page.getByRole('heading', { name: 'The tag' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Edit|End)/ }).count()).toBe(0);
  });

  it('comes with less than 200 kB on its first page', async () => {
    const page = await signedIn('/');
    let bytes = 0;
    const pieces = new Set<string>();
    page.on('requestfinished', async (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/v1/')) return;
      const { responseBodySize, responseHeadersSize } = await request.sizes();
      bytes += responseBodySize + responseHeadersSize;
      pieces.add(pathname);
    });
    await page.reload();
    await page.locator('canvas').waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
    expect(pieces.size).toBeGreaterThan(3);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(FIRST_PAGE_BYTES);
    // Over plain http browsers may ask for gzip only.
    const gzip = [...pieces].map((path) => {
      const name = path === '/' ? 'index.html' : path.replace('/console/', '');
      return statSync(new URL(`../dist/dashboard/page/${name}.gz`, import.meta.url)).size;
    });
    expect(gzip.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_PAGE_BYTES);
  });

  it('shows what happens by itself, in the numbers of the API', async () => {
    const page = await signedIn('/');
    const tile = (name: string) => async () =>
      page.locator('.tiles > div', { hasText: name }).locator('dd').innerText();
    const { hits } = await server.operator.json<{ hits: number }>('GET', '/v1/overview');
    await settled(tile('Hits kept'), String(hits));
    await shop.see(server.person(AMERICA));
    await settled(tile('Hits kept'), String(hits + 1));
    expect(await shop.see(server.person({ ...AMERICA, 'user-agent': 'Googlebot/2.1' }))).toContain('bot');
    await page.getByRole('group', { name: 'Refused, by reason' }).getByText('bot').first().waitFor();
  });

  it('makes a segment by clicking, of the size that the API says, and restores a version of it', async () => {
    // A rule with a mistake in it is refused, and the browser says so of its own.
    const page = await signedIn('/console/segments', {}, /status of 400/);
    await page.getByRole('link', { name: 'New segment' }).click();
    await page.getByRole('heading', { name: 'New segment' }).waitFor();
    await page.getByLabel('Name').fill('Shoes, and no purchase');
    await page.getByLabel('Add a field').selectOption('path');
    await page.getByRole('button', { name: 'Add the field' }).click();
    await page.getByLabel('Values of path').fill('/shoes');
    await page.getByRole('button', { name: 'Add a clause' }).click();
    await page.getByLabel('Whether it holds').nth(1).selectOption('not');
    await page.getByLabel('Add a field').nth(1).selectOption('event');
    await page.getByRole('button', { name: 'Add the field' }).nth(1).click();
    await page.getByLabel('Values of event').fill('purchase');
    const rule = { all: [{ did: { path: ['/shoes'] } }, { not: { did: { event: ['purchase'] } } }] };
    const size = await server.operator.estimate(rule);
    expect(size).toBe(4);
    await settled(reads(page, 'estimate'), String(size));
    // Each clause's own share: six saw shoes, two bought.
    const shares = async () =>
      (await page.locator('.share').allInnerTexts()).map((text) => text.split(',')[0]);
    await settled(shares, ['6', '2']);

    await page.getByRole('button', { name: 'Make the segment' }).click();
    await page.getByRole('heading', { name: 'Shoes, and no purchase', level: 1 }).waitFor();
    await settled(reads(page, 'size'), String(size));
    const id = page.url().split('/').at(-1)!;
    expect(await server.operator.json('GET', `/v1/segments/${id}`)).toMatchObject({ rule, size, version: 1 });

    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'By hand' }).click();
    const text = page.getByLabel('Rule as JSON or YAML');
    await text.fill('did:\n  pth: /hats\n');
    await page.getByText('/did/pth: unknown field, did you mean path?').first().waitFor();
    // By its path in what is typed, also in a group of one.
    await text.fill('all:\n  - did:\n      pth: /hats\n');
    await page.getByText('/all/0/did/pth: unknown field, did you mean path?').first().waitFor();
    await text.fill('did:\n  path: /hats\n');
    await settled(reads(page, 'estimate'), '4');
    await page.getByLabel('Note').fill('hats sell better');
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByText('“hats sell better”').waitFor();
    await page.getByRole('button', { name: 'Restore version 1' }).click();
    await page.getByText('Version 1 is restored').waitFor();
    expect(await server.operator.json('GET', `/v1/segments/${id}`)).toMatchObject({ rule, version: 3 });
  });

  it('shows how segments overlap, in the counts of the API', async () => {
    for (const [id, path] of [
      ['hats', '/hats'],
      ['done', '/done'],
    ]) {
      await server.operator.json('POST', '/v1/segments', { id, name: id, rule: { did: { path } } });
      await server.operator.build(id!);
    }
    const page = await signedIn('/console/segments/-overlap?segments=hats,done');
    const cell = (row: string, column: number) =>
      page
        .getByRole('group', { name: 'Overlap of segments' })
        .getByRole('row', { name: row })
        .last()
        .getByRole('cell')
        .nth(column)
        .innerText();
    await page.getByRole('group', { name: 'Overlap of segments' }).waitFor();
    const { pairs } = await server.operator.json<{ pairs: { size: number }[] }>(
      'GET',
      '/v1/overlap?segments=hats,done',
    );
    expect(pairs[0]!.size).toBe(2);
    expect(await cell('hats', 0)).toBe('4 100%');
    expect(await cell('hats', 1)).toBe('2 50%');
    expect(await cell('done', 0)).toBe('2 100%');
  });

  it('holds a segment against everyone, in the counts of the API', async () => {
    const page = await signedIn(`/console/segments/${shop.segment}`);
    await page.getByRole('button', { name: 'Count the profile' }).click();
    const { kinds } = await server.operator.json<{
      kinds: { country: { value: string; members: number; index: number }[] };
    }>('GET', `/v1/segments/${shop.segment}/profile`);
    const [first] = kinds.country;
    expect(first?.value).toBe('US');
    const row = page.getByRole('group', { name: 'Profile by Country' }).getByRole('row', { name: /^US / });
    expect(await row.getByRole('cell').first().innerText()).toBe(String(first!.members));
    expect((await row.getByRole('cell').last().innerText()).trim()).toBe(String(first!.index));
    await page.getByRole('button', { name: 'Hour' }).click();
    await page.getByRole('group', { name: 'Profile by Hour' }).waitFor();
  });

  it('picks a category from the taxonomy of the IAB', async () => {
    const page = await signedIn('/console/segments/-new');
    await page.getByLabel('Add a field').selectOption('category');
    await page.getByRole('button', { name: 'Add the field' }).click();
    await page.getByRole('button', { name: 'Choose a category' }).click();
    const dialog = page.getByRole('dialog', { name: 'Choose a category' });
    await dialog.getByLabel('Search names').fill('soccer');
    await dialog
      .getByRole('button', { name: /Soccer/ })
      .first()
      .click();
    const chosen = page.getByRole('list', { name: 'Values of category, chosen' }).getByRole('listitem');
    await settled(() => chosen.locator('code').allInnerTexts(), ['533']);
    await page.getByRole('button', { name: 'Remove Soccer' }).click();
    await settled(() => chosen.count(), 0);
  });

  it('shows a rule whole, by fields or as it is written, and changes nothing but what somebody changes', async () => {
    const kept = [
      { did: { site: [shop.site, 'elsewhere'], title: 'Hello, world' }, times: { gte: 2, lte: 4 } },
      { interest: '243', score: { gte: 80 } },
      { demographic: { gender: ['female', 'male'], age: '25-34' }, probability: 0.75 },
      { did: { path: '/a' }, times: { gt: 2 } },
      { did: { path: '/b' }, times: { gt: 3 } },
      { sequence: [{ path: '/shoes' }, { event: 'purchase' }], gap: '24h' },
    ];
    const path = '/v1/segments/whole';
    await server.operator.json('POST', '/v1/segments', { id: 'whole', name: 'Whole', rule: { any: kept } });
    const page = await signedIn('/console/segments/whole/edit', { bypassCSP: true });
    const clause = (at: number) => page.locator('.clause').nth(at);
    await clause(0).getByRole('button', { name: 'Remove elsewhere' }).waitFor();
    await clause(0).getByRole('button', { name: 'Remove Hello, world' }).waitFor();
    expect(await clause(0).getByLabel('times, at most').inputValue()).toBe('4');
    expect(await clause(1).getByLabel('score, at least').inputValue()).toBe('80');
    expect(await clause(2).locator('.tokens li > span').allInnerTexts()).toEqual(['female', 'male', '25-34']);
    expect(await clause(2).getByLabel('probability, at least').inputValue()).toBe('0.75');
    expect(JSON.parse(await clause(3).getByLabel('The clause, as JSON').inputValue())).toEqual(kept[3]);
    expect(await violations(page)).toEqual([]);

    // A value more, with what it stands beside as it was; a comma is no end of it.
    await clause(0).getByRole('textbox', { name: 'Values of title' }).fill('Bye, world');
    await page.keyboard.press('Enter');
    await page.keyboard.type('!');
    // Those that stay are what they were, and what is typed goes into the one that is in view.
    await clause(3).getByRole('button', { name: 'Remove the clause' }).click();
    const text = clause(3).getByLabel('The clause, as JSON');
    expect(JSON.parse(await text.inputValue())).toEqual(kept[4]);
    await text.fill('{"did":{"path":"/b"},"times":{"gt":5');
    await page.getByText('Fill in every field').waitFor();
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByRole('alert').getByText('not filled in').waitFor();
    await text.press('End');
    await text.pressSequentially('}}');
    await clause(4).getByRole('button', { name: 'Add a step' }).click();
    const step = clause(4).locator('.step').nth(2);
    await step.getByLabel('Add a field').selectOption('event');
    await step.getByRole('button', { name: 'Add the field' }).click();
    await step.getByLabel('Values of event').fill('thanks');
    await clause(4).getByRole('button', { name: 'Remove step 1' }).click();
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByRole('heading', { name: 'Whole', level: 1, exact: true }).waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({
      version: 2,
      rule: {
        any: [
          {
            did: { site: [shop.site, 'elsewhere'], title: ['Hello, world', 'Bye, world', '!'] },
            times: { gte: 2, lte: 4 },
          },
          kept[1],
          kept[2],
          { did: { path: '/b' }, times: { gt: 5 } },
          { sequence: [{ event: ['purchase'] }, { event: ['thanks'] }], gap: '24h' },
        ],
      },
    });
  });

  it('asks before work is lost: to another page, by Back, and to who has saved meanwhile', async () => {
    const path = '/v1/segments/two-hands';
    const [a, b] = [{ did: { event: 'signup' } }, { any: [{ did: { path: '/shoes' } }, { did: {} }] }];
    await server.operator.json('POST', '/v1/segments', {
      id: 'two-hands',
      name: 'Two hands',
      rule: { all: [b] },
    });
    const page = await signedIn('/console/segments/two-hands', {}, /status of 412/);
    await page.getByRole('link', { name: 'Edit' }).click();
    // A group in a group of one has its shares too, and a clause keeps its own when one before it goes.
    const shares = async () =>
      (await page.locator('.share').allInnerTexts()).map((text) => text.split(',')[0]);
    const all = String(await server.operator.estimate({ did: {} }));
    await settled(shares, ['6', all]);
    await page.getByRole('button', { name: 'Remove the clause' }).first().click();
    expect(await shares()).toEqual([all]);
    await page.getByLabel('Folder').fill('shop');
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await question.getByRole('button', { name: 'Stay' }).click();
    await page.goBack();
    await question.getByRole('button', { name: 'Stay' }).click();
    expect(await page.getByLabel('Folder').inputValue()).toBe('shop');
    expect(page.url()).toContain('/console/segments/two-hands/edit');

    await server.operator.json('PATCH', path, { name: 'Three hands', note: 'their note' });
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    const told = page.getByRole('alert', { name: 'Changed by somebody else meanwhile' });
    await told.getByText('“their note”').waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({ version: 2, name: 'Three hands' });
    await told.getByRole('button', { name: 'Save what I changed all the same' }).click();
    await page.getByRole('heading', { name: 'Three hands', level: 1, exact: true }).waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({
      version: 3,
      name: 'Three hands',
      folder: 'shop',
      rule: { did: {} },
    });

    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Folder').fill('lost');
    await server.operator.json('PATCH', path, { rule: a });
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await told.getByRole('button', { name: 'Drop mine, and take theirs' }).click();
    await page.getByRole('button', { name: 'Remove signup' }).waitFor();
    expect(await page.getByLabel('Folder').inputValue()).toBe('shop');
    await page.getByLabel('Folder').fill('lost');
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await question.getByRole('button', { name: 'Leave, and lose it' }).click();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({ version: 4, folder: 'shop', rule: a });

    const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'v', scopes: ['read'] });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${server.url}/console/segments/two-hands/edit`);
    await page.getByLabel('Key', { exact: true }).fill(String(key));
    await page.keyboard.press('Enter');
    await page.getByText('Your key may look at segments, not change them.').waitFor();
    expect(await page.getByRole('button', { name: 'Save as a new version' }).count()).toBe(0);
  });

  it('checks an install: a refusal with what to change, then the first hit', async () => {
    // One that has had no hit: a check counts from the beginning of its minute.
    const other = await server.operator.json<Json>('POST', '/v1/sites', {
      name: 'Other',
      domains: ['other.test'],
    });
    const see = (person: Person, t = '') =>
      person.see({ s: String(other['key']), u: 'https://other.test/', t });
    const page = await signedIn(`/console/sites/${other['id']}`);
    await page.getByRole('button', { name: 'Check the tag' }).click();
    await page.getByText('Waiting for the first hit').waitFor();
    // It says so after twenty seconds.
    await page.getByText('Nothing has reached this server yet').waitFor({ timeout: 60_000 });
    expect(await see(server.person({ 'x-forwarded-for': '84.128.0.1' }))).toContain('consent_missing');
    await page.getByText('load the consent platform before the tag').waitFor();
    expect(await see(server.person(AMERICA), 'The very page')).toBe('stored');
    await page.getByText('The tag works').waitFor();
    await page.getByText('The very page').waitFor();
  });

  it('shows a destination’s waterfall, dry run and runs, in the numbers of the API', async () => {
    const page = await signedIn('/console/destinations/files');
    await page.getByText('Nothing has been planned for it yet.').waitFor();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('dialog', { name: 'Dry run: Files' }).getByText('Nothing was sent.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Deliver now' }).click();
    const row = (name: string) =>
      page.getByRole('group', { name: 'Stages with their losses' }).getByRole('row', { name });
    await row('Members').waitFor();
    const { items } = await server.operator.json<{
      items: { stages: { stage: string; n: number; losses: { reason: string; n: number }[] }[] }[];
    }>('GET', '/v1/destinations/files/waterfall');
    const [members, , known] = items[0]!.stages;
    expect(members!.n).toBeGreaterThan(5);
    expect(await row('Members').getByRole('cell').first().innerText()).toBe(String(members!.n));
    const lost = known!.losses.find(({ reason }) => reason === 'no_id')!;
    expect(await row('Id known').innerText()).toContain(`${lost.n} no id known`);
  });

  it('looks up the own browser, explains its segments, and says so in the audit', async () => {
    const page = await signedIn('/console/visitors');
    await page.getByRole('button', { name: 'This browser' }).click();
    await page.getByText('This browser has no cookie of ours').waitFor();
    complaints.length = 0;
    // The browser's own hit, as a page with the tag in it makes one.
    await page.evaluate(`fetch('/p.gif?s=${shop.key}&u=https%3A%2F%2Fshop.test%2Fmine&t=Mine')`);
    await shop.build();
    await page.reload();
    await page.getByRole('group', { name: 'Newest hits' }).getByText('/mine').waitFor();
    await page.locator('summary', { hasText: 'Visitors' }).click();
    await page.getByText('A member').waitFor();
    await page.getByText('true', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('cell', { name: 'looked at own browser' }).first().waitFor();
  });

  it('shows what the server was started with, and none of its secrets', async () => {
    const page = await signedIn('/console/settings');
    const row = page.getByRole('row', { name: /^NINETY_RETENTION_DAYS / });
    expect(await row.getByRole('cell').first().innerText()).toBe('90');
    const { body } = await server.operator.send('GET', '/v1/settings');
    expect(body).not.toMatch(/SECRET|PASSWORD|ADMIN_KEY|\/\/[^/]*@/);
  });

  it('knows nobody any more in a browser that has opted out', async () => {
    const page = await signedIn('/console/visitors', {}, /status of 404/);
    await page.evaluate(`fetch('/p.gif?s=${shop.key}&u=https%3A%2F%2Fshop.test%2Fmine')`);
    await settled(async () => (await context!.cookies()).some(({ name }) => name === 'n90'), true);
    await page.getByRole('button', { name: 'This browser' }).click();
    await page.getByRole('heading', { name: 'Known' }).waitFor();
    await page.goto(`${server.url}/privacy`);
    await page.getByRole('link', { name: 'Opt out' }).click();
    await page.goto(`${server.url}/console/visitors?id=me`);
    await page.getByText('This browser has no cookie of ours').waitFor();
  });

  it('tests a sync with the own browser, hop by hop', async () => {
    const page = await signedIn('/console/partners/a-dsp');
    await page.evaluate(`fetch('/p.gif?s=${shop.key}&u=https%3A%2F%2Fshop.test%2Fmine')`);
    await settled(async () => (await context!.cookies()).some(({ name }) => name === 'n90'), true);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByText('No id of the partner’s yet.').waitFor();
    await page.evaluate(`fetch('/setuid?bidder=a-dsp&uid=0123456789&f=i')`);
    await page.getByText('The partner’s id for this browser is stored.').waitFor();
  });

  it('says of a sync what the partner sent back in the place of an id', async () => {
    const partner = { id: 'no-dsp', name: 'No DSP', uidParameter: 'gid', errorParameter: 'error' };
    await server.operator.json('POST', '/v1/partners', partner);
    const page = await signedIn('/console/partners/no-dsp');
    await page.evaluate(`fetch('/p.gif?s=${shop.key}&u=https%3A%2F%2Fshop.test%2Fmine')`);
    await settled(async () => (await context!.cookies()).some(({ name }) => name === 'n90'), true);
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByText('No id of the partner’s yet.').waitFor();
    await page.evaluate(`fetch('/setuid?bidder=no-dsp&error=15&f=i')`);
    await page.getByText('The browser came back without an id.').waitFor();
    await page.locator('.hops .why', { hasText: 'no_partner_id' }).waitFor();
    await page.evaluate(`fetch('/setuid?bidder=no-dsp&gid=0123456789&f=i')`);
    await page.getByText('The partner’s id for this browser is stored.').waitFor();
    expect(await page.getByText('no_partner_id').count()).toBe(0);
  });

  it('says of a model what it is worth, or why there is none', async () => {
    const page = await signedIn('/console/models');
    await page.getByRole('link', { name: 'gender' }).click();
    await page.getByRole('heading', { name: 'gender', level: 1 }).waitFor();
    const { labelled, reason } = await server.operator.json<{
      labelled: number;
      reason: { sentence: string };
    }>('GET', '/v1/models/gender');
    expect(labelled).toBe(6);
    await page.getByText(reason.sentence).waitFor();
    const tile = page.locator('.tiles > div', { hasText: 'Labelled visitors' }).locator('dd');
    expect(await tile.innerText()).toBe(String(labelled));
  });

  it('forgets somebody, with a receipt, and shows the day on which each table’s oldest row is gone', async () => {
    const person = server.person(AMERICA);
    await shop.see(person);
    await shop.build();
    const page = await signedIn('/console/privacy');
    const row = page
      .getByRole('group', { name: 'Tables with rows about visitors' })
      .getByRole('row', { name: /^hits / });
    const today = new Date().toISOString().slice(0, 10);
    const gone = new Date(Date.parse(today) + 90 * 86_400_000).toISOString().slice(0, 10);
    expect((await row.innerText()).split(/\s+/).slice(1, 3)).toEqual([today, gone]);
    expect(await page.getByRole('button', { name: 'Forget', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel('Id').fill(person.visitor);
    await page.getByRole('button', { name: 'Forget', exact: true }).click();
    await page.getByRole('dialog').getByText(person.visitor).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Forget this person' }).click();
    await page.getByText('Hidden now').waitFor();
    const { hits } = await server.operator.json<Json>('GET', `/v1/visitors/${person.visitor}`);
    expect(hits).toBe(0);
    await settled(() => page.getByRole('group', { name: 'Erasures' }).getByText('an operator').count(), 1);
    await page.getByRole('button', { name: /^Show/ }).first().click();
    await page.getByRole('group', { name: 'Steps of the erasure' }).getByText('hide').waitFor();
  });

  it('makes a key that is shown once, changes what it may, and ends it', async () => {
    const page = await signedIn('/console/keys', { bypassCSP: true }, /status of 400/);
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog', { name: 'New key' });
    await dialog.getByLabel('Name').fill('An analyst');
    await dialog.getByRole('checkbox', { name: 'read' }).uncheck();
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    await dialog.locator('fieldset').getByRole('alert').waitFor();
    await dialog.getByRole('checkbox', { name: 'read' }).check();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    const key = await dialog.getByRole('group', { name: 'the key' }).innerText();
    await dialog.getByRole('button', { name: 'Copy the key' }).waitFor();
    const analyst = new Operator(server.url, key);
    expect((await analyst.send('GET', '/v1/sites')).status).toBe(200);
    expect((await analyst.send('GET', '/v1/keys')).status).toBe(403);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Edit the key An analyst' }).click();
    const edited = page.getByRole('dialog', { name: 'Edit An analyst' });
    await edited.getByRole('checkbox', { name: 'admin' }).check();
    await edited.getByRole('button', { name: 'Save the key' }).click();
    await page.getByText('What the key An analyst may is changed.').waitFor();
    expect((await analyst.send('GET', '/v1/keys')).status).toBe(200);

    await page.getByRole('button', { name: 'End the key An analyst' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the key An analyst' }).click();
    await page.getByText('The key An analyst has ended.').waitFor();
    expect((await analyst.send('GET', '/v1/sites')).status).toBe(401);
  });

  it('makes a partner, says at its field what is wrong with it, changes it and ends it', async () => {
    const page = await signedIn('/console/partners', { bypassCSP: true }, /status of 40[04]/);
    await page.getByRole('button', { name: 'New partner' }).click();
    const dialog = page.getByRole('dialog', { name: 'New partner' });
    await dialog.getByLabel('Name').fill('North DSP');
    await dialog.getByLabel('Id', { exact: true }).fill('north');
    await dialog.getByLabel('GVL id').fill('twelve');
    await dialog.getByLabel('Sync URL').fill('http://sync.north.test/?r={{.RedirectURL}}');
    await dialog.getByLabel('Domains').fill('north.test, not/a/host');
    await dialog.getByRole('button', { name: 'Make the partner' }).click();
    await dialog.getByText('must be an https URL (plain http only to loopback)').waitFor();
    await dialog.getByText('number 2: must be a host name, such as www.example.com').waitFor();
    // The first that is wrong, by its place in the form.
    await settled(() => page.evaluate('document.activeElement.value'), 'twelve');
    expect(await violations(page)).toEqual([]);
    await dialog.getByLabel('GVL id').fill('12');
    await dialog.getByLabel('Sync URL').fill('https://sync.north.test/?r={{.RedirectURL}}');
    await dialog.getByLabel('Domains').fill('north.test');
    await dialog.getByText('How its ids are written').click();
    await dialog.getByLabel('Fresh for, days').fill('30');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'North DSP', level: 1 }).waitFor();
    const made = await server.operator.json<Json>('GET', '/v1/partners/north');
    expect(made).toMatchObject({ gvlId: 12, freshDays: 30, redirectHosts: ['north.test'], priority: 5 });

    await page.getByRole('button', { name: 'Edit' }).click();
    const edited = page.getByRole('dialog', { name: 'Edit North DSP' });
    await edited.getByLabel('GVL id').fill('13');
    await edited.getByRole('button', { name: 'Save the partner' }).click();
    await edited.getByText('is 12 and stays so').waitFor();
    await edited.getByLabel('GVL id').fill('12');
    await edited.getByLabel('Labels').fill('no-resale');
    await edited.getByLabel('Domains').fill('');
    await edited.getByRole('button', { name: 'Save the partner' }).click();
    await page.getByText('North DSP is changed.').waitFor();
    expect(await server.operator.json('GET', '/v1/partners/north')).toMatchObject({
      labels: ['no-resale'],
      redirectHosts: [],
      syncUrl: made['syncUrl'],
      freshDays: 30,
    });

    await page.getByRole('button', { name: 'End the partner' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the partner' }).click();
    await page.getByText('North DSP has ended.').waitFor();
    expect((await server.operator.send('GET', '/v1/partners/north')).status).toBe(404);
  });

  it('makes a partner of the catalogue of what only an operator knows', async () => {
    const page = await signedIn('/console/partners');
    await page.getByRole('button', { name: 'New partner' }).click();
    const dialog = page.getByRole('dialog', { name: 'New partner' });
    await dialog.getByLabel('Of the catalogue').selectOption('xandr');
    await dialog.getByRole('button', { name: 'Make the partner' }).click();
    await page.getByRole('heading', { level: 1, name: /Xandr/ }).waitFor();
    expect(await server.operator.json('GET', '/v1/partners/xandr')).toMatchObject({ catalogue: 'xandr' });
    expect((await server.operator.send('DELETE', '/v1/partners/xandr')).status).toBe(204);
  });

  it('makes a site, changes its domains and ends it', async () => {
    const page = await signedIn('/console/sites', { bypassCSP: true }, /status of 4(0[04]|12)/);
    await page.getByRole('button', { name: 'New site' }).click();
    const dialog = page.getByRole('dialog', { name: 'New site' });
    await dialog.getByLabel('Name').fill('A blog');
    await dialog.getByLabel('Id', { exact: true }).fill('blog');
    await dialog.getByRole('button', { name: 'Make the site' }).click();
    await page.getByRole('heading', { name: 'A blog', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    const edited = page.getByRole('dialog', { name: 'Edit A blog' });
    await edited.getByLabel('Domains').fill('blog.test https://www.blog.test/');
    await edited.getByRole('button', { name: 'Save the site' }).click();
    await edited.getByText('number 2: must be a host name').waitFor();
    expect(await violations(page)).toEqual([]);
    await edited.getByLabel('Domains').fill('blog.test www.blog.test');
    await edited.getByRole('button', { name: 'Save the site' }).click();
    await page.getByText('on pages of blog.test, www.blog.test').waitFor();
    // Somebody else is first: what they wrote is not lost.
    await page.getByRole('button', { name: 'Edit' }).click();
    await edited.getByLabel('Name').fill('Mine');
    await server.operator.json('PATCH', '/v1/sites/blog', { name: 'Theirs' });
    await edited.getByRole('button', { name: 'Save the site' }).click();
    await edited.getByText('Somebody has changed it meanwhile').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Leave, and lose it' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    const reopened = page.getByRole('dialog', { name: 'Edit Theirs' });
    expect(await reopened.getByLabel('Name').inputValue()).toBe('Theirs');
    await reopened.getByLabel('Name').fill('A blog');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'A blog', level: 1 }).waitFor();
    expect(await server.operator.json('GET', '/v1/sites/blog')).toMatchObject({
      name: 'A blog',
      domains: ['blog.test', 'www.blog.test'],
    });
    await page.getByRole('button', { name: 'End the site' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the site' }).click();
    await page.getByText('A blog has ended.').waitFor();
    expect((await server.operator.send('GET', '/v1/sites/blog')).status).toBe(404);
  });

  it('adds a destination with the fields of its type, keeps its secret to itself, and ends it', async () => {
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const page = await signedIn('/console/destinations', { bypassCSP: true }, /status of 40[04]/);
    await page.getByRole('button', { name: 'New destination' }).click();
    const dialog = page.getByRole('dialog', { name: 'New destination' });
    await dialog.getByLabel('Type').selectOption('webhook');
    await dialog.getByLabel('Name').fill('Our own');
    await dialog.getByLabel('Partner').selectOption('a-dsp');
    await dialog.getByLabel('Add a segment').selectOption(shop.segment);
    await dialog.getByRole('button', { name: 'Add it' }).click();
    await dialog.getByLabel('is called there').fill('17');
    await dialog.getByLabel('url', { exact: true }).fill('no address');
    await dialog.getByLabel('secret', { exact: true }).fill(secret);
    await dialog.getByRole('button', { name: 'Add the destination' }).click();
    await settled(() => page.evaluate('document.activeElement.value'), 'no address');
    expect(await violations(page)).toEqual([]);
    await dialog.getByLabel('url', { exact: true }).fill('https://hook.test/take');
    await dialog.getByRole('button', { name: 'Add the destination' }).click();
    await page.getByRole('heading', { name: 'Our own', level: 1 }).waitFor();
    const path = `/v1/destinations/${page.url().split('/').at(-1)}`;
    const shown = await server.operator.json<Json>('GET', path);
    expect(shown).toMatchObject({
      partner: 'a-dsp',
      segments: [{ id: shop.segment, code: '17' }],
      settings: { url: 'https://hook.test/take' },
      secrets: ['secret'],
      schedule: 'manual',
    });

    await page.getByRole('button', { name: 'Edit' }).click();
    const edited = page.getByRole('dialog', { name: 'Edit Our own' });
    expect(await edited.getByLabel('secret', { exact: true }).inputValue()).toBe('');
    expect(await page.content()).not.toContain(secret);
    // To another place the secret does not go along.
    await edited.getByLabel('url', { exact: true }).fill('https://hook.test/other');
    await edited.getByRole('button', { name: 'Save the destination' }).click();
    await edited.getByText('give secret anew with it').waitFor();
    await edited.getByLabel('url', { exact: true }).fill('https://hook.test/take');
    await edited.getByLabel('All, and those that will be made').check();
    await edited.getByRole('button', { name: 'Save the destination' }).click();
    await page.getByText('Our own is changed.').waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({ segments: 'all', secrets: ['secret'] });

    await page.getByLabel('When it is told').selectOption('cron');
    await page.getByLabel('Times').fill('at six');
    await page.getByRole('button', { name: 'Set the schedule' }).click();
    await page.getByText('must be a cron expression of five fields').waitFor();
    await page.getByLabel('Times').fill('30 6 * * *');
    await page.keyboard.press('Enter');
    await page.getByText('The schedule is changed.').waitFor();
    expect(await server.operator.json('GET', path)).toMatchObject({ schedule: { cron: '30 6 * * *' } });
    await page.getByRole('button', { name: 'End the destination' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End the destination' }).click();
    await page.getByText('Our own has ended.').waitFor();
    expect((await server.operator.send('GET', path)).status).toBe(404);
  });

  it('makes a segment with the keyboard alone', async () => {
    const page = await signedIn('/console/segments');
    const active = () =>
      page.evaluate<string>(
        '(({ activeElement: at }) => at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent)(document)',
      );
    const tabTo = async (name: string) => {
      for (let tabs = 0; tabs < 60 && (await active()).trim() !== name; tabs++)
        await page.keyboard.press('Tab');
      expect((await active()).trim()).toBe(name);
    };
    await page.getByRole('link', { name: 'New segment' }).waitFor();
    await tabTo('New segment');
    await page.keyboard.press('Enter');
    await settled(() => page.evaluate('document.activeElement.tagName'), 'H1');
    expect(await active()).toBe('New segment');
    await tabTo('Add a field');
    await page.keyboard.type('pa');
    await tabTo('Add the field');
    await page.keyboard.press('Enter');
    await settled(active, 'Values of path');
    await page.keyboard.type('/hats');
    await tabTo('Add a clause');
    await page.keyboard.press('Enter');
    await settled(active, 'Whether it holds');
    await page.keyboard.press('ArrowDown');
    await tabTo('Add a field');
    await page.keyboard.type('ev');
    await tabTo('Add the field');
    await page.keyboard.press('Space');
    await settled(active, 'Values of event');
    await page.keyboard.type('purchase');
    await tabTo('Name');
    await page.keyboard.type('Hats by hand');
    for (let tabs = 0; tabs < 60 && (await active()).trim() !== 'Make the segment'; tabs++)
      await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await settled(active, 'Hats by hand');
    const id = page.url().split('/').at(-1)!;
    expect(await server.operator.json('GET', `/v1/segments/${id}`)).toMatchObject({
      rule: { all: [{ did: { path: ['/hats'] } }, { not: { did: { event: ['purchase'] } } }] },
    });
  });

  it('hands reports out as CSV, as the API has them, and every chart’s numbers as a table', async () => {
    const page = await signedIn(`/console/sites/${shop.site}`, { acceptDownloads: true });
    const link = page.getByRole('link', { name: /Download CSV of traffic/ });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toBe(`traffic-of-${shop.site}.csv`);
    const text = readFileSync(await download.path(), 'utf8');
    expect(text).toBe((await server.operator.send('GET', (await link.getAttribute('href'))!)).body);
    const today = text.split('\r\n').find((line) => line.startsWith(new Date().toISOString().slice(0, 10)))!;
    await page.getByText('As a table').click();
    const row = page
      .getByRole('group', { name: /^Hits and visitors of/ })
      .getByRole('row')
      .last();
    expect((await row.innerText()).split(/\s+/).slice(0, 3)).toEqual([
      today.slice(0, 10),
      ...today.split(',').slice(3, 5),
    ]);
  });

  it('brings a deleted segment back from its versions', async () => {
    const rule = { did: { path: '/hats' } };
    await server.operator.json('POST', '/v1/segments', { id: 'gone', name: 'Gone', rule });
    for (let n = 0; n < 20; n++)
      await server.operator.json('PATCH', '/v1/segments/gone', { name: `Gone ${n}` });
    expect((await server.operator.send('DELETE', '/v1/segments/gone')).status).toBe(204);
    const page = await signedIn('/console/segments/gone', {}, /status of 404/);
    await page.getByRole('heading', { name: 'There is no segment gone' }).waitFor();
    await page.getByRole('button', { name: 'Show older ones' }).press('Enter');
    const restore = page.getByRole('button', { name: 'Restore version 1', exact: true });
    await restore.waitFor();
    // The button that was pressed is gone: the focus is where the list goes on, and then on what was restored.
    await settled(() => page.evaluate('document.activeElement.className'), 'list versions');
    await restore.press('Enter');
    await page.getByRole('heading', { name: 'Gone', level: 1, exact: true }).waitFor();
    await settled(() => page.evaluate('document.activeElement.innerText'), 'Gone');
    expect(await server.operator.json('GET', '/v1/segments/gone')).toMatchObject({ rule, version: 23 });
  });

  it('brings no deleted segment back over what somebody else has made of it meanwhile', async () => {
    const rule = { did: { path: '/hats' } };
    await server.operator.json('POST', '/v1/segments', { id: 'twice', name: 'Twice', rule });
    await server.operator.send('DELETE', '/v1/segments/twice');
    const page = await signedIn('/console/segments/twice', {}, /status of (404|412)/);
    const restore = page.getByRole('button', { name: 'Restore version 1', exact: true });
    await restore.waitFor();
    await server.operator.json('POST', '/v1/segments/twice/versions/1/restore');
    const theirs = { did: { path: '/shoes' } };
    await server.operator.json('PATCH', '/v1/segments/twice', { rule: theirs, name: 'Theirs' });
    await restore.click();
    await page.getByRole('alert').getByText('version_conflict').waitFor();
    // What they did is in view now, and can be looked at first.
    await page.getByRole('heading', { name: 'Theirs', level: 1, exact: true }).waitFor();
    await page.getByText('Version 4', { exact: true }).waitFor();
    expect(await server.operator.json('GET', '/v1/segments/twice')).toMatchObject({
      rule: theirs,
      version: 4,
    });
  });

  it('says what to do where something is not to be had', async () => {
    const page = await signedIn('/', {}, /status of 404/);
    // Nothing of that name.
    await page.goto(`${server.url}/console/sites/nowhere`);
    await page.getByText('There is no site nowhere').waitFor();
    // The title follows the page.
    await expect
      .poll(async () => [await page.title(), await page.locator('main h1').innerText()])
      .toEqual(['Site · Ninety', 'Site']);
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    // A piece of the console that the newer server of after an upgrade has no more.
    await page.route(/\/console\/assets\/jobs-/, (route) => route.fulfill({ status: 404 }));
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('heading', { name: 'This page did not come' }).waitFor();
    await page.unroute(/\/console\/assets\/jobs-/);
    await page.getByRole('button', { name: 'Load it again' }).click();
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    // The clipboard, which a page without TLS has none of.
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.goto(`${server.url}/console/sites/${shop.site}`);
    await page.getByRole('button', { name: /^Copy the tag/ }).click();
    await page.getByText('Selected: copy it with').waitFor();
    expect(await page.evaluate('getSelection().toString()')).toContain('data-site=');
  });

  it('reads a page that was opened in a tab behind another', async () => {
    const page = await signedIn('/');
    await page.addInitScript("Object.defineProperty(document, 'hidden', { value: true })");
    await page.goto(`${server.url}/console/segments`);
    await page.getByRole('group', { name: 'Segments' }).waitFor();
    await page.goto(`${server.url}/console/sites/${shop.site}`);
    await page.getByRole('heading', { name: 'The tag' }).waitFor();
  });

  const everyPage = [
    '/',
    '/console/segments',
    '/console/segments/-new',
    '/console/segments/-overlap',
    '/console/segments/SEGMENT',
    '/console/segments/SEGMENT/edit',
    '/console/destinations',
    '/console/destinations/files',
    '/console/sites',
    '/console/sites/SITE',
    '/console/visitors',
    '/console/partners',
    '/console/partners/a-dsp',
    '/console/models',
    '/console/models/gender',
    '/console/privacy',
    '/console/jobs',
    '/console/keys',
    '/console/audit',
    '/console/settings',
  ];

  it.each(['light', 'dark'] as const)('has nothing that axe-core finds, in %s', async (colorScheme) => {
    const page = await signedIn('/', { colorScheme, bypassCSP: true });
    const found: string[] = [];
    for (const path of everyPage) {
      await page.goto(server.url + path.replace('SEGMENT', shop.segment).replace('SITE', shop.site));
      await page.locator('main h1').waitFor();
      await page.locator('.loading').first().waitFor({ state: 'detached' });
      found.push(...(await violations(page)).map((each) => `${path} ${each}`));
    }
    expect(found).toEqual([]);
  });

  it('fits on a screen 360 pixels wide', async () => {
    const page = await signedIn('/', { viewport: { width: 360, height: 740 } });
    for (const path of everyPage) {
      await page.goto(server.url + path.replace('SEGMENT', shop.segment).replace('SITE', shop.site));
      await page.locator('main h1').waitFor();
      await page.locator('.loading').first().waitFor({ state: 'detached' });
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360]);
      // A table of many columns is not cut off at its edge either: each row stands below the other.
      const cut = await page.evaluate<string[]>(
        '[...document.querySelectorAll(".scroll:has(> .stacked)")].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)',
      );
      expect([path, cut]).toEqual([path, []]);
    }
    await page.goto(server.url);
    const state = page
      .getByRole('group', { name: 'Segments' })
      .locator('tbody tr:first-child td:has(.badge)');
    await state.waitFor();
    const { x, width } = (await state.boundingBox())!;
    expect(x + width).toBeLessThanOrEqual(360);
    const heading = "getComputedStyle(document.querySelector('.stacked td:has(.badge)'), '::before').content";
    expect(await page.evaluate(heading)).toBe('"State"');
  });
});
