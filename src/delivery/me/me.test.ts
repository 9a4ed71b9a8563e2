import { describe, expect, it } from 'vitest';
import type { Request } from '../../collect/door.ts';
import {
  type Front,
  front,
  GERMAN,
  NO,
  OUR_VENDOR,
  requestOf,
  SECRET,
  SITE,
  tc,
  YES,
} from '../../collect/front.testing.ts';
import { HitIds } from '../../collect/ids.ts';
import { type VisitorId, visitorId, visitorNumber } from '../../identity/visitor.ts';
import { askingPage, type MeDoor, me, type Nothing } from './me.ts';
import type { PageSegments } from './page-segments.ts';
import { type Profile, UNAVAILABLE } from './profiles.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const VISITOR = visitorId(7n);
const FID = '12345678901234567890123456789012345678';
const ids = new HitIds(SECRET);
const OF_SITE = ids.ofFirstParty({ firstPartyId: FID }, SITE)!.visitor;

const SEGMENTS: PageSegments = new Map([
  ['boots', { forbidden: [], iabAudienceId: '1046' }],
  ['clinics', { forbidden: ['DE'], iabAudienceId: undefined }],
]);

interface World extends MeDoor {
  readonly front: Front;
  /** Whose profiles were asked for. */
  readonly asked: VisitorId[];
}

/** Everybody is in the same segments, one of which is no more. */
function world(
  profile: Profile = ['boots', 'clinics', 'gone'],
  suppressed: readonly VisitorId[] = [],
): World {
  const door = front();
  const asked: VisitorId[] = [];
  return {
    front: door,
    asked,
    ids,
    sync: { ...door, isSuppressed: (visitor) => suppressed.includes(visitor) },
    segments: () => SEGMENTS,
    profiles: {
      of: (visitor) => {
        asked.push(visitorId(visitor));
        return profile;
      },
    },
  };
}

const cookie = ({ front }: World, more = '') => ({
  cookie: `${front.cookie.write(VISITOR, true).split(';')[0]}${more}`,
});

/** What the page of the site hears. */
async function ask(
  door: World,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = cookie(door),
  rest: Partial<Request> = {},
) {
  const request = requestOf(`/v1/me?${new URLSearchParams({ s: SITE.key, ...query })}`, headers, rest);
  const { told, nothing, cookies } = await me(door, request, SITE, NOW);
  return { segments: told.segments, nothing, cookies };
}

describe('a page is told', () => {
  it('of the segments that there are, for the visitor of the cookie', async () => {
    const door = world();
    expect(await ask(door)).toEqual({ segments: ['boots', 'clinics'], nothing: undefined, cookies: [] });
    expect(door.asked).toEqual([VISITOR]);
  });

  it('the same for the site’s own id where no cookie comes, and for the cookie where both do', async () => {
    const door = world();
    expect((await ask(door, { fid: FID }, {})).segments).toEqual(['boots', 'clinics']);
    await ask(door, { fid: FID });
    expect(door.asked).toEqual([OF_SITE, VISITOR]);
  });

  it('for an id that AMP made', async () => {
    const fid = `amp-${'aB3-_x'.repeat(4)}`;
    expect((await ask(world(), { fid }, {})).segments).toEqual(['boots', 'clinics']);
  });

  it('under a consent that allows it, but for what the law of the place keeps back', async () => {
    const door = world();
    const there = { address: GERMAN };
    expect((await ask(door, { gdpr: '1', gdpr_consent: YES }, cookie(door), there)).segments).toEqual([
      'boots',
    ]);
  });

  it('where who opted in again has ids that opted out before: by those that are left', async () => {
    const door = world(undefined, [OF_SITE]);
    expect(await ask(door, { fid: FID }, cookie(door, '; n90_optout=0'))).toMatchObject({
      nothing: undefined,
    });
    expect(door.asked).toEqual([VISITOR]);
    expect(await ask(door, { fid: FID }, { cookie: 'n90_optout=0' })).toMatchObject({ nothing: 'no_cookie' });
  });
});

describe('a page is told nothing, and by what name', () => {
  it.each<
    [
      string,
      Parameters<typeof world>,
      Parameters<typeof ask> extends [World, ...infer Rest] ? Rest : never,
      Nothing,
    ]
  >([
    ['nobody is known', [], [{}, {}], 'no_cookie'],
    ['a yes is needed and none came', [], [{}, undefined, { address: GERMAN }], 'consent_missing'],
    ['the string cannot be read', [], [{ gdpr: '1', gdpr_consent: 'rubbish' }], 'consent_unreadable'],
    ['the visitor said no', [], [{ gdpr: '1', gdpr_consent: NO }], 'no_vendor_consent'],
    [
      'it may be kept and not handed out',
      [],
      [{ gdpr: '1', gdpr_consent: tc([1, 3], [OUR_VENDOR]) }],
      'no_purpose_hand_out',
    ],
    ['sale was opted out of', [], [{ us_privacy: '1YYN' }], 'sale_opt_out'],
    ['the cookie’s visitor has opted out', [undefined, [VISITOR]], [{}], 'opted_out'],
    ['the site’s id has opted out', [undefined, [OF_SITE]], [{ fid: FID }], 'opted_out'],
    ['a withdrawal came since', ['withdrawn'], [{}], 'withdrawn'],
    ['ClickHouse is away', [UNAVAILABLE], [{}], UNAVAILABLE],
    ['all that is known of it is a customer number', [], [{ fid: '0000471100004711' }, {}], 'guessable_id'],
    ['it is a longer one', [], [{ fid: '98765432109876543210' }, {}], 'guessable_id'],
    ['it is a hash', [], [{ fid: 'c0ffee'.repeat(6) }, {}], 'guessable_id'],
    ['it is a name', [], [{ fid: 'amp-somebody' }, {}], 'guessable_id'],
  ])('where %s', async (_, made, asked, nothing) => {
    expect(await ask(world(...made), ...asked)).toMatchObject({ segments: [], nothing });
  });

  it.each([
    ['Global Privacy Control', { 'sec-gpc': '1' }, 'sale_opt_out'],
    ['the mark of an opt-out', { cookie: 'n90_optout=1' }, 'opted_out'],
  ])('where the browser sends %s', async (_, headers, nothing) => {
    const door = world();
    expect(await ask(door, { fid: FID }, headers)).toMatchObject({ segments: [], nothing });
    expect(door.asked).toEqual([]);
  });
});

describe('a no', () => {
  it('is written down for the cookie and for the site’s own id, and takes the cookie back', async () => {
    const door = world();
    const { cookies } = await ask(door, { fid: FID }, { ...cookie(door), 'sec-gpc': '1' });
    expect(cookies.join()).toContain('n90=; Max-Age=0');
    const withdrawn = door.front.journal.of('consents').map(({ visitor, withdrawn }) => [visitor, withdrawn]);
    expect(withdrawn).toEqual([
      [String(visitorNumber(VISITOR)), '1'],
      [String(visitorNumber(OF_SITE)), '1'],
    ]);
  });

  it('that cannot be written down keeps the cookie, and tells nothing all the same', async () => {
    const door = world();
    door.front.journal.refusal = 'journal_full';
    expect(await ask(door, {}, { ...cookie(door), 'sec-gpc': '1' })).toEqual({
      segments: [],
      nothing: 'journal_full',
      cookies: [],
    });
  });
});

describe('the page that asks', () => {
  const asking = (headers: Readonly<Record<string, string>>, key = SITE.key) => {
    const found = askingPage(world().sync, requestOf(`/v1/me?s=${key}`, headers));
    return typeof found === 'string' ? found : `${found.site.id} ${found.origin}`;
  };
  it.each<[string, Record<string, string>, string]>([
    ['is one of the site’s domain', { origin: 'https://shop.test' }, 'shop https://shop.test'],
    [
      'is one of a host below it',
      { origin: 'https://www.shop.test:8443' },
      'shop https://www.shop.test:8443',
    ],
    ['is of another site', { origin: 'https://elsewhere.test' }, 'foreign_page'],
    ['is one over plain http', { origin: 'http://shop.test' }, 'foreign_page'],
    ['is of a host that only ends alike', { origin: 'https://notshop.test' }, 'foreign_page'],
    ['is of a sandbox or a file', { origin: 'null' }, 'foreign_page'],
    ['is no page', {}, 'foreign_page'],
    [
      'is of our own origin, which is the site’s',
      { 'sec-fetch-site': 'same-origin', host: 'data.shop.test' },
      'shop undefined',
    ],
    [
      'is of our own origin, which is no site’s',
      { 'sec-fetch-site': 'same-origin', host: 'collector.test' },
      'foreign_page',
    ],
    [
      'is of a site that includes us as a script',
      { 'sec-fetch-site': 'same-site', host: 'data.shop.test' },
      'foreign_page',
    ],
  ])('%s', (_, headers, found) => {
    expect(asking(headers)).toBe(found);
  });

  it.each([
    ['http://localhost:8090', true],
    ['http://shop.localhost', true],
    ['http://127.0.0.1:3000', true],
    ['http://[::1]:3000', true],
    ['http://127.0.0.1.shop.test', false],
    ['http://localhost.shop.test', false],
  ])('of the origin %s: over plain http only of this machine', (origin, isAnswered) => {
    const rules = () => ({
      ...world().sync.rules(),
      siteByKey: () => ({
        ...SITE,
        domains: ['localhost', 'shop.localhost', '127.0.0.1', '[::1]', 'shop.test'],
      }),
    });
    const found = askingPage({ rules }, requestOf('/v1/me?s=x', { origin }));
    expect(typeof found === 'object').toBe(isAnswered);
  });

  it('names a site that there is', () => {
    expect(asking({ origin: 'https://shop.test' }, 'nobodys')).toBe('unknown_site');
  });
});
