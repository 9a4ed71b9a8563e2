import { beforeEach, describe, expect, it } from 'vitest';
import { describeTag, gppCmp, stub, tcfCmp, tcString } from './tag.testing.ts';

/** Longer than the script waits after a page has loaded, and for an idle moment: in the time of the page. */
const LONG_MS = 20_000;

describeTag('the script that syncs', (world) => {
  const { visit } = world;
  const script = (attributes = 'data-site="KEY"') =>
    `<script async src="${world.server.collector}/sync.js" ${attributes}></script>`;
  const frames = () => world.server.frames;

  beforeEach(() => {
    frames().length = 0;
  });

  /** Lets the page's time pass, and whatever it asks for arrive. */
  async function pass(page: Awaited<ReturnType<typeof visit>>, ms = LONG_MS): Promise<void> {
    await page.clock.runFor(ms);
    await world.quiet(page);
  }

  const open = async (head: string, more: Parameters<typeof visit>[1] = {}) => {
    const page = await visit(head, { clock: true, ...more });
    await page.waitForLoadState();
    return page;
  };

  it('brings one hidden frame with the site’s key, after the page and with time for its auction', async () => {
    const page = await open(script());
    await pass(page, 2900);
    expect(frames()).toEqual([]);
    await pass(page);
    expect(frames()).toEqual([{ s: 'KEY' }]);
    expect(
      await page.evaluate(() => {
        const [frame] = document.querySelectorAll('iframe');
        return [frame?.src.startsWith('http://localhost'), frame?.checkVisibility(), frame?.clientHeight];
      }),
    ).toEqual([true, false, 0]);
    await pass(page);
    expect(frames()).toHaveLength(1);
  });

  it('brings one where the script stands in the page twice, for whatever sites', async () => {
    await pass(await open(script() + script() + script('data-site="OTHER"')));
    expect(frames()).toHaveLength(1);
  });

  it('hears of the choice although the tag does too', async () => {
    const yes = tcString([1, 3]);
    const page = await open(tcfCmp + world.tag() + script());
    await page.evaluate(`cmp.update('${yes}', false)`);
    await pass(page);
    expect(frames()).toEqual([{ s: 'KEY', gdpr: '1', gdpr_consent: yes }]);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', gdpr_consent: yes });
  });

  describe('waits for the visitor’s choice', () => {
    it('brings nothing while TCF is pending, and the string as it came once it is a yes', async () => {
      const yes = tcString([1, 3, 4]);
      const page = await open(tcfCmp + script());
      await page.evaluate("cmp.update('', true)");
      await pass(page);
      expect(frames()).toEqual([]);
      await page.evaluate(`cmp.update('${yes}', false)`);
      await pass(page);
      expect(frames()).toEqual([{ s: 'KEY', gdpr: '1', gdpr_consent: yes }]);
    });

    it('brings nothing on a no, and the frame once it is taken back', async () => {
      const page = await open(tcfCmp + script());
      await page.evaluate(`cmp.update('${tcString([])}', false)`);
      await pass(page);
      expect(frames()).toEqual([]);
      await page.evaluate(`cmp.update('${tcString([1, 3])}', false)`);
      await pass(page);
      expect(frames()).toHaveLength(1);
    });

    it('brings nothing where the visitor opted out on this site, and the frame once that is taken back', async () => {
      const page = await open(world.tag() + script());
      await page.evaluate("ninety('optout')");
      await pass(page);
      expect(frames()).toEqual([]);
      await page.evaluate("ninety('optin')");
      await pass(page);
      expect(frames()).toEqual([{ s: 'KEY' }]);
    });

    it.each([
      ['2', 1],
      ['3', 0],
    ])('asks for the consent to the vendor that the page names (%s)', async (vendor, count) => {
      const page = await open(tcfCmp + script(`data-site="KEY" data-vendor="${vendor}"`));
      await page.evaluate(`cmp.update('${tcString([1, 3])}', false)`);
      await pass(page);
      expect(frames()).toHaveLength(count);
    });

    it('passes GPP and US Privacy on, and obeys an opt-out of sale', async () => {
      const page = await open(gppCmp + script());
      await page.evaluate('choose(1)');
      await pass(page);
      expect(frames()).toEqual([]);
      await page.evaluate('choose(2)');
      await pass(page);
      expect(frames()).toMatchObject([{ s: 'KEY', gpp_sid: '7', gpp: expect.stringMatching(/^DB/) }]);

      frames().length = 0;
      const usp = (text: string) =>
        `<script>__uspapi = (c, v, hear) => hear({ uspString: '${text}' }, true)</script>`;
      await pass(await open(usp('1YYN') + script(), { path: '/opted-out' }));
      expect(frames()).toEqual([]);
      await pass(await open(usp('1YNN') + script(), { path: '/not-opted-out' }));
      expect(frames()).toEqual([{ s: 'KEY', us_privacy: '1YNN' }]);
    });

    it.each([
      ['a CMP that never answers', stub('__tcfapi'), ''],
      [
        'Global Privacy Control',
        '',
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })",
      ],
    ])('brings nothing for %s', async (_, head, init) => {
      await pass(await open(head + script(), { init }));
      expect(frames()).toEqual([]);
    });
  });

  it.each([
    ['has no idle moments to give', '', 'delete window.requestIdleCallback', 1],
    ['lets no element be made', '', 'document.createElement = () => { throw new Error("no") }', 0],
    ['allows no frames', `<meta http-equiv="Content-Security-Policy" content="frame-src 'none'">`, '', 0],
  ])('throws nothing into a page that %s', async (_, head, init, count) => {
    await pass(await open(head + script(), { init }));
    expect(frames()).toHaveLength(count);
  });
});
