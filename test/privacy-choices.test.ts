import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser as Chromium, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, startEngine } from '../src/clickhouse/engine.ts';
import type { Erasure } from '../src/privacy/erasures.ts';
import { describeInChromium, launchChromium } from './chromium.ts';
import { type Answer, CHROME, Operator, send, until } from './client.ts';
import { ask } from './engine.ts';
import { freePort } from './free-port.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';
import { ADMIN_KEY, type ServerProcess, startServer } from './server-process.ts';

const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d';
const EVERYONE = { id: 'everyone', name: 'Everyone', rule: { did: {} } };

/** A browser with all its cookies. */
class Browser {
  readonly #collector: string;
  readonly cookies = new Map<string, string>();

  constructor(collector: string) {
    this.#collector = collector;
  }

  /** The 11 characters of our id; empty while there is none. */
  get visitor(): string {
    return this.cookies.get('n90')?.slice(0, 11) ?? '';
  }

  async ask(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await send(method, this.#collector + path, {
      'user-agent': CHROME,
      ...(cookie ? { cookie } : {}),
      ...headers,
    });
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = '', age] = /^(\w+)=([^;]*); Max-Age=(\d+)/.exec(set) ?? [];
      if (age === '0') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** A hit. @returns the `Ninety-Result`. */
  async see(parameters: Record<string, string>): Promise<string> {
    const answer = await this.ask(
      'GET',
      `/p.gif?${new URLSearchParams({ u: 'https://shop.test/a', ...parameters })}`,
    );
    return String(answer.headers['ninety-result']);
  }
}

/** Those that a person has rows in once seen, matched, built into a segment and spoken of. */
const TABLES = ['hits', 'features', 'links', 'matches', 'members', 'traits'] as const;
const SAILOR = { trait: 'data-co:Sailor' };

const OPTED_OUT = 'refused; reason=opted_out';
const erase = (admin: Operator) => admin.json('POST', '/v1/jobs/expire/run?wait=1');

describe.each(['embedded', 'cluster'] satisfies HomeName[])('a person’s choice in the home %s', (name) => {
  let home: Home;
  beforeAll(async () => {
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '0', NINETY_SEGMENTS_CRON: '0 0 1 1 *' });
    await home.admin.json('POST', '/v1/segments', EVERYONE);
    await home.admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
    await until('the collector knows the partner', async () => {
      const { status } = await new Browser(home.collector).ask('GET', '/setuid?bidder=dsp&uid=');
      return status === 200;
    });
  });
  afterAll(() => home?.close());

  /** Rows that lie in each table for a visitor, over all shards, whatever the views show. */
  async function rowsOf(visitor: string): Promise<Record<string, number>> {
    const number = Buffer.from(visitor, 'base64url').readBigUInt64BE();
    const suffix = name === 'cluster' ? '_local' : '';
    const counts = TABLES.map(async (table) => {
      const sql = `SELECT count() FROM ninety.${table}${suffix} WHERE visitor = ${number}`;
      const found = await Promise.all(home.shards.map((shard) => ask(shard, sql)));
      return [table, found.reduce((sum, count) => sum + Number(count), 0)] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }
  const tablesWith = (rows: Record<string, number>) => TABLES.filter((table) => rows[table] !== 0);

  /** Somebody else says of two people known to the partner what they are. */
  async function uploadTraits(uids: readonly string[]): Promise<void> {
    const lines = uids.map((uid) => JSON.stringify({ id: `dsp:${uid}`, trait: SAILOR.trait }));
    const { url, key } = home.admin;
    const answer = await send(
      'POST',
      `${url}/v1/traits`,
      { authorization: `Bearer ${key}` },
      lines.join('\n'),
    );
    expect(JSON.parse(answer.body)).toMatchObject({ received: uids.length, stored: uids.length });
  }

  it(`opting out ends everything, and opting in again begins anew (${HOMES[name]})`, async () => {
    const { admin, siteKey } = home;
    const [leaves, stays] = [new Browser(home.collector), new Browser(home.collector)];
    for (const browser of [leaves, stays]) {
      expect(await browser.see({ s: siteKey, c: '483', k: 'cup' })).toBe('stored');
      await browser.ask('GET', `/setuid?bidder=dsp&uid=U-${browser === leaves ? 1 : 2}`);
    }
    const before = leaves.visitor;
    await uploadTraits(['U-1', 'U-2']);
    expect(await admin.estimate(SAILOR)).toBe(2);
    expect(await admin.build('everyone')).toBe(2);
    expect(tablesWith(await rowsOf(before))).toEqual(TABLES);
    const [whole, partner] = [await admin.pull('everyone', 'visitor'), await admin.pull('everyone', 'dsp')];
    expect(whole.lines.map(({ id }) => id)).toContain(before);
    expect(partner.lines).toHaveLength(2);
    const shown = await leaves.ask('GET', '/privacy');
    expect(shown.body).toContain(before);
    expect(shown.body).toContain('Everyone');

    const page = await leaves.ask('GET', '/optout');
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect([...leaves.cookies]).toEqual([['n90_optout', '1']]);
    expect(await leaves.see({ s: siteKey })).toBe(OPTED_OUT);
    expect((await leaves.ask('GET', '/setuid?bidder=dsp&uid=U-9')).status).toBe(401);
    // Somebody who keeps the old cookie is known all the same.
    const stubborn = new Browser(home.collector);
    stubborn.cookies.set('n90', before);
    expect((await leaves.ask('GET', '/privacy')).body).toContain('Opted out');

    // The journal brings it within a second or two; the job waits for it.
    const { result } = await erase(admin).then((run) => run as { result: { rowsErased: number } });
    expect(result.rowsErased).toBeGreaterThanOrEqual(TABLES.length);
    expect(tablesWith(await rowsOf(before))).toEqual([]);
    expect(tablesWith(await rowsOf(stays.visitor))).toEqual(TABLES);
    // The links are gone, and their removals still go out.
    const removed = await admin.pull('everyone', 'visitor', whole.cursor);
    expect(removed.lines).toEqual([{ id: before, op: 'remove' }]);
    expect((await admin.pull('everyone', 'dsp', partner.cursor)).lines).toEqual([
      { id: 'U-1', op: 'remove' },
    ]);
    expect(await admin.estimate(EVERYONE.rule)).toBe(1);
    expect(await admin.estimate(SAILOR)).toBe(1);

    const elsewhere = await leaves.ask('POST', '/optin', { origin: 'https://evil.test' });
    expect(elsewhere.status).toBe(403);
    expect((await leaves.ask('POST', '/optin')).status).toBe(403);
    expect((await leaves.ask('GET', '/optin')).status).toBe(405);
    const back = await leaves.ask('POST', '/optin', { origin: home.collector });
    expect([back.status, back.headers.location]).toEqual([303, '/privacy']);
    expect([...leaves.cookies]).toEqual([['n90_optout', '0']]);
    expect(await leaves.see({ s: siteKey })).toBe('stored');
    expect(leaves.visitor).not.toBe(before);
    expect(await admin.build('everyone')).toBe(2);
  });

  it('an erasure by a device id hides at once, deletes with the batch, and has a receipt', async () => {
    const { admin, siteKey } = home;
    const phone = new Browser(home.collector);
    expect(await phone.see({ s: siteKey, did: GAID, dt: 'gaid' })).toBe('stored');
    const size = await admin.build('everyone');
    const whole = await admin.pull('everyone', 'gaid');
    expect(whole.lines).toEqual([{ id: GAID, op: 'add' }]);
    const asked = await admin.send('DELETE', `/v1/visitors/gaid:${GAID.toUpperCase()}`);
    expect(asked.status).toBe(202);
    const { id, state } = JSON.parse(asked.body) as Erasure;
    expect([state, asked.headers.location]).toEqual(['waiting', `/v1/erasures/${id}`]);
    expect(await admin.estimate(EVERYONE.rule)).toBe(size - 1);
    expect((await admin.pull('everyone', 'gaid', whole.cursor)).lines).toEqual([{ id: GAID, op: 'remove' }]);
    expect(tablesWith(await rowsOf(phone.visitor))).toContain('hits');
    await erase(admin);
    expect(tablesWith(await rowsOf(phone.visitor))).toEqual([]);
    const receipt = await admin.json<Erasure>('GET', `/v1/erasures/${id}`);
    expect(receipt).toMatchObject({ state: 'done', origin: 'api' });
    expect(receipt.steps).toContainEqual(expect.objectContaining({ step: 'delete', table: 'hits', rows: 1 }));
    // An erasure is no opt-out: what the phone does next is a new beginning.
    expect(await phone.see({ s: siteKey, did: GAID, dt: 'gaid' })).toBe('stored');
    expect(await admin.build('everyone')).toBe(size);
  });

  it.each([
    ['no-such-form', 400, 'invalid'],
    ['gaid:nonsense', 400, 'invalid'],
    ['nobody:uid', 400, 'unknown_source'],
    ['dsp:never-seen', 404, 'not_found'],
  ])('an erasure of %s is refused by name', async (id, status, type) => {
    const answer = await home.admin.send('DELETE', `/v1/visitors/${id}`);
    expect([answer.status, JSON.parse(answer.body)['type']]).toEqual([status, `urn:ninety:${type}`]);
  });

  it('a withdrawal that is taken back counts at once', async () => {
    const { admin, siteKey } = home;
    const person = new Browser(home.collector);
    const app = { s: siteKey, fid: 'first-party-id-1' };
    expect(await person.see(app)).toBe('stored');
    const size = await admin.build('everyone');
    expect(await person.see({ ...app, us_privacy: '1YYN' })).toBe('refused; reason=sale_opt_out');
    expect(await admin.build('everyone')).toBe(size - 1);
    expect(await person.see(app)).toBe('stored');
    expect(await admin.build('everyone')).toBe(size);
  });

  it('an industry page that asks by an image gets one, and nothing is redirected', async () => {
    const browser = new Browser(home.collector);
    const image = await browser.ask('GET', '/optout?redir=https://evil.test/', { 'sec-fetch-dest': 'image' });
    expect([image.status, image.headers['content-type'], image.headers['location']]).toEqual([
      200,
      'image/gif',
      undefined,
    ]);
    expect(browser.cookies.get('n90_optout')).toBe('1');
    const ahead = new Browser(home.collector);
    expect((await ahead.ask('GET', '/optout', { 'sec-purpose': 'prefetch' })).status).toBe(503);
    expect(ahead.cookies.size).toBe(0);
  });

  if (name === 'embedded') pages(() => home);
});

/** The pages as a person meets them. */
function pages(home: () => Home): void {
  describeInChromium('in Chromium', () => {
    let chromium: Chromium;
    beforeAll(async () => {
      chromium = await launchChromium();
    });
    afterAll(() => chromium?.close());

    /** Keeps a picture where the developer asked for one. */
    async function picture(page: Page, file: string): Promise<void> {
      const folder = process.env['NINETY_TEST_PICTURES'];
      if (folder) await page.screenshot({ path: join(folder, file), fullPage: true });
    }

    it.each(['light', 'dark'] as const)(
      'shows what is known, opts out, and opts in again (%s)',
      async (colorScheme) => {
        const { collector, siteKey } = home();
        const context = await chromium.newContext({
          userAgent: CHROME,
          colorScheme,
          viewport: { width: 800, height: 900 },
        });
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => {
          if (message.text().includes('Content Security Policy')) complaints.push(message.text());
        });
        await page.goto(`${collector}/privacy`);
        expect(await page.locator('.state').textContent()).toBe('This browser sent no cookie of ours.');
        await page.goto(
          `${collector}/p.gif?${new URLSearchParams({ s: siteKey, u: 'https://shop.test/a', c: 'Sports,<b>bold</b>' })}`,
        );
        const visitor = (await context.cookies()).find((cookie) => cookie.name === 'n90')?.value.slice(0, 11);
        await home().admin.build('everyone');
        await page.goto(`${collector}/privacy`);
        const known = await page.locator('dl').innerText();
        expect(known).toContain(visitor);
        expect(known).toContain('<b>bold</b>');
        expect(known).toContain('Everyone');
        await picture(page, `privacy-${colorScheme}.png`);
        await page.getByRole('link', { name: 'Opt out' }).click();
        expect(await page.locator('.state').textContent()).toBe('This browser has opted out.');
        await picture(page, `optout-${colorScheme}.png`);
        await page.getByRole('link').click();
        expect(await page.locator('.state').textContent()).toBe('Opted out.');
        await picture(page, `opted-out-${colorScheme}.png`);
        await page.getByRole('button', { name: 'Opt in again' }).click();
        await page.waitForURL(`${collector}/privacy`);
        expect(await page.locator('.state').textContent()).toBe('This browser sent no cookie of ours.');
        expect((await context.cookies()).map(({ name, value }) => [name, value])).toEqual([
          ['n90_optout', '0'],
        ]);
        expect(complaints).toEqual([]);
        await context.close();
      },
    );
  });
}

describe('an opt-out while ClickHouse is away', () => {
  let folder: string;
  let engine: Engine;
  let server: ServerProcess;
  let port: number;

  const startAt = () =>
    startEngine({
      folder: join(folder, 'engine'),
      memoryBytes: 2 ** 30,
      password: 'password-of-a-test',
      port,
      log: () => {},
    });
  const serveWith = async () => {
    server = startServer(join(folder, 'data'), {
      CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
      CLICKHOUSE_USER: 'ninety',
      CLICKHOUSE_PASSWORD: 'password-of-a-test',
      NINETY_MIN_AUDIENCE: '0',
      NINETY_WORKERS: '2',
    });
    return server.banner();
  };
  const end = async () => {
    server.signal('SIGTERM');
    await server.ended;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ninety-optout-'));
    port = await freePort();
    engine = await startAt();
  });
  afterAll(async () => {
    server?.signal('SIGKILL');
    await server?.ended;
    await engine?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('holds in every worker, over a restart, and is carried out when it is back', async () => {
    let { url, siteKey } = await serveWith();
    let admin = new Operator(url, ADMIN_KEY);
    await admin.json('POST', '/v1/segments', EVERYONE);
    const browser = new Browser(url);
    expect(await browser.see({ s: siteKey })).toBe('stored');
    const old = browser.cookies.get('n90')!;
    expect(await admin.build('everyone')).toBe(1);
    const whole = await admin.pull('everyone', 'visitor');

    await engine.stop();
    expect((await browser.ask('GET', '/privacy')).status).toBe(503);
    expect((await browser.ask('GET', '/optout')).status).toBe(200);
    /** The same browser, had it kept its old cookie and lost the mark. */
    const remembered = async (at: string) => {
      const stubborn = new Browser(at);
      stubborn.cookies.set('n90', old);
      // A connection goes to either worker, so several are asked.
      const results = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const answer = await fetch(
            `${at}/p.gif?s=${siteKey}&u=${encodeURIComponent('https://shop.test/a')}`,
            {
              headers: { Connection: 'close', Cookie: `n90=${old}`, 'User-Agent': CHROME },
            },
          );
          return answer.headers.get('ninety-result');
        }),
      );
      return results.every((result) => result === OPTED_OUT);
    };
    await until('every worker has heard of the opt-out', () => remembered(url));
    await end();
    ({ url, siteKey } = await serveWith());
    expect(await remembered(url)).toBe(true);

    engine = await startAt();
    admin = new Operator(url, ADMIN_KEY);
    await until('the opt-out has arrived', async () => {
      const answer = await admin.send('POST', '/v1/jobs/expire/run?wait=1');
      return answer.status === 200 && (JSON.parse(answer.body) as { state: string }).state === 'done';
    });
    const shard = { url: engine.url, user: engine.user, password: engine.password };
    const rows = async (table: string) => [table, await ask(shard, `SELECT count() FROM ninety.${table}`)];
    expect(await Promise.all(['hits', 'members', 'suppressions'].map(rows))).toEqual([
      ['hits', '0\n'],
      ['members', '0\n'],
      ['suppressions', '1\n'],
    ]);
    const removed = await admin.pull('everyone', 'visitor', whole.cursor);
    expect(removed.lines).toEqual([{ id: old.slice(0, 11), op: 'remove' }]);
    await end();
  });
});
