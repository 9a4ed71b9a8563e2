import { describe, expect, it } from 'vitest';
import { isVisitorId, suppressionHash, visitorId, visitorNumber } from '../identity/visitor.ts';
import { Collector, type Outcome } from './collector.ts';
import {
  AMERICAN,
  CHROME,
  type Front,
  front,
  GERMAN,
  HOSTED,
  NO,
  NOWHERE,
  OUR_VENDOR,
  SECRET,
  SITE,
  tc,
  YES,
} from './front.testing.ts';
import type { HitInput } from './hit.ts';
import { Optouts } from './optouts.ts';
import type { BrowserSigns, Sender } from './sender.ts';

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0, 7);
const IDFA = { deviceType: 'idfa', deviceId: 'AEBE52E7-03EE-455A-B3C4-E57283966239' };
const YES_IN_GERMANY = { gdpr: '1', gdprConsent: YES };
const NO_IN_GERMANY = { gdpr: '1', gdprConsent: NO };

const open = () => front({ gvlId: OUR_VENDOR, now: NOW });

function see(door: Front, hit: HitInput = {}, sender: Partial<Sender> = {}): Outcome {
  const outcomes: Outcome[] = [];
  door.collector.collect(
    { site: SITE.key, url: 'https://shop.test/a', ...hit },
    {
      time: NOW,
      address: AMERICAN,
      userAgent: CHROME,
      acceptLanguage: undefined,
      gpc: false,
      cookie: undefined,
      mayMint: true,
      origin: 'pixel',
      ...sender,
    },
    (outcome) => outcomes.push(outcome),
  );
  expect(outcomes).toHaveLength(1);
  return outcomes[0]!;
}

const visitors = (door: Front) => door.journal.of('hits').map((row) => row['visitor']);
const hitIds = (door: Front) => door.journal.of('hits').map((row) => row['hit']);

describe('whose hit it is', () => {
  const cookie = visitorId(7n);

  it('a cookie before a device id, which becomes a link', () => {
    const door = open();
    see(door, { ...IDFA, firstPartyId: 'member-0001' }, { cookie });
    expect(door.journal.of('hits')[0]).toMatchObject({
      visitor: '7',
      device_type: 'idfa',
      device_id: IDFA.deviceId.toLowerCase(),
    });
  });

  it('a device id before a first-party id, the same however it is written', () => {
    const door = open();
    see(door, { ...IDFA, firstPartyId: 'member-0001' });
    see(door, { deviceType: 'IDFA', deviceId: IDFA.deviceId.toLowerCase() });
    see(door, { ...IDFA, deviceType: 'gaid' });
    const [first, second, other] = visitors(door);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it('a first-party id is of one site, and is not written down itself', () => {
    const door = open();
    see(door, { firstPartyId: 'member-0001' });
    see(door, { firstPartyId: 'member-0001' });
    see(door, { firstPartyId: 'member-0002' });
    const [first, second, other] = visitors(door);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(door.journal.rows.map(({ line }) => line).join()).not.toContain('member');
  });

  it('else a new visitor, or the one that the request shares', () => {
    const door = open();
    const jar = { visitor: undefined };
    expect(see(door)).not.toEqual(see(door));
    expect(see(door, {}, { jar })).toEqual(see(door, {}, { jar }));
    expect(new Set(visitors(door)).size).toBe(3);
  });

  it('nobody, where there is no id and none may be given', () => {
    expect(see(open(), {}, { mayMint: false })).toEqual({ stored: false, reason: 'no_id', forget: false });
  });
});

describe('a refusal that comes with a known id', () => {
  const refusals: [string, HitInput, Partial<Sender>, string][] = [
    ['by TCF', NO_IN_GERMANY, { address: GERMAN }, 'no_vendor_consent'],
    ['without purpose 1', { gdpr: '1', gdprConsent: tc([3, 4], [OUR_VENDOR]) }, {}, 'no_purpose_store'],
    ['without purpose 3', { gdpr: '1', gdprConsent: tc([1, 4], [OUR_VENDOR]) }, {}, 'no_purpose_profile'],
    ['by GPC', {}, { gpc: true }, 'sale_opt_out'],
    ['by US Privacy', { usPrivacy: '1YYN' }, {}, 'sale_opt_out'],
    ['that the tag reports', { event: 'refusal' }, {}, 'visitor_refused'],
    [
      'that the tag reports with a string that cannot be read',
      { event: 'refusal', gdpr: '1', gdprConsent: 'C???' },
      {},
      'consent_unreadable',
    ],
    ['that the tag reports without a signal', { event: 'refusal' }, { address: GERMAN }, 'consent_missing'],
  ];
  const ids: [string, HitInput, Partial<Sender>][] = [
    ['a cookie', {}, { cookie: visitorId(7n) }],
    ['a device id', IDFA, {}],
    ['a first-party id', { firstPartyId: 'member-0001' }, {}],
  ];

  it.each(
    ids.flatMap(([id, hit, sender]) => refusals.map((refusal) => [id, hit, sender, ...refusal] as const)),
  )('%4$s%3$s: is a withdrawal of %s', (_, hit, sender, _how, refusal, by, reason) => {
    const door = open();
    const seen = see(door, { ...hit, ...YES_IN_GERMANY }, sender);
    expect(seen.stored).toBe(true);
    const outcome = see(door, { ...hit, ...refusal }, { ...sender, ...by });
    expect(outcome).toMatchObject({ stored: false, reason });
    if (sender.cookie !== undefined) expect(outcome).toMatchObject({ forget: true });
    expect(door.journal.of('hits')).toHaveLength(1);
    expect(door.journal.of('consents')).toEqual([
      {
        time: `${Math.floor(NOW / 1000)}.007`,
        visitor: seen.stored ? String(visitorNumber(seen.visitor)) : '',
        withdrawn: '1',
        purposes: '0',
        partners: '[]',
        origin: 'pixel',
      },
    ]);
    expect(door.counted()).toEqual({ stored: 1, [reason]: 1 });
  });

  it.each<[string, HitInput, string, string]>([
    ['no signal in Germany', {}, GERMAN, 'consent_missing'],
    ['no signal from a country that is not known', {}, NOWHERE, 'country_unknown'],
    ['a string that cannot be read', { gdpr: '1', gdprConsent: '!' }, GERMAN, 'consent_unreadable'],
    ['a string of 9 kB', { gdpr: '1', gdprConsent: 'C'.repeat(9000) }, GERMAN, 'consent_too_long'],
  ])('%s is no withdrawal, and keeps the cookie', (_, hit, address, reason) => {
    const door = open();
    expect(see(door, hit, { address, cookie: visitorId(7n) })).toEqual({
      stored: false,
      reason,
      forget: false,
    });
    expect(door.journal.rows).toEqual([]);
  });

  it('from somebody unknown writes nothing', () => {
    const door = open();
    expect(see(door, {}, { gpc: true })).toMatchObject({ stored: false, reason: 'sale_opt_out' });
    expect(door.journal.rows).toEqual([]);
  });

  it('from somebody unknown touches no cookie', () => {
    expect(see(open(), {}, { gpc: true })).toMatchObject({ forget: false });
  });

  it('is one of every id that comes with it', () => {
    const door = open();
    const device = { deviceId: '6d92078a-8246-4ba4-ae5b-76104861e7dc', deviceType: 'idfa' };
    const app = see(door, device);
    const reader = see(door, { firstPartyId: 'a-first-party-id' });
    const cookie = visitorId(7n);
    expect(see(door, { ...device, firstPartyId: 'a-first-party-id' }, { gpc: true, cookie })).toEqual({
      stored: false,
      reason: 'sale_opt_out',
      forget: true,
    });
    const numbers = [cookie, app.stored ? app.visitor : '', reader.stored ? reader.visitor : ''].map((id) =>
      isVisitorId(id) ? String(visitorNumber(id)) : 'not stored',
    );
    expect(door.journal.of('consents').map((row) => row['visitor'])).toEqual(numbers);
    expect(door.counted()).toEqual({ stored: 2, sale_opt_out: 1 });
  });

  it.each<[string, HitInput]>([
    ['without a page', { url: '' }],
    ['with an address that is none', { url: 'not a url' }],
    ['with a value that cannot be', { scroll: 900 }],
    ['with a device id that is none', { deviceId: 'x', deviceType: 'idfa' }],
  ])('is heard also in a hit %s', (_, hit) => {
    const door = open();
    expect(see(door, hit, { gpc: true, cookie: visitorId(7n) })).toMatchObject({ reason: 'sale_opt_out' });
    expect(door.journal.of('consents')).toHaveLength(1);
  });

  it('that the journal does not take is named by the journal', () => {
    const door = open();
    door.journal.refusal = 'journal_failed';
    expect(see(door, {}, { gpc: true, cookie: visitorId(7n) })).toEqual({
      stored: false,
      reason: 'journal_failed',
      forget: false,
    });
    expect(door.counted()).toEqual({ journal_failed: 1 });
  });
});

describe('what a yes allows is kept with the hit', () => {
  it.each<[string, HitInput, string, string]>([
    ['all, where no law wants a yes', {}, '781', "['acme','framed','plain']"],
    ['what the string gives', { gdpr: '1', gdprConsent: tc([1, 3, 4], [OUR_VENDOR, 10]) }, '13', "['acme']"],
    ['no partner that lacks consent', { gdpr: '1', gdprConsent: tc([1, 3, 4], [OUR_VENDOR]) }, '13', '[]'],
    ['no partner without purpose 4', { gdpr: '1', gdprConsent: tc([1, 3], [OUR_VENDOR, 10]) }, '5', '[]'],
  ])('%s', (_, signals, purposes, partners) => {
    const door = open();
    see(door, signals);
    expect(door.journal.of('hits')[0]).toMatchObject({ purposes, partners });
  });

  it('an owner who vouches for a log is believed for reckoning, and for no partner', () => {
    const door = open();
    see(door, {}, { address: GERMAN, origin: 'import', consentGiven: true });
    expect(door.journal.of('hits')[0]).toMatchObject({ purposes: '781', partners: '[]', origin: 'import' });
    expect(door.tally.totals()).toEqual([{ room: 'import', site: 'shop', reason: 'stored', n: 1 }]);
  });
});

describe('a hit id', () => {
  const cookie = visitorId(7n);

  it('makes a repeat the same hit', () => {
    const door = open();
    see(door, { hitId: 'h1' }, { cookie });
    see(door, { hitId: 'h1', title: 'sent again' }, { cookie });
    see(door, { hitId: 'h2' }, { cookie });
    const [first, repeat, other] = hitIds(door);
    expect(repeat).toBe(first);
    expect(other).not.toBe(first);
  });

  it('of two visitors is two hits, and none is never the same', () => {
    const door = open();
    see(door, { hitId: '1' }, { cookie });
    see(door, { hitId: '1' }, { cookie: visitorId(8n) });
    see(door, {}, { cookie });
    see(door, {}, { cookie });
    expect(new Set(hitIds(door)).size).toBe(4);
  });

  it('of 201 characters is a bad field', () => {
    expect(see(open(), { hitId: 'h'.repeat(201) })).toMatchObject({ reason: 'bad_field' });
  });
});

describe('an import whose owner vouches for consent', () => {
  const given: Partial<Sender> = { address: GERMAN, origin: 'import', consentGiven: true, mayMint: false };
  const hit: HitInput = { firstPartyId: 'member-0001' };

  it.each<[string, HitInput, Partial<Sender>]>([
    ['no signal where the law wants a yes', {}, {}],
    ['a country that is not known', {}, { address: NOWHERE }],
    ['a string that cannot be read', { gdpr: '1', gdprConsent: '!' }, {}],
    ['a signal for nobody of us', { gdpr: '1' }, {}],
  ])('is believed in spite of %s', (_, signals, sender) => {
    expect(see(open(), { ...hit, ...signals }, { ...given, ...sender }).stored).toBe(true);
  });

  it.each<[string, HitInput, Partial<Sender>, string]>([
    ['a refusal that the tag had reported', { event: 'refusal' }, {}, 'visitor_refused'],
    ['a no to TCF', NO_IN_GERMANY, {}, 'no_vendor_consent'],
    ['an opt-out of sale', { usPrivacy: '1YYN' }, {}, 'sale_opt_out'],
  ])('is not believed against %s, which is written down', (_, signals, sender, reason) => {
    const door = open();
    expect(see(door, { ...hit, ...signals }, { ...given, ...sender })).toMatchObject({ reason });
    expect(door.journal.rows.map(({ stream }) => stream)).toEqual(['consents']);
  });

  it('is not believed against the mark of an opt-out, which is written down', async () => {
    const door = open();
    const outcome = await new Promise((done) => {
      const sender = {
        time: NOW,
        userAgent: CHROME,
        acceptLanguage: undefined,
        gpc: false,
        cookie: undefined,
      };
      const marked = {
        ...sender,
        address: GERMAN,
        mayMint: false,
        origin: 'import',
        optedOut: true,
      } as const;
      door.collector.collect({ site: SITE.key, ...hit }, { ...marked, consentGiven: true }, done);
    });
    expect(outcome).toMatchObject({ reason: 'opted_out' });
    expect(door.journal.rows.map(({ stream }) => stream)).toEqual(['optouts']);
  });

  it('is not believed against an opt-out that is known', () => {
    const door = front({ gvlId: OUR_VENDOR, now: NOW });
    const seen = see(door, hit, given);
    const visitor = seen.stored ? seen.visitor : visitorId(0n);
    const hash = suppressionHash(SECRET, visitor);
    const suppressed = {
      size: 1,
      has: (one: typeof visitor) => suppressionHash(SECRET, one) === hash,
      add: async () => {},
    };
    const { journal, geo, tally, rules } = door;
    const collector = new Collector({
      rules,
      journal,
      geo,
      tally,
      secret: SECRET,
      retentionDays: 90,
      now: () => NOW,
      optouts: new Optouts({ journal, suppressed, secret: SECRET, fault: () => {} }),
    });
    expect(see({ ...door, collector }, hit, given)).toEqual({
      stored: false,
      reason: 'opted_out',
      forget: false,
    });
    expect(door.journal.of('hits')).toHaveLength(1);
  });
});

describe('a no of another day', () => {
  const no = (days: number) => {
    const door = open();
    const time = NOW - days * 86_400_000;
    const sender = { time, address: AMERICAN, userAgent: undefined, acceptLanguage: undefined, gpc: true };
    const server = {
      ...sender,
      cookie: undefined,
      mayMint: false,
      origin: 'api',
      browser: undefined,
    } as const;
    door.collector.collect({ site: SITE.key, firstPartyId: 'reader-0001' }, server, () => {});
    return door.journal.of('consents').map((row) => Math.round(Number(row['time']) * 1000) - NOW);
  };

  it('counts from that day, so that it takes back no yes that was said since', () => {
    expect(no(30)).toEqual([-30 * 86_400_000]);
    expect(no(0)).toEqual([0]);
  });
});

describe('a clock that jumps', () => {
  const HOUR = 3_600_000;
  const DAY = 24 * HOUR;

  /** Moments of the nos that are said while the clock shows these. */
  function momentsOf(...clock: number[]): number[] {
    let now = NOW;
    const { journal, geo, tally, rules } = open();
    const collector = new Collector({
      rules,
      journal,
      geo,
      tally,
      secret: SECRET,
      retentionDays: 90,
      now: () => now,
    });
    for (now of clock) see({ ...open(), collector }, {}, { time: now, gpc: true, cookie: visitorId(7n) });
    return journal.of('consents').map((row) => Math.round(Number(row['time']) * 1000));
  }

  it.each<[string, number[], number[]]>([
    ['on: each no has its own moment', [0, DAY, 400 * DAY], [0, DAY, 400 * DAY]],
    ['back a little: a no is not earlier than what was written', [0, -1, -14 * HOUR, 5], [0, 0, 0, 5]],
    ['far on and back: no later no is pinned there', [0, 400 * DAY, 1, 2, -5], [0, 400 * DAY, 1, 2, 2]],
    [
      'back by more than a clock is wrong: that is the time now',
      [0, -2 * DAY, -2 * DAY - 1],
      [0, -2 * DAY, -2 * DAY],
    ],
  ])('%s', (_, clock, moments) => {
    expect(momentsOf(...clock.map((at) => NOW + at))).toEqual(moments.map((at) => NOW + at));
  });
});

describe('what is written', () => {
  it('names no person', () => {
    const door = open();
    const secret = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLWl0';
    see(
      door,
      {
        url: `https://jane:pw@shop.test/u/jane.doe%40example.com/${secret}?email=jane.doe@example.com&utm_source=mail#jane`,
        title: 'Inbox of jane.doe@example.com, +49 151 23456789',
        referrer: 'https://mail.test/?user=jane.doe@example.com',
        categories: ['jane.doe@example.com'],
        keywords: ['+49 151 23456789', 'shoes'],
        firstPartyId: 'jane-doe-0001',
        hitId: 'jane-hit',
      },
      { address: '192.0.2.17' },
    );
    const [{ line } = { line: '' }] = door.journal.rows;
    expect(line).not.toMatch(/jane|example\.com|23456789|192\.0\.2\.17|eyJ|pw@/);
    expect(door.journal.of('hits')[0]).toMatchObject({
      network: '192.0.2.0/24',
      referrer: 'https://mail.test/',
      keywords: "['[phone]','shoes']",
      url: 'https://shop.test/u/[email]/[token]?utm_source=mail',
    });
  });

  it('of categories: the site’s own as given, then what the page is about', () => {
    const door = open();
    see(door, { url: 'https://shop.test/football/news', categories: ['80DV8O', ' own name ', '80DV8O', ''] });
    const own = String(door.journal.of('hits')[0]?.['categories']);
    expect(own).toMatch(/^\['80DV8O','own name','483'|^\['80DV8O','own name','\w+'/);
  });

  it('of attention and zone: as given, in whole numbers', () => {
    const door = open();
    see(door, { event: 'attention', dwellMs: 86_400_000, scroll: 100, tz: -720 });
    expect(door.journal.of('hits')[0]).toMatchObject({
      event: 'attention',
      dwell_ms: '86400000',
      scroll: '100',
      tz: '-720',
    });
  });

  it.each<[string, HitInput]>([
    ['more attention than a day', { dwellMs: 86_400_001 }],
    ['negative attention', { dwellMs: -1 }],
    ['more than the whole page', { scroll: 101 }],
    ['a zone west of all zones', { tz: -721 }],
    ['an event with an address in it', { event: 'a@b' }],
    ['a first-party id with a space', { firstPartyId: 'member 0001' }],
    ['a short first-party id', { firstPartyId: 'm1' }],
  ])('%s is a bad field', (_, hit) => {
    expect(see(open(), hit)).toEqual({ stored: false, reason: 'bad_field', forget: false });
  });

  it('of a crawler: nothing', () => {
    const door = open();
    const userAgent = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
    expect(see(door, {}, { userAgent })).toMatchObject({ reason: 'bot' });
    expect(door.journal.rows).toEqual([]);
  });
});

describe('where a hit comes from', () => {
  const tagged = 'https://shop.test/a?utm_campaign=spring&utm_medium=cpc';
  it.each<[string, HitInput, string, string]>([
    ['nowhere', {}, 'direct', ''],
    ['a search', { referrer: 'https://www.google.de/' }, 'search', ''],
    ['a social network', { referrer: 'https://t.co/x' }, 'social', ''],
    ['its own site', { referrer: 'https://www.shop.test/b' }, 'internal', ''],
    ['a campaign, whatever the referrer', { url: tagged, referrer: 'https://t.co/x' }, 'campaign', 'spring'],
    [
      'its own site, by a link with tags',
      { url: tagged, referrer: 'https://shop.test/' },
      'internal',
      'spring',
    ],
    [
      'a campaign that is given beside one in the address',
      { url: tagged, campaign: 'own' },
      'campaign',
      'own',
    ],
    ['nowhere, in the midst of a visit', { event: 'attention' }, '', ''],
    ['the campaign of the visit, counted once', { event: 'attention', url: tagged }, 'campaign', ''],
    ['a site, with a signup', { event: 'signup', referrer: 'https://news.test/' }, 'referral', ''],
  ])('%s', (_, hit, source, campaign) => {
    const door = open();
    see(door, hit);
    expect(door.journal.of('hits')[0]).toMatchObject({ source, campaign });
  });

  it.each(['impression', 'click', 'conversion'])('%s of an ad has campaign and creative', (event) => {
    const door = open();
    see(door, { event, campaign: 'spring', creative: 'banner of joe@example.com' });
    expect(door.journal.of('hits')[0]).toMatchObject({
      event,
      campaign: 'spring',
      creative: 'banner of [email]',
    });
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, '{}'],
    ['an empty parameter', '', '{}'],
    ['null', 'null', '{}'],
    ['an object', { plan: 'gold' }, "{'plan':'gold'}"],
    ['the text of one', '{"plan":"gold","seats":3}', "{'plan':'gold','seats':'3'}"],
    ['a value that names a person', { who: 'joe@example.com' }, "{'who':'[email]'}"],
  ])('properties: %s', (_, props, written) => {
    const door = open();
    see(door, { props });
    expect(door.journal.of('hits')[0]?.['props']).toBe(written);
  });

  it.each([
    ['text that is no JSON', '{"plan":'],
    ['a list', '[1]'],
    ['an object in an object', { a: { b: 1 } }],
  ])('properties: %s is a bad field', (_, props) => {
    expect(see(open(), { props })).toMatchObject({ reason: 'bad_field' });
  });
});

describe('a browser’s own request', () => {
  const HINTS = {
    brands: '"Microsoft Edge";v="141", "Not?A_Brand";v="8", "Chromium";v="141"',
    mobile: '?0',
    platform: '"Linux"',
  };
  const HEADLESS = { ...HINTS, brands: '"HeadlessChrome";v="141", "Chromium";v="141"' };
  const signs = (rest: Partial<BrowserSigns> = {}): Partial<Sender> => ({
    acceptLanguage: 'en',
    browser: { clientHints: HINTS, fetchMetadata: true, secure: true, ...rest },
  });

  it('is known by its hints, which win', () => {
    const door = open();
    see(door, {}, signs());
    see(door);
    expect(door.journal.of('hits').map((row) => row['browser'])).toEqual(['Edge', 'Chrome']);
  });

  it.each<[string, Partial<Sender>, boolean]>([
    ['complete', signs(), true],
    ['out of a data centre alone', { ...signs(), address: HOSTED }, true],
    ['headless alone', signs({ clientHints: HEADLESS }), true],
    ['without a language alone', { ...signs(), acceptLanguage: undefined }, true],
    [
      'without two headers, which is one kind of sign',
      { ...signs({ fetchMetadata: false }), acceptLanguage: '' },
      true,
    ],
    [
      'by http, which carries no fetch metadata',
      { ...signs({ fetchMetadata: false, secure: false }), address: HOSTED },
      true,
    ],
    ['headless in a data centre', { ...signs({ clientHints: HEADLESS }), address: HOSTED }, false],
    [
      'without fetch metadata in a data centre',
      { ...signs({ fetchMetadata: false }), address: HOSTED },
      false,
    ],
    [
      'of a system that its hints contradict, in a data centre',
      { ...signs({ clientHints: { ...HINTS, platform: '"Windows"' } }), address: HOSTED },
      false,
    ],
    ['spoken for by a server, of which no sign is known', { address: HOSTED, origin: 'api' }, true],
  ])('%s', (_, sender, stored) => {
    const door = open();
    see(door, {}, sender);
    expect(door.counted()).toEqual(stored ? { stored: 1 } : { bot: 1 });
  });

  it('that seems a crawler’s is heard all the same when it says no', () => {
    const door = open();
    const crawler = { ...signs({ clientHints: HEADLESS }), address: HOSTED, cookie: visitorId(7n) };
    expect(see(door, {}, { ...crawler, gpc: true })).toMatchObject({ reason: 'sale_opt_out', forget: true });
    expect(door.journal.of('consents')).toHaveLength(1);
  });
});
