import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeTag, tcfCmp, tcString } from './tag.testing.ts';

/** As the browser does when another tab comes to the front, or this one comes back. */
const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))`);

const S = 1_000;

describeTag('attention to a page', (world) => {
  const { tag, visit, quiet } = world;
  const pings = () => world.server.hits.filter(({ e }) => e === 'attention');
  const attention = () => pings().map(({ d }) => Number(d));

  /** An article whose time stands still, its page view sent. */
  async function read(head = tag(), body = ''): Promise<Page> {
    const page = await visit(head, { clock: true, body });
    await page.clock.runFor(S / 2);
    await world.server.arrived(1);
    await page.clock.runFor(S / 2);
    return page;
  }

  it('is pinged at growing intervals, as much as came since the last time, under a hit id of its own', async () => {
    const page = await read(`<meta name="keywords" content="alps">${tag('data-categories="483"')}`);
    await page.clock.runFor(11 * S);
    await world.server.arrived(2);
    await page.keyboard.press('Shift');
    await page.clock.runFor(20 * S);
    await world.server.arrived(3);
    await page.keyboard.press('Shift');
    await page.clock.runFor(30 * S);
    await world.server.arrived(4);
    expect(attention()).toEqual([10 * S, 20 * S, 30 * S]);
    const [view] = world.server.hits;
    const { u, t, c, k, tz, fid } = view!;
    for (const ping of pings()) expect(ping).toMatchObject({ method: 'POST', u, t, c, k, tz, fid, x: '100' });
    expect(new Set(world.server.hits.map(({ id }) => id)).size).toBe(4);
  });

  it('ends half a minute after the last sign of somebody, and goes on with the next', async () => {
    const page = await read();
    await page.clock.runFor(300 * S);
    await page.mouse.move(10, 10);
    await page.clock.runFor(7 * S);
    await setHidden(page, true);
    await world.server.arrived(4);
    expect(attention()).toEqual([10 * S, 20 * S, 7 * S]);
  });

  it('is told when the page is hidden, and not counted until it is seen again', async () => {
    const page = await read();
    await page.clock.runFor(4 * S);
    await setHidden(page, true);
    await world.server.arrived(2);
    await page.clock.runFor(60 * S);
    await setHidden(page, false);
    await page.clock.runFor(3 * S);
    await setHidden(page, true);
    await world.server.arrived(3);
    expect(attention()).toEqual([5 * S, 3 * S]);
    await setHidden(page, false);
    await setHidden(page, true);
    await quiet(page);
    expect(pings()).toHaveLength(2);
  });

  it('is told when the visitor leaves for another page', async () => {
    const page = await read();
    await page.clock.runFor(6 * S);
    world.server.pages.set('/other', 'no tag');
    await page.goto(`${world.server.site}/other`);
    await world.server.arrived(2);
    expect(pings()).toMatchObject([{ d: '7000', method: 'POST', u: `${world.server.site}/page` }]);
  });

  it('carries the deepest scroll, also after the way back up', async () => {
    const page = await read(tag(), '<div style="height: 400vh"></div>');
    await page.evaluate('scrollTo(0, innerHeight)');
    await page.clock.runFor(2 * S);
    await page.evaluate('scrollTo(0, 0)');
    await page.clock.runFor(2 * S);
    await setHidden(page, true);
    await world.server.arrived(2);
    // Two of some four screens; the margin of the body makes it a little less than half.
    expect(Number(pings()[0]!.x)).toBeGreaterThanOrEqual(48);
    expect(Number(pings()[0]!.x)).toBeLessThanOrEqual(50);
  });

  it('goes to the page it was paid to, before the next one of a single-page app begins at nothing', async () => {
    const page = await read();
    await page.clock.runFor(5 * S);
    await page.evaluate("history.pushState(1, '', '/b')");
    await page.clock.runFor(S);
    await world.server.arrived(3);
    await page.clock.runFor(2 * S);
    await setHidden(page, true);
    await world.server.arrived(4);
    expect(pings().map(({ u, d }) => [new URL(u!).pathname, d])).toEqual([
      ['/page', '6000'],
      ['/b', '3000'],
    ]);
  });

  it('of the time before a yes is never sent, nor after a no', async () => {
    const page = await visit(tcfCmp + tag(), { clock: true });
    await page.clock.runFor(20 * S);
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false)`);
    await page.clock.runFor(3 * S);
    await setHidden(page, true);
    await world.server.arrived(2);
    expect(attention()).toEqual([3 * S]);
    await setHidden(page, false);
    await page.clock.runFor(4 * S);
    await page.evaluate(`cmp.update('${tcString([])}', false)`);
    await page.clock.runFor(4 * S);
    await setHidden(page, true);
    await quiet(page);
    expect(world.server.hits.map(({ e }) => e)).toEqual(['pageview', 'attention', 'refusal']);
  });

  it.each([
    ['is missing', 'navigator.sendBeacon = undefined', ['GET']],
    ['takes no more', 'navigator.sendBeacon = () => false', ['GET']],
    ['throws', 'navigator.sendBeacon = () => { throw new Error("no") }', []],
  ])('goes by image where sendBeacon %s, and is given up where nothing works', async (_, init, methods) => {
    const page = await visit(tag(), { init, clock: true });
    await page.clock.runFor(3 * S);
    await setHidden(page, true);
    await world.server.arrived(1 + methods.length);
    await quiet(page);
    expect(pings().map(({ method }) => method)).toEqual(methods);
  });
});
