import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeTag, tcfCmp, tcString } from './tag.testing.ts';

const DAY_S = 86_400;

describeTag('an opt-out of the site’s tag', (world) => {
  const { tag, visit, quiet, firstPartyId } = world;
  /** The words that reach the collector's own door, without what every one of them has. */
  const words = () => world.server.words.map(({ path, method, s, fid }) => ({ path, method, s, fid }));
  const told = (count: number) => expect.poll(() => world.server.words.length).toBeGreaterThanOrEqual(count);
  const optOut = (fid?: string) => ({ path: '/optout', method: 'GET', s: 'KEY', fid });
  const expectMark = async () => {
    const mark = await firstPartyId();
    expect(mark).toMatchObject({ value: '0', sameSite: 'Lax', path: '/', secure: true });
    // As long as this browser keeps any cookie.
    expect(mark!.expires - Date.now() / 1000).toBeGreaterThan(399 * DAY_S);
  };
  /** Everything that would send something. */
  const stir = async (page: Page) => {
    await page.evaluate(`ninety('event', 'after'); history.pushState(1, '', '/next')`);
    await page.mouse.move(10, 10);
    await page.waitForTimeout(1_200);
    await page.evaluate("dispatchEvent(new Event('pagehide'))");
  };

  it('names the known id, leaves a mark in its place, and nothing is sent on this page and on later ones', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    const { fid } = world.server.hits[0]!;
    await page.evaluate("ninety('optout')");
    await told(1);
    expect(words()).toEqual([optOut(fid)]);
    await expectMark();
    await stir(page);
    // The mark counts as long as it was made last.
    await world.context.addCookies([{ ...(await firstPartyId())!, expires: Date.now() / 1000 + 60 }]);
    const later = await visit(tag('data-categories="483"'));
    await later.evaluate("ninety('optout')");
    await stir(later);
    await expectMark();
    expect(world.server.hits).toHaveLength(1);
    expect(words()).toHaveLength(1);
  });

  it('made before the tag came drops what was waiting, whatever the CMP says then', async () => {
    await world.context.addCookies([{ name: '_n90', value: 'k'.repeat(20), url: world.server.site }]);
    const page = await visit(
      `${tcfCmp}<script>
        window.ninety = function () { (ninety.q = ninety.q || []).push(arguments) };
        ninety('event', 'before'); ninety('optout'); ninety('event', 'behind');
      </script>${tag()}`,
    );
    await told(1);
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false); ninety('event', 'after')`);
    await stir(page);
    expect(words()).toEqual([optOut('k'.repeat(20))]);
    expect(world.server.hits).toEqual([]);
    await expectMark();
    await page.evaluate(`cmp.update('${tcString([])}', false)`);
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    await expectMark();
  });

  it('holds on its page where the browser keeps no cookie', async () => {
    const page = await visit(tag(), {
      init: "Object.defineProperty(document, 'cookie', { get() { throw new Error('no') }, set() { throw new Error('no') } })",
    });
    await world.server.arrived(1);
    await page.evaluate("ninety('optout')");
    await told(1);
    await stir(page);
    expect(words()).toEqual([optOut()]);
    expect(world.server.hits).toHaveLength(1);
  });

  it('said in one tab is heard in another', async () => {
    const [one, other] = [await visit(tag()), await visit(tag())];
    await world.server.arrived(2);
    await one.evaluate("ninety('optout')");
    await told(1);
    await other.waitForTimeout(1_200);
    await stir(other);
    expect(world.server.hits).toHaveLength(2);
    expect(words()).toHaveLength(1);
  });

  it('is taken back by an opt-in, which begins anew under a new id', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate("ninety('optout')");
    await told(1);
    await page.evaluate("ninety('optin')");
    await told(2);
    expect(words()[1]).toMatchObject({ path: '/optin', method: 'POST', s: 'KEY' });
    await world.server.arrived(2);
    const [before, after] = world.server.hits;
    expect(after).toMatchObject({ e: 'pageview', u: before!.u, fid: (await firstPartyId())!.value });
    expect(after!.fid).not.toBe(before!.fid);
    expect(after!.id).not.toBe(before!.id);
    await page.evaluate("ninety('event', 'goes on')");
    await world.server.arrived(3);
    expect(world.server.hits[2]).toMatchObject({ e: 'goes on', fid: after!.fid });
  });

  it('is taken back on a later page too, also before the tag came', async () => {
    await world.context.addCookies([{ name: '_n90', value: '0', url: world.server.site }]);
    await visit(`<script>window.ninety = function () { (ninety.q = ninety.q || []).push(arguments) };
      ninety('optin')</script>${tag()}`);
    await world.server.arrived(1);
    expect(words()).toMatchObject([{ path: '/optin' }]);
    expect(world.server.hits[0]!.fid).toMatch(/^\d{16,}$/);
  });

  it('taken back makes no yes: the CMP decides, and no id is kept while it is asked', async () => {
    await world.context.addCookies([{ name: '_n90', value: '0', url: world.server.site }]);
    const page = await visit(tcfCmp + tag());
    await page.evaluate(`cmp.update('', true)`);
    await page.waitForTimeout(1_200);
    await page.evaluate("ninety('optin')");
    await told(1);
    await quiet(page);
    expect(await firstPartyId()).toBeUndefined();
    await page.evaluate(`cmp.update('${tcString([])}', false)`);
    await page.waitForTimeout(1_200);
    expect(world.server.hits).toEqual([]);
    expect(await firstPartyId()).toBeUndefined();
  });

  it('that was never made is not taken back: an opt-in keeps the id and asks nothing', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate("ninety('optin')");
    await quiet(page);
    expect((await firstPartyId())!.value).toBe(world.server.hits[0]!.fid);
    expect(world.server.hits).toHaveLength(1);
    expect(words()).toEqual([]);
  });

  it('is no event of that name', async () => {
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate("ninety('event', 'optout'); ninety('event', 'goes on')");
    await world.server.arrived(3);
    expect(world.server.hits.map(({ e }) => e)).toEqual(['pageview', 'optout', 'goes on']);
    expect(words()).toEqual([]);
  });

  it('does not mistake the id that an AMP page has made for its mark', async () => {
    const value = `amp-${'0Zx_-9'.repeat(4)}`;
    await world.context.addCookies([{ name: '_n90', value, url: world.server.site }]);
    await visit(tag());
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', fid: value });
  });
});
