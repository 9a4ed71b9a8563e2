// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMacros, knownMacros, meaningOf } from './macros.ts';

const PARTY = { gvlId: 755, gppId: 12, uidMacro: '$UID' };
const names = (text: string) => findMacros(text).map((macro) => macro.name);

describe('what looks like a macro', () => {
  it.each<[sentence: string, text: string, found: string[]]>([
    ['Prebid Server’s, with and without spaces', 'a={{.GDPR}}&b={{ .GPP }}', ['{{.GDPR}}', '{{.GPP}}']],
    ['the IAB’s', 'a=${GDPR}&b=${GDPR_CONSENT_755}', ['${GDPR}', '${GDPR_CONSENT_755}']],
    ['bare ones in capitals', 'a=$UID&b=#PMUID', ['$UID', '#PMUID']],
    ['braces and brackets', 'a={OPENX_ID}&b=[TIMESTAMP]&c={uid}', ['{OPENX_ID}', '[TIMESTAMP]', '{uid}']],
    ['percent signs', 'a=%%CACHEBUSTER%%', ['%%CACHEBUSTER%%']],
    [
      'percent-encoded',
      'a=%24UID&b=%24%7BDD_UUID%7D&c=%23PMUID&d=%7b%7b.GPP%7d%7d',
      ['$UID', '${DD_UUID}', '#PMUID', '{{.GPP}}'],
    ],
    ['encoded twice', 'a=%2524UID&b=%2525%2525X%2525%2525', ['$UID', '%%X%%']],
    [
      'in small letters',
      'a=$uid&b=[uid]&c=%%uid%%&d=%24uid&e=#uid',
      ['$uid', '[uid]', '%%uid%%', '$uid', '#uid'],
    ],
    [
      'doubled signs and colons',
      'a=__UID__&b=@@UID@@&c=:UID&d=/:uid/&e=%40%40UID%40%40',
      ['__UID__', '@@UID@@', ':UID', ':uid', '@@UID@@'],
    ],
    [
      'those in a URL inside it',
      'r=https%3A%2F%2Fa.test%2Fs%3Fu%3D%5Buid%5D%26v%3D__UID__%26w%3D%3AUID',
      ['[uid]', '__UID__', ':UID'],
    ],
    ['no price, no array, no fragment', 'a=$5&b[]=1&c[0]=2&d[name]=3&e=x#top&f=[::1]', []],
    [
      'no port, no key with a colon, no name in underscores',
      'https://a.test:80/ibs:dpid=4?__a__=1&b=x__b__y&c=v1:d',
      [],
    ],
  ])('%s', (_, text, found) => {
    expect(names(text)).toEqual(found);
  });

  it('is found where it stands, whatever is around it', () => {
    const quiet = fc.stringMatching(/^[a-z0-9&=./?-]{0,30}$/);
    const macro = fc.constantFrom('{{.GDPR}}', '${GPP_SID}', '$UID', '%23PMUID', '%7BOPENX_ID%7D', '%%X%%');
    fc.assert(
      fc.property(fc.array(fc.tuple(quiet, macro)), quiet, (pairs, last) => {
        // A separator, because a name goes on as long as capitals and digits do.
        const text = pairs.map(([before, it]) => `${before}/${it}-`).join('') + last;
        const cut = findMacros(text).map(({ at, length }) => text.slice(at, at + length));
        expect(cut).toEqual(pairs.map(([, it]) => it));
      }),
    );
  });
});

describe('what a macro means', () => {
  it.each<[string, string]>([
    ['{{.GDPR}}', 'gdpr'],
    ['{{.GDPRConsent}}', 'gdprConsent'],
    ['{{.USPrivacy}}', 'usPrivacy'],
    ['{{.GPP}}', 'gpp'],
    ['{{.GPPSID}}', 'gppSid'],
    ['{{.RedirectURL}}', 'redirect'],
    ['${GDPR}', 'gdpr'],
    ['${GDPR_CONSENT_755}', 'gdprConsent'],
    ['${US_PRIVACY}', 'usPrivacy'],
    ['${GPP_STRING}', 'gpp'],
    ['${GPP_STRING_12}', 'gpp'],
    ['${GPP_SID}', 'gppSid'],
    ['{{.UID}}', 'visitor'],
  ])('%s is ours to fill anywhere', (name, fill) => {
    expect(meaningOf(name, false, PARTY)).toEqual({ fill });
    expect(meaningOf(name, true, PARTY)).toEqual({ fill });
  });

  it.each(['$UID', '${UID}'])('%s is our id, and inside a redirect URL the partner’s', (name) => {
    expect(meaningOf(name, false, PARTY)).toEqual({ fill: 'visitor' });
    expect(meaningOf(name, true, PARTY)).toEqual({});
  });

  it.each(['${DD_UUID}', '#PMUID', '${CRITEO_USER_ID}', '{OPENX_ID}', '[THEIRS]'])(
    '%s is the partner’s to fill, and has no place outside a redirect URL',
    (name) => {
      const party = { ...PARTY, uidMacro: '[THEIRS]' };
      expect(meaningOf(name, true, party)).toEqual({});
      expect(meaningOf(name, false, party)).toMatchObject({ fault: 'misplaced_macro' });
    },
  );

  it.each<[sentence: string, name: string, gvlId: number | undefined, says: RegExp]>([
    ['of another vendor', '${GDPR_CONSENT_32}', 755, /gvlId 32, and this partner's gvlId is 755/],
    ['of a partner without a vendor id', '${GDPR_CONSENT_32}', undefined, /has no gvlId; set it/],
    ['of another GPP id', '${GPP_STRING_5}', 755, /gppId 5, and this partner's gppId is 12/],
  ])('a number %s is a mistake', (_, name, gvlId, says) => {
    expect(meaningOf(name, false, { ...PARTY, gvlId })).toMatchObject({
      fault: 'foreign_number',
      message: expect.stringMatching(says),
    });
  });

  it.each<[name: string, meant: string]>([
    ['{{.GDRP}}', '{{.GDPR}}'],
    ['{{GDPRConsent}}', '{{.GDPRConsent}}'],
    ['${GDPR_CONSENT}', '{{.GDPRConsent}}'],
    ['${GDPR_CONSENTS_755}', '${GDPR_CONSENT_755}'],
    ['[GPP_SID]', '${GPP_SID}'],
    ['%%US_PRIVACY%%', '${US_PRIVACY}'],
    ['{UID}', '${UID}'],
    ['$uid', '$UID'],
    ['[uid]', '{{.UID}}'],
    ['__UID__', '{{.UID}}'],
    ['{{.RedirectUrl}}', '{{.RedirectURL}}'],
  ])('%s is not known; %s was probably meant', (name, meant) => {
    expect(meaningOf(name, false, PARTY)).toMatchObject({
      fault: 'unknown_macro',
      message: `${name} is no macro that is known; did you mean ${meant}?`,
    });
  });

  it('of one that is like none, the known ones are told', () => {
    const meaning = meaningOf('[CACHEBUSTER]', false, PARTY);
    for (const known of knownMacros(PARTY))
      expect(meaning).toMatchObject({ message: expect.stringContaining(known) });
  });
});
