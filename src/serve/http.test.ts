import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHROME, send } from '../../test/client.ts';
import { openSocket, statusesIn } from '../../test/raw-socket.ts';
import type { Env } from '../api/http.ts';
import { trustedProxies } from '../collect/address.ts';
import { domainsOf, isOriginWithin } from '../collect/domains.ts';
import { front, SECRET, SITE } from '../collect/front.testing.ts';
import { HitIds } from '../collect/ids.ts';
import { visitorId } from '../identity/visitor.ts';
import { httpServer } from './http.ts';

const door = front();
const domains = domainsOf(SITE.domains);
let refused: string[] = [];
/** Requests that did not take the short way. */
let long = 0;
/** Answers that wait to be let go, each by its path. */
let held: { readonly path: string; readonly go: () => void }[] = [];
const hold = (path: string) => new Promise<void>((go) => held.push({ path, go }));

const app = new Hono<Env>();
app.get('/slow/:n', async (c) => {
  await hold(c.req.path);
  return c.text(`answer ${c.req.param('n')}`);
});
app.get('/stream', (c) =>
  stream(c, async (out) => {
    await out.write('beginning, ');
    await hold(c.req.path);
    await out.write('end');
  }),
);

const server = httpServer({
  collector: door.collector,
  cookie: door.cookie,
  sync: { ...door, isSuppressed: () => false },
  me: {
    sync: door,
    ids: new HitIds(SECRET),
    profiles: { of: (visitor) => (visitor === 7n ? ['boots'] : []) },
    segments: () => new Map([['boots', { forbidden: [], iabAudienceId: '1046' }]]),
  },
  caller: () => undefined,
  app,
  trusted: trustedProxies([]),
  isSiteOrigin: (origin) => isOriginWithin(origin, domains),
  publicHttps: false,
  fault: (error) => {
    throw error;
  },
  refuse: (reason) => refused.push(reason),
});
let url = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
server.on('request', () => {
  long += 1;
});
beforeEach(() => {
  refused = [];
  long = 0;
  held = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const post = (...more: string[]) =>
  `POST /v1/hits HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n${more.map((line) => `${line}\r\n`).join('')}\r\n`;
const GARBAGE = 'this is no HTTP\r\n\r\n';

it.each(['loca.1', 'a b', '[::'])('a Host that is no name of a host is refused by name: %s', async (host) => {
  const client = openSocket(url);
  client.write(`POST /nobody HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  expect(statusesIn(await client.closed)).toEqual([400]);
  expect(refused).toEqual(['bad_request']);
});

describe('what is no HTTP, while an answer is under way', () => {
  it.each<[string, string[], number[]]>([
    ['that has not begun', ['/slow/1'], [200]],
    ['with another behind it', ['/slow/1', '/slow/2'], [200, 200]],
  ])('%s: that one leaves, and the connection ends', async (_, paths, statuses) => {
    const client = openSocket(url);
    client.write(paths.map(get).join('') + GARBAGE);
    await expect.poll(() => held.map(({ path }) => path)).toEqual(paths);
    await expect.poll(() => refused).toEqual(['bad_request']);
    client.write(GARBAGE);
    for (const { go } of held) go();
    const text = await client.closed;
    expect(statusesIn(text)).toEqual(statuses);
    for (const path of paths) expect(text).toContain(`answer ${path.slice(-1)}`);
    expect(text).toMatch(/Connection: close/i);
  });

  it('in the middle of one it writes nothing into it', async () => {
    const client = openSocket(url);
    client.write(get('/stream'));
    await expect.poll(() => client.text()).toContain('beginning');
    client.write(GARBAGE);
    await expect.poll(() => refused).toEqual(['bad_request']);
    held[0]!.go();
    const text = await client.closed;
    expect(statusesIn(text)).toEqual([200]);
    expect(text).toMatch(/beginning, \r\n3\r\nend\r\n0\r\n\r\n$/);
  });

  it('in the body that is to be answered it is answered itself', async () => {
    const client = openSocket(url);
    client.write(`${post()}zz\r\n`);
    expect(statusesIn(await client.closed)).toEqual([400]);
    expect(refused).toEqual(['bad_request']);
  });

  it('in the rest of a body that is answered already it gets no second answer', async () => {
    const client = openSocket(url);
    client.write(`${post('Content-Encoding: gzip')}5\r\nhello\r\n`);
    await expect.poll(() => statusesIn(client.text())).toEqual([400]);
    client.write('zz\r\n');
    expect(statusesIn(await client.closed)).toEqual([400]);
    expect(refused).toEqual(['bad_encoding', 'bad_request']);
  });

  it('in a body behind a request that waits it takes the place of no answer', async () => {
    const client = openSocket(url);
    client.write(`${get('/slow/1')}${post()}zz\r\n`);
    expect(statusesIn(await client.closed)).toEqual([]);
    expect(refused).toEqual(['bad_request']);
  });
});

describe('who may read the answer to /v1/hits', () => {
  const READ = ['access-control-allow-origin', 'access-control-allow-credentials'];
  const PREFLIGHT = [...READ, 'access-control-allow-methods', 'access-control-allow-headers'];
  const own = 'https://www.shop.test';

  it.each<[string, string, string, readonly string[]]>([
    ['a page of a site', 'POST', own, READ],
    ['a page of a site, asking first', 'OPTIONS', own, PREFLIGHT],
    ['a page of nobody’s', 'POST', 'https://evil.example', []],
    ['a page of nobody’s, asking first', 'OPTIONS', 'https://evil.example', []],
    ['a frame without rights', 'POST', 'null', []],
    ['no page', 'POST', '', []],
  ])('%s: %s from %s', async (_, method, origin, given) => {
    const headers = { 'content-type': 'text/plain', 'user-agent': CHROME, ...(origin && { origin }) };
    const hit = JSON.stringify({ site: SITE.key, url: 'https://shop.test/a', gdpr: 0 });
    const answer = await send(method, `${url}/v1/hits`, headers, method === 'POST' ? hit : undefined);
    expect(answer.status).toBe(method === 'POST' ? 202 : 204);
    // A beacon of plain text asks nobody.
    if (method === 'POST') expect(JSON.parse(answer.body)).toEqual({ accepted: 1, refused: [] });
    expect(PREFLIGHT.filter((name) => name in answer.headers)).toEqual(given);
    if (given.length > 0) expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['vary']).toBe('Origin');
  });
});

describe('/v1/me', () => {
  const COOKIE = `Cookie: ${door.cookie.write(visitorId(7n), true).split(';')[0]}`;
  const SHOP = 'Origin: https://www.shop.test';
  const ask = (method: string, headers: readonly string[], query = '&gdpr=0') =>
    [`${method} /v1/me?s=${SITE.key}${query} HTTP/1.1`, 'Host: a.test', ...headers, '', ''].join('\r\n');
  /** Status, headers and body, without what tells of the connection and the moment. */
  const parts = (text: string) => {
    const [head = '', body] = text.split('\r\n\r\n');
    const [status, ...lines] = head.split('\r\n');
    return { status, lines: lines.filter((line) => !/^(?:Date|Connection|Keep-Alive):/.test(line)), body };
  };

  it.each<[string, readonly string[], string, number, string, readonly string[]]>([
    ['a page of the site', [SHOP, COOKIE], '&gdpr=0', 200, '"segments":["boots"]', []],
    ['a page of the site without a cookie', [SHOP], '&gdpr=0', 200, '"segments":[]', ['no_cookie']],
    ['a page that says no', [SHOP, COOKIE, 'Sec-GPC: 1'], '', 200, '"segments":[]', ['sale_opt_out']],
    [
      'a page of nobody’s',
      ['Origin: https://evil.example', COOKIE],
      '&gdpr=0',
      403,
      'foreign_page',
      ['foreign_page'],
    ],
    ['no page', [COOKIE], '&gdpr=0', 403, 'foreign_page', ['foreign_page']],
    ['a frame without rights', ['Origin: null', COOKIE], '&gdpr=0', 403, 'foreign_page', ['foreign_page']],
  ])(
    '%s is answered alike by the short way and by node:http',
    async (_, headers, query, status, has, why) => {
      const plain = openSocket(url);
      plain.write(ask('GET', headers, query));
      await expect.poll(() => plain.text()).toContain(has);
      plain.socket.end();
      const short = parts(await plain.closed);
      expect(long).toBe(0);
      const closing = openSocket(url);
      closing.write(ask('GET', [...headers, 'Connection: close'], query));
      expect(parts(await closing.closed)).toEqual(short);
      expect(long).toBe(1);
      expect(short.status).toMatch(`HTTP/1.1 ${status} `);
      expect(short.lines).toContain('Vary: Origin');
      expect(short.lines).toContain(`Content-Length: ${short.body?.length}`);
      expect(short.lines.includes('Access-Control-Allow-Origin: https://www.shop.test')).toBe(status === 200);
      expect(refused).toEqual([...why, ...why]);
    },
  );

  it.each([
    ['OPTIONS', [SHOP], 204, 'Access-Control-Allow-Methods: GET'],
    ['OPTIONS', ['Origin: https://evil.example'], 403, 'Vary: Origin'],
    ['POST', [SHOP, 'Content-Length: 0'], 405, 'Allow: GET, OPTIONS'],
  ])('%s with %s: %i', async (method, headers, status, line) => {
    const client = openSocket(url);
    client.write(ask(method, [...headers, 'Connection: close']));
    const { status: said, lines } = parts(await client.closed);
    expect(said).toMatch(`HTTP/1.1 ${status} `);
    expect(lines).toContain(line);
  });
});
