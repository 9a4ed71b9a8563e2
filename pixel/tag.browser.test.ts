import { GVL, TCModel, TCString } from '@iabtechlabtcf/core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeInChromium, launchChromium } from '../test/chromium.ts';
import { type PageServer, servePages } from './page-server.ts';

/** Longer than the tag waits for a late CMP: after it, what has not been sent was held back. */
const QUIET_MS = 500;

/** A CMP's stub as the IAB's contract has it: it queues calls until the CMP is there, and marks its window. */
const stub = (api: string) => `<script>
  (function () {
    var queue = [];
    window.${api} = function () {
      if (!arguments.length) return queue;
      if (arguments[0] === 'events') return [];
      queue.push(arguments);
    };
    addEventListener('message', function (event) {
      var call = event.data && event.data['${api}Call'];
      if (!call) return;
      var answer = function (value, success) {
        var message = {};
        message['${api}Return'] = { returnValue: value, success: success, callId: call.callId };
        event.source.postMessage(message, '*');
      };
      if ('${api}' === '__gpp') window.__gpp(call.command, answer, call.parameter, call.version);
      else window.${api}(call.command, call.version, answer, call.parameter);
    });
    addEventListener('DOMContentLoaded', function () {
      var frame = document.createElement('iframe');
      frame.name = '${api}Locator';
      frame.style.display = 'none';
      document.body.append(frame);
    });
  })();
</script>`;

const tcfCmp = `${stub('__tcfapi')}<script src="/tcf.js"></script><script>
  cmp = new TcfCmp.CmpApi(31, 1, true);
</script>`;

const gppCmp = `${stub('__gpp')}<script src="/gpp.js"></script><script>
  cmp = new GppCmp.CmpApi(31, 1);
  function choose(saleOptOut) {
    cmp.setSignalStatus('not ready');
    cmp.setFieldValue('usnat', 'SaleOptOut', saleOptOut);
    cmp.setApplicableSections([7]);
    cmp.setSignalStatus('ready');
  }
</script>`;

/** A TC string in which these purposes, and vendors 1 and 2, have consent. */
function tcString(purposes: number[]): string {
  const vendor = {
    purposes: [1, 3],
    legIntPurposes: [],
    flexiblePurposes: [],
    specialPurposes: [],
    features: [],
    specialFeatures: [],
  };
  const model = new TCModel(
    new GVL({
      gvlSpecificationVersion: 3,
      vendorListVersion: 17,
      tcfPolicyVersion: 5,
      lastUpdated: '2025-01-01T00:00:00Z',
      purposes: { 1: { id: 1 }, 3: { id: 3 } },
      specialPurposes: {},
      features: {},
      specialFeatures: {},
      stacks: {},
      dataCategories: {},
      vendors: { 1: { id: 1, name: 'One', ...vendor }, 2: { id: 2, name: 'Two', ...vendor } },
    } as never),
  );
  model.cmpId = 31;
  model.purposeConsents.set(purposes);
  model.vendorConsents.set([1, 2]);
  model.vendorsDisclosed.set([1, 2]);
  return TCString.encode(model);
}

describeInChromium('the tag in a page', () => {
  let server: PageServer;
  let browser: Browser;
  let context: BrowserContext;
  const errors: Error[] = [];

  beforeAll(async () => {
    [server, browser] = await Promise.all([servePages(), launchChromium()]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ timezoneId: 'Asia/Kolkata' });
    server.hits.length = 0;
  });
  afterEach(async () => {
    await context.close();
    expect(errors.splice(0)).toEqual([]);
  });

  const tag = (attributes = '') =>
    `<script async src="${server.collector}/tag.js" data-site="KEY" ${attributes}></script>`;

  async function visit(head: string, { path = '/page', body = '', init = '' } = {}): Promise<Page> {
    server.pages.set(
      path.split(/[?#]/)[0]!,
      `<!doctype html><html><head><title>A title</title>${head}</head><body>${body}</body></html>`,
    );
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error));
    if (init) await page.addInitScript(init);
    await page.goto(server.site + path);
    return page;
  }

  const quiet = (page: Page) => page.waitForTimeout(QUIET_MS);
  const firstPartyId = async () => (await context.cookies(server.site)).find(({ name }) => name === '_n90');

  it('sends one page view, to the origin it came from, with what the page says about itself', async () => {
    const page = await visit(
      `<link rel="canonical" href="/story?utm_source=mail"><meta property="article:section" content="Sport">
       <meta property="article:section" content="Cycling"><meta name="Keywords" content="tour, alps ,,gravel">
       ${tag('data-categories="483, News" data-keywords="bike"')}`,
      { path: '/page?x=1#part' },
    );
    await server.arrived(1);
    await quiet(page);
    expect(server.hits).toHaveLength(1);
    const { id, fid, length, ...hit } = server.hits[0]!;
    expect(hit).toEqual({
      s: 'KEY',
      e: 'pageview',
      u: `${server.site}/story?utm_source=mail`,
      t: 'A title',
      c: '483,News,Sport,Cycling',
      k: 'bike,tour,alps,gravel',
      tz: '330',
      host: new URL(server.collector).host,
    });
    expect(id).toMatch(/^\w{16,}$/);
    const cookie = await firstPartyId();
    expect(cookie).toMatchObject({ value: fid, sameSite: 'Lax', path: '/', secure: false });
    expect(fid).toMatch(/^\w{16,}$/);
    expect(cookie!.expires - Date.now() / 1000).toBeGreaterThan(89.9 * 86_400);
    expect(cookie!.expires - Date.now() / 1000).toBeLessThan(90.1 * 86_400);
  });

  it('is the same visitor on the second visit, with another hit id and the page before as referrer', async () => {
    const page = await visit(`${tag()}<link rel="canonical" href="https://elsewhere.example/">`, {
      path: '/one?a=b#c',
    });
    await server.arrived(1);
    server.pages.set('/two', tag());
    await page.evaluate("location.href = '/two'");
    await server.arrived(2);
    const [one, two] = server.hits;
    expect(one!.u).toBe(`${server.site}/one?a=b`);
    expect(two).toMatchObject({ u: `${server.site}/two`, r: `${server.site}/one?a=b`, fid: one!.fid });
    expect(two!.id).not.toBe(one!.id);
  });

  it('sends the events of the page, those before it loaded and those after', async () => {
    const page = await visit(`<script>
      window.ninety = window.ninety || function () { (ninety.q = ninety.q || []).push(arguments) };
      ninety('event', 'early', { categories: ['483', '596'], keywords: 'x, y', title: 'Own', url: location.origin + '/own#z', price: 3 });
      ninety('unknown', 'command');
      ninety('event');
    </script>${tag()}`);
    await server.arrived(2);
    await page.evaluate("ninety('event', 'late')");
    await server.arrived(3);
    const [view, early, late] = server.hits;
    expect(view).toMatchObject({ e: 'pageview', t: 'A title' });
    expect(early).toMatchObject({
      e: 'early',
      c: '483,596',
      k: 'x,y',
      t: 'Own',
      u: `${server.site}/own`,
      fid: view!.fid,
    });
    expect(early).not.toHaveProperty('price');
    expect(late).toMatchObject({ e: 'late', t: 'A title', u: `${server.site}/page`, fid: view!.fid });
    expect(new Set(server.hits.map(({ id }) => id)).size).toBe(3);
    await quiet(page);
    expect(server.hits).toHaveLength(3);
  });

  it('counts a page that holds the tag twice once', async () => {
    const page = await visit(tag() + tag());
    await server.arrived(1);
    await quiet(page);
    expect(server.hits.map(({ e }) => e)).toEqual(['pageview']);
  });

  it('cuts lists and title, never the address, so that the request stays below 8 kB', async () => {
    const words = Array.from({ length: 5_000 }, (_, n) => `wört${n}`);
    await visit(`<meta name="keywords" content="${words.join()}">${tag('data-categories="483"')}`, {
      path: `/page?utm_campaign=${'c'.repeat(500)}`,
      body: `<script>document.title = '😀'.repeat(4000)</script>`,
    });
    await server.arrived(1);
    const [hit] = server.hits;
    expect(Number(hit!.length)).toBeLessThan(8_000);
    expect(hit!.u).toBe(`${server.site}/page?utm_campaign=${'c'.repeat(500)}`);
    expect(hit!.t!.startsWith('😀')).toBe(true);
    for (const word of (hit!.k ?? '').split(',').filter(Boolean)) expect(words).toContain(word);
  });

  it('sends nothing while a TCF choice is pending, and everything with the string once it is a yes', async () => {
    const page = await visit(tcfCmp + tag());
    await quiet(page);
    await page.evaluate("cmp.update('', true); ninety('event', 'while-pending')");
    // The screen is up again over a choice of old.
    await page.evaluate(`cmp.update('${tcString([1, 3])}', true)`);
    await quiet(page);
    expect(server.hits).toEqual([]);
    expect(await context.cookies()).toEqual([]);

    const yes = tcString([1, 3, 4]);
    await page.evaluate(`cmp.update('${yes}', false)`);
    await server.arrived(2);
    const [view, event] = server.hits;
    expect(view).toMatchObject({
      e: 'pageview',
      gdpr: '1',
      gdpr_consent: yes,
      fid: (await firstPartyId())!.value,
    });
    expect(event).toMatchObject({ e: 'while-pending', gdpr: '1', gdpr_consent: yes, fid: view!.fid });
    await quiet(page);
    expect(server.hits).toHaveLength(2);
  });

  it.each([
    ['nothing', []],
    ['storage but no profile', [1]],
    ['a profile but no storage', [3]],
  ])(
    'tells a refusal once, without a word of the page, and keeps no id, where the yes is to %s',
    async (_, purposes) => {
      const page = await visit(tcfCmp + tag('data-categories="483"'));
      const no = tcString(purposes);
      await page.evaluate(`ninety('event', 'before'); cmp.update('', true); cmp.update('${no}', false)`);
      await server.arrived(1);
      await page.evaluate("ninety('event', 'after')");
      await quiet(page);
      expect(server.hits).toHaveLength(1);
      const { id, length, host, ...hit } = server.hits[0]!;
      expect(hit).toEqual({ s: 'KEY', e: 'refusal', u: `${server.site}/`, gdpr: '1', gdpr_consent: no });
      expect(await context.cookies()).toEqual([]);
    },
  );

  it('follows a changed mind at once: the withdrawal names the known id, a new yes gets a new one', async () => {
    const yes = tcString([1, 3]);
    const no = tcString([]);
    const page = await visit(tcfCmp + tag());
    await page.evaluate(`cmp.update('${yes}', false)`);
    await server.arrived(1);
    await page.evaluate(`cmp.update('${yes}', true)`);
    await quiet(page);
    expect(server.hits).toHaveLength(1);
    await page.evaluate(`cmp.update('${no}', false)`);
    await server.arrived(2);
    expect(await firstPartyId()).toBeUndefined();
    await page.evaluate(`ninety('event', 'refused'); cmp.update('${yes}', false)`);
    await server.arrived(3);
    const [view, refusal, again] = server.hits;
    expect(refusal).toMatchObject({ e: 'refusal', gdpr_consent: no, fid: view!.fid });
    expect(again).toMatchObject({ e: 'pageview', gdpr_consent: yes, fid: (await firstPartyId())!.value });
    expect(again!.fid).not.toBe(view!.fid);
    expect(again!.id).not.toBe(view!.id);
    await quiet(page);
    expect(server.hits).toHaveLength(3);
  });

  it('brings one yes that replaces another under the hit id of the page view, which counts once', async () => {
    const page = await visit(tcfCmp + tag());
    await page.evaluate(`cmp.update('${tcString([1, 3, 4])}', false)`);
    await server.arrived(1);
    const less = tcString([1, 3]);
    await page.evaluate(`cmp.update('${less}', false)`);
    await server.arrived(2);
    const [first, second] = server.hits;
    expect(second).toMatchObject({ e: 'pageview', id: first!.id, fid: first!.fid, gdpr_consent: less });
  });

  it('passes on that GDPR does not apply', async () => {
    const page = await visit(tcfCmp + tag());
    await page.evaluate('cmp.update(null)');
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'pageview', gdpr: '0', fid: (await firstPartyId())!.value });
    expect(server.hits[0]).not.toHaveProperty('gdpr_consent');
  });

  it('asks for the consent to the vendor that the page names', async () => {
    const yes = tcString([1, 3]);
    for (const [vendor, event] of [
      ['2', 'pageview'],
      ['3', 'refusal'],
    ]) {
      server.hits.length = 0;
      const page = await visit(tcfCmp + tag(`data-vendor="${vendor}"`));
      await page.evaluate(`cmp.update('${yes}', false)`);
      await server.arrived(1);
      expect(server.hits[0]).toMatchObject({ e: event, gdpr_consent: yes });
    }
    expect(await context.cookies()).toEqual([]);
  });

  it('holds everything back where a CMP never answers', async () => {
    const page = await visit(stub('__tcfapi') + tag());
    await page.evaluate("ninety('event', 'held')");
    await quiet(page);
    expect(server.hits).toEqual([]);
    expect(await context.cookies()).toEqual([]);
  });

  it('waits for a CMP that turns up shortly after the tag', async () => {
    const yes = tcString([1, 3]);
    const page = await visit(tag(), {
      body: `<script>
        let tag;
        Object.defineProperty(window, 'ninety', {
          get: () => tag,
          set(value) {
            tag = value;
            setTimeout(() => { window.__tcfapi = (command, version, hear) => { window.hear = hear; }; }, 100);
          },
        });
      </script>`,
    });
    await quiet(page);
    expect(server.hits).toEqual([]);
    await page.evaluate(
      `hear({ gdprApplies: true, eventStatus: 'tcloaded', tcString: '${yes}', purpose: { consents: { 1: true, 3: true } } }, true)`,
    );
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'pageview', gdpr_consent: yes });
  });

  it('takes back what it sent before a CMP that turns up only with the end of loading', async () => {
    const no = tcString([]);
    await visit(tag(), {
      body: `<img src="/slow.gif"><script>setTimeout(() => {
        window.__tcfapi = (command, version, hear) =>
          hear({ gdprApplies: true, eventStatus: 'tcloaded', tcString: '${no}', purpose: { consents: {} } }, true);
      }, 600)</script>`,
    });
    await server.arrived(2);
    const [view, refusal] = server.hits;
    expect(view).toMatchObject({ e: 'pageview' });
    expect(refusal).toMatchObject({ e: 'refusal', gdpr_consent: no, fid: view!.fid });
    expect(await context.cookies()).toEqual([]);
  });

  it('sends nothing before GPP is ready, then the string and its section, and obeys an opt-out', async () => {
    const page = await visit(gppCmp + tag());
    await quiet(page);
    expect(server.hits).toEqual([]);
    await page.evaluate('choose(2)');
    await server.arrived(1);
    const [view] = server.hits;
    expect(view).toMatchObject({
      e: 'pageview',
      gpp: await page.evaluate('cmp.getGppString()'),
      gpp_sid: '7',
    });
    expect(view!.fid).toBe((await firstPartyId())!.value);
    await page.evaluate('choose(1)');
    await server.arrived(2);
    expect(server.hits[1]).toMatchObject({
      e: 'refusal',
      fid: view!.fid,
      gpp: await page.evaluate('cmp.getGppString()'),
    });
    expect(await context.cookies()).toEqual([]);
  });

  it.each([
    ['a Global Privacy Control in the US section', 'usnat', 'Gpc', true, [7], 'refusal'],
    ['an opt-out of targeted advertising', 'usva', 'TargetedAdvertisingOptOut', 1, [9], 'refusal'],
    ['a US Privacy section that opts out', 'uspv1', 'OptOutSale', 'Y', [6], 'refusal'],
    [
      'purposes 1 and 3 in the European section',
      'tcfeuv2',
      'PurposeConsents',
      [true, false, true],
      [2],
      'pageview',
    ],
    ['purpose 1 alone in the European section', 'tcfeuv2', 'PurposeConsents', [true], [2], 'refusal'],
    [
      'implied consent in the Canadian section',
      'tcfcav1',
      'PurposesImpliedConsent',
      [true, false, true],
      [5],
      'pageview',
    ],
    ['no section that applies', 'usnat', 'SaleOptOut', 2, [-1], 'pageview'],
  ])('reads from GPP %s', async (_, section, field, value, sections, event) => {
    const page = await visit(gppCmp + tag());
    await page.evaluate(`cmp.setFieldValue('${section}', '${field}', ${JSON.stringify(value)});
      cmp.setApplicableSections(${JSON.stringify(sections)}); cmp.setSignalStatus('ready')`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: event, gpp_sid: sections.join() });
    expect(Boolean(await firstPartyId())).toBe(event === 'pageview');
  });

  it('takes no legitimate interest for a consent, in a section given as a list of its segments', async () => {
    await visit(`<script>window.__gpp = (command, hear) => hear({ pingData: {
      signalStatus: 'ready', gppString: 'DBABMA~', applicableSections: [2], parsedSections: { tcfeuv2: [
        { PurposeConsents: [false, false, false], PurposeLegitimateInterests: [true, true, true] }] } } }, true)</script>${tag()}`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'refusal', gpp_sid: '2' });
    expect(await context.cookies()).toEqual([]);
  });

  it('keeps no id on a GPP string that only the collector can read', async () => {
    await visit(`<script>window.__gpp = (command, hear) =>
      hear({ pingData: { signalStatus: 'ready', gppString: 'DBABLA~BVQqAAAAAgA.QA', applicableSections: [7] } }, true)</script>${tag()}`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'pageview', gpp: 'DBABLA~BVQqAAAAAgA.QA' });
    expect(server.hits[0]).not.toHaveProperty('fid');
    expect(await context.cookies()).toEqual([]);
  });

  it('goes by the TC string where GDPR applies, whether GPP is ready or not', async () => {
    const page = await visit(tcfCmp + stub('__gpp') + tag());
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false)`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'pageview', gdpr: '1' });
  });

  it.each([
    ['1YNN', 'pageview', true],
    ['1---', 'pageview', true],
    ['1YYN', 'refusal', false],
    ['', 'pageview', false],
  ])('passes on the US Privacy string "%s" as %s', async (text, event, keeps) => {
    await visit(`<script>window.__uspapi = (command, version, hear) =>
      hear(${text ? `{ version: 1, uspString: '${text}' }, true` : 'null, false'})</script>${tag()}`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: event, ...(text ? { us_privacy: text } : {}) });
    expect(Boolean(await firstPartyId())).toBe(keeps);
  });

  it('asks the CMP of the page around its frame, and believes no other frame', async () => {
    const yes = tcString([1, 3]);
    server.pages.set(
      '/forger',
      `<script>setInterval(() => parent.postMessage({ __tcfapiReturn: { callId: '__tcfapi', success: true,
      returnValue: { gdprApplies: false, eventStatus: 'tcloaded' } } }, '*'), 50)</script>`,
    );
    server.pages.set('/framed', `<body>${tag()}<iframe src="/forger"></iframe>`);
    const page = await visit(tcfCmp, { body: `<iframe src="${server.collector}/framed"></iframe>` });
    await quiet(page);
    expect(server.hits).toEqual([]);
    await page.evaluate(`cmp.update('${yes}', false)`);
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({
      e: 'pageview',
      u: `${server.collector}/framed`,
      gdpr: '1',
      gdpr_consent: yes,
    });
  });

  it('takes Global Privacy Control as a refusal that no CMP lifts', async () => {
    await context.addCookies([{ name: '_n90', value: 'k'.repeat(20), url: server.site }]);
    const page = await visit(tcfCmp + tag(), {
      init: "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })",
    });
    await server.arrived(1);
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false); ninety('event', 'any')`);
    await quiet(page);
    expect(server.hits).toHaveLength(1);
    expect(server.hits[0]).toMatchObject({ e: 'refusal', fid: 'k'.repeat(20) });
    expect(await context.cookies()).toEqual([]);
  });

  it('waits with a page rendered ahead until somebody sees it', async () => {
    const page = await visit(tag(), {
      init: "Object.defineProperty(document, 'prerendering', { value: true, configurable: true })",
    });
    await quiet(page);
    expect(server.hits).toEqual([]);
    await page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))");
    await server.arrived(1);
    expect(server.hits[0]).toMatchObject({ e: 'pageview' });
  });

  it.each([
    ['Image cannot be made', 'window.Image = function () { throw new Error("no") }', []],
    ['crypto is missing', "Object.defineProperty(window, 'crypto', { value: undefined })", []],
    ['the CMP throws', 'window.__tcfapi = () => { throw new Error("no") }', []],
    ['the CMP answers nonsense', 'window.__tcfapi = (command, version, hear) => hear(null, true)', []],
    [
      'cookies are refused',
      "Object.defineProperty(document, 'cookie', { get() { throw new Error('no') }, set() { throw new Error('no') } })",
      ['pageview', 'after'],
    ],
  ])('never throws into the page where %s', async (_, init, sent) => {
    const page = await visit(tag(), { init });
    await server.arrived(Math.min(1, sent.length));
    await page.evaluate("ninety('event', Symbol('x')); ninety('event', 'after', null); ninety()");
    await server.arrived(sent.length);
    await quiet(page);
    expect(server.hits.map(({ e }) => e)).toEqual(sent);
    for (const hit of server.hits) expect(hit).not.toHaveProperty('fid');
  });
});
