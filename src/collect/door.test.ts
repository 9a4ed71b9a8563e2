import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visitorId } from '../identity/visitor.ts';
import { hitOfQuery, pixel, type Response } from './door.ts';
import { HIT_COLUMNS } from './encode.ts';
import { type Front, front, GERMAN, headersOf, NO, requestOf, SITE, YES } from './front.testing.ts';
import { GIF } from './gif.ts';
import type { HitInput } from './hit.ts';

function see(door: Front, query: string, headers: Record<string, string> = {}, rest: object = {}): Response {
  const answers: Response[] = [];
  pixel(door.collector, door.cookie, requestOf(`/p.gif${query}`, headers, rest), Date.now(), (answer) =>
    answers.push(answer),
  );
  expect(answers).toHaveLength(1);
  return answers[0]!;
}
/** What a query says, without the place where its page is remembered. */
function said(query: string): HitInput {
  const { memory: _, ...hit } = hitOfQuery(query);
  return hit;
}

const result = (answer: Response) => headersOf(answer, 'ninety-result');
const page = (rest = '') => `?s=${SITE.key}&u=${encodeURIComponent('https://shop.test/a')}${rest}`;

describe('the pixel', () => {
  it('is 43 bytes of transparent GIF, one pixel each way', () => {
    expect(GIF).toHaveLength(43);
    expect(GIF.toString('latin1', 0, 6)).toBe('GIF89a');
    expect([GIF.readUInt16LE(6), GIF.readUInt16LE(8)]).toEqual([1, 1]);
    expect(GIF.at(-1)).toBe(0x3b);
  });

  it.each<[string, string, string]>([
    ['a hit', page(), 'stored'],
    ['a site that is not there', '?s=nobody&u=https://a.test/', 'refused; reason=unknown_site'],
    ['nothing at all', '', 'refused; reason=unknown_site'],
    ['garbage', '?%%%&=&&s==&u=%E0%A4%A', 'refused; reason=unknown_site'],
    ['no page', `?s=${SITE.key}`, 'refused; reason=url_missing'],
    ['a number that is none', page('&d=soon'), 'refused; reason=bad_field'],
    ['a number past all numbers', page(`&x=${'9'.repeat(400)}`), 'refused; reason=bad_field'],
    ['a refusal of the tag', page('&e=refusal'), 'refused; reason=visitor_refused'],
  ])('answers %s with the GIF and how it ended', (_, query, ended) => {
    const answer = see(front(), query);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(GIF);
    expect(result(answer)).toEqual([ended]);
    expect(headersOf(answer, 'cache-control')).toEqual(['no-store']);
    expect(headersOf(answer, 'content-length')).toEqual(['43']);
    expect(headersOf(answer, 'content-type')).toEqual(['image/gif']);
  });

  it('says so when the journal is full, and gives no cookie', () => {
    const door = front();
    door.journal.refusal = 'journal_full';
    const answer = see(door, page());
    expect([answer.status, result(answer)]).toEqual([200, ['refused; reason=journal_full']]);
    expect(headersOf(answer, 'set-cookie')).toEqual([]);
  });

  it('takes the page from the Referer header where none is named', () => {
    const door = front();
    see(door, `?s=${SITE.key}`, { referer: 'https://shop.test/b' });
    see(door, page(), { referer: 'https://shop.test/b' });
    expect(door.journal.of('hits').map((row) => row['path'])).toEqual(['/b', '/a']);
  });

  it('gives a cookie, and knows who brings it back', () => {
    const door = front();
    const [first] = headersOf(see(door, page()), 'set-cookie');
    const [second] = headersOf(see(door, page(), { cookie: first!.split(';')[0]! }), 'set-cookie');
    expect(second).toBe(first);
    expect(new Set(door.journal.of('hits').map((row) => row['visitor'])).size).toBe(1);
  });

  it('replaces a cookie that we did not make', () => {
    const door = front();
    const [set] = headersOf(see(door, page(), { cookie: `n90=${visitorId(7n)}AAAAAAAA` }), 'set-cookie');
    expect(set).not.toContain(visitorId(7n));
    expect(door.journal.of('hits')[0]?.['visitor']).not.toBe('7');
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['no signal in Germany', '', {}, 'consent_missing'],
    ['gdpr=1 without a string', '&gdpr=1', {}, 'consent_missing'],
    ['gdpr=1 with garbage', '&gdpr=1&gdpr_consent=garbage', {}, 'consent_unreadable'],
    ['a no', `&gdpr=1&gdpr_consent=${NO}`, {}, 'no_vendor_consent'],
    ['GPC over a yes', `&gdpr=1&gdpr_consent=${YES}`, { 'sec-gpc': '1' }, 'sale_opt_out'],
    ['US Privacy over a yes', `&gdpr=1&gdpr_consent=${YES}&us_privacy=1YYN`, {}, 'sale_opt_out'],
  ])('%s stores nothing and gives no id', (_, signals, headers, reason) => {
    const door = front();
    const answer = see(door, page(signals), headers, { address: GERMAN });
    expect(result(answer)).toEqual([`refused; reason=${reason}`]);
    expect(door.journal.rows).toEqual([]);
    for (const set of headersOf(answer, 'set-cookie')) expect(set).toContain('Max-Age=0');
    expect(door.counted()).toEqual({ [reason]: 1 });
  });

  it('a yes in Germany is kept with what it allows', () => {
    const door = front();
    see(door, page(`&gdpr=1&gdpr_consent=${YES}`), {}, { address: GERMAN });
    expect(door.journal.of('hits')[0]).toMatchObject({
      purposes: '781',
      partners: "['acme']",
      country: 'DE',
    });
  });

  it('gdpr=1 while we have no vendor id is refused by that name', () => {
    const answer = see(front({ gvlId: undefined }), page(`&gdpr=1&gdpr_consent=${YES}`));
    expect(result(answer)).toEqual(['refused; reason=no_vendor_id']);
  });

  it('sees what a browser says of itself in its headers', () => {
    const door = front();
    const edge = {
      'accept-language': 'de-AT',
      'sec-fetch-mode': 'no-cors',
      'sec-ch-ua': '"Microsoft Edge";v="141", "Chromium";v="141", "Not A;Brand";v="99"',
      'sec-ch-ua-mobile': '?0',
      'sec-ch-ua-platform': '"Chrome OS"',
    };
    see(door, page(), edge);
    see(door, page(), { ...edge, 'sec-ch-ua-platform': '"Windows"', 'sec-fetch-mode': '' });
    const bare = { ...edge, 'sec-ch-ua-platform': '"Windows"', 'accept-language': '' };
    see(door, page(), bare);
    expect(door.journal.of('hits').map((row) => [row['browser'], row['os'], row['language']])).toEqual([
      ['Edge', 'Chromium OS', 'de'],
      ['Edge', 'Windows', 'de'],
    ]);
    expect(door.counted()).toEqual({ stored: 2, bot: 1 });
  });

  it('answers every query there is, and writes no row that breaks its line', () => {
    const door = front();
    const value = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.string({ unit: 'grapheme-ascii' }),
      fc.constantFrom('%', '%00', '%0A%09', '%ED%A0%80', '%F0%9F%8C%BB', "'\\", 'https://a.test/%0a'),
    );
    const names = [
      'e',
      'r',
      't',
      'c',
      'k',
      'd',
      'x',
      'did',
      'dt',
      'fid',
      'tz',
      'id',
      'gdpr',
      'gpp',
      'gpp_sid',
      'ca',
      'cr',
      'p',
      'zz',
    ];
    const query = fc
      .array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6 })
      .map((pairs) => pairs.map(([name, text]) => `&${name}=${text}`).join(''));
    fc.assert(
      fc.property(query, (rest) => {
        expect(see(door, page(rest)).body).toBe(GIF);
      }),
      { numRuns: 500 },
    );
    for (const { stream, line } of door.journal.rows) {
      expect(line).not.toMatch(/[\n\r\0]/);
      if (stream === 'hits') expect(line.split('\t')).toHaveLength(HIT_COLUMNS.split('\t').length - 1);
    }
  });
});

describe('the short names', () => {
  it('are the long ones', () => {
    expect(
      said(
        's=1&e=2&u=3&r=4&t=5&c=6,7&k=8&d=9&x=10&did=11&dt=12&fid=13&tz=-60&id=14&gdpr=1&gdpr_consent=15&gpp=16&gpp_sid=17&us_privacy=18&ca=19&cr=20&p=%7B%7D',
      ),
    ).toEqual({
      site: '1',
      event: '2',
      url: '3',
      referrer: '4',
      title: '5',
      categories: ['6', '7'],
      keywords: ['8'],
      dwellMs: 9,
      scroll: 10,
      deviceId: '11',
      deviceType: '12',
      firstPartyId: '13',
      tz: -60,
      hitId: '14',
      gdpr: '1',
      gdprConsent: '15',
      gpp: '16',
      gppSid: '17',
      usPrivacy: '18',
      campaign: '19',
      creative: '20',
      props: '{}',
    });
  });

  it.each<[string, string, object]>([
    ['a plus is a space', 't=a+b', { title: 'a b' }],
    ['escapes are read', 't=%C3%A4%2B', { title: 'ä+' }],
    ['a broken escape stays', 't=100%', { title: '100%' }],
    ['what is no UTF-8 is replaced', 't=%E4x', { title: '\ufffdx' }],
    ['the first of several counts', 't=a&t=b', { title: 'a' }],
    ['what is empty is not there', 't=&u=', {}],
    ['names of nothing are passed over', 'constructor=1&__proto__=2&=3&foo&t=a', { title: 'a' }],
    ['a value may hold an equals sign', 'u=https://a.test/?b=c', { url: 'https://a.test/?b=c' }],
  ])('%s', (_, query, hit) => {
    expect(said(query)).toEqual(hit);
  });

  it('read what URLSearchParams writes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        (t, r) => {
          const title = t.toWellFormed();
          const referrer = r.toWellFormed();
          expect(said(`${new URLSearchParams({ t: title, r: referrer })}`)).toEqual({
            title,
            referrer,
          });
        },
      ),
    );
  });
});
