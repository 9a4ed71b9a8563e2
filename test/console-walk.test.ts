import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { Shop } from '../src/api/shop.testing.ts';
import { PAGES } from '../src/dashboard/pages.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { CHROME, send } from './client.ts';

const server = await testServer();

/** Of Chromium's accessibility tree, what a screen reader says. */
interface Said {
  readonly nodeId: string;
  readonly parentId?: string;
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value: unknown } }[];
}

/** What somebody does something with. */
const CONTROLS = new Set([
  'button',
  'link',
  'textbox',
  'searchbox',
  'combobox',
  'listbox',
  'checkbox',
  'radio',
  'spinbutton',
  'slider',
]);

describeInChromium('a walk through the console, as it is read out', () => {
  let browser: Browser;
  let context: BrowserContext | undefined;
  let shop: Shop;
  const GENDERS = ['female', 'male'];
  const labels: object[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    await server.operator.json('POST', '/v1/partners', { id: 'a-dsp', name: 'A DSP' });
    shop = await new Shop(server).open();
    for (const path of ['shoes', 'hats']) {
      const person = server.person();
      await shop.see(person, { u: `https://shop.test/${path}`, t: path });
      await server.operator.json('POST', '/v1/segments', {
        id: path,
        name: path,
        rule: { any: [{ did: { path: `/${path}` } }, { did: { event: 'purchase' }, times: 2 }] },
      });
      labels.push({ id: `visitor:${person.visitor}`, attribute: 'gender', value: GENDERS[labels.length] });
    }
    const authorization = `Bearer ${server.operator.key}`;
    const labelled = await send(
      'POST',
      `${server.url}/v1/labels`,
      { authorization, 'content-type': 'application/x-ndjson' },
      labels.map((label) => JSON.stringify(label)).join('\n'),
    );
    expect(labelled.status).toBe(200);
    await server.operator.json('POST', '/v1/jobs/demographics/run?wait=1');
    await server.operator.json('PATCH', '/v1/segments/shoes', { note: 'nothing else', labels: ['a'] });
    await shop.build();
    for (const id of ['files', 'more-files'])
      await server.operator.json('POST', '/v1/destinations', {
        id,
        name: `All of ${id}`,
        type: 'file-drop',
        partner: 'a-dsp',
        devices: ['gaid'],
        settings: { drop: 'folder', path: id },
        segments: ['shoes'],
        schedule: 'manual',
      });
    await server.operator.json('POST', '/v1/destinations/files/deliver?wait=1');
    for (const name of ['reads', 'reads too'])
      await server.operator.json('POST', '/v1/keys', { name, scopes: ['read'] });
    await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await context?.close();
    context = undefined;
  });

  async function signedIn(path: string): Promise<Page> {
    context = await browser.newContext({ userAgent: CHROME });
    const page = await context.newPage();
    await page.goto(server.url + path);
    await page.getByLabel('Key', { exact: true }).fill(server.operator.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
    return page;
  }

  const arrived = async (page: Page) => {
    await page.locator('main h1').waitFor();
    await page.locator('.loading').first().waitFor({ state: 'detached' });
  };

  async function heard(cdp: CDPSession): Promise<Said[]> {
    const { nodes } = (await cdp.send('Accessibility.getFullAXTree')) as unknown as { nodes: Said[] };
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const parentOf = (id: string | undefined): string | undefined => {
      const parent = id === undefined ? undefined : byId.get(id);
      return parent?.ignored ? parentOf(parent.parentId) : id;
    };
    return nodes.flatMap((node) => {
      const parentId = parentOf(node.parentId);
      return node.ignored ? [] : [{ ...node, ...(parentId === undefined ? {} : { parentId }) }];
    });
  }

  const focused = (page: Page) =>
    page.evaluate<string>(
      '(({ activeElement: at }) => [at.tagName, at.textContent.trim()].join(" "))(document)',
    );

  const everyPage = () => [
    '/',
    '/console/segments',
    '/console/segments/-new',
    '/console/segments/-overlap?segments=shoes,hats',
    '/console/segments/shoes',
    '/console/segments/shoes/edit',
    '/console/destinations',
    '/console/destinations/files',
    '/console/sites',
    `/console/sites/${shop.site}`,
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

  it('every control has a name of its own, every page one heading above the others, every table its columns', async () => {
    const page = await signedIn('/');
    const cdp = await page.context().newCDPSession(page);
    const found: string[] = [];
    for (const path of everyPage()) {
      await page.goto(server.url + path);
      await arrived(page);
      const nodes = await heard(cdp);
      const roleOf = ({ role }: Said) => role?.value ?? '';
      const nameOf = ({ name }: Said) => (name?.value ?? '').trim();
      const byId = new Map(nodes.map((node) => [node.nodeId, node]));
      const groupsOf = ({ parentId }: Said): string[] => {
        const parent = byId.get(parentId ?? '');
        if (parent === undefined) return [];
        return roleOf(parent) === 'group' ? [...groupsOf(parent), nameOf(parent)] : groupsOf(parent);
      };
      const say = (what: string) => found.push(`${path}: ${what}`);

      const controls = nodes.filter((node) => CONTROLS.has(roleOf(node)));
      expect(controls.length).toBeGreaterThan(10);
      const names = new Map<string, number>();
      for (const node of controls) {
        if (!/[\p{L}\p{N}]/u.test(nameOf(node))) say(`a ${roleOf(node)} is called “${nameOf(node)}”`);
        // Links of one name are held against where they lead, below.
        if (roleOf(node) === 'link') continue;
        // In a list of controls it is read out with the group that it is in.
        const key = [...groupsOf(node), `${roleOf(node)} “${nameOf(node)}”`].join(' ');
        names.set(key, (names.get(key) ?? 0) + 1);
      }
      for (const [key, n] of names) if (n > 1) say(`${n} times ${key}`);
      const links = await page
        .locator('main a[href]')
        .evaluateAll((all) =>
          all.map((link) => [
            link.getAttribute('aria-label') ?? link.textContent?.trim(),
            link.getAttribute('href'),
          ]),
        );
      const places = new Map<string, Set<string>>();
      for (const [name, href] of links)
        places.set(name ?? '', (places.get(name ?? '') ?? new Set()).add(href ?? ''));
      for (const [name, hrefs] of places)
        if (hrefs.size > 1) say(`“${name}” leads to ${[...hrefs].join(' and ')}`);

      const levels = nodes
        .filter((node) => roleOf(node) === 'heading')
        .map((node) => Number(node.properties?.find(({ name }) => name === 'level')?.value.value));
      if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1)
        say(`headings of levels ${levels.join()}`);
      for (const [at, level] of levels.entries())
        if (at > 0 && level > levels[at - 1]! + 1) say(`a heading of level ${level} below ${levels[at - 1]}`);

      for (const landmark of ['main', 'navigation', 'banner'])
        if (nodes.filter((node) => roleOf(node) === landmark).length !== 1) say(`not one ${landmark}`);
      if (!nodes.some((node) => roleOf(node) === 'status')) say('nothing that tells of what changes');

      const bare = await page
        .locator('table')
        .evaluateAll(
          (tables) =>
            tables.filter(
              (table) =>
                table.querySelector('th[scope=col]') === null ||
                table.closest('[role=group][aria-label]') === null,
            ).length,
        );
      if (bare > 0) say(`${bare} tables without headings or a name`);
    }
    expect(found).toEqual([]);
  }, 90_000);

  it('the focus goes to the heading of each page that is gone to, and from there on to what is on it', async () => {
    const page = await signedIn('/');
    for (const { title } of PAGES) {
      await page.getByRole('navigation').getByRole('link', { name: title, exact: true }).press('Enter');
      await vi.waitFor(async () => expect(await focused(page)).toBe(`H1 ${title}`), { timeout: 10_000 });
      await arrived(page);
      await page.keyboard.press('Tab');
      const isAfter = await page.evaluate<boolean>(
        "document.activeElement === document.body || (document.activeElement.closest('main') !== null && (document.querySelector('main h1').compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0)",
      );
      expect([title, isAfter]).toEqual([title, true]);
    }
  }, 60_000);

  it('what is typed into a form is not lost by closing, going elsewhere or signing out without a word', async () => {
    const page = await signedIn('/console/sites');
    const opener = page.getByRole('button', { name: 'New site' });
    const form = page.getByRole('dialog', { name: 'New site' });
    await opener.click();
    await form.getByLabel('Name').waitFor();
    // Nothing is written yet: nothing is asked.
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await vi.waitFor(async () => expect(await focused(page)).toBe('BUTTON New site'));

    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await opener.click();
    await form.getByLabel('Name').fill('Half a site');
    await page.keyboard.press('Escape');
    await question.getByRole('button', { name: 'Stay' }).click();
    expect(await form.getByLabel('Name').inputValue()).toBe('Half a site');
    await form.getByRole('button', { name: 'Close' }).click();
    await question.getByRole('button', { name: 'Leave, and lose it' }).click();
    await form.waitFor({ state: 'detached' });

    await page.goto(`${server.url}/console/destinations/files`);
    // A page that nobody has touched is left without a word, whatever it asks for.
    await page.getByRole('heading', { name: 'Schedule' }).click();
    await page.getByLabel('When it is told').selectOption('cron');
    await page.getByLabel('Times').waitFor();
    const told = page.waitForEvent('dialog');
    await page.evaluate('setTimeout(() => location.reload())');
    const asked = await told;
    expect(asked.type()).toBe('beforeunload');
    await asked.dismiss();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await question.getByRole('button', { name: 'Stay' }).click();
    expect(new URL(page.url()).pathname).toBe('/console/destinations/files');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await question.getByRole('button', { name: 'Stay' }).click();
    await page.getByRole('button', { name: 'Set the schedule' }).click();
    await page.getByText('The schedule is changed.').waitFor();
    expect(await server.operator.json('GET', '/v1/destinations/files')).toMatchObject({
      schedule: { cron: '0 6 * * *' },
    });
    // What is kept is no work any more.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  it('jobs are told with their schedules before any of them has run', async () => {
    const { jobs } = await server.operator.json<{ jobs: { name: string; next: string }[] }>(
      'GET',
      '/v1/jobs',
    );
    expect(jobs.map(({ name }) => name)).toEqual([
      'identity',
      'features',
      'interests',
      'demographics',
      'lookalikes',
      'segments',
      'deliver',
      'expire',
      'alerts',
    ]);
    for (const { next } of jobs) expect(Date.parse(next)).toBeGreaterThan(Date.now());
    const page = await signedIn('/console/jobs');
    const row = page
      .getByRole('group', { name: 'Jobs and when they run' })
      .getByRole('row', { name: /^expire/ });
    expect(await row.innerText()).toContain('not lately');
    await row.getByRole('button', { name: 'Run expire now' }).click();
    await page.getByText('expire: done.').waitFor();
    await row.getByText('done', { exact: true }).waitFor();
  });
});
