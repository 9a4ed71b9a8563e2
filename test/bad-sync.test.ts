// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CHROME, send } from './client.ts';
import { ask } from './engine.ts';
import { type Home, openHome } from './homes.ts';

const HOST = 'sync.dsp.example';
/** The same garbage every time, so that what it finds is found again. */
const SEED = 90;
const FUZZED = 500;

let home: Home;
/** Of a browser that is matched with the partner, so that it is sent on at once. */
let cookies: string;

beforeAll(async () => {
  home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '0', NINETY_SEGMENTS_CRON: '0 0 1 1 *' });
  const url = `https://${HOST}/getuid?gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&redir={{.RedirectURL}}`;
  await home.admin.json('POST', '/v1/partners', {
    id: 'dsp',
    name: 'A DSP',
    syncUrl: url,
    redirectHosts: [HOST],
  });
  cookies = cookiesOf(await get('/setuid?bidder=dsp&uid=U-1'));
  expect(cookies).toMatch(/^n90=[\w-]{19}; n90s=[\w-]+$/);
});
afterAll(() => home?.close());

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  send('GET', home.collector + path, { 'user-agent': CHROME, ...headers });
const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  send('POST', `${home.collector}/cookie_sync`, { 'user-agent': CHROME, ...headers }, body);
const cookiesOf = ({ headers }: Answer) =>
  (headers['set-cookie'] ?? []).map((set) => set.split(';', 1)[0]).join('; ');
const resultOf = ({ headers }: Answer) => String(headers['ninety-result']);
const matches = async () => ask(home.shards[0]!, 'SELECT count() FROM ninety.matches');
/** Series of `/metrics`, without their values. */
const series = async () => (await get('/metrics')).body.replaceAll(/ \d+$/gm, '');

/** Where a browser would go: nowhere, to the partner, or to us again. */
function expectNowhereElse({ status, headers }: Answer, where: string): void {
  expect(status, where).toBeLessThan(500);
  const { location, refresh } = headers;
  expect(refresh, where).toBeUndefined();
  if (location === undefined) return;
  const { origin, hostname } = new URL(location, home.collector);
  expect([HOST, new URL(home.collector).hostname], `${where} → ${location}`).toContain(hostname);
  if (hostname !== HOST) expect(['http:', 'https:'], where).toContain(new URL(origin).protocol);
}

describe('an id that is none', () => {
  it.each<readonly [string, string]>([
    ['is of 10 kB', 'a'.repeat(10_000)],
    ['is one character too long', 'a'.repeat(513)],
    ['holds a NUL', 'a%00b'],
    ['holds a line break', 'a%0D%0ASet-Cookie:%20n90=x'],
    ['holds an escape', '%1B%5B31m'],
    ['holds a DEL', 'a%7F'],
    ['holds a space', 'a%20b'],
    ['holds a plus, which is a space', 'a+b'],
    ['is no UTF-8', '%FF%FE'],
    ['holds letters that are not ASCII', 'Z%C3%BCrich'],
    ['is half a surrogate pair', '%ED%A0%80'],
    ['is a URL', 'https%3A%2F%2Fevil.example%2F'],
    ['is a URL of a script', 'javascript%3A%2F%2Fx'],
    ['is a URL without a scheme', '%2F%2Fevil.example'],
    ['is percent-encoded twice', 'abc%253D%253D'],
    ['is percent-encoded thrice', 'abc%25253D'],
    ['is an e-mail address', 'jane.doe%40example.com'],
    ['is an address of a machine', '203.0.113.7'],
    ['is a telephone number', '%2B41791234567'],
    ...[
      '$UID',
      '${UID}',
      '${DD_UUID}',
      '#PMUID',
      '{OPENX_ID}',
      '{{.UID}}',
      '[UID]',
      '%%UID%%',
      '{{uid}}',
    ].map((macro) => [`is the macro ${macro}`, encodeURIComponent(macro)] as const),
    ...[
      '0',
      '-1',
      '00000000',
      '00000000-0000-0000-0000-000000000000',
      'null',
      'NULL',
      'undefined',
      'NaN',
    ].map((nothing) => [`is ${nothing}`, nothing] as const),
  ])('is refused where it %s, and no cookie is given for it', async (_, uid) => {
    const answer = await get(`/setuid?bidder=dsp&uid=${uid}`);
    expect([answer.status, resultOf(answer)]).toEqual([400, 'refused; reason=bad_uid']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    // Nothing of it is said again.
    expect(answer.body).not.toContain('evil');
  });

  it('leaves no match behind', async () => {
    await home.admin.json('POST', '/v1/jobs/segments/run?wait=1');
    expect(Number(await matches())).toBe(1);
  });
});

describe('a redirect to elsewhere', () => {
  /** As they stand in the query. */
  const ELSEWHERE = [
    'https://evil.example/',
    'https%3A%2F%2Fevil.example%2F',
    '//evil.example/',
    '%2F%2Fevil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '%5C%5Cevil.example',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'https:%5C%5Cevil.example',
    `https://${HOST}@evil.example/`,
    `https://${HOST}:pw@evil.example/`,
    `https://${HOST}%40evil.example/`,
    `https://evil.example%5C@${HOST}/`,
    `https://evil.example\\@${HOST}/`,
    `https://evil.example%23@${HOST}/`,
    `https://evil.example?@${HOST}/`,
    `https://user@${HOST}/`,
    `https://${HOST}.evil.example/`,
    `https://${HOST}%2Eevil.example/`,
    `https://evil.example/${HOST}`,
    `https://evil.example/?${HOST}`,
    `https://evil.example%23${HOST}`,
    `https://evil-${HOST}/`,
    `https://x.${HOST}/`,
    'https://dsp.example/',
    `https://${HOST}%00.evil.example/`,
    `https://evil.example%00.${HOST}/`,
    `https://${HOST}%0d%0aLocation:%20https://evil.example/`,
    `%09https://evil.example/`,
    `ht%0Atps://evil.example/`,
    `%20https://evil.example/`,
    `http://${HOST}/`,
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://evil.example/x',
    'ftp://evil.example/',
    'file:///etc/passwd',
    `view-source:https://${HOST}/`,
    'https://[::ffff:8.8.8.8]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://127.1/',
    'http://0/',
    'https://①②⑦.0.0.1.evil.example/',
    'https://sync.dsp.example。evil.example/',
    'https://ѕync.dsp.example/',
    `https://${HOST}./`,
    'https%253A%252F%252Fevil.example%252F',
    `https://${HOST}/`.padEnd(8000, 'a'),
    '',
    '.',
    '../../evil',
    '%',
    '%E0%A4%A',
  ];

  /** Nobody can send what is no printable ASCII as it is. */
  const sendable = (path: string) => path.replaceAll(/[^!-~]/gu, encodeURIComponent);

  it.each(ELSEWHERE.map((redir) => [redir.slice(0, 60), redir]))('%s', async (_, redir) => {
    const refused = await get(sendable(`/sync/dsp?redir=${redir}`), { cookie: cookies });
    expect([refused.status, resultOf(refused)]).toEqual([400, 'refused; reason=bad_redirect']);
    // A path as it would come over the wire: node refuses to send some, and so does every browser.
    for (const path of [
      `/sync/dsp?redir=${redir}`,
      `/sync/dsp?redir=https://${HOST}/&redir=${redir}`,
      `/sync/dsp?redir=https://${HOST}/%26redir=${redir}`,
      `/sync/dsp?redir=${redir}&b=1&f=i`,
      `/sync.html?redir=${redir}&s=${home.siteKey}`,
      `/setuid?bidder=dsp&uid=U-1&redir=${redir}`,
      `/sync/${redir}`,
      `/sync/dsp/${redir}`,
      `/sync//${redir}`,
    ])
      for (const cookie of [cookies, ''])
        expectNowhereElse(await get(encodeURI(path).replaceAll('%25', '%'), { cookie }), path);
  });

  it('is not made of the host by which a request came', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { 'x-original-url': 'https://evil.example/' },
    ])
      expectNowhereElse(await get('/sync/dsp', headers), JSON.stringify(headers));
  });

  it('is allowed to the partner’s own host', async () => {
    const answer = await get(`/sync/dsp?redir=${encodeURIComponent(`https://${HOST}/done?a=b`)}`, {
      cookie: cookies,
    });
    expect([answer.status, answer.headers.location]).toEqual([302, `https://${HOST}/done?a=b`]);
  });
});

describe('a request for syncs', () => {
  const many = (count: number, name: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => name(at));

  it('with 300 bidders is answered with at most the limit, and adds no series to the metrics', async () => {
    const before = (await series()).length;
    const answer = await post(JSON.stringify({ bidders: many(300, (at) => `bidder-${at}`), debug: true }));
    expect(answer.status).toBe(200);
    const { bidder_status: syncs, debug } = JSON.parse(answer.body);
    expect([syncs, debug.length]).toEqual([[], 300]);
    expect(debug[0]).toMatchObject({ outcome: 'unknown_partner' });
    expect((await series()).length).toBeLessThan(before + 200);
    expect(await series()).not.toContain('bidder-1');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"bidders":['],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '1e999'],
    ['a bidder that is no text', '{"bidders":[1]}'],
    ['bidders that are no list', '{"bidders":{"length":3}}'],
    ['gdpr=1 without a string', '{"gdpr":1}'],
    ['gdpr as something else', '{"gdpr":2}'],
    ['a filter that is none', '{"filterSettings":{"iframe":{"bidders":"all","filter":"include"}}}'],
    ['a filter of another mode', '{"filterSettings":{"image":{"bidders":"*","filter":"maybe"}}}'],
    ['a limit that is no number', '{"limit":"many"}'],
    ['brackets 30,000 deep', '['.repeat(30_000)],
    ['objects 3,000 deep', `${'{"bidders":'.repeat(3000)}1${'}'.repeat(3000)}`],
  ])('of %s is the caller’s mistake', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(resultOf(answer)).toMatch(/^refused; reason=\w+$/);
  });

  it.each([
    ['one too long', JSON.stringify({ bidders: many(20_000, (at) => `b${at}`) })],
    [
      'giant filterSettings',
      JSON.stringify({ filterSettings: { iframe: { bidders: many(50_000, String), filter: 'include' } } }),
    ],
  ])('of %s is cut off by name', async (_, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(413);
  });

  it('with all the filterSettings that fit, and names of every object’s own, is answered as usual', async () => {
    const names = ['__proto__', 'constructor', 'toString', '*', '', ...many(3000, (at) => `b${at}`)];
    const filterSettings = {
      iframe: { bidders: names, filter: 'exclude' },
      image: { bidders: names, filter: 'exclude' },
    };
    const answer = await post(
      JSON.stringify({ bidders: ['dsp', '__proto__', 'constructor'], filterSettings }),
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body).bidder_status).toMatchObject([{ bidder: 'dsp', no_cookie: true }]);
  });

  it('never names our id to the page that reads the answer', async () => {
    await home.admin.json('POST', '/v1/partners', {
      id: 'keeps-it',
      name: 'Keeps the match',
      syncUrl: 'https://keeps.example/match?puid=$UID',
    });
    const answer = await post('{"debug":true}', { cookie: cookies, origin: 'https://evil.example' });
    expect(answer.body).toContain('keeps-it');
    expect(answer.body).not.toContain(cookies.slice(4, 15));
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    await home.admin.send('DELETE', '/v1/partners/keeps-it');
  });
});

describe('cookies that we did not make', () => {
  it('of somebody else are replaced by new ones', async () => {
    const [, id = '', tag = '', state = ''] = /^n90=(.{11})(.{8}); n90s=(.+)$/.exec(cookies)!;
    for (const forged of [
      `n90=${id}AAAAAAAA`,
      `n90=AAAAAAAAAAA${tag}`,
      `n90=${id}`,
      `n90="${id}${tag}"; n90=${id}`,
      `n90=${'A'.repeat(4000)}`,
      `n90=; n90s=${state}`,
      `n90s=${state}`,
    ]) {
      const answer = await get('/setuid?bidder=dsp&uid=U-2', { cookie: forged });
      expect([answer.status, resultOf(answer)], forged).toEqual([200, 'matched']);
      expect(cookiesOf(answer), forged).toMatch(/^n90=[\w-]{19}; n90s=/);
      expect(cookiesOf(answer), forged).not.toContain(id);
    }
  });

  it('as a state make nothing but that browser’s syncs rarer or more often', async () => {
    const visitor = cookies.split(';', 1)[0]!;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary-ascii', maxLength: 3000 }),
          fc.stringMatching(/^[\w-]{4}([\w-]{9}[ms][\w-]{3}){0,70}$/),
        ),
        async (garbage) => {
          const cookie = `${visitor}; n90s=${garbage.replaceAll(/[^\x20-\x7e]/g, '')}`;
          for (const path of ['/setuid?bidder=dsp&uid=U-1', '/sync/dsp', '/sync/dsp?debug=1', '/sync.html']) {
            const answer = await get(path, { cookie });
            expectNowhereElse(answer, path);
            for (const set of answer.headers['set-cookie'] ?? []) expect(set.length).toBeLessThan(1200);
          }
          expect((await post('{}', { cookie })).status).toBe(200);
        },
      ),
      { numRuns: FUZZED / 5, seed: SEED },
    );
  });
});

describe('anything at all', () => {
  const parameters = [
    'bidder',
    'uid',
    'gdpr',
    'gdpr_consent',
    'us_privacy',
    'gpp',
    'gpp_sid',
    'f',
    'format',
    'redir',
    'b',
    's',
    'limit',
    'debug',
    'google_push',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.stringMatching(/^[!-~]{0,40}$/).map((text) => text.replaceAll(/[&#]/g, '')),
    fc.constantFrom(
      '0',
      '1',
      '2,6',
      'dsp',
      '%',
      '%zz',
      'i',
      'b',
      '1YNN',
      'DBAA',
      '-1',
      '__proto__',
      '<script>',
    ),
  );
  const query = fc
    .array(fc.tuple(fc.constantFrom(...parameters), value), { maxLength: 12 })
    .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join('&'));

  it('is answered by name and leads nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/setuid', '/sync/dsp', '/sync.html', '/sync/', '/sync/__proto__'),
        query,
        fc.constantFrom('', cookies),
        async (path, text, cookie) => {
          const answer = await get(`${path}?${text}`, { cookie });
          expectNowhereElse(answer, `${path}?${text}`);
          expect(answer.body, text).not.toMatch(/<script>(?!\(function)/);
        },
      ),
      { numRuns: FUZZED, seed: SEED },
    );
  });

  it('as a body is answered by name', async () => {
    const known = fc.record(
      Object.fromEntries(
        [
          'bidders',
          'gdpr',
          'gdpr_consent',
          'us_privacy',
          'gpp',
          'gpp_sid',
          'limit',
          'coopSync',
          'filterSettings',
          'account',
          'debug',
        ].map((name) => [name, fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(1, '1', true, '*'))]),
      ),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(known, fc.jsonValue()), async (body) => {
        const answer = await post(JSON.stringify(body), { cookie: cookies });
        expect([200, 400, 451]).toContain(answer.status);
        if (answer.status === 200)
          expect(JSON.parse(answer.body).bidder_status.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: FUZZED, seed: SEED },
    );
  });
});
