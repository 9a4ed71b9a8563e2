import { describe, expect, it } from 'vitest';
import type { Request, Response } from '../collect/door.ts';
import {
  ALL_PURPOSES,
  AMERICAN,
  type Front,
  GERMAN,
  headersOf,
  NO,
  OUR_VENDOR,
  PARTNER_VENDOR,
  requestOf,
  tc,
  YES,
} from '../collect/front.testing.ts';
import type { VisitorId } from '../identity/visitor.ts';
import { cookieSync } from './cookie-sync.ts';
import { cookiesOf, DAY_MS, NOW, SYNC_PARTNERS, syncFront, VISITOR } from './door.testing.ts';
import type { SyncDoor } from './door.ts';

type Json = Record<string, unknown>;

function post(
  door: SyncDoor,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  rest: Partial<Request> = {},
): Response {
  const answers: Response[] = [];
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = requestOf('/cookie_sync', headers, { method: 'POST', ...rest });
  cookieSync(door, request, text, NOW, (answer) => answers.push(answer));
  expect(answers).toHaveLength(1);
  return answers[0]!;
}
const read = (answer: Response) =>
  JSON.parse(String(answer.body)) as {
    status: string;
    bidder_status: { bidder: string; no_cookie: boolean; usersync: Json }[];
    debug?: Json[];
  };
const biddersOf = (answer: Response) => read(answer).bidder_status.map(({ bidder }) => bidder);
/** The partners that can be synced with where no law wants a yes, by priority groups. */
const SYNCABLE = ['back', 'agreed', 'framed', 'hosted', 'unlisted', 'either'];
const sorted = (names: readonly string[]) => [...names].sort();

describe('the answer of /cookie_sync', () => {
  it('is the contract’s, key for key', () => {
    const answer = post(syncFront(), { bidders: ['back'], gdpr: 0, us_privacy: '1YNN' });
    expect(answer.status).toBe(200);
    expect(headersOf(answer, 'content-type')).toEqual(['application/json; charset=utf-8']);
    const redirect =
      'https://ninety.test/setuid?bidder=back&gdpr=0&gdpr_consent=&us_privacy=1YNN&gpp=&gpp_sid=&f=i&uid=$UID';
    expect(read(answer)).toEqual({
      status: 'no_cookie',
      bidder_status: [
        {
          bidder: 'back',
          no_cookie: true,
          usersync: {
            url: `https://back.test/s?g=0&c=&u=1YNN&r=${encodeURIComponent(redirect)}`,
            type: 'redirect',
            supportCORS: false,
          },
        },
      ],
    });
  });

  it('calls a frame a frame, and has it answered by a page', () => {
    const [sync] = read(post(syncFront(), { bidders: ['framed'] })).bidder_status;
    expect(sync!.usersync['type']).toBe('iframe');
    expect(sync!.usersync['url']).toContain('%26f%3Db%26');
  });

  it('sends the browser by way of us where the partner is to get our id, so that no page reads it', () => {
    const door = syncFront();
    const body = { bidders: ['hosted', 'agreed'], gdpr: 1, gdpr_consent: YES, debug: true };
    const answer = post(door, body, cookiesOf(door));
    expect(String(answer.body)).not.toContain(VISITOR);
    const urls = read(answer).bidder_status.map(({ usersync }) => usersync['url']);
    expect(sorted(urls as string[])).toEqual(
      ['agreed', 'hosted'].map(
        (id) => `https://ninety.test/sync/${id}?gdpr=1&gdpr_consent=${YES}&us_privacy=&gpp=&gpp_sid=&f=i`,
      ),
    );
    // Counted when the browser comes there.
    expect(door.tally.totals()).toEqual([]);
  });

  it('has the status ok where a match is fresh, and no_cookie where it is not or the browser was only sent', () => {
    const door = syncFront();
    const statusOf = (days: number, matched = true) => {
      const at = NOW - days * DAY_MS;
      const cookies = cookiesOf(door, (state, key) =>
        matched ? state.match(key('back'), 'u1', at) : state.send(key('back'), at),
      );
      return read(post(door, {}, cookies)).status;
    };
    expect([statusOf(13), statusOf(15), statusOf(0, false)]).toEqual(['ok', 'no_cookie', 'no_cookie']);
  });

  it('sets no cookie', () => {
    const door = syncFront();
    expect(headersOf(post(door, {}, cookiesOf(door)), 'set-cookie')).toEqual([]);
    expect(headersOf(post(door, {}), 'set-cookie')).toEqual([]);
  });
});

describe('who is synced', () => {
  it.each<[string, Json, readonly string[]]>([
    ['all, where no bidders are named', { limit: 32 }, SYNCABLE],
    ['all, where bidders is null', { bidders: null, limit: 32 }, SYNCABLE],
    ['all, where the list is empty', { bidders: [], limit: 32 }, SYNCABLE],
    ['those who are named', { bidders: ['back', 'either'] }, ['back', 'either']],
    ['each once, however often it is named', { bidders: ['back', 'back'] }, ['back']],
    ['nobody who is not registered', { bidders: ['nobody', '__proto__', 'back'] }, ['back']],
    ['nobody who has no sync URL', { bidders: ['mute'] }, []],
    ['others too, where they cooperate', { bidders: ['either'], coopSync: true, limit: 32 }, SYNCABLE],
    ['only those who are named, where they do not', { bidders: ['either'], coopSync: false }, ['either']],
    [
      'by frames and images, where the filters let both',
      { filterSettings: { iframe: { bidders: '*', filter: 'include' } }, limit: 32 },
      SYNCABLE,
    ],
    [
      'nobody by a frame, where those are excluded',
      { filterSettings: { iframe: { bidders: '*', filter: 'exclude' } }, limit: 32 },
      SYNCABLE.filter((id) => id !== 'framed'),
    ],
    [
      'only frames, where images are excluded',
      { filterSettings: { image: { bidders: '*', filter: 'exclude' } } },
      ['framed', 'either'],
    ],
    [
      'those whom the filter includes',
      { filterSettings: { image: { bidders: ['back'], filter: 'include' } }, limit: 32 },
      ['back', 'framed', 'either'],
    ],
    [
      'those whom the filter does not exclude',
      { filterSettings: { image: { bidders: ['back', 'hosted'], filter: 'exclude' } }, limit: 32 },
      SYNCABLE.filter((id) => id !== 'back' && id !== 'hosted'),
    ],
    [
      'those whom a filter without a mode names, which is to include them',
      { filterSettings: { image: { bidders: ['back'] }, iframe: { bidders: [] } } },
      ['back'],
    ],
  ])('%s', (_, body, expected) => {
    expect(sorted(biddersOf(post(syncFront(), body)))).toEqual(sorted(expected));
  });

  it.each<[string, unknown, number]>([
    ['5, where none is given', undefined, 5],
    ['5, where it is 0', 0, 5],
    ['5, where it is below 0', -1, 5],
    ['what is asked for', 2, 2],
    ['all, where it is larger', 1000, SYNCABLE.length],
  ])('at most %s', (_, limit, expected) => {
    expect(biddersOf(post(syncFront(), { limit }))).toHaveLength(expected);
  });

  it('first by priority where nobody is named, and named ones before all others', () => {
    const door = syncFront();
    for (let turn = 0; turn < 20; turn++) {
      expect(biddersOf(post(door, { limit: 1 }))).toEqual(['back']);
      const coop = biddersOf(post(door, { bidders: ['either'], coopSync: true, limit: 2 }));
      expect(coop).toEqual(['either', 'back']);
    }
  });

  it('nobody twice within the freshness', () => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => {
      state.match(key('back'), 'u1', NOW - 13 * DAY_MS);
      state.match(key('either'), 'u1', NOW - 15 * DAY_MS);
      // Who keeps the match sends nothing back; who should have is asked again after a day.
      state.send(key('hosted'), NOW - 13 * DAY_MS);
      state.send(key('framed'), NOW - 13 * DAY_MS);
      state.send(key('agreed'), NOW - DAY_MS / 2);
    });
    expect(sorted(biddersOf(post(door, { limit: 32 }, cookies)))).toEqual(['either', 'framed', 'unlisted']);
  });

  it('of more than 300 names the first 300 are looked at, and the others are counted and named', () => {
    const door = syncFront();
    const bidders = [...Array.from({ length: 300 }, (_, n) => `b${n}`), 'back', 'more', 'b7', 'back'];
    const answer = read(post(door, { bidders, debug: true }));
    expect(answer.bidder_status).toEqual([]);
    expect(answer.debug).toHaveLength(302);
    const beyond = answer.debug!.filter(({ outcome }) => outcome === 'too_many_bidders');
    expect(beyond.map(({ bidder }) => bidder)).toEqual(['back', 'more']);
    const counted = door.tally.totals().map(({ site, reason, n }) => `${site} ${reason} ${n}`);
    expect(sorted(counted)).toEqual([
      ' too_many_bidders 1',
      ' unknown_partner 300',
      'back too_many_bidders 1',
    ]);
    // Cooperation looks at whom it wants to, and then that is how it ended.
    const coop = read(post(door, { bidders, coopSync: true, limit: 1, debug: true }));
    expect(coop.debug!.filter(({ bidder }) => bidder === 'back')).toMatchObject([{ outcome: 'sent' }]);
  });
});

describe('a request that cannot be understood', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'JSON parsing failed'],
    ['no object', [], 'JSON parsing failed'],
    ['bidders as a text', { bidders: 'back' }, 'bidders must be'],
    ['a bidder that is a number', { bidders: [1] }, 'bidders must be'],
    ['gdpr that is neither 0 nor 1', { gdpr: 2 }, 'gdpr must be'],
    ['gdpr in a list', { gdpr: [1] }, 'gdpr must be'],
    ['gdpr=1 without a string', { gdpr: 1 }, 'gdpr_consent is required if gdpr=1'],
    ['gdpr=1 as a text, without a string', { gdpr: '1' }, 'gdpr_consent is required if gdpr=1'],
    ['section 2 in force without a string', { gpp_sid: '2' }, 'gdpr_consent is required if gdpr=1'],
    ['a GPP string that is none', { gpp: '!', gpp_sid: '2', gdpr_consent: YES }, 'consent string'],
    ['a list of sections that is none', { gpp_sid: 'x' }, 'gpp_sid must be'],
    ['a consent string that is none', { gdpr_consent: 1 }, 'gdpr_consent must be'],
    ['a limit that is a text', { limit: '5' }, 'limit must be'],
    ['a limit that is no whole number', { limit: 1.5 }, 'limit must be'],
    ['coopSync as a number', { coopSync: 1 }, 'coopSync must be'],
    ['debug as a text', { debug: 'yes' }, 'debug must be'],
    ['filterSettings as a text', { filterSettings: '*' }, 'filterSettings must be'],
    ['a filter as a text', { filterSettings: { image: '*' } }, 'filterSettings.image must be'],
    [
      'a filter’s mode that is none',
      { filterSettings: { iframe: { bidders: '*', filter: 'maybe' } } },
      'filterSettings.iframe.filter must be',
    ],
    [
      'a filter’s bidders as another text than *',
      { filterSettings: { image: { bidders: 'back', filter: 'include' } } },
      'filterSettings.image.bidders must be',
    ],
  ])('with %s is answered with 400 and says what is wrong', (_, body, sentence) => {
    const answer = post(syncFront(), body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(sentence);
  });

  it.each<[string, Json]>([
    ['gdpr as a text', { gdpr: '0' }],
    ['an empty gdpr', { gdpr: '' }],
    ['fields that are null', { gdpr: null, limit: null, coopSync: null, filterSettings: null, gpp: null }],
    ['fields that nobody knows', { uuid: 'x', account: 'a', future: {} }],
    ['an empty gpp_sid, as Prebid.js sends it', { gpp_sid: '', gpp: '' }],
  ])('is not one with %s', (_, body) => {
    expect(post(syncFront(), body).status).toBe(200);
  });
});

describe('consent', () => {
  const ours = tc(ALL_PURPOSES, [OUR_VENDOR]);
  it.each<[string, Json, string, readonly string[]]>([
    [
      'a yes to us and to the partners',
      { gdpr: 1, gdpr_consent: YES },
      GERMAN,
      SYNCABLE.filter((id) => id !== 'unlisted'),
    ],
    ['a yes to us alone', { gdpr: 1, gdpr_consent: ours }, GERMAN, []],
    ['a no', { gdpr: 1, gdpr_consent: NO }, AMERICAN, []],
    ['a string that cannot be read', { gdpr: 1, gdpr_consent: 'xyz' }, AMERICAN, []],
    ['nothing where the law wants a yes', {}, GERMAN, []],
    ['an opt-out of sale', { us_privacy: '1YYN' }, AMERICAN, []],
    ['an opt-out of sale beside gdpr=1 without a string', { gdpr: 1, us_privacy: '1YYN' }, AMERICAN, []],
  ])('%s', (_, body, address, expected) => {
    const answer = post(syncFront(), { limit: 32, ...body }, {}, { address });
    expect(answer.status).toBe(200);
    expect(sorted(biddersOf(answer))).toEqual(sorted(expected));
  });

  it('what GPP holds stands in the place of the legacy strings', () => {
    // Header DBABMA: one section, 2.
    const body = { bidders: ['back'], gdpr: 0, gdpr_consent: NO, gpp: `DBABMA~${YES}`, gpp_sid: '2' };
    const [sync] = read(post(syncFront(), body, {}, { address: GERMAN })).bidder_status;
    const url = new URL(String(sync!.usersync['url']));
    expect([url.searchParams.get('g'), url.searchParams.get('c')]).toEqual(['1', YES]);
  });

  it('of GPP’s section 2 fills an empty gdpr_consent also where no section is named as in force', () => {
    const given = (body: Json) => {
      const all = { bidders: ['back'], gdpr: 1, gpp: `DBABMA~${YES}`, ...body };
      const [sync] = read(post(syncFront(), all, {}, { address: GERMAN })).bidder_status;
      return new URL(String(sync?.usersync['url'])).searchParams.get('c');
    };
    expect(given({})).toBe(YES);
    expect(given({ gdpr_consent: `${YES}.` })).toBe(`${YES}.`);
  });

  it('is told with debug: which signal, which purpose or vendor', () => {
    const ofPartner = (body: Json, address = AMERICAN, headers = {}) =>
      read(post(syncFront(), { bidders: ['back'], debug: true, ...body }, headers, { address })).debug![0]!;
    const strings = (gdpr_consent: string) => ({ gdpr: 1, gdpr_consent });
    expect(ofPartner(strings(ours))).toMatchObject({
      bidder: 'back',
      outcome: 'no_partner_consent',
      signal: 'gdpr_consent',
      vendor: PARTNER_VENDOR,
      detail: 'The visitor gave no consent to this partner. (signal gdpr_consent, vendor 10, country US)',
    });
    expect(ofPartner(strings(tc([3, 4], [OUR_VENDOR])))).toMatchObject({
      outcome: 'no_purpose_store',
      purposes: [1],
      vendor: OUR_VENDOR,
    });
    expect(ofPartner({ gpp: `DBABMA~${ours}`, gpp_sid: '2' })).toMatchObject({
      outcome: 'no_partner_consent',
      signal: 'gpp',
    });
    expect(ofPartner({ us_privacy: '1YYN' })).toMatchObject({
      outcome: 'sale_opt_out',
      signal: 'us_privacy',
    });
    expect(ofPartner({}, AMERICAN, { 'sec-gpc': '1' })).toMatchObject({ signal: 'Sec-GPC' });
    expect(ofPartner({}, GERMAN)).toMatchObject({
      outcome: 'consent_missing',
      signal: 'gdpr_consent',
      error: expect.stringContaining('country DE'),
    });
    expect(ofPartner({})).toEqual({
      bidder: 'back',
      outcome: 'sent',
      detail: 'The browser is sent to the partner.',
    });
  });

  it('a no of a browser that is known is a withdrawal, and takes the cookies back', () => {
    const door = syncFront();
    const answer = post(door, { us_privacy: '1YYN' }, cookiesOf(door));
    expect(answer.status).toBe(200);
    expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1' }]);
    expect(headersOf(answer, 'set-cookie').map((set) => set.split(';').slice(0, 2).join())).toEqual([
      'n90=, Max-Age=0',
      'n90s=, Max-Age=0',
    ]);
    door.journal.refusal = 'journal_full';
    const later = post(door, { us_privacy: '1YYN' }, cookiesOf(door));
    expect([later.status, headersOf(later, 'set-cookie'), headersOf(later, 'retry-after')]).toEqual([
      503,
      [],
      ['5'],
    ]);
  });

  it.each<[string, unknown, number]>([
    ['a field that is none', { us_privacy: '1YYN', limit: 'x' }, 400],
    ['a filter that is none', { us_privacy: '1YYN', filterSettings: 1 }, 400],
    ['a section list that is none', { us_privacy: '1YYN', gpp_sid: 'x' }, 200],
  ])('a no is heard beside %s', (_, body, status) => {
    const door = syncFront();
    const answer = post(door, body, cookiesOf(door));
    expect(answer.status).toBe(status);
    expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1' }]);
    expect(headersOf(answer, 'set-cookie')).toHaveLength(2);
  });

  it('who has opted out is answered with 401', () => {
    const door = { ...syncFront(), isSuppressed: (visitor: VisitorId) => visitor === VISITOR };
    for (const headers of [cookiesOf(door), { cookie: 'n90_optout=1' }])
      expect(post(door, {}, headers).status).toBe(401);
    expect(post(door, { gdpr: 1 }, { cookie: 'n90_optout=1' }).status).toBe(401);
    expect(door.journal.rows).toEqual([]);
  });
});

describe('every partner that is looked at has an outcome', () => {
  const outcomes = (door: Front) =>
    Object.fromEntries(door.tally.totals().map(({ site, reason, n }) => [`${site} ${reason}`, n]));

  it('counted under it, and under no name that a caller made up', () => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => state.match(key('back'), 'u1', NOW));
    const bidders = ['back', 'framed', 'mute', 'either', 'nobody', 'nobody else'];
    const body = { bidders, limit: 1, filterSettings: { iframe: { bidders: '*', filter: 'exclude' } } };
    const debug = read(post(door, { ...body, debug: true }, cookies)).debug!;
    expect(outcomes(door)).toEqual({
      'back already_fresh': 1,
      'framed blocked_by_filter': 1,
      'mute no_sync_url': 1,
      'either sent': 1,
      ' unknown_partner': 2,
    });
    expect(sorted(debug.map(({ bidder }) => String(bidder)))).toEqual(sorted(bidders));
    expect(debug.find(({ bidder }) => bidder === 'nobody')).toEqual({
      bidder: 'nobody',
      error: 'No partner is registered under that name.',
      outcome: 'unknown_partner',
      detail: 'No partner is registered under that name.',
    });
  });

  it('also where the limit is full', () => {
    const door = syncFront();
    post(door, { bidders: ['back', 'either'], limit: 1 });
    expect(sorted(door.tally.totals().map(({ reason }) => reason))).toEqual(['blocked_by_limit', 'sent']);
  });

  it('debug is left out where it is not asked for', () => {
    expect(read(post(syncFront(), { bidders: SYNC_PARTNERS.map(({ id }) => id) })).debug).toBeUndefined();
  });
});
