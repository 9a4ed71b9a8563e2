// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { describe, expect, it } from 'vitest';
import type { Response } from '../collect/door.ts';
import {
  ALL_PURPOSES,
  AMERICAN,
  type Front,
  front,
  GERMAN,
  headersOf,
  NO,
  OUR_VENDOR,
  PARTNER_VENDOR,
  requestOf,
  tc,
  YES,
} from '../collect/front.testing.ts';
import { GIF } from '../collect/gif.ts';
import { type VisitorId, visitorId } from '../identity/visitor.ts';
import { cookiesOf, DAY_MS, stateAfter, syncFront, VISITOR } from './door.testing.ts';
import { setuid } from './setuid.ts';
import { stateKey } from './state.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const LAST_YEAR = Date.UTC(2025, 0, 1);

function sync(
  door: Front,
  query: string,
  headers: Record<string, string> = {},
  address = AMERICAN,
  now = NOW,
) {
  const answers: Response[] = [];
  setuid(door, requestOf(`/setuid?${query}`, headers, { address }), now, (answer) => answers.push(answer));
  expect(answers).toHaveLength(1);
  return answers[0]!;
}
const cookieOf = (door: Front, visitor = 7n) => ({
  cookie: door.cookie.write(visitorId(visitor), true).split(';')[0]!,
});
/** Status and how it ended, in one line. */
const ended = (answer: Response) => `${answer.status} ${headersOf(answer, 'ninety-result')[0]}`;

describe('/setuid', () => {
  it('keeps the partner’s id for the browser that is known', () => {
    const door = front();
    const answer = sync(door, 'bidder=acme&uid=abc%2B123', cookieOf(door));
    expect(ended(answer)).toBe('200 matched');
    expect(door.journal.of('matches')).toEqual([
      {
        time: `${NOW / 1000}.000`,
        visitor: '7',
        partner: 'acme',
        uid: 'abc+123',
        purposes: '781',
        partners: "['acme','framed','plain']",
      },
    ]);
    expect(headersOf(answer, 'set-cookie')[0]).toContain(cookieOf(door).cookie);
    expect(headersOf(answer, 'cache-control')).toEqual(['no-store']);
  });

  it('gives a browser that is not known its id', () => {
    const door = front();
    const [set] = headersOf(sync(door, 'bidder=acme&uid=u1'), 'set-cookie');
    expect(door.cookie.read(set?.split(';')[0])).toBeDefined();
  });

  it.each<[string, string, string]>([
    ['an image where asked', 'bidder=acme&uid=u1&f=i', 'image/gif'],
    ['an empty page where asked', 'bidder=acme&uid=u1&f=b', 'text/html; charset=utf-8'],
    ['an image for a partner who redirects', 'bidder=acme&uid=u1', 'image/gif'],
    ['a page for a partner in a frame', 'bidder=framed&uid=u1', 'text/html; charset=utf-8'],
  ])('answers with %s', (_, query, type) => {
    const answer = sync(front(), query);
    expect(headersOf(answer, 'content-type')).toEqual([type]);
    expect(answer.body).toEqual(type === 'image/gif' ? GIF : '');
    expect(headersOf(answer, 'content-length')).toEqual([String(answer.body.length)]);
  });

  it('deletes the match where the uid is empty', () => {
    const door = front();
    expect(ended(sync(door, 'bidder=acme&uid=', cookieOf(door)))).toBe('200 deleted');
    expect(ended(sync(door, 'bidder=acme', cookieOf(door)))).toBe('200 deleted');
    expect(door.journal.of('matches').map((row) => row['uid'])).toEqual(['', '']);
  });

  it('has nothing to delete for a browser that is not known, and gives it no id', () => {
    const door = front();
    const answer = sync(door, 'bidder=acme&uid=');
    expect(ended(answer)).toBe('200 refused; reason=no_cookie');
    expect(headersOf(answer, 'set-cookie')).toEqual([]);
    expect(door.journal.rows).toEqual([]);
  });

  it.each<[string, string]>([
    ['a space', 'a b'],
    ['a tab', 'a\tb'],
    ['a letter of no id', 'ä'],
    ['NUL', '\0'],
    ['513 characters', 'x'.repeat(513)],
    ['an e-mail address', 'jane@example.com'],
    ['an e-mail address in disguise', 'jane%2540example.com'],
    ['a phone number', '+4915123456789'],
    ['an address of the net', '192.0.2.17'],
    ['one of IPv6', '2001:db8::1'],
    ['a macro in place of it', '${UID}'],
    ['10 kB', 'a'.repeat(10_000)],
  ])('a uid with %s is refused', (_, uid) => {
    const door = front();
    expect(ended(sync(door, `bidder=acme&uid=${encodeURIComponent(uid)}`))).toBe(
      '400 refused; reason=bad_uid',
    );
    expect(door.journal.rows).toEqual([]);
  });

  it.each(['4529834759832475201', 'AAbb-_==', 'y+/9', 'it\'s,"a"<uid>\\|', 'x'.repeat(512)])(
    'a uid may be %s',
    (uid) => {
      const door = front();
      expect(ended(sync(door, `bidder=acme&uid=${encodeURIComponent(uid)}`))).toBe('200 matched');
    },
  );

  it('a partner that is not registered is refused', () => {
    for (const query of ['bidder=nobody&uid=u1', 'uid=u1', ''])
      expect(ended(sync(front(), query))).toBe('400 refused; reason=unknown_partner');
  });
});

describe('as Prebid Server has it', () => {
  it.each<[string, string, string]>([
    ['the form may be in capitals', 'bidder=acme&uid=u1&f=B', '200 matched'],
    ['the form may be called format', 'bidder=acme&uid=u1&format=blank', '200 matched'],
    ['there is no other form', 'bidder=acme&uid=u1&f=x', '400 refused; reason=bad_field'],
    ['an empty form is none', 'bidder=acme&uid=u1&f=', '200 matched'],
    ['gdpr is 0 or 1', 'bidder=acme&uid=u1&gdpr=2', '400 refused; reason=bad_field'],
    ['an empty gdpr is none', 'bidder=acme&uid=u1&gdpr=', '200 matched'],
    ['gpp_sid is a list of numbers', 'bidder=acme&uid=u1&gpp_sid=a', '400 refused; reason=bad_field'],
  ])('%s', (_, query, expected) => {
    expect(ended(sync(front(), query))).toBe(expected);
  });

  it('who has opted out is told so before all else', () => {
    const door = { ...front(), isSuppressed: (visitor: VisitorId) => visitor === VISITOR };
    for (const query of ['bidder=nobody', 'bidder=acme&f=x', 'bidder=acme&uid=u1&gdpr=1'])
      for (const headers of [cookieOf(door), { cookie: 'n90_optout=1' }])
        expect(ended(sync(door, query, headers))).toBe('401 refused; reason=opted_out');
    expect(door.journal.rows).toEqual([]);
  });
});

describe('what the partner is registered with', () => {
  it('is the parameter that its id comes in', () => {
    const door = syncFront();
    expect(ended(sync(door, 'bidder=agreed&agreed_gid=g1&uid=other', cookieOf(door)))).toBe('200 matched');
    expect(door.journal.of('matches')).toMatchObject([{ partner: 'agreed', uid: 'g1' }]);
  });

  it('is the parameter that has to be there, so that another one deletes nothing', () => {
    const door = syncFront();
    for (const query of ['uid=X', 'uid=', ''])
      expect(ended(sync(door, `bidder=agreed&${query}`, cookieOf(door)))).toBe('400 refused; reason=bad_uid');
    expect(door.journal.rows).toEqual([]);
    expect(ended(sync(door, 'bidder=agreed&agreed_gid=', cookieOf(door)))).toBe('200 deleted');
  });

  it('is the parameter that it says in that it has none, which deletes nothing', () => {
    const door = syncFront();
    const answer = sync(door, 'bidder=agreed&agreed_error=15', cookieOf(door));
    expect(ended(answer)).toBe('200 refused; reason=no_partner_id');
    expect(answer.body).toBe(GIF);
    expect(door.journal.rows).toEqual([]);
    expect(door.tally.totals()).toMatchObject([{ site: 'agreed', reason: 'no_partner_id' }]);
  });
});

describe('what the browser remembers', () => {
  const lately = NOW - 3 * DAY_MS;
  it.each<[string, string, string, { minutesAgo: number; matched: boolean }]>([
    ['a first id', 'framed', 'uid=u1', { minutesAgo: 0, matched: true }],
    ['the same id again', 'back', 'uid=before', { minutesAgo: 0, matched: true }],
    ['no id any more, so that it is not asked at once', 'back', 'uid=', { minutesAgo: 0, matched: false }],
    ['that there is none', 'agreed', 'agreed_error=15', { minutesAgo: 0, matched: false }],
  ])('is %s', (_, partner, uid, expected) => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => state.match(key('back'), 'before', lately));
    const answer = sync(door, `bidder=${partner}&${uid}`, cookies);
    expect(answer.status).toBe(200);
    const synced = stateAfter(door, answer).get(stateKey(partner));
    expect(synced?.matched).toBe(expected.matched);
    expect(synced?.minute).toBe(Math.floor((NOW - Date.UTC(2020, 0, 1)) / 60_000) - expected.minutesAgo);
    // The other partners' stay.
    expect(stateAfter(door, answer).size).toBe(partner === 'back' ? 1 : 2);
  });

  it('is a match still where the partner says that it has no id, until the browser is sent again', () => {
    const door = syncFront();
    const key = stateKey('agreed');
    const matched = cookiesOf(door, (state) => state.match(key, 'before', lately));
    expect(stateAfter(door, sync(door, 'bidder=agreed&agreed_error=15', matched)).get(key)).toMatchObject({
      matched: true,
      hasNone: false,
    });
    const sent = cookiesOf(door, (state) => {
      state.match(key, 'before', lately);
      state.send(key, NOW - 1000);
    });
    const answer = sync(door, 'bidder=agreed&agreed_error=15', sent);
    expect(stateAfter(door, answer).get(key)).toMatchObject({ matched: false, hasNone: true });
    const after = {
      cookie: headersOf(answer, 'set-cookie')
        .map((set) => set.split(';')[0])
        .join('; '),
    };
    expect(ended(sync(door, 'bidder=agreed&agreed_gid=after', after))).toBe('200 replaced');
  });

  it('tells an id that stands in the place of another, also after the browser was sent again', () => {
    const door = syncFront();
    for (const again of [false, true]) {
      const cookies = cookiesOf(door, (state, key) => {
        state.match(key('back'), 'before', lately);
        if (again) state.send(key('back'), NOW - 1000);
      });
      expect(ended(sync(door, 'bidder=back&uid=after', cookies))).toBe('200 replaced');
      expect(ended(sync(door, 'bidder=back&uid=before', cookies))).toBe('200 matched');
    }
  });

  it('is nothing of another visitor’s', () => {
    const door = syncFront();
    const [, state] = cookiesOf(door, (one, key) => one.match(key('back'), 'before', lately)).cookie.split(
      '; ',
    );
    const answer = sync(door, 'bidder=framed&uid=u1', { cookie: `${cookieOf(door, 8n).cookie}; ${state}` });
    expect(stateAfter(door, answer, visitorId(8n)).size).toBe(1);
  });

  it('goes with a no', () => {
    const door = syncFront();
    const cookies = cookiesOf(door, (state, key) => state.match(key('back'), 'before', lately));
    const answer = sync(door, 'bidder=back&uid=u1&us_privacy=1YYN', cookies);
    expect(headersOf(answer, 'set-cookie').map((set) => set.slice(0, 16))).toEqual([
      'n90=; Max-Age=0;',
      'n90s=; Max-Age=0',
    ]);
  });
});

type Row = [sentence: string, query: string, address: string, ended: string];

describe('consent', () => {
  const rows: Row[] = [
    ['where no law wants one', '', AMERICAN, '200 matched'],
    ['a yes to us and to the partner', `&gdpr=1&gdpr_consent=${YES}`, GERMAN, '200 matched'],
    ['a yes without a word on gdpr', `&gdpr_consent=${YES}`, GERMAN, '200 matched'],
    ['the word that TCF does not apply', '&gdpr=0', GERMAN, '200 matched'],
    ['gdpr=1 without a string', '&gdpr=1', AMERICAN, '400 refused; reason=consent_missing'],
    ['gdpr=1 with an empty string', '&gdpr=1&gdpr_consent=', GERMAN, '400 refused; reason=consent_missing'],
    ['gdpr=1 with garbage', '&gdpr=1&gdpr_consent=xyz', GERMAN, '400 refused; reason=consent_unreadable'],
    [
      'gdpr=1 with another law’s string',
      '&gdpr=1&gdpr_consent=1YNN',
      GERMAN,
      '400 refused; reason=consent_missing',
    ],
    [
      'an opt-out of sale in the place of a TC string',
      '&gdpr_consent=1YYN',
      AMERICAN,
      '451 refused; reason=sale_opt_out',
    ],
    [
      'garbage where no law wants a yes',
      '&gdpr_consent=xyz',
      AMERICAN,
      '451 refused; reason=consent_unreadable',
    ],
    [
      'gdpr=1 with 9 kB',
      `&gdpr=1&gdpr_consent=${'C'.repeat(9000)}`,
      GERMAN,
      '400 refused; reason=consent_too_long',
    ],
    [
      'gdpr=1 with a broken GPP',
      `&gdpr=1&gdpr_consent=${YES}&gpp=!`,
      GERMAN,
      '400 refused; reason=consent_unreadable',
    ],
    [
      'GPP saying that TCF applies, without a string',
      '&gpp_sid=2',
      AMERICAN,
      '400 refused; reason=consent_missing',
    ],
    [
      'gdpr=1 without a string beside another law in force, which is no gdpr=0',
      '&gdpr=1&gpp_sid=7',
      AMERICAN,
      '400 refused; reason=consent_missing',
    ],
    [
      'a yes to gdpr=1 beside another law in force',
      `&gdpr=1&gdpr_consent=${YES}&gpp_sid=7`,
      GERMAN,
      '200 matched',
    ],
    ['nothing where the law wants a yes', '', GERMAN, '451 refused; reason=consent_missing'],
    ['garbage without gdpr=1', '&gdpr_consent=xyz', GERMAN, '451 refused; reason=consent_unreadable'],
    ['a no', `&gdpr=1&gdpr_consent=${NO}`, GERMAN, '451 refused; reason=no_vendor_consent'],
    [
      'no purpose 1',
      `&gdpr=1&gdpr_consent=${tc([3, 4], [OUR_VENDOR, PARTNER_VENDOR])}`,
      GERMAN,
      '451 refused; reason=no_purpose_store',
    ],
    [
      'a yes to us, and none to the partner',
      `&gdpr=1&gdpr_consent=${tc(ALL_PURPOSES, [OUR_VENDOR])}`,
      GERMAN,
      '451 refused; reason=no_partner_consent',
    ],
    ['an opt-out of sale', '&us_privacy=1YYN', AMERICAN, '451 refused; reason=sale_opt_out'],
    [
      'an opt-out of sale beside gdpr=1 without a string',
      '&gdpr=1&us_privacy=1YYN',
      AMERICAN,
      '451 refused; reason=sale_opt_out',
    ],
  ];
  it.each(rows)('%s', (_, query, address, expected) => {
    const door = front();
    const answer = sync(door, `bidder=acme&uid=u1${query}`, {}, address);
    expect(ended(answer)).toBe(expected);
    const matched = expected.startsWith('200');
    expect(door.journal.rows).toHaveLength(matched ? 1 : 0);
    expect(headersOf(answer, 'set-cookie')).toHaveLength(matched ? 2 : 0);
    expect(door.tally.totals()).toEqual([
      { room: 'sync', site: 'acme', reason: matched ? 'matched' : expected.split('=')[1], n: 1 },
    ]);
  });

  it('a partner without a vendor id has nobody’s consent under TCF', () => {
    const answer = sync(front(), `bidder=plain&uid=u1&gdpr=1&gdpr_consent=${YES}`, {}, GERMAN);
    expect(ended(answer)).toBe('451 refused; reason=no_partner_gvl_id');
  });

  it.each<Row>([
    ['gdpr=1 without a string', '&gdpr=1', GERMAN, '400 refused; reason=consent_missing'],
    ['gdpr=1 with garbage', '&gdpr=1&gdpr_consent=xyz', GERMAN, '400 refused; reason=consent_unreadable'],
    ['a yes to others', `&gdpr=1&gdpr_consent=${YES}`, GERMAN, '451 refused; reason=no_vendor_id'],
  ])('while we have no vendor id: %s', (_, query, address, expected) => {
    expect(ended(sync(front({ gvlId: undefined }), `bidder=acme&uid=u1${query}`, {}, address))).toBe(
      expected,
    );
  });

  it('a string made in the future is no mistake of form', () => {
    // The clock of the decision is this machine's; the string of 2026 lies ahead of the request's.
    const answer = sync(
      front({ gvlId: undefined }),
      `bidder=acme&uid=u1&gdpr=1&gdpr_consent=${YES}`,
      {},
      GERMAN,
      LAST_YEAR,
    );
    expect(ended(answer)).toBe('451 refused; reason=no_vendor_id');
  });
});

describe('a no from a browser that is known', () => {
  it.each([
    'bidder=nope',
    '',
    'bidder=acme&f=x',
    'bidder=acme&gdpr=2',
    'bidder=acme&gpp_sid=a',
    'bidder=acme&uid=$UID',
  ])('is heard whatever is wrong with the request: %s', (query) => {
    const door = front();
    const answer = sync(door, `${query}&us_privacy=1YYN`, cookieOf(door));
    expect(ended(answer)).toBe('451 refused; reason=sale_opt_out');
    expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1' }]);
    expect(headersOf(answer, 'set-cookie')[0]).toContain('n90=; Max-Age=0');
  });

  it.each<[string, string, Record<string, string>]>([
    ['by TCF', `&gdpr=1&gdpr_consent=${NO}`, {}],
    ['by US Privacy', '&us_privacy=1YYN', {}],
    ['by GPC', '', { 'sec-gpc': '1' }],
  ])('%s is a withdrawal, and ends the cookie', (_, query, headers) => {
    const door = front();
    const answer = sync(door, `bidder=acme&uid=u1${query}`, { ...cookieOf(door), ...headers });
    expect(answer.status).toBe(451);
    expect(door.journal.of('consents')).toMatchObject([{ visitor: '7', withdrawn: '1', purposes: '0' }]);
    expect(headersOf(answer, 'set-cookie')[0]).toContain('Max-Age=0');
  });

  it('is later than the yes before it, though the clock be set back between them', () => {
    const door = front();
    sync(door, 'bidder=acme&uid=u1', cookieOf(door));
    sync(door, 'bidder=acme&us_privacy=1YYN', cookieOf(door), AMERICAN, NOW - 3_600_000);
    const [match] = door.journal.of('matches');
    const [withdrawal] = door.journal.of('consents');
    expect(Number(withdrawal!.time)).toBeGreaterThanOrEqual(Number(match!.time));
  });

  it('that the journal does not take keeps the cookie, which brings it again', () => {
    const door = front();
    door.journal.refusal = 'journal_failed';
    const answer = sync(door, 'bidder=acme&uid=u1&us_privacy=1YYN', cookieOf(door));
    expect(ended(answer)).toBe('503 refused; reason=journal_failed');
    expect(headersOf(answer, 'set-cookie')).toEqual([]);
  });
});

it('a full journal is 503 with a time to come back, and no cookie', () => {
  const door = front();
  door.journal.refusal = 'journal_full';
  const answer = sync(door, 'bidder=acme&uid=u1');
  expect(ended(answer)).toBe('503 refused; reason=journal_full');
  expect(headersOf(answer, 'retry-after')).toEqual(['5']);
  expect(headersOf(answer, 'set-cookie')).toEqual([]);
});
