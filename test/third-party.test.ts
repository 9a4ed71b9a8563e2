import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInChromium, launchProfile } from './chromium.ts';
import { CHROME } from './client.ts';
import { type Home, openHome } from './homes.ts';
import { openTlsFront, type TlsFront } from './tls-front.ts';

/** Sites under a host that is not the collector's, so that its cookies are a third party's there. */
describeInChromium('the tag on pages of other hosts than the collector’s', () => {
  let home: Home;
  let pages: Server;
  let front: TlsFront;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '1', NINETY_TRUST_PROXY: '127.0.0.1' });
    await home.admin.json('POST', '/v1/segments', { id: 'everyone', name: 'Everyone', rule: { did: {} } });
    front = await openTlsFront(home.collector);
    pages = createServer((_, answer) => {
      answer.setHeader('Content-Type', 'text/html; charset=utf-8');
      answer.end(`<!doctype html><title>Over the passes</title>
        <script async src="${front.origin}/tag.js" data-site="${home.siteKey}"></script>`);
    }).listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    for (const context of contexts) await context.close();
    pages?.closeAllConnections();
    pages?.close();
    front?.close();
    await home?.close();
  });

  async function newProfile(thirdPartyCookies: boolean): Promise<BrowserContext> {
    const context = await launchProfile(thirdPartyCookies, CHROME);
    contexts.push(context);
    return context;
  }

  /** Opens a page of a site. */
  async function visit(context: BrowserContext, host: string): Promise<void> {
    const tab = await context.newPage();
    const hit = tab.waitForResponse((response) => response.url().includes('/p.gif'));
    await tab.goto(`http://${host}:${(pages.address() as AddressInfo).port}/`);
    expect(await (await hit).headerValue('ninety-result')).toBe('stored');
    await tab.close();
  }

  const visitors = () => home.admin.build('everyone');

  it('knows a browser that takes third-party cookies on every site', async () => {
    const before = await visitors();
    const context = await newProfile(true);
    await visit(context, 'one.localhost');
    await visit(context, 'one.localhost');
    await visit(context, 'two.localhost');
    expect(await visitors()).toBe(before + 1);
    const own = (await context.cookies(front.origin)).find(({ name }) => name === 'n90');
    expect(own).toMatchObject({ secure: true, httpOnly: true, sameSite: 'None' });
  });

  it('knows one that blocks them on each site by the site’s own cookie, and not from site to site', async () => {
    const before = await visitors();
    const context = await newProfile(false);
    await visit(context, 'one.localhost');
    await visit(context, 'one.localhost');
    expect(await visitors()).toBe(before + 1);
    await visit(context, 'two.localhost');
    expect(await visitors()).toBe(before + 2);
    expect(await context.cookies(front.origin)).toEqual([]);
  });
});
