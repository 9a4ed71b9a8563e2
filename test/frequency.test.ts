import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Operator, Person, until } from './client.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';

const HOUR_MS = 3_600_000;
/** In hours. */
const DAY = 24;
const MONTH = 30 * DAY;
/** Where ads are shown: their pixels name no page, the browser's Referer does. */
const PUBLISHER = 'https://news.example/football/cup';
const SHOP = 'https://shop.test/boots';

/** What an ad reports of a person: without an age by the pixel, now; with one by the ad server, as of its time. */
interface AdEvent {
  readonly e: 'impression' | 'click' | 'conversion';
  readonly ca?: string;
  readonly cr?: string;
  readonly hoursAgo?: number;
  readonly id?: string;
}

const shown = (times: number, event: Partial<AdEvent> = {}): AdEvent[] =>
  Array.from({ length: times }, () => ({ e: 'impression', ca: 'spring', cr: 'banner-7', ...event }));
const clicked = (event: Partial<AdEvent> = {}): AdEvent => ({
  e: 'click',
  ca: 'spring',
  cr: 'banner-7',
  ...event,
});
const bought = (event: Partial<AdEvent> = {}): AdEvent => ({ e: 'conversion', ca: 'spring', ...event });

const SEGMENTS = {
  // Frequency: enough is enough.
  worn: {
    all: [
      { did: { event: 'impression', campaign: 'spring' }, times: 5, within: '24h' },
      { not: { did: { event: 'conversion', campaign: 'spring' } } },
    ],
  },
  buyers: { did: { event: 'conversion' }, within: '30d' },
  // Suppression: who has bought need not be asked again.
  prospects: { all: [{ did: { event: 'impression', campaign: 'spring' } }, { not: { segment: 'buyers' } }] },
  // The same without the other segment.
  unmoved: {
    all: [
      { did: { event: 'impression', campaign: 'spring' } },
      { not: { did: { event: 'conversion' }, within: '30d' } },
    ],
  },
  capped: { did: { event: 'impression', campaign: 'spring' }, times: { gte: 1, lt: 5 }, within: '24h' },
  'clicked-8': { did: { event: 'click', creative: ['banner-8', 'banner-9'] } },
  'came-by-ad': { did: { event: 'pageview', source: 'campaign', campaign: 'spring' } },
  'came-by-search': { did: { source: 'search' } },
} as const;
type Segment = keyof typeof SEGMENTS;

const PEOPLE: readonly (readonly [string, readonly AdEvent[], readonly Segment[]])[] = [
  ['reads and is shown nothing', [], []],
  ['is shown it five times', shown(5), ['worn', 'prospects', 'unmoved']],
  ['is shown it four times', shown(4), ['prospects', 'unmoved', 'capped']],
  [
    'is shown it five times, once a day ago and an hour',
    [...shown(4), ...shown(1, { hoursAgo: DAY + 1 })],
    ['prospects', 'unmoved', 'capped'],
  ],
  [
    'is shown it five times, once nearly a day ago',
    [...shown(4), ...shown(1, { hoursAgo: DAY - 1 })],
    ['worn', 'prospects', 'unmoved'],
  ],
  [
    'is shown it once, which is reported five times',
    shown(5, { id: 'impression-1' }),
    ['prospects', 'unmoved', 'capped'],
  ],
  [
    'is shown two campaigns, five times together',
    [...shown(3), ...shown(2, { ca: 'summer' })],
    ['prospects', 'unmoved', 'capped'],
  ],
  [
    'is shown two creatives of one campaign, five times together',
    [...shown(3), ...shown(2, { cr: 'banner-8' })],
    ['worn', 'prospects', 'unmoved'],
  ],
  ['is shown it five times and buys', [...shown(5), bought()], ['buyers']],
  [
    'is shown it five times and buys by another campaign',
    [...shown(5), bought({ ca: 'summer' })],
    ['worn', 'buyers'],
  ],
  [
    'is shown only another campaign, and buys',
    [...shown(5, { ca: 'summer' }), bought({ ca: 'summer' })],
    ['buyers'],
  ],
  ['bought yesterday', [...shown(1), bought({ hoursAgo: DAY })], ['buyers', 'capped']],
  [
    'bought an hour less than a month ago',
    [...shown(1), bought({ hoursAgo: MONTH - 1 })],
    ['buyers', 'capped'],
  ],
  [
    'bought an hour more than a month ago',
    [...shown(5), bought({ hoursAgo: MONTH + 1 })],
    ['prospects', 'unmoved'],
  ],
  ['clicks on one creative', [...shown(1), clicked()], ['prospects', 'unmoved', 'capped']],
  [
    'clicks on another creative',
    [...shown(1, { cr: 'banner-8' }), clicked({ cr: 'banner-8' })],
    ['prospects', 'unmoved', 'capped', 'clicked-8'],
  ],
  [
    'was shown a creative and did not click on it',
    shown(1, { cr: 'banner-9' }),
    ['prospects', 'unmoved', 'capped'],
  ],
];

/** Those who came to the shop, by the address they came to and whence. */
const ARRIVALS: readonly (readonly [string, string, string, readonly Segment[]])[] = [
  [
    'comes by the ad',
    `${SHOP}?utm_source=news&utm_medium=cpc&utm_campaign=spring`,
    PUBLISHER,
    ['came-by-ad'],
  ],
  ['comes by another ad', `${SHOP}?utm_source=news&utm_medium=cpc&utm_campaign=summer`, PUBLISHER, []],
  ['comes by a mailing of the campaign', `${SHOP}?utm_medium=email&utm_campaign=spring`, '', []],
  ['comes by a search', SHOP, 'https://www.google.com/', ['came-by-search']],
  ['comes by a link', SHOP, PUBLISHER, []],
];

describe.each(['embedded', 'cluster'] as const satisfies HomeName[])('ads reported to %s', (name) => {
  let home: Home;
  /** Who is to be in a segment, by the ids that its readers get. */
  const expected = new Map<Segment, string[]>();
  const say = (person: Person, segments: readonly Segment[]) => {
    for (const segment of segments) expected.set(segment, [...(expected.get(segment) ?? []), person.visitor]);
  };

  /** As ads report: what happens now by an image, what was by the ad server's own batch. */
  async function report(
    person: Person,
    fid: string,
    adServer: Operator,
    events: readonly AdEvent[],
  ): Promise<void> {
    for (const { e, ca = '', cr = '', id = '' } of events.filter(({ hoursAgo }) => hoursAgo === undefined)) {
      const seen = await person.see({ s: home.siteKey, e, ca, cr, id, fid }, { referer: PUBLISHER });
      expect(seen).toBe('stored');
    }
    const older = events.filter(({ hoursAgo }) => hoursAgo !== undefined);
    if (older.length === 0) return;
    const hits = older.map(({ e, ca, cr, hoursAgo }) => ({
      site: home.siteKey,
      event: e,
      campaign: ca,
      creative: cr,
      url: PUBLISHER,
      firstPartyId: fid,
      time: Date.now() - hoursAgo! * HOUR_MS,
    }));
    expect(await adServer.json('POST', '/v1/hits', hits)).toEqual({ accepted: older.length, refused: [] });
  }

  beforeAll(async () => {
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '0', NINETY_SEGMENTS_CRON: '0 0 1 1 *' });
    const { admin, collector, siteKey } = home;
    for (const [id, rule] of Object.entries(SEGMENTS))
      await admin.json('POST', '/v1/segments', { id, name: id, rule });
    const { key } = await admin.json<{ key: string }>('POST', '/v1/keys', { name: 'A', scopes: ['collect'] });
    const adServer = new Operator(collector, key);
    await until(
      'the collector knows the ad server',
      async () => (await adServer.send('POST', '/v1/hits', [])).status === 202,
    );
    for (const [n, [, events, segments]] of PEOPLE.entries()) {
      const person = new Person(collector);
      const fid = `first-party-${n}`;
      expect(await person.see({ s: siteKey, u: PUBLISHER, fid })).toBe('stored');
      await report(person, fid, adServer, events);
      say(person, segments);
    }
    for (const [, u, r, segments] of ARRIVALS) {
      const person = new Person(collector);
      expect(await person.see({ s: siteKey, u, r })).toBe('stored');
      say(person, segments);
    }
  });
  afterAll(() => home?.close());

  it.each(Object.entries(SEGMENTS) as [Segment, unknown][])(
    `make the segment %s, one number everywhere (${HOMES[name]})`,
    async (segment, rule) => {
      const ids = (expected.get(segment) ?? []).sort();
      const size = await home.admin.build(segment);
      const whole = await home.admin.pull(segment, 'visitor');
      expect(whole.lines).toEqual(ids.map((id) => ({ id, op: 'add' })));
      expect(size).toBe(ids.length);
      expect(await home.admin.estimate(rule)).toBe(size);
      expect(await home.admin.json('GET', `/v1/segments/${segment}`)).toMatchObject({ size, state: 'fresh' });
    },
  );

  it('a conversion takes somebody out of what is still to be shown, by the next build', async () => {
    const { admin, collector, siteKey } = home;
    await admin.build('buyers');
    const size = await admin.build('prospects');
    const { cursor } = await admin.pull('prospects', 'visitor');
    const person = new Person(collector);
    const ad = { s: siteKey, ca: 'spring', cr: 'banner-7' };
    expect(await person.see({ ...ad, e: 'impression' }, { referer: PUBLISHER })).toBe('stored');
    expect(await admin.build('prospects')).toBe(size + 1);
    const entered = await admin.pull('prospects', 'visitor', cursor);
    expect(entered.lines).toEqual([{ id: person.visitor, op: 'add' }]);
    expect(await person.see({ ...ad, e: 'conversion', u: `${SHOP}/thanks` })).toBe('stored');
    expect(await admin.build('prospects')).toBe(size);
    expect((await admin.pull('prospects', 'visitor', entered.cursor)).lines).toEqual([
      { id: person.visitor, op: 'remove' },
    ]);
  });
});
