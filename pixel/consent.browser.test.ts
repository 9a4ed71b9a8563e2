import { describe, expect, it } from 'vitest';
import { describeTag, gppCmp, stub, tcfCmp, tcString } from './tag.testing.ts';

describeTag('consent in a page', (world) => {
  const { tag, visit, quiet, firstPartyId } = world;

  it('sends nothing while a TCF choice is pending, and everything with the string once it is a yes', async () => {
    const page = await visit(tcfCmp + tag());
    await quiet(page);
    await page.evaluate("cmp.update('', true); ninety('event', 'while-pending')");
    // The screen is up again over a choice of old.
    await page.evaluate(`cmp.update('${tcString([1, 3])}', true)`);
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    expect(await world.context.cookies()).toEqual([]);

    const yes = tcString([1, 3, 4]);
    await page.evaluate(`cmp.update('${yes}', false)`);
    await world.server.arrived(2);
    const [view, event] = world.server.hits;
    expect(view).toMatchObject({
      e: 'pageview',
      gdpr: '1',
      gdpr_consent: yes,
      fid: (await firstPartyId())!.value,
    });
    expect(event).toMatchObject({ e: 'while-pending', gdpr: '1', gdpr_consent: yes, fid: view!.fid });
    await quiet(page);
    expect(world.server.hits).toHaveLength(2);
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
      await world.server.arrived(1);
      await page.evaluate("ninety('event', 'after')");
      await quiet(page);
      expect(world.server.hits).toHaveLength(1);
      const { id, length, host, method, referer, ...hit } = world.server.hits[0]!;
      expect(hit).toEqual({
        s: 'KEY',
        e: 'refusal',
        gdpr: '1',
        gdpr_consent: no,
      });
      expect(await world.context.cookies()).toEqual([]);
    },
  );

  it('follows a changed mind at once: the withdrawal names the known id, a new yes gets a new one', async () => {
    const yes = tcString([1, 3]);
    const no = tcString([]);
    const page = await visit(tcfCmp + tag());
    await page.evaluate(`cmp.update('${yes}', false)`);
    await world.server.arrived(1);
    await page.evaluate(`cmp.update('${yes}', true)`);
    await quiet(page);
    expect(world.server.hits).toHaveLength(1);
    await page.evaluate(`cmp.update('${no}', false)`);
    await world.server.arrived(2);
    expect(await firstPartyId()).toBeUndefined();
    await page.evaluate(`ninety('event', 'refused'); cmp.update('${yes}', false)`);
    await world.server.arrived(3);
    const [view, refusal, again] = world.server.hits;
    expect(refusal).toMatchObject({ e: 'refusal', gdpr_consent: no, fid: view!.fid });
    expect(again).toMatchObject({ e: 'pageview', gdpr_consent: yes, fid: (await firstPartyId())!.value });
    expect(again!.fid).not.toBe(view!.fid);
    expect(again!.id).not.toBe(view!.id);
    await quiet(page);
    expect(world.server.hits).toHaveLength(3);
  });

  it('brings one yes that replaces another under the hit id of the page view, which counts once', async () => {
    const page = await visit(tcfCmp + tag());
    await page.evaluate(`cmp.update('${tcString([1, 3, 4])}', false)`);
    await world.server.arrived(1);
    const less = tcString([1, 3]);
    await page.evaluate(`cmp.update('${less}', false)`);
    await world.server.arrived(2);
    const [first, second] = world.server.hits;
    expect(second).toMatchObject({ e: 'pageview', id: first!.id, fid: first!.fid, gdpr_consent: less });
  });

  it('passes on that GDPR does not apply', async () => {
    const page = await visit(tcfCmp + tag());
    await page.evaluate('cmp.update(null)');
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({
      e: 'pageview',
      gdpr: '0',
      fid: (await firstPartyId())!.value,
    });
    expect(world.server.hits[0]).not.toHaveProperty('gdpr_consent');
  });

  it('asks for the consent to the vendor that the page names', async () => {
    const yes = tcString([1, 3]);
    for (const [vendor, event] of [
      ['2', 'pageview'],
      ['3', 'refusal'],
    ]) {
      world.server.hits.length = 0;
      const page = await visit(tcfCmp + tag(`data-vendor="${vendor}"`));
      await page.evaluate(`cmp.update('${yes}', false)`);
      await world.server.arrived(1);
      expect(world.server.hits[0]).toMatchObject({ e: event, gdpr_consent: yes });
    }
    expect(await world.context.cookies()).toEqual([]);
  });

  it('holds everything back where a CMP never answers', async () => {
    const page = await visit(stub('__tcfapi') + tag());
    await page.evaluate("ninety('event', 'held')");
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    expect(await world.context.cookies()).toEqual([]);
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
    expect(world.server.hits).toEqual([]);
    await page.evaluate(
      `hear({ gdprApplies: true, eventStatus: 'tcloaded', tcString: '${yes}', purpose: { consents: { 1: true, 3: true } } }, true)`,
    );
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', gdpr_consent: yes });
  });

  it('takes back what it sent before a CMP that turns up late', async () => {
    const no = tcString([]);
    const page = await visit(tag());
    await world.server.arrived(1);
    await page.evaluate(`window.__tcfapi = (command, version, hear) =>
      hear({ gdprApplies: true, eventStatus: 'tcloaded', tcString: '${no}', purpose: { consents: {} } }, true)`);
    await world.server.arrived(2);
    const [view, refusal] = world.server.hits;
    expect(view).toMatchObject({ e: 'pageview' });
    expect(refusal).toMatchObject({ e: 'refusal', gdpr_consent: no, fid: view!.fid });
    expect(await world.context.cookies()).toEqual([]);
  });

  it('sends nothing before GPP is ready, then the string and its section, and obeys an opt-out', async () => {
    const page = await visit(gppCmp + tag());
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    await page.evaluate('choose(2)');
    await world.server.arrived(1);
    const [view] = world.server.hits;
    expect(view).toMatchObject({
      e: 'pageview',
      gpp: await page.evaluate('cmp.getGppString()'),
      gpp_sid: '7',
    });
    expect(view!.fid).toBe((await firstPartyId())!.value);
    await page.evaluate('choose(1)');
    await world.server.arrived(2);
    expect(world.server.hits[1]).toMatchObject({
      e: 'refusal',
      fid: view!.fid,
      gpp: await page.evaluate('cmp.getGppString()'),
    });
    expect(await world.context.cookies()).toEqual([]);
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
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: event, gpp_sid: sections.join() });
    expect(Boolean(await firstPartyId())).toBe(event === 'pageview');
  });

  it('takes no legitimate interest for a consent, in a section given as a list of its segments', async () => {
    await visit(`<script>window.__gpp = (command, hear) => hear({ pingData: {
      signalStatus: 'ready', gppString: 'DBABMA~', applicableSections: [2], parsedSections: { tcfeuv2: [
        { PurposeConsents: [false, false, false], PurposeLegitimateInterests: [true, true, true] }] } } }, true)</script>${tag()}`);
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'refusal', gpp_sid: '2' });
    expect(await world.context.cookies()).toEqual([]);
  });

  it('keeps no id on a GPP string that only the collector can read', async () => {
    await visit(`<script>window.__gpp = (command, hear) =>
      hear({ pingData: { signalStatus: 'ready', gppString: 'DBABLA~BVQqAAAAAgA.QA', applicableSections: [7] } }, true)</script>${tag()}`);
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', gpp: 'DBABLA~BVQqAAAAAgA.QA' });
    expect(world.server.hits[0]).not.toHaveProperty('fid');
    expect(await world.context.cookies()).toEqual([]);
  });

  it('goes by the TC string where GDPR applies, whether GPP is ready or not', async () => {
    const page = await visit(tcfCmp + stub('__gpp') + tag());
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false)`);
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', gdpr: '1' });
  });

  it.each([
    ['1YNN', 'pageview', true],
    ['1---', 'pageview', true],
    ['1YYN', 'refusal', false],
    ['', 'pageview', false],
  ])('passes on the US Privacy string "%s" as %s', async (text, event, keeps) => {
    await visit(`<script>window.__uspapi = (command, version, hear) =>
      hear(${text ? `{ version: 1, uspString: '${text}' }, true` : 'null, false'})</script>${tag()}`);
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: event, ...(text ? { us_privacy: text } : {}) });
    expect(Boolean(await firstPartyId())).toBe(keeps);
  });

  /** A US Privacy API that says whatever `us` holds when it is asked. */
  const usPrivacy = `<script>
    us = null;
    asked = 0;
    window.__uspapi = (command, version, hear) => { asked++; hear(us && { version: 1, uspString: us }, !!us) };
  </script>`;

  it('hears a US Privacy string that changes, though the API tells nobody of it', async () => {
    const page = await visit(usPrivacy + tag(), { clock: true });
    const say = async (text: string | null, hits: number) => {
      await page.evaluate(`us = ${JSON.stringify(text)}`);
      await page.clock.runFor(1_100);
      await world.server.arrived(hits);
    };
    await say(null, 1);
    await say('1YNN', 2);
    await say('1YYN', 3);
    await say('1YNN', 4);
    const [unknown, no, opted, back] = world.server.hits;
    expect(unknown).toMatchObject({ e: 'pageview', us_privacy: '' });
    expect(no).toMatchObject({ e: 'pageview', id: unknown!.id, us_privacy: '1YNN' });
    expect(opted).toMatchObject({ e: 'refusal', us_privacy: '1YYN', fid: no!.fid });
    expect(back).toMatchObject({ e: 'pageview', us_privacy: '1YNN' });
    expect([unknown!.fid, no!.fid]).toEqual([undefined, expect.stringMatching(/^\d{16,}$/)]);
    expect(back!.fid).not.toBe(no!.fid);
    await page.evaluate('asked = 0');
    await page.clock.runFor(10_000);
    expect(await page.evaluate('asked')).toBe(10);
    expect(world.server.hits.filter(({ e }) => e !== 'attention')).toHaveLength(4);
  });

  it('hears a US Privacy string that changes in the page around its frame', async () => {
    world.server.pages.set('/framed', `<body>${tag()}`);
    const page = await visit(stub('__uspapi') + usPrivacy, {
      body: `<iframe src="${world.server.collector}/framed"></iframe>`,
    });
    for (const [hits, text] of [null, '1YNN', '1YYN', '1YNN'].entries()) {
      await page.evaluate(`us = ${JSON.stringify(text)}`);
      await world.server.arrived(hits + 1);
    }
    expect(world.server.hits.map(({ e, us_privacy }) => [e, us_privacy])).toEqual([
      ['pageview', ''],
      ['pageview', '1YNN'],
      ['refusal', '1YYN'],
      ['pageview', '1YNN'],
    ]);
  });

  it('sends the longest string whole, with whose hit it is, and leaves the rest to the collector', async () => {
    const long = `C${'A'.repeat(8_100)}`;
    await visit(`<script>window.__tcfapi = (command, version, hear) => hear({ gdprApplies: true,
      eventStatus: 'tcloaded', tcString: '${long}', purpose: { consents: { 1: true, 3: true } } }, true)</script>${tag()}`);
    await world.server.arrived(1);
    const { id, fid, length, host, method, referer, ...hit } = world.server.hits[0]!;
    expect(hit).toEqual({ s: 'KEY', e: 'pageview', gdpr: '1', gdpr_consent: long });
    expect(id).toMatch(/^\d{16,}$/);
    expect(fid).toBe((await firstPartyId())!.value);
  });

  it('asks the CMP of the page around its frame, and believes no other frame', async () => {
    const yes = tcString([1, 3]);
    world.server.pages.set(
      '/forger',
      `<script>setInterval(() => parent.postMessage({ __tcfapiReturn: { callId: '__tcfapi', success: true,
      returnValue: { gdprApplies: false, eventStatus: 'tcloaded' } } }, '*'), 50)</script>`,
    );
    world.server.pages.set('/framed', `<body>${tag()}<iframe src="/forger"></iframe>`);
    const page = await visit(tcfCmp, { body: `<iframe src="${world.server.collector}/framed"></iframe>` });
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    await page.evaluate(`cmp.update('${yes}', false)`);
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({
      e: 'pageview',
      u: `${world.server.collector}/framed`,
      gdpr: '1',
      gdpr_consent: yes,
    });
  });

  it('asks the GPP of the page around its frame too', async () => {
    world.server.pages.set('/framed', `<body>${tag()}`);
    const page = await visit(gppCmp, { body: `<iframe src="${world.server.collector}/framed"></iframe>` });
    await quiet(page);
    expect(world.server.hits).toEqual([]);
    await page.evaluate('choose(2)');
    await world.server.arrived(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'pageview', gpp_sid: '7' });
  });

  it('takes Global Privacy Control as a refusal that no CMP lifts', async () => {
    await world.context.addCookies([{ name: '_n90', value: 'k'.repeat(20), url: world.server.site }]);
    const page = await visit(tcfCmp + tag(), {
      init: "Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })",
    });
    await world.server.arrived(1);
    await page.evaluate(`cmp.update('${tcString([1, 3])}', false); ninety('event', 'any')`);
    await quiet(page);
    expect(world.server.hits).toHaveLength(1);
    expect(world.server.hits[0]).toMatchObject({ e: 'refusal', fid: 'k'.repeat(20) });
    expect(await world.context.cookies()).toEqual([]);
  });

  describe('with an API that keeps silent', () => {
    const usp = (text: string) =>
      `<script>window.__uspapi = (command, version, hear) => hear({ uspString: '${text}' }, true)</script>`;
    const noGdpr = `<script>window.__tcfapi = (command, version, hear) => hear({ gdprApplies: false }, true)</script>`;
    const gpp = (ping: string) => `<script>window.__gpp = (command, hear) => {
      window.tell = (ping) => hear({ pingData: ping }); tell(${ping}) }</script>`;
    const READY = `{ signalStatus: 'ready', gppString: 'DBABLA~BVQqAAAAAgA.QA', applicableSections: [7], parsedSections: { usnat: { SaleOptOut: 2 } } }`;

    it.each([
      ['US Privacy, after a word that GDPR does not apply', noGdpr + stub('__uspapi'), { gdpr: '0' }],
      ['TCF, after a GPP that is ready', stub('__tcfapi') + gpp(READY), { gpp_sid: '7' }],
      ['a stub of GPP, after a word that GDPR does not apply', noGdpr + stub('__gpp'), { gdpr: '0' }],
    ])('waits for %s no longer than its time, and keeps no id then', async (_, head, said) => {
      const page = await visit(head + tag(), { clock: true });
      await page.clock.runFor(4_900);
      await quiet(page);
      expect(world.server.hits).toEqual([]);
      await page.clock.runFor(2_000);
      await world.server.arrived(1);
      expect(world.server.hits[0]).toMatchObject({ e: 'pageview', ...said });
      expect(world.server.hits[0]).not.toHaveProperty('fid');
      expect(await world.context.cookies()).toEqual([]);
    });

    it.each([
      ['none has answered', stub('__tcfapi') + stub('__gpp') + stub('__uspapi')],
      ['only US Privacy has, which does not know a European', `${stub('__tcfapi')}${usp('1---')}`],
      [
        'a choice screen is up',
        `${noGdpr}${gpp("{ signalStatus: 'not ready', cmpDisplayStatus: 'visible' }")}`,
      ],
    ])('sends nothing, however long it takes, where %s', async (_, head) => {
      const page = await visit(head + tag(), { clock: true });
      await page.clock.runFor(60_000);
      await page.evaluate("ninety('event', 'held')");
      await quiet(page);
      expect(world.server.hits).toEqual([]);
      expect(await world.context.cookies()).toEqual([]);
    });

    it('hears it when it speaks at last, a yes as well as a no', async () => {
      const page = await visit(noGdpr + gpp("{ signalStatus: 'not ready' }") + tag(), { clock: true });
      await page.clock.runFor(7_000);
      await world.server.arrived(1);
      await page.evaluate(`tell(${READY})`);
      await page.clock.runFor(100);
      await world.server.arrived(2);
      await page.evaluate(`tell(${READY.replace('SaleOptOut: 2', 'SaleOptOut: 1')})`);
      await page.clock.runFor(100);
      await world.server.arrived(3);
      const [silent, yes, no] = world.server.hits;
      expect(silent).not.toHaveProperty('fid');
      expect(yes).toMatchObject({ e: 'pageview', id: silent!.id, gpp_sid: '7', fid: expect.any(String) });
      expect(no).toMatchObject({ e: 'refusal', fid: yes!.fid });
      expect(await world.context.cookies()).toEqual([]);
    });
  });
});
