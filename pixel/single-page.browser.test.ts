import { expect, it } from 'vitest';
import { describeTag } from './tag.testing.ts';

describeTag('the tag in a single-page app', (world) => {
  const { tag, visit, quiet } = world;
  const views = () => world.server.hits.filter(({ e }) => e === 'pageview');
  // Attention comes in between.
  const viewed = (count: number) => expect.poll(() => views().length).toBeGreaterThanOrEqual(count);

  it('counts pushState, replaceState and the way back as pages, each with the one before as referrer', async () => {
    const page = await visit(tag(), { path: '/a?x=1#top' });
    await viewed(1);
    await page.evaluate(`history.pushState({ n: 1 }, '', '/b#part');
      setTimeout(() => { document.title = 'B' }, 50)`);
    await viewed(2);
    await page.evaluate("history.replaceState(null, '', '/c?page=2'); document.title = 'C'");
    await viewed(3);
    await page.evaluate("addEventListener('popstate', () => { document.title = 'A again' }); history.back()");
    await viewed(4);
    const { site } = world.server;
    expect(views().map(({ u, r, t }) => [u, r, t])).toEqual([
      [`${site}/a?x=1`, undefined, 'A title'],
      [`${site}/b`, `${site}/a?x=1`, 'B'],
      [`${site}/c?page=2`, `${site}/b`, 'C'],
      [`${site}/a?x=1`, `${site}/c?page=2`, 'A again'],
    ]);
    expect(new Set(views().map(({ id }) => id)).size).toBe(4);
    expect(new Set(views().map(({ fid }) => fid)).size).toBe(1);
  });

  it('takes a changed fragment, and a state without a new address, for no page', async () => {
    const page = await visit(tag(), { path: '/app' });
    await viewed(1);
    await page.evaluate(`location.hash = '#/inbox'; history.pushState(1, '', '#!/sent');
      history.replaceState(2, ''); history.pushState(3, '', '/app')`);
    await quiet(page);
    await page.evaluate('history.back()');
    await quiet(page);
    expect(views()).toHaveLength(1);
  });

  it('counts the last of several addresses that follow at once, and an event after them on it', async () => {
    const page = await visit(tag());
    await viewed(1);
    await page.evaluate(`history.pushState(1, '', '/step'); history.replaceState(2, '', '/goal');
      ninety('event', 'reached')`);
    await viewed(2);
    await quiet(page);
    const goal = `${world.server.site}/goal`;
    expect(views().map(({ u }) => u)).toEqual([`${world.server.site}/page`, goal]);
    expect(world.server.hits.find(({ e }) => e === 'reached')).toMatchObject({ u: goal });
  });

  it('leaves the canonical address of the page before, and takes that of the new one', async () => {
    const page = await visit(`<link rel="canonical" href="/story">${tag()}`, { path: '/story.html' });
    await viewed(1);
    await page.evaluate("history.pushState(1, '', '/next.html')");
    await viewed(2);
    // This one comes late, and is of /next.html; the tag looks each second.
    await page.evaluate("document.querySelector('link').href = '/next'");
    await page.waitForTimeout(1_200);
    await page.evaluate("history.pushState(2, '', '/third.html')");
    await viewed(3);
    await page.evaluate(`history.pushState(3, '', '/fourth.html');
      document.querySelector('link').href = '/fourth'`);
    await viewed(4);
    expect(views().map(({ u }) => new URL(u!).pathname)).toEqual([
      '/story',
      '/next.html',
      '/third.html',
      '/fourth',
    ]);
  });

  it.each([
    ['without the Navigation API', "Object.defineProperty(window, 'navigation', { value: undefined })"],
    ['whose history is frozen', 'Object.freeze(history)'],
  ])('sees the new page also in a browser %s', async (_, init) => {
    const page = await visit(tag(), { init });
    await viewed(1);
    await page.evaluate("history.pushState(1, '', '/b'); ninety('event', 'on-b')");
    await viewed(2);
    await page.evaluate("history.pushState(1, '', '/c')");
    await viewed(3);
    const { site } = world.server;
    expect(views().map(({ u, r }) => [u, r])).toEqual([
      [`${site}/page`, undefined],
      [`${site}/b`, `${site}/page`],
      [`${site}/c`, `${site}/b`],
    ]);
    expect(world.server.hits.find(({ e }) => e === 'on-b')).toMatchObject({ u: `${site}/b` });
  });

  it('does not touch the history that the page works with', async () => {
    const page = await visit(tag());
    await viewed(1);
    expect(await page.evaluate('[history.pushState, history.replaceState].map(String)')).toEqual([
      expect.stringContaining('[native code]'),
      expect.stringContaining('[native code]'),
    ]);
  });
});
