import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, CHROME, type Operator, Person, send } from './client.ts';
import { ask } from './engine.ts';
import { type Home, openHome } from './homes.ts';

const EMAIL = 'jane.doe@example.com';
const GERMAN = '91.198.174.7';
const NOWHERE = '240.0.0.7';
const DEVICE = '38400000-8cf0-11bd-b23e-10b96e40000d';
const PAGE = 'https://www.example.com/a';
const GOOD = `s=SITE&u=${PAGE}`;
const FUZZED = 2_000;
/** The same garbage every time, so that what it finds is found again. */
const SEED = 90;

let home: Home;
let admin: Operator;
let collectKey: string;
let slow: Promise<string>;

beforeAll(async () => {
  home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '0', NINETY_TRUST_PROXY: '127.0.0.1' });
  admin = home.admin;
  ({ key: collectKey } = await admin.json<{ key: string }>('POST', '/v1/keys', {
    name: 'A server',
    scopes: ['collect'],
  }));
  await admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
  slow = neverEnding();
});
afterAll(() => home?.close());

/** Bytes as they are, on a connection of their own. @returns whatever came until the other end closed it. */
function raw(
  bytes: string | Buffer,
  more?: (write: (text: string) => void) => Promise<void>,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const { hostname, port } = new URL(home.collector);
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      void more?.((text) => void (socket.writable && socket.write(text)));
    });
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    // Who is cut off while still sending hears of it by an error; what was answered counts.
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

const head = (line: string, headers: readonly string[] = []) =>
  [line, 'Host: localhost', 'Connection: close', `User-Agent: ${CHROME}`, ...headers, '', ''].join('\r\n');

/** A body that is announced and then comes a byte a second, without an end. */
function neverEnding(): Promise<string> {
  let open = true;
  const answer = raw(head('POST /v1/hits HTTP/1.1', ['Content-Length: 1000']), async (write) => {
    for (; open; await sleep(1000)) write(' ');
  });
  void answer.then(() => {
    open = false;
  });
  return answer;
}

/** The name of a refusal, wherever the answer carries it. */
function reasonOf({ headers, body }: Answer): string {
  const result = /^refused; reason=(\w+)$/.exec(String(headers['ninety-result']))?.[1];
  if (result !== undefined) return result;
  if (headers['content-type'] !== 'application/problem+json')
    return `none: ${headers['ninety-result']} ${body}`;
  return /^urn:ninety:(\w+)$/.exec((JSON.parse(body) as { type: string }).type)?.[1] ?? body;
}

/** Does something that is to be refused, and looks that exactly it was counted. */
async function counted<T>(reasons: Readonly<Record<string, number>>, work: () => Promise<T>): Promise<T> {
  const before = await admin.refusals();
  const result = await work();
  const after = await admin.refusals();
  const grown = [...after].map(([reason, n]) => [reason, n - (before.get(reason) ?? 0)] as const);
  expect(Object.fromEntries(grown.filter(([, n]) => n > 0))).toEqual(reasons);
  return result;
}

/** How many distinct hits ClickHouse holds once all that was acknowledged is there. */
async function hitsInClickHouse(): Promise<number> {
  await admin.json('POST', '/v1/jobs/segments/run?wait=1');
  return Number(await ask(home.shards[0]!, 'SELECT uniqExact(hit) FROM ninety.hits'));
}

const pixel = (query: string, headers: Readonly<Record<string, string>> = {}) =>
  send('GET', `${home.collector}/p.gif?${query}`, { 'user-agent': CHROME, ...headers });
const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  send('POST', `${home.collector}/v1/hits`, { 'user-agent': CHROME, ...headers }, body);

describe('a hit by the pixel that cannot be kept', () => {
  /** What is wrong, its name, the query (SITE stands for the site's key), headers. */
  const rows: readonly [string, string, string, Record<string, string>][] = [
    ['an unknown site key', 'unknown_site', `s=nobody&u=${PAGE}`, {}],
    ['no site key', 'unknown_site', `u=${PAGE}`, {}],
    ['a garbage query', 'unknown_site', '%%%&&==&s&=;;?%zz[]"\'|\\^`{}', {}],
    ['broken percent signs in the URL', 'bad_url', 's=SITE&u=%E0%A4%A', {}],
    ['a URL that is a script', 'bad_url', 's=SITE&u=javascript:alert(1)', {}],
    ['a URL of 15 kB', 'url_too_long', `s=SITE&u=${PAGE}/${'x'.repeat(15_000)}`, {}],
    ['neither URL nor Referer', 'url_missing', 's=SITE', {}],
    ['an event that is markup', 'bad_field', `${GOOD}&e=%3Cb%3E`, {}],
    ['an event of an e-mail address', 'bad_field', `${GOOD}&e=${EMAIL}`, {}],
    ['milliseconds that are no number', 'bad_field', `${GOOD}&d=1e400`, {}],
    ['a scroll depth of 101 percent', 'bad_field', `${GOOD}&x=101`, {}],
    ['a time zone that is none', 'bad_field', `${GOOD}&tz=9999`, {}],
    ['a first-party id that is an e-mail address', 'bad_field', `${GOOD}&fid=${EMAIL}`, {}],
    ['a device id without its type', 'bad_device_id', `${GOOD}&did=${DEVICE}`, {}],
    ['a device id of zeros', 'zero_device_id', `${GOOD}&dt=idfa&did=${DEVICE.replace(/\w/g, '0')}`, {}],
    ['a crawler', 'bot', GOOD, { 'user-agent': 'Googlebot/2.1' }],
    ['no user agent', 'bot', GOOD, { 'user-agent': '' }],
    ['an opt-out of sale', 'sale_opt_out', `${GOOD}&us_privacy=1YYN`, {}],
    ['gdpr=1 while we are no vendor', 'no_vendor_id', `${GOOD}&gdpr=1`, {}],
    ['a German without a word', 'consent_missing', GOOD, { 'x-forwarded-for': GERMAN }],
    ['a garbage consent', 'consent_unreadable', `${GOOD}&gdpr_consent=x`, { 'x-forwarded-for': GERMAN }],
    [
      'a consent string of 9 kB',
      'consent_too_long',
      `${GOOD}&gdpr_consent=C${'A'.repeat(9_000)}`,
      { 'x-forwarded-for': GERMAN },
    ],
    ['an address of no country', 'country_unknown', GOOD, { 'x-forwarded-for': NOWHERE }],
  ];
  it.each(rows)('%s is answered and counted as %s', async (_, reason, query, headers) => {
    const answer = await counted({ [reason]: 1 }, () => pixel(query.replace('SITE', home.siteKey), headers));
    expect(reasonOf(answer)).toBe(reason);
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '43']);
    // A refusal never gives an id; one that is a person's no takes it away.
    expect(String(answer.headers['set-cookie'] ?? 'n90=;')).toMatch(/^n90=;/);
  });

  it('leaves the odd but harmless one be: NUL, emoji, half a character, a field twice, unknown ones', async () => {
    const query = `s=${home.siteKey}&s=other&u=${PAGE}%00%F0%9F%98%80%ED%A0%80&t=%00%F0%9F%98%80&k=%00,,%FF&zzz=1`;
    const answer = await counted({}, () => pixel(query));
    expect(answer.headers['ninety-result']).toBe('stored');
  });

  it('takes a forged cookie for none, and replaces it', async () => {
    const forged = 'AAAAAAAAAAA12345678';
    for (const cookie of [forged, `${forged}x`, '', '"', 'x'.repeat(12_000)]) {
      const answer = await pixel(`s=${home.siteKey}&u=${PAGE}`, { cookie: `a=b; n90=${cookie}` });
      expect(answer.headers['ninety-result']).toBe('stored');
      expect(answer.headers['set-cookie']?.[0]).toMatch(/^n90=[\w-]{19}; Max-Age=\d+; /);
      expect(answer.headers['set-cookie']?.[0]).not.toContain('AAAAAAAAAAA');
    }
  });
});

describe('a partner’s id that cannot be kept', () => {
  it.each([
    ['an unknown partner', 'unknown_partner', 'bidder=nobody&uid=1', 400],
    ['an id with a space', 'bad_uid', 'bidder=dsp&uid=a%20b', 400],
    ['an id with NUL', 'bad_uid', 'bidder=dsp&uid=a%00', 400],
    ['an id of 1 kB', 'bad_uid', `bidder=dsp&uid=${'1'.repeat(1024)}`, 400],
    ['gdpr=1 without a string', 'consent_missing', 'bidder=dsp&uid=1&gdpr=1', 400],
    ['an opt-out of sale', 'sale_opt_out', 'bidder=dsp&uid=1&us_privacy=1YYN', 451],
    ['a deletion by nobody we know', 'no_cookie', 'bidder=dsp&uid=', 200],
  ] as const)('%s is answered and counted as %s', async (_, reason, query, status) => {
    const answer = await counted({ [reason]: 1 }, () =>
      send('GET', `${home.collector}/setuid?${query}`, { 'user-agent': CHROME }),
    );
    expect(reasonOf(answer)).toBe(reason);
    expect(answer.status).toBe(status);
  });
});

describe('a request that cannot be read', () => {
  const many = Array.from({ length: 20_000 }, (_, n) => `X-${n}: ${n}`);
  const hits = (...headers: string[]) => head('POST /v1/hits HTTP/1.1', headers);
  const rows: readonly [string, string, number, string][] = [
    ['a line of 20 kB', head(`GET /p.gif?u=${'x'.repeat(20_000)} HTTP/1.1`), 431, 'request_too_long'],
    ['a line of 100 kB', head(`GET /p.gif?u=${'x'.repeat(100_000)} HTTP/1.1`), 431, 'request_too_long'],
    ['a header bomb', head('GET /p.gif HTTP/1.1', many), 431, 'request_too_long'],
    ['no HTTP at all', 'EHLO mail.example.com\r\n\r\n', 400, 'bad_request'],
    ['NUL in the line', head('GET /p.gif?u=\0 HTTP/1.1'), 400, 'bad_request'],
    ['NUL in a header', head('GET /p.gif HTTP/1.1', ['X: a\0b']), 400, 'bad_request'],
    ['two lengths', hits('Content-Length: 1', 'Content-Length: 2'), 400, 'bad_request'],
    ['a length that is none', hits('Content-Length: -1'), 400, 'bad_request'],
    ['chunks that are none', `${hits('Transfer-Encoding: chunked')}zz\r\n`, 400, 'bad_request'],
  ];
  it.each(rows)('%s is answered, counted and cut off', async (_, bytes, status, reason) => {
    const answer = await counted({ [reason]: 1 }, () => raw(bytes));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`urn:ninety:${reason}`);
  });

  it.each([
    ['DELETE', '/p.gif'],
    ['PUT', '/v1/hits'],
    ['GET', '/v1/hits'],
    ['PATCH', '/setuid'],
    ['POST', '/tag.js'],
    ['DELETE', '/v1/segments'],
  ])('the method %s at %s is refused by name', async (method, path) => {
    const answer = await counted({ method_not_allowed: 1 }, () => send(method, home.collector + path));
    expect([answer.status, reasonOf(answer)]).toEqual([405, 'method_not_allowed']);
  });
});

describe('a batch', () => {
  const good = (more: object = {}) => ({ site: home.siteKey, url: PAGE, ...more });
  let kept = 0;
  beforeAll(async () => {
    kept = await hitsInClickHouse();
  });

  const rows: readonly [string, () => string, number, string][] = [
    ['that is no JSON', () => '<xml/>', 400, 'bad_json'],
    ['that is cut off', () => '[{"site":"a"', 400, 'bad_json'],
    ['of nothing', () => '', 400, 'bad_json'],
    ['of 1,001 hits', () => JSON.stringify(Array.from({ length: 1001 }, () => good())), 413, 'too_many_hits'],
    ['of 1,001 lines', () => `${JSON.stringify(good())}\n`.repeat(1001), 413, 'too_many_hits'],
    ['of over 1 MB', () => JSON.stringify([good({ title: 'x'.repeat(1_100_000) })]), 413, 'body_too_large'],
  ];
  it.each(rows)('%s is refused whole', async (_, body, status, reason) => {
    const answer = await counted({ [reason]: 1 }, () => post(body()));
    expect([answer.status, reasonOf(answer)]).toEqual([status, reason]);
    expect(await hitsInClickHouse()).toBe(kept);
  });

  it('loses only what is wrong in it, each item by name', async () => {
    const items = [
      good(),
      null,
      7,
      [],
      'text',
      good({ colour: 'red' }),
      good({ title: '😀 \0 \ud800' }),
      good({ url: 'x'.repeat(15_000) }),
      good({ url: 'ftp://example.com/' }),
      good({ url: undefined }),
      good({ site: 'nobody' }),
      good({ scroll: '50' }),
      good({ categories: [1] }),
      good({ tz: 1.5 }),
      good({ time: new Date().toISOString() }),
      good({ ip: '203.0.113.77' }),
      good({ deviceId: EMAIL, deviceType: 'generic' }),
      JSON.parse(`{"__proto__": {"site": "x"}, "constructor": 1}`),
      good({ keywords: ['last'] }),
    ];
    const refused = [
      'bad_json bad_json bad_json bad_json unknown_field',
      'url_too_long bad_url url_missing unknown_site bad_field bad_field bad_field not_allowed not_allowed',
      'bad_device_id unknown_field',
    ]
      .join(' ')
      .split(' ');
    const indexes = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
    const counts: Record<string, number> = {};
    for (const reason of refused) counts[reason] = (counts[reason] ?? 0) + 1;
    const answer = await counted(counts, () => post(JSON.stringify(items)));
    expect(answer.status).toBe(202);
    expect(JSON.parse(answer.body)).toEqual({
      accepted: 3,
      refused: indexes.map((index, n) => ({ index, reason: refused[n] })),
    });
    kept += 3;
    expect(await hitsInClickHouse()).toBe(kept);
  });

  it('of lines loses only the broken line', async () => {
    const line = JSON.stringify(good());
    const answer = await counted({ bad_json: 1 }, () => post(`${line}\n{"site":\n${line}\n\n`));
    expect(JSON.parse(answer.body)).toEqual({ accepted: 2, refused: [{ index: 1, reason: 'bad_json' }] });
    kept += 2;
    expect(await hitsInClickHouse()).toBe(kept);
  });

  it('of a server loses only what is from the future, from before the retention or of nowhere', async () => {
    const at = (days: number) => ({
      firstPartyId: 'a-reader-of-theirs',
      time: Date.now() + days * 86_400_000,
    });
    const hits = [
      good(at(0)),
      good(at(1)),
      good(at(-89)),
      good(at(-91)),
      good({ ...at(0), time: 'yesterday' }),
      good({ ...at(0), time: 1e300 }),
      good({ ...at(0), ip: '1.2.3' }),
      good({ ...at(0), ip: GERMAN }),
      good({ userAgent: CHROME }),
    ];
    const reasons = [
      'future',
      'expired',
      'bad_field',
      'expired',
      'bad_field',
      'consent_missing',
      'country_unknown',
    ];
    const answer = await post(JSON.stringify(hits), { authorization: `Bearer ${collectKey}` });
    const { accepted, refused } = JSON.parse(answer.body) as {
      accepted: number;
      refused: { reason: string }[];
    };
    expect(refused.map(({ reason }) => reason)).toEqual(
      reasons.map((reason, n) => (n === 3 ? 'future' : reason)),
    );
    expect(accepted).toBe(2);
    kept += 2;
    expect(await hitsInClickHouse()).toBe(kept);
  });

  it('under a wrong key, or one that may something else, is refused', async () => {
    const { key } = await admin.json<{ key: string }>('POST', '/v1/keys', {
      name: 'Reads',
      scopes: ['read'],
    });
    for (const [sent, status, reason] of [
      ['Bearer n90_nobody-has-this-key', 401, 'unauthorized'],
      ['Basic eDp5', 401, 'unauthorized'],
      [`Bearer ${key}`, 403, 'forbidden'],
    ] as const) {
      const answer = await counted({ [reason]: 1 }, () => post('[]', { authorization: sent }));
      expect([answer.status, reasonOf(answer)]).toEqual([status, reason]);
    }
  });
});

describe('a management request that cannot be understood', () => {
  it.each([
    [
      'an unknown field in a rule',
      { name: 'A', rule: { all: [{ did: {} }, { did: { contry: 'DE' } }] } },
      'unknown_field',
    ],
    ['an operator that is none', { name: 'A', rule: { anyone: [] } }, 'unknown_operator'],
    ['a duration that is none', { name: 'A', rule: { did: {}, within: 'a while' } }, 'bad_duration'],
    ['a rule that is too deep', { name: 'A', rule: deep(40) }, 'rule_too_deep'],
    ['a segment that is not there', { name: 'A', rule: { segment: 'nobody' } }, 'unknown_segment'],
    ['an unknown field beside it', { name: 'A', rule: { did: {} }, colour: 'red' }, 'invalid'],
    ['an id that is none', { id: '../etc', name: 'A', rule: { did: {} } }, 'invalid'],
  ])('%s is answered and counted', async (_, body, reason) => {
    const answer = await counted({ [reason]: 1 }, () => admin.send('POST', '/v1/segments', body));
    expect([answer.status, reasonOf(answer)]).toEqual([400, reason]);
    if (reason === 'unknown_field') expect(answer.body).toContain('/all/1/did/contry');
  });

  it.each([
    ['GET', '/v1/segments/nobody', 404, 'not_found'],
    ['GET', '/v1/nothing', 404, 'not_found'],
    ['GET', '/%E0%A4%A', 404, 'not_found'],
    ['GET', '/v1/sites?limit=nan', 400, 'invalid'],
    ['POST', '/v1/jobs/nothing/run', 404, 'unknown_job'],
  ] as const)('%s %s is answered and counted as %s %s', async (method, path, status, reason) => {
    const answer = await counted({ [reason]: 1 }, () => admin.send(method, path));
    expect([answer.status, reasonOf(answer)]).toEqual([status, reason]);
  });

  it('a body of over 1 MB is answered and counted', async () => {
    const body = { name: 'x'.repeat(1_100_000), rule: { did: {} } };
    const answer = await counted({ body_too_large: 1 }, () => admin.send('POST', '/v1/segments', body));
    expect([answer.status, reasonOf(answer)]).toEqual([413, 'body_too_large']);
  });

  it('one without a key is answered and counted', async () => {
    const answer = await counted({ unauthorized: 1 }, () => send('GET', `${admin.url}/v1/segments`));
    expect([answer.status, reasonOf(answer)]).toEqual([401, 'unauthorized']);
  });
});

function deep(levels: number): object {
  return levels === 0 ? { did: {} } : { not: deep(levels - 1) };
}

describe('an attack', () => {
  const nasty = fc.constantFrom(
    ...[
      '',
      '%',
      '%00',
      '%ff%fe',
      '\u{1f600}',
      'null',
      '-1',
      '1e999',
      '[]',
      '{}',
      '..%2f..%2f',
      '\'"`;--',
      '<b>',
      EMAIL,
    ],
    ...[
      '\\',
      '{x:String}',
      '$(id)',
      'a'.repeat(3_000),
      '__proto__',
      DEVICE,
      'https://example.com/x?y=z#f',
      GERMAN,
    ],
  );
  const value = fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 30 }));
  const name = fc.constantFrom(
    ...'s e u r t c k d x did dt fid tz id gdpr gdpr_consent gpp gpp_sid us_privacy'.split(' '),
  );
  const longName = fc.constantFrom(
    ...'site event url title categories keywords dwellMs scroll deviceId tz hitId time ip name rule all did scopes'.split(
      ' ',
    ),
  );
  const json = fc.dictionary(longName, fc.oneof(value, fc.jsonValue({ maxDepth: 3 })), { maxKeys: 6 });
  const request = fc.record({
    method: fc.constantFrom(...'GET GET GET GET POST POST POST PUT PATCH HEAD OPTIONS TRACE FOO'.split(' ')),
    path: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('/p.gif', '/p.gif', '/setuid', '/v1/hits', '/v1/hits') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...'/ /tag.js /metrics /readyz /v1/segments /v1/segments/estimate /v1/sites /v1/partners /v1/keys'.split(
            ' ',
          ),
          ...'/v1/segments/x /v1/segments/x/members /v1/segments/x/build /v1/overview /v1/jobs //x * http://x/p.gif'.split(
            ' ',
          ),
        ),
      },
      { weight: 1, arbitrary: value.map((text) => `/${text}`) },
    ),
    query: fc.array(fc.tuple(name, value, fc.boolean()), { maxLength: 6 }),
    headers: fc.array(
      fc.tuple(
        fc.constantFrom(
          ...'Cookie Referer X-Forwarded-For Accept-Language Origin Content-Type Sec-GPC Expect Range'.split(
            ' ',
          ),
        ),
        value,
      ),
      { maxLength: 3 },
    ),
    site: fc.boolean(),
    key: fc.boolean(),
    body: fc.oneof(
      fc.array(json, { maxLength: 4 }).map((items) => JSON.stringify(items)),
      json.map((item) => JSON.stringify(item)),
      value,
    ),
  });

  it(`of ${FUZZED} random requests gets an answer to each, none of them a fault of ours`, async () => {
    const before = await hitsInClickHouse();
    const storedBefore = await admin.stored();
    const requests = fc.sample(request, { numRuns: FUZZED, seed: SEED });
    const answers = new Map<string, number>();
    const faults: string[] = [];
    const one = async ({ method, path, query, headers, site, key, body }: (typeof requests)[number]) => {
      const pairs = query.map(
        ([field, text, encode]) =>
          `${field}=${encode ? encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')) : text}`,
      );
      const parameters = [...(site ? [`s=${home.siteKey}&u=${PAGE}`] : []), ...pairs].join('&');
      const bytes = Buffer.from(method === 'GET' || method === 'HEAD' ? '' : body);
      const sent = Buffer.concat([
        Buffer.from(
          head(`${method} ${path}?${parameters} HTTP/1.1`, [
            ...headers.map(([field, text]) => `${field}: ${text}`),
            ...(key ? [`Authorization: Bearer ${admin.key}`] : []),
            `Content-Length: ${bytes.length}`,
          ]),
        ),
        bytes,
      ]);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(await raw(sent))?.[1] ?? 'none';
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 'none' || status.startsWith('5'))
        faults.push(`${status}: ${JSON.stringify(sent.toString())}`);
    };
    const waiting = requests.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const next of waiting) await one(next);
      }),
    );
    expect(faults).toEqual([]);
    expect([...answers.keys()]).toEqual(expect.arrayContaining(['200', '202', '400', '404', '405']));
    const stored = (await admin.stored()) - storedBefore;
    expect(stored).toBeGreaterThan(0);
    expect((await hitsInClickHouse()) - before).toBe(stored);
  });
});

describe('after all that', () => {
  it('the client whose body never ends has been cut off by name', async () => {
    expect(await slow).toMatch(/^HTTP\/1.1 408 /);
    expect((await admin.refusals()).get('request_timeout')).toBe(1);
  });

  it('a visitor is served as ever, and the log has no address, id or query in it', async () => {
    const person = new Person(home.collector, { 'x-forwarded-for': '8.8.8.8' });
    const result = await person.see({ s: home.siteKey, u: `${PAGE}?q=secret`, did: DEVICE, dt: 'gaid' });
    expect(result).toBe('stored');
    const { err } = await home.servers[0]!.stop();
    const lines = err.split('\n').filter((line) => line !== '');
    const levels = lines.map((line) => (JSON.parse(line) as { level: number }).level);
    expect(levels.filter((level) => level >= 50)).toEqual([]);
    for (const told of [
      EMAIL,
      GERMAN,
      NOWHERE,
      DEVICE,
      '8.8.8.8',
      person.visitor,
      'secret',
      'p.gif?',
      home.siteKey,
    ])
      expect(err).not.toContain(told);
  });
});
