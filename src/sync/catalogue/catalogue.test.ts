import { describe, expect, it } from 'vitest';
import { visitorId } from '../../identity/visitor.ts';
import { KINDS } from '../../registry/kinds.ts';
import { SyncUrl } from '../sync-url.ts';
import { CATALOGUE, fromCatalogue } from './catalogue.ts';

const STRINGS = { gdpr: '1', gdprConsent: 'CONSENT', usPrivacy: '1YNN', gpp: 'GPP', gppSid: '7' };
const VISITOR = visitorId(0x0123_4567_89ab_cdefn);
const examplesOf = (id: string) =>
  Object.fromEntries(
    CATALOGUE.find((entry) => entry.id === id)!.settings.map(({ name, example }) => [name, example]),
  );

function filled(id: string, type: 'image' | 'iframe') {
  const made = fromCatalogue(id, examplesOf(id));
  expect(made.problems).toEqual([]);
  const partner = { ...KINDS.partner.parse(made.fields), id };
  const url = type === 'image' ? partner.syncUrl : partner.iframeUrl;
  return SyncUrl.parse(url!, type, partner).fill(STRINGS, VISITOR, 'https://us.test');
}

/** Our redirect URL, once encoded. */
const back = (id: string, form: 'i' | 'b', uid: string) =>
  `https%3A%2F%2Fus.test%2Fsetuid%3Fbidder%3D${id}%26gdpr%3D1%26gdpr_consent%3DCONSENT%26us_privacy%3D1YNN%26gpp%3DGPP%26gpp_sid%3D7%26f%3D${form}%26uid%3D${uid}`;

describe('an entry’s URL is filled as the partner’s documentation has it', () => {
  it.each<[id: string, type: 'image' | 'iframe', url: string]>([
    [
      'thetradedesk',
      'image',
      `https://match.adsrvr.org/track/cmf/generic?ttd_pid=abc1234&ttd_tpi=1&ttd_puid=${VISITOR}&gdpr=1&gdpr_consent=CONSENT`,
    ],
    ['xandr', 'image', `https://ib.adnxs.com/getuid?${back('xandr', 'i', '%24UID')}`],
    [
      'xandr-hosted',
      'image',
      `https://ib.adnxs.com/mapuid?member=958&user=${VISITOR}&gdpr=1&gdpr_consent=CONSENT`,
    ],
    [
      'google',
      'image',
      'https://cm.g.doubleclick.net/pixel?google_nid=example_dmp&google_cm&google_hm=QVNORlo0bXJ6ZTg&gdpr=1&gdpr_consent=CONSENT',
    ],
    [
      'adobe',
      'image',
      `https://dpm.demdex.net/ibs:dpid=411&dpuuid=${VISITOR}&gdpr=1&gdpr_consent=CONSENT&redir=${back('adobe', 'i', '%24%7BDD_UUID%7D')}`,
    ],
    [
      'prebid-server',
      'image',
      `https://prebid.example.com/setuid?bidder=ninety&gdpr=1&gdpr_consent=CONSENT&us_privacy=1YNN&gpp=GPP&gpp_sid=7&f=i&uid=${VISITOR}`,
    ],
    [
      'pubmatic',
      'image',
      `https://image8.pubmatic.com/AdServer/ImgSync?p=159706&gdpr=1&gdpr_consent=CONSENT&us_privacy=1YNN&pu=${back('pubmatic', 'i', '%23PMUID')}`,
    ],
    [
      'pubmatic',
      'iframe',
      `https://ads.pubmatic.com/AdServer/js/user_sync.html?gdpr=1&gdpr_consent=CONSENT&us_privacy=1YNN&predirect=${back('pubmatic', 'b', '')}`,
    ],
    [
      'criteo',
      'image',
      `https://ssp-sync.criteo.com/user-sync/redirect?gdprapplies=1&gdpr=CONSENT&ccpa=1YNN&redir=${back('criteo', 'i', '%24%7BCRITEO_USER_ID%7D')}&profile=230`,
    ],
    [
      'criteo',
      'iframe',
      `https://ssp-sync.criteo.com/user-sync/iframe?gdprapplies=1&gdpr=CONSENT&ccpa=1YNN&redir=${back('criteo', 'b', '%24%7BCRITEO_USER_ID%7D')}&profile=230`,
    ],
    [
      'openx',
      'image',
      `https://rtb.openx.net/sync/prebid?gdpr=1&gdpr_consent=CONSENT&r=${back('openx', 'i', '%24%7BUID%7D')}`,
    ],
    [
      'openx',
      'iframe',
      `https://u.openx.net/w/1.0/cm?id=891039ac-a916-42bb-a651-4be9e3b201da&ph=a3aece0c-9e80-4316-8deb-faf804779bd1&gdpr=1&gdpr_consent=CONSENT&r=${back('openx', 'b', '%7BOPENX_ID%7D')}`,
    ],
    [
      'generic',
      'image',
      `https://sync.example.com/match?puid=${VISITOR}&gdpr=1&gdpr_consent=CONSENT&us_privacy=1YNN&gpp=GPP&gpp_sid=7&redir=${back('generic', 'i', '%24UID')}`,
    ],
  ])('%s, %s', (id, type, url) => {
    expect(filled(id, type)).toBe(url);
  });

  it('and none is left out', () => {
    for (const { id, partner } of CATALOGUE) {
      if (partner.syncUrl !== undefined) expect(filled(id, 'image')).toMatch(/^https:/);
      if (partner.iframeUrl !== undefined) expect(filled(id, 'iframe')).toMatch(/^https:/);
    }
  });

  it('Google’s push is given back as it came, its id and errors come under its own names', () => {
    const partner = { ...KINDS.partner.parse(fromCatalogue('google', { nid: 'n' }).fields), id: 'google' };
    const url = SyncUrl.parse(partner.syncUrl!, 'image', partner);
    expect(url.fill(STRINGS, VISITOR, '', (name) => (name === 'google_push' ? 'AXc-_=' : undefined))).toMatch(
      /&google_push=AXc-_%3D$/,
    );
    expect(partner).toMatchObject({ uidParameter: 'google_gid', errorParameter: 'google_error' });
  });
});

describe('the settings of an entry', () => {
  it.each<[sentence: string, id: string, settings: Record<string, string>, problems: RegExp[]]>([
    ['that is not there', 'googel', {}, [/^\/catalogue: there is no "googel"; did you mean google\?$/]],
    [
      'missing, all of them',
      'prebid-server',
      {},
      [/^\/settings\/host: is missing/, /^\/settings\/bidder: is/],
    ],
    ['wrong', 'google', { nid: 'a&b' }, [/^\/settings\/nid: "a&b" cannot be it; it is your cookie/]],
    [
      'missing, and one that there is not',
      'google',
      { nidd: 'abc' },
      [/^\/settings\/nid: is missing/, /^\/settings\/nidd: google has no such setting; did you mean nid\?$/],
    ],
    ['where none is needed', 'xandr', { member: '1' }, [/it needs none$/]],
    [
      'of which one goes with another',
      'openx',
      { id: examplesOf('openx')['id']! },
      [/^\/settings\/ph: is missing/],
    ],
    [
      'named like a part of every object',
      'google',
      { constructor: 'x' },
      [/nid: is missing/, /constructor: google has/],
    ],
  ])('%s', (_, id, settings, problems) => {
    const made = fromCatalogue(id, settings);
    expect(made.fields).toEqual({});
    expect(made.problems).toHaveLength(problems.length);
    for (const [n, problem] of problems.entries()) expect(made.problems[n]).toMatch(problem);
  });

  it('that need not be there leave out the URLs that name them', () => {
    expect(fromCatalogue('openx', {}).fields).not.toHaveProperty('iframeUrl');
  });

  it('let nothing through that changes the URL around them', () => {
    for (const { settings } of CATALOGUE)
      for (const { name, pattern, example } of settings) {
        expect(example).toMatch(pattern);
        for (const bad of [
          '',
          ' ',
          'a b',
          'a&b',
          'a?b',
          'a#b',
          'a%41',
          '$UID',
          '{{.GDPR}}',
          'a/../b@c',
          'a\n',
          '<id>',
        ])
          expect(pattern.test(bad), `${name}: ${bad}`).toBe(false);
      }
  });
});
