// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visitorId, visitorNumber } from '../identity/visitor.ts';
import { KINDS } from '../registry/kinds.ts';
import type { PrivacyStrings } from './macros.ts';
import { encodedId, SyncUrl, SyncUrlError, type SyncUrlFault, syncUrlProblems } from './sync-url.ts';

const OURS = 'https://sync.ninety.test';
const VISITOR = visitorId(0x0123_4567_89ab_cdefn);
const STRINGS: PrivacyStrings = {
  gdpr: '1',
  gdprConsent: 'CPc.YAAA~',
  usPrivacy: '1YNN',
  gpp: 'DBABMA~CP_c',
  gppSid: '2,6',
};
const NONE: PrivacyStrings = { gdpr: '', gdprConsent: '', usPrivacy: '', gpp: '', gppSid: '' };
const partnerOf = (fields: object = {}) => ({
  ...KINDS.partner.parse({ name: 'Acme', ...fields }),
  id: 'acme',
});
const fill = (url: string, fields = {}, strings = STRINGS, type: 'image' | 'iframe' = 'image') =>
  SyncUrl.parse(url, type, partnerOf(fields)).fill(strings, VISITOR, OURS);

describe('a sync URL', () => {
  it.each<[sentence: string, url: string, filled: string]>([
    [
      'Prebid Server’s macros',
      'https://a.test/s?g={{.GDPR}}&c={{ .GDPRConsent }}&u={{.USPrivacy}}&p={{.GPP}}&s={{.GPPSID}}&id=$UID',
      `https://a.test/s?g=1&c=CPc.YAAA~&u=1YNN&p=DBABMA~CP_c&s=2%2C6&id=${VISITOR}`,
    ],
    [
      'the IAB’s macros',
      'https://a.test/s?g=${GDPR}&c=${GDPR_CONSENT_7}&u=${US_PRIVACY}&p=${GPP_STRING}&q=${GPP_STRING_9}&s=${GPP_SID}&id=${UID}',
      `https://a.test/s?g=1&c=CPc.YAAA~&u=1YNN&p=DBABMA~CP_c&q=DBABMA~CP_c&s=2%2C6&id=${VISITOR}`,
    ],
    [
      'parameters in the path',
      'https://a.test/ibs:dpid=1&id={{.UID}}',
      `https://a.test/ibs:dpid=1&id=${VISITOR}`,
    ],
    [
      'a partner’s macro in an encoded redirect URL, which stays',
      'https://a.test/s?id=$UID&r=https%3A%2F%2Fus.test%2Fsetuid%3Fuid%3D%24UID%26x%3D%7BOPENX_ID%7D&z=1',
      `https://a.test/s?id=${VISITOR}&r=https%3A%2F%2Fus.test%2Fsetuid%3Fuid%3D%24UID%26x%3D%7BOPENX_ID%7D&z=1`,
    ],
    [
      'one in a raw redirect URL, which ends with its parameter',
      'https://a.test/s?r=https://us.test/setuid?uid=${UID}&id=${UID}',
      `https://a.test/s?r=https://us.test/setuid?uid=\${UID}&id=${VISITOR}`,
    ],
    [
      'one in a redirect URL that is the whole query',
      'https://a.test/getuid?https://us.test/pixel?user_id=$UID&geo=35&also=$UID&s={{.GPPSID}}',
      'https://a.test/getuid?https://us.test/pixel?user_id=$UID&geo=35&also=$UID&s=2%2C6',
    ],
    [
      'a privacy string in an encoded redirect URL, encoded as it is',
      'https://a.test/s?r=https%3A%2F%2Fus.test%2Fsetuid%3Fsid%3D{{.GPPSID}}%26uid%3D%24UID',
      'https://a.test/s?r=https%3A%2F%2Fus.test%2Fsetuid%3Fsid%3D2%252C6%26uid%3D%24UID',
    ],
    [
      'a hash of a macro, which would end the URL',
      'https://a.test/s?r=https://us.test/setuid?uid=#PMUID',
      'https://a.test/s?r=https://us.test/setuid?uid=%23PMUID',
    ],
  ])('has %s', (_, url, filled) => {
    expect(fill(url, { gvlId: 7, gppId: 9 })).toBe(filled);
  });

  it('leaves a place empty where nothing is known', () => {
    const url = SyncUrl.parse('https://a.test/s?g=${GDPR}&id=$UID', 'image', partnerOf());
    expect(url.fill(NONE, undefined, OURS)).toBe('https://a.test/s?g=&id=');
  });

  it('gives our redirect URL as Prebid Server gives its own', () => {
    const redirect =
      'https%3A%2F%2Fsync.ninety.test%2Fsetuid%3Fbidder%3Dacme%26gdpr%3D1%26gdpr_consent%3DCPc.YAAA~%26us_privacy%3D1YNN%26gpp%3DDBABMA~CP_c%26gpp_sid%3D2%252C6%26f%3D';
    const url = 'https://a.test/s?r={{.RedirectURL}}';
    expect(fill(url)).toBe(`https://a.test/s?r=${redirect}i%26uid%3D%24UID`);
    const fields = { uidMacro: '#PMUID', iframeUidMacro: '', uidParameter: 'their_id' };
    expect(fill(url, fields)).toBe(`https://a.test/s?r=${redirect}i%26their_id%3D%23PMUID`);
    expect(fill(url, fields, STRINGS, 'iframe')).toBe(`https://a.test/s?r=${redirect}b%26their_id%3D`);
  });

  it('brings back what the partner wants to see again', () => {
    const partner = partnerOf({ echoParameters: ['push', 'seen'] });
    const url = SyncUrl.parse('https://a.test/s?id=$UID', 'image', partner);
    const asked = new URLSearchParams('push=a%26b&other=1');
    expect(url.fill(NONE, VISITOR, OURS, (name) => asked.get(name) ?? undefined)).toBe(
      `https://a.test/s?id=${VISITOR}&push=a%26b`,
    );
  });

  it.each<[url: string, needsVisitor: boolean, returns: boolean]>([
    ['https://a.test/s?id=$UID', true, false],
    ['https://a.test/s?r={{.RedirectURL}}', false, true],
    ['https://a.test/s?id={{.UID}}&r={{.RedirectURL}}', true, true],
    ['https://a.test/s?r=https%3A%2F%2Fus.test%2F%3Fuid%3D%24UID', false, true],
    ['https://a.test/s?r=https%3A%2F%2Fus.test%2F%3Fuid%3D__UID__', false, true],
  ])('%s tells who keeps the match', (url, needsVisitor, returns) => {
    expect(
      SyncUrl.parse(url, 'image', partnerOf({ uidMacro: url.includes('__') ? '__UID__' : '$UID' })),
    ).toMatchObject({
      needsVisitor,
      returns,
    });
  });

  it.each<[encoding: 'plain' | 'base64url' | 'hex', text: string]>([
    ['plain', 'ASNFZ4mrze8'],
    ['base64url', Buffer.from('ASNFZ4mrze8').toString('base64url')],
    ['hex', '0123456789abcdef'],
  ])('writes our id as the partner wants it: %s', (idEncoding, text) => {
    expect(fill('https://a.test/s?id=$UID', { idEncoding })).toBe(`https://a.test/s?id=${text}`);
    expect(text).not.toContain('=');
  });

  it('in hex comes back to the same visitor', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (number) => {
        const hex = encodedId(visitorId(number), 'hex');
        expect(hex).toMatch(/^[0-9a-f]{16}$/);
        expect(visitorNumber(visitorId(BigInt(`0x${hex}`)))).toBe(number);
      }),
    );
  });
});

const anything = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  fc.constantFrom(
    '%41',
    '%2525',
    '&uid=evil',
    '#',
    '{{.GDPR}}',
    '$UID',
    'https://evil.test/?a=$UID',
    "a!'()*b",
    'a+b c',
  ),
);
const strings = fc.record({
  gdpr: anything,
  gdprConsent: anything,
  usPrivacy: anything,
  gpp: anything,
  gppSid: anything,
});
const TEMPLATE =
  '?g={{.GDPR}}&c={{.GDPRConsent}}&u={{.USPrivacy}}&p={{.GPP}}&s={{.GPPSID}}&id=$UID&r={{.RedirectURL}}';
const NESTED = `https%3A%2F%2Fus.test%2Fsetuid%3Fg%3D{{.GDPR}}%26c%3D{{.GDPRConsent}}%26uid%3D%24UID`;
const bare = (text: string) => new URL(text).searchParams;

describe('whatever the strings hold', () => {
  it('they come out unmodified, each in its own parameter', () => {
    const url = SyncUrl.parse(`https://a.test/s${TEMPLATE}&n=${NESTED}`, 'image', partnerOf());
    fc.assert(
      fc.property(strings, (given) => {
        const text = url.fill(given, VISITOR, OURS);
        expect(text).toMatch(/^[!-~]+$/);
        const outer = bare(text);
        expect([...outer.keys()]).toEqual(['g', 'c', 'u', 'p', 's', 'id', 'r', 'n']);
        const got = ['g', 'c', 'u', 'p', 's', 'id'].map((name) => outer.get(name));
        expect(got).toEqual([
          given.gdpr,
          given.gdprConsent,
          given.usPrivacy,
          given.gpp,
          given.gppSid,
          VISITOR,
        ]);
        const back = bare(outer.get('r')!);
        expect(Object.fromEntries(back)).toEqual({
          bidder: 'acme',
          gdpr: given.gdpr,
          gdpr_consent: given.gdprConsent,
          us_privacy: given.usPrivacy,
          gpp: given.gpp,
          gpp_sid: given.gppSid,
          f: 'i',
          uid: '$UID',
        });
        const nested = bare(outer.get('n')!);
        expect(Object.fromEntries(nested)).toEqual({ g: given.gdpr, c: given.gdprConsent, uid: '$UID' });
      }),
    );
  });

  it('is percent-encoded once for each URL that it stands in, and no more', () => {
    const url = SyncUrl.parse(`https://a.test/s?c={{.GDPRConsent}}&n=${NESTED}`, 'image', partnerOf());
    fc.assert(
      fc.property(anything, (gdprConsent) => {
        const text = url.fill({ ...NONE, gdprConsent }, VISITOR, OURS);
        const once = text.slice('https://a.test/s?c='.length, text.indexOf('&n='));
        expect(decodeURIComponent(once)).toBe(gdprConsent);
        const twice = /%26c%3D(.*?)%26uid%3D%24UID$/.exec(text)![1]!;
        expect(decodeURIComponent(decodeURIComponent(twice))).toBe(gdprConsent);
      }),
    );
  });

  it('half a surrogate pair, which JSON can bring, breaks nothing', () => {
    expect(fill('https://a.test/s?g=${GDPR}&id=$UID', {}, { ...NONE, gdpr: '\ud800' })).toContain(
      'g=%EF%BF%BD&',
    );
  });

  it('nothing but macros changes', () => {
    const quiet = fc
      .stringMatching(/^([a-zA-Z0-9._~!*'();:@,+-]|%2[0-9A-F]){0,20}$/)
      .filter((s) => !/%2[345]|__|@@|(^|%2F):/.test(s));
    const names = fc.array(quiet, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, quiet, (values, path) => {
        const query = values.map((value, n) => `p${n}=${value}`).join('&');
        const around = (id: string) => `https://a.test/${path}?${query}&id=${id}&end=1`;
        expect(fill(around('$UID'))).toBe(around(VISITOR));
      }),
    );
  });
});

describe('a sync URL is refused', () => {
  it.each<[sentence: string, url: string, reason: SyncUrlFault, macro: string | undefined]>([
    ['with an unknown macro', 'https://a.test/s?id=$UID&x={{.Nope}}', 'unknown_macro', '{{.Nope}}'],
    ['with one that is percent-encoded', 'https://a.test/s?id=$UID&x=%5BX%5D', 'unknown_macro', '[X]'],
    [
      'with one in a redirect URL',
      'https://a.test/s?r=https%3A%2F%2Fus.test%2F%3Fu%3D%24UID%26x%3D%24%7BCB%7D',
      'unknown_macro',
      '${CB}',
    ],
    [
      'with another’s vendor id',
      'https://a.test/s?id=$UID&c=${GDPR_CONSENT_8}',
      'foreign_number',
      '${GDPR_CONSENT_8}',
    ],
    ['with the partner’s macro outside', 'https://a.test/s?id={OPENX_ID}', 'misplaced_macro', '{OPENX_ID}'],
    ['with a macro in the host', 'https://{{.GDPR}}.a.test/?id=$UID', 'macro_in_host', '{{.GDPR}}'],
    ['with a name and password', 'https://a.test:b@evil.test/?id=$UID', 'malformed', undefined],
    ['with no host', 'https://:80/?id=$UID', 'malformed', undefined],
    ['with a fragment', 'https://a.test/s?id=$UID#top', 'malformed', '#'],
    ['with a space', 'https://a.test/s?id=$UID&a=b c', 'malformed', ' '],
    ['with a place not filled in', 'https://a.test/s?id=$UID&pid=<your id>', 'malformed', '<'],
    ['with a percent sign that encodes nothing', 'https://a.test/s?id=$UID&a=100%', 'malformed', '%'],
    ['without a way to a match', 'https://a.test/s?gdpr={{.GDPR}}', 'no_match', undefined],
  ])('%s', (_, url, reason, macro) => {
    const problems = syncUrlProblems(url, 'image', partnerOf({ gvlId: 7 }));
    expect(problems[0]).toMatchObject(macro === undefined ? { reason } : { reason, macro });
    expect(() => SyncUrl.parse(url, 'image', partnerOf({ gvlId: 7 }))).toThrow(SyncUrlError);
    expect(SyncUrl.ifUsable(url, 'image', partnerOf({ gvlId: 7 }))).toBeUndefined();
  });

  it('with everything that is wrong at once', () => {
    const problems = syncUrlProblems('https://a.test/?a=[A]&b={{.B}}&c=d e', 'image', partnerOf());
    expect(problems.map(({ reason }) => reason)).toEqual(['unknown_macro', 'unknown_macro', 'malformed']);
  });

  it('whatever is in it, by a problem and never by a fault of ours', () => {
    const piece = fc.constantFrom(
      '$',
      '{',
      '}',
      '%',
      '%2',
      '%7B',
      '#',
      '[A]',
      '&',
      '?',
      '=',
      'https://',
      '{{.GDPR}}',
      'UID',
      '\0',
      'ü',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const url = `https://a.test/${pieces.join('')}`;
        if (syncUrlProblems(url, 'image', partnerOf()).length > 0) return;
        expect(URL.canParse(SyncUrl.parse(url, 'image', partnerOf()).fill(STRINGS, VISITOR, OURS))).toBe(
          true,
        );
      }),
    );
  });
});
