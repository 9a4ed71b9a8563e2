import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROME, send } from './client.ts';
import { type Home, openHome } from './homes.ts';

const EVERYONE = { id: 'everyone', name: 'Everyone', rule: { did: {} } };
const FID = '31415926535897932384626433832795028841';
const GAID = '38400000-8cf0-11bd-b23e-10b96e40000d';
const SITE_PAGE = 'http://localhost:3000';
const OPTED_OUT = 'refused; reason=opted_out';

describe('an opt-out that names ids', () => {
  let home: Home;
  beforeAll(async () => {
    home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '0', NINETY_SEGMENTS_CRON: '0 0 1 1 *' });
    await home.admin.json('POST', '/v1/segments', EVERYONE);
  });
  afterAll(() => home?.close());

  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    send(method, home.collector + path, { 'user-agent': CHROME, ...headers });
  /** A hit. @returns the `Ninety-Result`. */
  const see = async (parameters: Record<string, string>, cookie = '') => {
    const query = new URLSearchParams({ s: home.siteKey, u: 'https://shop.test/a', ...parameters });
    const answer = await ask('GET', `/p.gif?${query}`, cookie ? { cookie } : {});
    return String(answer.headers['ninety-result']);
  };

  it('ends what is known under them, where no cookie of ours comes along', async () => {
    const { admin, siteKey } = home;
    expect(await see({ fid: FID })).toBe('stored');
    expect(await see({ did: GAID, dt: 'gaid' })).toBe('stored');
    expect(await see({ fid: `${FID}7` })).toBe('stored');
    expect(await admin.build('everyone')).toBe(3);
    const device = await admin.pull('everyone', 'gaid');
    expect(device.lines).toEqual([{ id: GAID, op: 'add' }]);

    const named = `s=${siteKey}&fid=${FID}&did=${GAID.toUpperCase()}&dt=aaid`;
    const image = await ask('GET', `/optout?${named}`, { 'sec-fetch-dest': 'image' });
    expect([image.status, image.headers['content-type'], image.headers['ninety-result']]).toEqual([
      200,
      'image/gif',
      'opted_out',
    ]);
    expect(image.headers['set-cookie']).toEqual([expect.stringMatching(`^n90_optout=1\\.${siteKey};`)]);
    expect(await see({ fid: FID })).toBe(OPTED_OUT);
    expect(await see({ did: GAID, dt: 'gaid' })).toBe(OPTED_OUT);

    // The job waits for what the journal has taken.
    await admin.json('POST', '/v1/jobs/expire/run?wait=1');
    expect(await admin.estimate(EVERYONE.rule)).toBe(1);
    expect((await admin.pull('everyone', 'gaid', device.cursor)).lines).toEqual([{ id: GAID, op: 'remove' }]);
  });

  it('is taken back by the site through which it was said, and by no other', async () => {
    const { siteKey } = home;
    const cookie = `n90_optout=1.${siteKey}`;
    expect(await see({ fid: 'a-new-first-party-id' }, cookie)).toBe(OPTED_OUT);
    const optin = (origin: string, mark = cookie) =>
      ask('POST', `/optin?s=${siteKey}`, { origin, cookie: mark });
    expect((await optin('https://evil.test')).status).toBe(403);
    expect((await optin(SITE_PAGE, 'n90_optout=1')).status).toBe(403);
    const back = await optin(SITE_PAGE);
    expect([back.status, back.body]).toEqual([204, '']);
    const words = back.headers['set-cookie']?.map((set) => set.split(';')[0]);
    expect(words).toEqual(['n90_optout=0', 'n90=', 'n90s=']);
    expect(await see({ fid: 'a-new-first-party-id' }, words?.[0])).toBe('stored');
  });
});
