import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROME, send } from './client.ts';
import { type Home, openHome } from './homes.ts';
import { openSocket, type RawSocket, statusesIn } from './raw-socket.ts';

const PAGE = 'https://www.example.com/a';
const ORIGIN = 'https://www.example.com';
/** What a collector may grow by while clients send what is not read, or do not read what they asked for. */
const GROWTH_MB = 32;

let home: Home;
/** Clients of a byte a second, all at once, because each takes half a minute. */
let slow: Readonly<Record<string, Promise<string>>>;

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: localhost', `User-Agent: ${CHROME}`, ...headers].join('\r\n');

/** Sends a beginning at once and then a byte a second until it is cut off. @returns whatever was answered. */
async function trickle(begin: string, bytes: string): Promise<string> {
  const client = openSocket(home.collector);
  if (begin !== '') client.write(begin);
  let open = true;
  void client.closed.then(() => {
    open = false;
  });
  for (let at = 0; open; at += 1) {
    if (bytes !== '') client.write(bytes[at % bytes.length]!);
    await Promise.race([client.closed, sleep(1_000)]);
  }
  return client.closed;
}

const heldMb = () => home.servers[0]!.heldMb();

beforeAll(async () => {
  home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '0' });
  await home.admin.json('POST', '/v1/sites', { id: 'shop', name: 'Shop', domains: ['example.com'] });
  const hits = head('POST /v1/hits', 'Content-Type: text/plain', 'Content-Length: 1000', '', '');
  const api = head(
    'POST /v1/segments',
    `Authorization: Bearer ${home.admin.key}`,
    'Content-Length: 1000',
    '',
    '',
  );
  slow = {
    nothing: trickle('', ''),
    line: trickle('', 'GET /p.gif?x'),
    headers: trickle(`${head('GET /p.gif')}\r\nX-Slow: `, 'x'),
    hits: trickle(hits, ' '),
    api: trickle(api, ' '),
    beacon: trickle(head(`POST /p.gif?s=${home.siteKey}&u=${PAGE}`, 'Content-Length: 1000', '', ''), 'x'),
    // A connection that has been answered before, so that it is not its first request that is slow.
    second: trickle(`${head(`GET /p.gif?s=${home.siteKey}&u=${PAGE}`)}\r\n\r\n`, 'GET /p.gif?x'),
  };
});
afterAll(() => home?.close());

describe('a client that asks for more than its share is cut off', () => {
  it.each([
    ['sends nothing', 'nothing', []],
    ['sends its request line', 'line', [408]],
    ['sends its headers', 'headers', [408]],
    ['sends its hits', 'hits', [408]],
    ['sends what it asks of the API', 'api', [408]],
    ['sends its second request line', 'second', [200, 408]],
  ] as const)('when it %s a byte a second', async (_, which, statuses) => {
    expect(statusesIn(await slow[which]!)).toEqual(statuses);
  });

  it('when it sends a body to the pixel, a byte a second, although its hit is kept', async () => {
    expect(statusesIn(await slow['beacon']!)[0]).toBe(200);
  });

  /** Sends pieces until the other end has had enough. @returns what was answered. */
  async function pour(begin: string, piece: string): Promise<string> {
    const client = openSocket(home.collector);
    let open = true;
    void client.closed.then(() => {
      open = false;
    });
    client.write(begin);
    while (open) {
      if (!client.socket.writable) await client.closed;
      else if (client.socket.write(piece)) await new Promise(setImmediate);
      else
        await Promise.race([
          client.closed,
          new Promise<void>((resolve) => client.socket.once('drain', () => resolve())),
        ]);
    }
    return client.closed;
  }

  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  it.each([
    ['a line without an end', 'GET /p.gif?', 'x'.repeat(4_096), 431, 'request_too_long'],
    [
      'headers without an end',
      `${head('GET /p.gif')}\r\n`,
      `X: ${'y'.repeat(4_096)}\r\n`,
      431,
      'request_too_long',
    ],
    [
      'one header without an end',
      `${head('GET /p.gif')}\r\nCookie: `,
      'z'.repeat(4_096),
      431,
      'request_too_long',
    ],
    [
      'hits without an end',
      head('POST /v1/hits', 'Content-Type: text/plain', 'Transfer-Encoding: chunked', '', ''),
      chunk,
      413,
      'body_too_large',
    ],
    [
      'hits that are announced too large',
      head('POST /v1/hits', 'Content-Length: 1000000000000', '', ''),
      chunk,
      413,
      'body_too_large',
    ],
    [
      'a body for the tag',
      head('POST /tag.js', 'Content-Length: 1000000000000', '', ''),
      chunk,
      413,
      'body_too_large',
    ],
    [
      'a body for a path of nobody',
      head('POST /nobody', 'Transfer-Encoding: chunked', '', ''),
      chunk,
      404,
      'not_found',
    ],
  ])('when it sends %s', async (_, begin, piece, status, reason) => {
    const before = await heldMb();
    const counted = (await home.admin.refusals()).get(reason) ?? 0;
    const found = statusesIn(await pour(begin, piece));
    // A connection that is closed on bytes nobody has read is reset, and the answer may be lost with it
    // (RFC 9112, 9.6).
    if (found.length > 0) expect(found).toEqual([status]);
    expect((await home.admin.refusals()).get(reason)).toBe(counted + 1);
    // What comes while the answer must not be lost is read and thrown away.
    expect((await heldMb()) - before).toBeLessThan(GROWTH_MB);
  });

  it('when it asks and asks and does not read', async () => {
    const request = `${head(`GET /p.gif?s=${home.siteKey}&u=${PAGE}`)}\r\n\r\n`;
    const before = await heldMb();
    const clients = Array.from({ length: 20 }, () => {
      const client = openSocket(home.collector);
      client.socket.pause();
      return client;
    });
    for (let round = 0; round < 10; round += 1) {
      for (const client of clients) client.write(request.repeat(1_000));
      await sleep(100);
    }
    // Of each client as many requests are under way as one read of its socket brings, some hundred.
    expect((await heldMb()) - before).toBeLessThan(3 * GROWTH_MB);
    for (const client of clients) client.socket.destroy();
  });
});

describe('the pixel never redirects', () => {
  const EVIL = 'https://evil.example/';
  const rows: readonly [string, Record<string, string>][] = [
    ...['r', 'u', 'redir', 'redirect', 'url', 'next', 'to', 'dest', 'gdpr_consent'].map(
      (name): [string, Record<string, string>] => [`?${name}=${encodeURIComponent(EVIL)}`, {}],
    ),
    [`?s=SITE&u=${PAGE}&redir=${EVIL}`, {}],
    [`?s=SITE&u=${PAGE}%0d%0aLocation:%20${EVIL}`, {}],
    [`?${EVIL}`, {}],
    ['?', {}],
    ['', {}],
    [`?s=SITE&u=${PAGE}`, { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }],
    [`?s=SITE&u=${PAGE}`, { 'x-original-url': EVIL, 'x-rewrite-url': '/setuid', host: 'evil.example' }],
    [`?s=SITE&u=${PAGE}`, { 'upgrade-insecure-requests': '1', referer: EVIL }],
  ];
  const expectPixel = async (query: string, headers: Record<string, string> = {}) => {
    const answer = await send('GET', `${home.collector}/p.gif${query.replace('SITE', home.siteKey)}`, {
      'user-agent': CHROME,
      ...headers,
    });
    expect([answer.status, answer.headers['content-type'], answer.body.length > 0]).toEqual([
      200,
      'image/gif',
      true,
    ]);
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.headers).not.toHaveProperty('refresh');
    expect(answer.headers['ninety-result']).toMatch(/^(stored|refused; reason=\w+)$/);
  };
  it.each(rows)('not for %s with %j', (query, headers) => expectPixel(query, headers));

  it('whatever the query is', async () => {
    const text = fc.string({ unit: 'binary-ascii', maxLength: 60 }).map(encodeURIComponent);
    const name = fc.constantFrom(...'s e u r t c k d x did dt fid tz id gdpr gpp redir url to'.split(' '));
    const query = fc
      .array(fc.tuple(name, fc.oneof(text, fc.webUrl())))
      .map((pairs) => `?${pairs.map((pair) => pair.join('=')).join('&')}`);
    await fc.assert(
      fc.asyncProperty(query, (given) => expectPixel(given)),
      { numRuns: 200 },
    );
  });
});

describe('headers are what a third-party pixel needs, and no more', () => {
  const ANYBODY = [
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'access-control-allow-methods',
    'access-control-allow-headers',
    'access-control-max-age',
    'access-control-expose-headers',
  ];
  const PIXEL = {
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'cross-origin',
    'timing-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  };
  const READABLE = {
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-credentials': 'true',
    vary: 'Origin',
  };
  const PREFLIGHT = {
    origin: ORIGIN,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,authorization',
  };
  /** No page of a registered site's, however like one. */
  const STRANGERS = [
    'null',
    'https://evil.example',
    'https://notexample.com',
    'https://example.com.evil.example',
    'https://evil.example/https://example.com',
    'https://example.com@evil.example',
    'file://example.com',
  ];
  const NOSNIFF = { 'x-content-type-options': 'nosniff' };

  /** Request, headers sent, status, headers that must be there; of those by which others may read, no further one. */
  type Row = [string, string, Record<string, string>, number, Record<string, string>];
  const rows: readonly Row[] = [
    ['GET', '/p.gif?s=SITE&u=PAGE', {}, 200, PIXEL],
    ['GET', '/p.gif?s=SITE&u=PAGE', { origin: ORIGIN }, 200, PIXEL],
    ['GET', '/p.gif?s=nobody', { origin: ORIGIN }, 200, PIXEL],
    ['POST', '/p.gif?s=SITE&u=PAGE', { origin: ORIGIN }, 200, PIXEL],
    ['OPTIONS', '/p.gif', PREFLIGHT, 405, NOSNIFF],
    ['POST', '/v1/hits', {}, 400, { vary: 'Origin' }],
    ['POST', '/v1/hits', { origin: ORIGIN }, 400, READABLE],
    ...STRANGERS.flatMap((origin): Row[] => [
      ['POST', '/v1/hits', { origin }, 400, { vary: 'Origin' }],
      ['OPTIONS', '/v1/hits', { ...PREFLIGHT, origin }, 204, { vary: 'Origin' }],
    ]),
    ['PUT', '/v1/hits', { origin: ORIGIN }, 405, READABLE],
    [
      'OPTIONS',
      '/v1/hits',
      PREFLIGHT,
      204,
      {
        ...READABLE,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '86400',
      },
    ],
    [
      'GET',
      '/tag.js',
      { origin: ORIGIN },
      200,
      { ...NOSNIFF, 'cross-origin-resource-policy': 'cross-origin' },
    ],
    ['GET', '/setuid?bidder=nobody&uid=1', { origin: ORIGIN }, 400, {}],
    ['GET', '/v1/segments', { origin: ORIGIN }, 401, NOSNIFF],
    ['GET', '/v1/segments', { origin: ORIGIN, authorization: 'KEY' }, 200, NOSNIFF],
    ['OPTIONS', '/v1/segments', PREFLIGHT, 405, NOSNIFF],
    ['GET', '/v1/journal', { origin: ORIGIN, authorization: 'KEY' }, 200, NOSNIFF],
    [
      'GET',
      '/v1/overview',
      { origin: ORIGIN, authorization: 'KEY' },
      200,
      { ...NOSNIFF, 'cross-origin-resource-policy': 'same-origin' },
    ],
    ['GET', '/metrics', { origin: ORIGIN }, 200, NOSNIFF],
    ['GET', '/healthz', { origin: ORIGIN }, 200, NOSNIFF],
    ['GET', '/nobody', { origin: ORIGIN }, 404, NOSNIFF],
  ];
  it.each(rows)('%s %s with %j is answered %i', async (method, path, given, status, expected) => {
    const url = home.collector + path.replace('SITE', home.siteKey).replace('PAGE', PAGE);
    const headers: Record<string, string> = { 'user-agent': CHROME, ...given };
    if (given['authorization'] !== undefined) headers['authorization'] = `Bearer ${home.admin.key}`;
    const answer = await send(method, url, headers, method === 'POST' ? '' : undefined);
    expect([answer.status, answer.headers]).toEqual([status, expect.objectContaining(expected)]);
    const further = ANYBODY.filter((name) => name in answer.headers && !(name in expected));
    expect(further).toEqual([]);
    // What a server stands on is nobody's business.
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('server');
  });

  it('a beacon of any page arrives, whoever may read the answer', async () => {
    const hit = JSON.stringify({ site: home.siteKey, url: PAGE });
    const answer = await send(
      'POST',
      `${home.collector}/v1/hits`,
      { 'user-agent': CHROME, origin: 'https://evil.example', 'content-type': 'text/plain;charset=UTF-8' },
      hit,
    );
    expect([answer.status, JSON.parse(answer.body)]).toEqual([202, { accepted: 1, refused: [] }]);
  });
});

it('after all that a visitor is served as ever', async () => {
  const served: RawSocket = openSocket(home.collector);
  served.write(`${head(`GET /p.gif?s=${home.siteKey}&u=${PAGE}`, 'Connection: close')}\r\n\r\n`);
  expect(await served.closed).toContain('Ninety-Result: stored');
});
