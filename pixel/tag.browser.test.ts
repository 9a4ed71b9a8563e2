import { expect, it } from 'vitest';
import { describeTag } from './tag.testing.ts';

describeTag('the tag in a page', (world) => {
  const { tag, visit, quiet, firstPartyId } = world;

  it('sends one page view, to the origin it came from, with what the page says about itself', async () => {
    const page = await visit(
      `<link rel="canonical" href="/story?utm_source=mail"><meta property="article:section" content="Sport">
       <meta property="article:section" content="Cycling"><meta name="Keywords" content="tour, alps ,,gravel"><meta property="og:type" content="article">
       ${tag('data-categories="483, News" data-keywords="bike"')}`,
      { path: '/page?x=1#part' },
    );
    await world.server.arrived(1);
    await quiet(page);
    expect(world.server.hits).toHaveLength(1);
    const { id, fid, length, method, referer, ...hit } = world.server.hits[0]!;
    expect(hit).toEqual({
      s: 'KEY',
      e: 'pageview',
      u: `${world.server.site}/story?utm_source=mail`,
      t: 'A title',
      c: '483, News,Sport,Cycling',
      k: 'bike,tour, alps ,,gravel,og:article',
      tz: '330',
      host: new URL(world.server.collector).host,
    });
    expect(id).toMatch(/^\w{16,}$/);
    const cookie = await firstPartyId();
    expect(cookie).toMatchObject({ value: fid, sameSite: 'Lax', path: '/', secure: true });
    expect(fid).toMatch(/^\w{16,}$/);
    expect(cookie!.expires - Date.now() / 1000).toBeGreaterThan(89.9 * 86_400);
    expect(cookie!.expires - Date.now() / 1000).toBeLessThan(90.1 * 86_400);
  });

  it('is the same visitor on the second visit, with another hit id and the page before as referrer', async () => {
    const page = await visit(`${tag()}<link rel="canonical" href="https://elsewhere.example/">`, {
      path: '/one?a=b#c',
    });
    await world.server.arrived(1);
    world.server.pages.set('/two', tag());
    await page.evaluate("location.href = '/two'");
    await world.server.arrived(2);
    const [one, two] = world.server.hits;
    expect(one!.u).toBe(`${world.server.site}/one?a=b`);
    expect(two).toMatchObject({
      u: `${world.server.site}/two`,
      r: `${world.server.site}/one?a=b`,
      fid: one!.fid,
    });
    expect(two!.id).not.toBe(one!.id);
  });

  it('sends the events of the page, those before it loaded and those after', async () => {
    const page = await visit(`<script>
      window.ninety = window.ninety || function () { (ninety.q = ninety.q || []).push(arguments) };
      ninety('event', 'early', { categories: ['483', '596'], keywords: 'x, y', title: 'Own', url: location.origin + '/own' });
      ninety('unknown', 'command');
      ninety('event');
    </script>${tag()}`);
    await world.server.arrived(2);
    await page.evaluate("ninety('event', 'late')");
    await world.server.arrived(3);
    const [view, early, late] = world.server.hits;
    expect(view).toMatchObject({ e: 'pageview', t: 'A title' });
    expect(early).toMatchObject({
      e: 'early',
      c: '483,596',
      k: 'x, y',
      t: 'Own',
      u: `${world.server.site}/own`,
      fid: view!.fid,
    });
    expect(early).not.toHaveProperty('p');
    expect(late).toMatchObject({ e: 'late', t: 'A title', u: `${world.server.site}/page`, fid: view!.fid });
    expect(new Set(world.server.hits.map(({ id }) => id)).size).toBe(3);
    await quiet(page);
    expect(world.server.hits).toHaveLength(3);
  });

  it('counts a page that holds the tag twice once', async () => {
    const page = await visit(tag() + tag());
    await world.server.arrived(1);
    await quiet(page);
    expect(world.server.hits.map(({ e }) => e)).toEqual(['pageview']);
  });

  it('leaves out what does not fit below 8 kB, whole, and never the address', async () => {
    const words = Array.from({ length: 2_000 }, (_, n) => `wört${n}`);
    const address = `/page?utm_campaign=${'c'.repeat(500)}`;
    await visit(`<meta name="keywords" content="${words.join()}">${tag('data-categories="483"')}`, {
      path: address,
      body: `<script>document.title = '😀'.repeat(900)</script>`,
    });
    await world.server.arrived(1);
    const [hit] = world.server.hits;
    expect(Number(hit!.length)).toBeLessThan(8_000);
    expect(hit).toMatchObject({ s: 'KEY', u: world.server.site + address, c: '483', tz: '330' });
    expect(hit).not.toHaveProperty('t');
    expect(hit).not.toHaveProperty('k');
  });

  it('sends an event whose properties are too many without them, and never half of them', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate(`ninety('event', 'big', { campaign: 'spring', note: '"'.repeat(3000) });
      ninety('event', 'fits', { note: 'x'.repeat(6000) })`);
    await world.server.arrived(3);
    const [, big, fits] = world.server.hits;
    expect(big).toMatchObject({ e: 'big', ca: 'spring', t: 'A title', u: `${world.server.site}/page` });
    expect(big).not.toHaveProperty('p');
    expect(JSON.parse(fits!.p!).note).toHaveLength(6_000);
  });

  it('names a page whose query is too long by the rest of its address', async () => {
    await visit(tag(), { path: `/page?utm_source=mail&state=${'%22'.repeat(2_000)}#part` });
    await world.server.arrived(1);
    expect(world.server.hits[0]!.u).toBe(`${world.server.site}/page`);
  });

  it('sends campaign, creative and custom properties, those that a property can be', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate(`ninety('event', 'buy', { campaign: 'spring', creative: 'banner-7', price: 9.5, sku: 'a&b=ü',
      gift: false, nothing: null, missing: undefined, list: [1], nested: { deep: 1 }, run() {} })`);
    await world.server.arrived(2);
    const [, buy] = world.server.hits;
    expect(buy).toMatchObject({ e: 'buy', ca: 'spring', cr: 'banner-7', u: `${world.server.site}/page` });
    expect(JSON.parse(buy!.p!)).toEqual({ price: 9.5, sku: 'a&b=ü', gift: false });
  });

  it.each([
    ['click', 'left'],
    ['middle click', 'middle'],
  ] as const)('tells a %s on a link to another host, where it leads without its query', async (_, button) => {
    const page = await visit(tag(), {
      body: `<a href="${world.server.collector}/else?mail=a@b.example#c"><b>out</b></a>
        <script>document.querySelector('a').onclick = (event) => event.stopPropagation()</script>`,
    });
    world.server.pages.set('/else', 'elsewhere');
    await world.server.arrived(1);
    await page.click('b', { button });
    await world.server.arrived(2);
    const [view, click] = world.server.hits;
    expect(click).toMatchObject({ e: 'outbound', method: 'POST', fid: view!.fid, u: view!.u });
    expect(JSON.parse(click!.p!)).toEqual({ to: `${world.server.collector}/else` });
    expect(page.url()).toBe(
      button === 'left' ? `${world.server.collector}/else?mail=a@b.example#c` : `${world.server.site}/page`,
    );
  });

  it('tells no click that stays, opens a menu, writes a mail or is on no link', async () => {
    const page = await visit(tag(), {
      body: `<a id="in" href="#x">in</a><a id="out" href="${world.server.collector}/">out</a>
        <a id="mail" href="mailto:a@b.example">mail</a><p>text</p>`,
    });
    await world.server.arrived(1);
    await page.click('#in');
    await page.click('#out', { button: 'right' });
    await page.evaluate("document.querySelector('#mail').onclick = () => false");
    await page.click('#mail');
    await page.click('p');
    await quiet(page);
    expect(world.server.hits.map(({ e }) => e)).toEqual(['pageview']);
  });

  it('waits with a page rendered ahead until somebody sees it', async () => {
    const page = await visit(tag(), {
      init: "Object.defineProperty(document, 'prerendering', { value: true, configurable: true })",
    });
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    await page.evaluate("Object.defineProperty(document, 'prerendering', { value: false })");
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview' });
  });

  it.each([
    ['Image cannot be made', 'window.Image = function () { throw new Error("no") }', []],
    [
      'nothing can be hooked into',
      "addEventListener = () => { throw new Error('no') }; document.querySelector = () => { throw new Error('no') }",
      [],
    ],
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
    await world.server.arrived(Math.min(1, sent.length));
    await page.evaluate("ninety('event', Symbol('x')); ninety('event', 'after', null); ninety()");
    await world.server.arrived(sent.length);
    await quiet(page);
    expect(world.server.hits.map(({ e }) => e)).toEqual(sent);
    for (const hit of world.server.hits) expect(hit).not.toHaveProperty('fid');
  });
});
