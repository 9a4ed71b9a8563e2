import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROME, Person, send } from './client.ts';
import { type Home, openHome } from './homes.ts';
import { openSocket, statusesIn } from './raw-socket.ts';

const REQUESTS = 100_000;
const CONNECTIONS = 32;
/** What garbage may leave behind in the server: its caches are bounded, and filled by the first tenth. */
const GROWTH_MB = 32;
/** To see again what a run has found: TEST_FUZZ_SEED. */
const SEED = Number(process.env['TEST_FUZZ_SEED'] ?? randomInt(2 ** 31));

/** Marsaglia's xorshift32: the same numbers for the same seed, whatever the runtime. */
function randomFrom(seed: number): () => number {
  let state = seed || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const random = randomFrom(SEED);
const below = (n: number) => Math.floor(random() * n);
const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
const some = (most: number, make: () => string) => Array.from({ length: below(most + 1) }, make).join('');

const NASTY = [
  ...[
    '%',
    '%0',
    '%zz',
    '%00',
    '%ff%fe',
    '%e0%a4%a',
    '%25%30',
    '+',
    '%2B',
    '%F0%9F%98%80',
    '\0',
    '\t',
    '\x7f',
    '\xff\xfe',
  ],
  ...[
    'null',
    '-1',
    '1e999',
    'NaN',
    '9'.repeat(400),
    '[]',
    '{}',
    '__proto__',
    'constructor',
    '\'"`;--',
    '<b>',
    '\\',
    '{x:String}',
  ],
  ...[
    '..%2f..%2f',
    '//',
    'https://example.com/x?y=z#f',
    'javascript:alert(1)',
    '%0d%0aSet-Cookie:%20a=b',
    'x'.repeat(3_000),
  ],
];
const FIELDS =
  's e u r t c k d x did dt fid tz id ca cr p gdpr gdpr_consent gpp gpp_sid us_privacy bidder uid f redir limit b'.split(
    ' ',
  );
const PATHS = [
  ...'/ /p.gif /p.gif /p.gif /p.gif /p.gif /v1/hits /v1/hits /setuid /tag.js /healthz /nobody //x /p.gif/ *'.split(
    ' ',
  ),
  ...'/v1/segments /v1/keys /v1/journal /v1/traits /v1/traits/x /v1/erasures /v1/erasures/x /v1/visitors'.split(
    ' ',
  ),
  ...'/v1/visitors/x:y /optout /privacy /optin http://x/p.gif http://x/optout'.split(' '),
  ...'/cookie_sync /sync/dsp /sync/nobody /sync/ /sync.html /sync.js /v1/matches /v1/partners/dsp/why'.split(
    ' ',
  ),
];
/** What a browser asks for in the course of things. */
const VISITED = [
  ...Array.from({ length: 24 }, () => '/p.gif'),
  ...'/setuid /setuid /setuid /nobody /optout /optout /privacy /v1/erasures /v1/traits'.split(' '),
  ...'/sync/dsp /sync/dsp /sync.html /cookie_sync'.split(' '),
];
const METHODS = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT FOO get M-SEARCH G\0T'.split(' ');
const HEADERS = [
  ...'Cookie Referer X-Forwarded-For X-Forwarded-Proto Accept-Language Origin Content-Type Sec-GPC Range'.split(
    ' ',
  ),
  ...'Sec-CH-UA If-None-Match Authorization Expect Upgrade TE Connection Host Sec-Purpose'.split(' '),
  ...'Content-Encoding Accept Sec-Fetch-Dest Idempotency-Key'.split(' '),
];

const garbage = () => String.fromCharCode(...Array.from({ length: 1 + below(60) }, () => below(256)));
/** Text that a header can hold. */
const plain = () => (random() < 0.5 ? one(NASTY) : garbage()).replaceAll(/[^\t -~\x80-\xff]/g, '');
const encoded = () => encodeURIComponent(random() < 0.5 ? one(NASTY) : garbage());
const query = (value: () => string) => some(5, () => `&${one(FIELDS)}=${value()}`);

const request = (line: string, headers: readonly string[] = [], body = '') =>
  [line, 'Host: localhost', `User-Agent: ${CHROME}`, ...headers, '', body].join('\r\n');

const site = () =>
  random() < 0.7
    ? `s=${home.siteKey}&u=https://www.example.com/a`
    : `bidder=${random() < 0.5 ? 'dsp' : 'x'}&uid=u`;
/** Now and then somebody whom we know: their opt-out is written down, and what is known of them looked up. */
const cookie = () => (random() < 0.02 ? [`Cookie: n90=${one(cookies)}`] : []);
/** What any HTTP server must answer, however odd its parameters are. */
const wellFormed = () =>
  request(`${one(['GET', 'GET', 'GET', 'HEAD'])} ${one(VISITED)}?${site()}${query(encoded)} HTTP/1.1`, [
    ...cookie(),
    ...Array.from({ length: below(3) }, () => `${one(HEADERS.slice(0, 9))}: ${plain()}`),
  ]);
const hits = (length: string) => {
  const body = JSON.stringify(
    Array.from({ length: below(4) }, () => ({
      site: home.siteKey,
      url: one(NASTY),
      [one(NASTY)]: one(NASTY),
    })),
  );
  return request(
    'POST /v1/hits HTTP/1.1',
    [length === '' ? `Content-Length: ${Buffer.byteLength(body)}` : length],
    body,
  );
};

const withKey = (line: string, headers: readonly string[] = [], body = '') =>
  request(line, [`Authorization: Bearer ${key}`, `Content-Length: ${body.length}`, ...headers], body);
const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const packed = (text: string) => gzipSync(bytesOf(text), { level: 1 }).toString('latin1');
/** What unpacks to a hundred times its size, without the end of a line. */
const BOMB = packed('x'.repeat(4 * 2 ** 20));
const damaged = (pack: string) => one([mutated, (text: string) => text.slice(0, below(text.length))])(pack);
const goodHit = () =>
  JSON.stringify({ site: home.siteKey, url: 'https://www.example.com/a', firstPartyId: 'fuzzed-1' });
const badLine = () =>
  one([
    garbage,
    () => one(NASTY),
    () => goodHit().slice(0, -1),
    () => goodHit().replace('"site"', '"sites"'),
    () => `${'x'.repeat(70_000)}`,
  ])();
/** Hits with garbage in their midst. @returns the lines, and how many of them are hits. */
function mixedLines(): { readonly text: string; readonly good: number } {
  const lines = Array.from({ length: 1 + below(12) }, () => (random() < 0.5 ? goodHit() : badLine()));
  return { text: lines.join('\n'), good: lines.filter((line) => line === goodHit()).length };
}
const NDJSON = 'Content-Type: application/x-ndjson';
const GZIP = 'Content-Encoding: gzip';
const traitLines = () =>
  some(
    6,
    () =>
      `${one([badLine, () => JSON.stringify({ id: `dsp:${one(NASTY)}`, trait: `a:${one(NASTY)}` })])()}\n`,
  );

const matchLines = () =>
  some(
    6,
    () =>
      `${one([badLine, () => JSON.stringify({ id: `dsp:${one(NASTY)}`, partner: 'dsp', uid: one(NASTY) })])()}\n`,
  );
const COOKIE_SYNC = [
  'bidders',
  'limit',
  'coopSync',
  'filterSettings',
  'gdpr',
  'gdpr_consent',
  'gpp',
  'gpp_sid',
];
const cookieSync = () =>
  JSON.stringify(
    Object.fromEntries(
      COOKIE_SYNC.map((name) => [
        name,
        one([one(NASTY), [one(NASTY)], { image: one(NASTY) }, -1, null, 'dsp']),
      ]),
    ),
  );

/** Each makes a request that a key allows, with something wrong in it. */
const KEYED: readonly (() => string)[] = [
  () => withKey('POST /v1/hits HTTP/1.1', [NDJSON], damaged(mixedLines().text)),
  () => withKey('POST /v1/hits HTTP/1.1', [NDJSON, GZIP], damaged(packed(mixedLines().text))),
  () => withKey('POST /v1/hits HTTP/1.1', [NDJSON, GZIP], BOMB),
  () => withKey('POST /v1/traits HTTP/1.1', [NDJSON], traitLines()),
  () => withKey('POST /v1/traits HTTP/1.1', [NDJSON, GZIP], damaged(packed(traitLines()))),
  () => withKey('POST /v1/matches HTTP/1.1', [NDJSON], matchLines()),
  () => withKey('POST /v1/matches HTTP/1.1', [NDJSON, GZIP], damaged(packed(matchLines()))),
  () => withKey('POST /cookie_sync HTTP/1.1', [], cookieSync()),
  () => withKey(`DELETE /v1/visitors/${encoded()} HTTP/1.1`),
  () => withKey(`DELETE /v1/visitors/${one(['dsp', 'idfa', 'generic', ''])}:${encoded()} HTTP/1.1`),
  () => withKey(`GET /v1/erasures/${encoded()} HTTP/1.1`),
  () => withKey(`GET /v1/traits/${encoded()}?${query(encoded)} HTTP/1.1`),
];

function packedHits(): string {
  const body = damaged(random() < 0.1 ? BOMB : packed(mixedLines().text));
  return request('POST /v1/hits HTTP/1.1', [GZIP, `Content-Length: ${body.length}`], body);
}

/** Each makes one request that something is wrong with, as characters of a byte each. */
const WRONG: readonly (() => string)[] = [
  garbage,
  () => some(40, garbage),
  () => mutated(wellFormed()),
  () => mutated(hits('')),
  () => hits(''),
  () =>
    hits(
      one([
        'Content-Length: 0',
        'Content-Length: 5',
        'Content-Length: 99999',
        'Content-Length: -1',
        'Content-Length: 1e3',
      ]),
    ),
  () =>
    hits(
      one([
        'Content-Length: 18446744073709551617',
        'Content-Length: 7\r\nContent-Length: 8',
        'Content-Length:',
        'Content-Length: \0',
      ]),
    ),
  () =>
    hits(
      one([
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: gzip',
        'Transfer-Encoding: chunked\r\nContent-Length: 3',
      ]),
    ),
  () => request(`GET /p.gif?${site()}${query(() => one(NASTY))} HTTP/1.1`),
  () =>
    request(
      `${one(METHODS)} ${one(PATHS)}?${query(encoded)} HTTP/${one(['1.1', '1.0', '0.9', '2.0', '1.1 ', ''])}`,
    ),
  () =>
    request(`${one(METHODS)} ${one(PATHS)} HTTP/1.1`, [
      `${one(HEADERS)}: ${plain()}`,
      `${one(NASTY)}: ${plain()}`,
    ]),
  () => request('GET /p.gif HTTP/1.1', [`Cookie: n90=${'A'.repeat(below(60_000))}`]),
  () => request(`GET /p.gif?u=${'x'.repeat(below(60_000))} HTTP/1.1`),
  () =>
    request(
      'GET /p.gif HTTP/1.1',
      Array.from({ length: below(3_000) }, (_, n) => `X-${n}: ${n}`),
    ),
  packedHits,
  () => (random() < 0.2 ? one(KEYED)() : hits('')),
  () => request(`GET /optout?${query(encoded)} HTTP/1.1`, ['Sec-Purpose: prefetch', 'Sec-Fetch-Dest: image']),
  () => wellFormed().slice(0, below(150)),
  () => wellFormed().replaceAll('\r\n', one(['\n', '\r', '\r\n ', '\0\r\n'])),
];

function mutated(text: string): string {
  let changed = text;
  for (let times = 1 + below(6); times > 0; times -= 1) {
    const at = below(changed.length);
    const insert = one(['', String.fromCharCode(below(256)), one(NASTY), changed.slice(at, at + below(20))]);
    changed = changed.slice(0, at) + insert + changed.slice(at + below(4));
  }
  return changed;
}

/** What went wrong, with all that is needed to see it again. */
const faults: string[] = [];
const statuses = new Map<number, number>();
let asked = 0;
/** Hits in the midst of garbage that were taken. */
let taken = 0;

function look(sent: string, text: string, atLeast: number): void {
  const found = statusesIn(text);
  for (const status of found) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const ours = found.filter((status) => status > 499 && status !== 503).length;
  const unavailable = found.filter((status) => status === 503).length;
  const named = text.match(NAMED_503)?.length ?? 0;
  if (ours > 0 || unavailable > named || found.length < atLeast)
    faults.push(
      `answers ${found.join(' ') || 'none'} of at least ${atLeast} to ${JSON.stringify(sent.slice(0, 1_000))}`,
    );
}

/** Why the server may have to put somebody off: the name that stands in such an answer. */
const NAMED_503 =
  /"urn:ninety:(?:journal_full|journal_failed|busy|not_stored|clickhouse_unavailable|collectors_behind)"|Ninety-Result: refused; reason=(?:prefetch|journal_full|journal_failed)\b/gi;

/** No answer for so long: what is half a request stays half. */
const QUIET_MS = 25;

/** Writes all at once, waits until nothing comes any more, and says that no more will follow. */
async function atOnce(pieces: readonly string[]): Promise<void> {
  asked += pieces.length;
  const sent = pieces.join('');
  const client = openSocket(home.collector);
  client.socket.write(sent, 'latin1');
  let heard = -1;
  while (client.text().length > heard && !client.socket.destroyed) {
    heard = client.text().length;
    await Promise.race([client.closed, sleep(QUIET_MS)]);
  }
  client.socket.end();
  look(sent, await client.closed, 0);
}

/** Writes requests of which each must be answered, the next before or after the last one's answer. */
async function answered(pieces: readonly string[], ahead: boolean): Promise<void> {
  asked += pieces.length;
  const client = openSocket(home.collector);
  const writes = ahead ? [pieces.join('')] : pieces;
  for (const [index, piece] of writes.entries()) {
    client.socket.write(piece, 'latin1');
    const wanted = ahead ? pieces.length : index + 1;
    while (statusesIn(client.text()).length < wanted && !client.socket.destroyed)
      await Promise.race([client.closed, new Promise((resolve) => client.socket.once('data', resolve))]);
  }
  client.socket.end();
  look(pieces.join(''), await client.closed, pieces.length);
}

/** A stream of hits with garbage in it, of which every hit is taken. */
async function streamed(): Promise<void> {
  const { text, good } = mixedLines();
  const isPacked = random() < 0.5;
  const headers = isPacked ? [NDJSON, GZIP] : [NDJSON];
  const sent = withKey(
    'POST /v1/hits HTTP/1.1',
    [...headers, 'Connection: close'],
    isPacked ? packed(text) : text,
  );
  asked += 1;
  const client = openSocket(home.collector);
  client.socket.write(sent, 'latin1');
  const answer = await client.closed;
  look(sent, answer, 1);
  taken += good;
  if (!answer.includes(`{"accepted":${good},`))
    faults.push(
      `of ${good} hits not all were taken: ${answer.slice(-500)} to ${JSON.stringify(text.slice(0, 1_000))}`,
    );
}

const many = (most: number, make: () => string) => Array.from({ length: 1 + below(most) }, make);

async function burst(): Promise<void> {
  const kind = random();
  if (kind < 0.02) return streamed();
  if (kind < 0.2) return answered(many(30, wellFormed), false);
  if (kind < 0.4) return answered(many(40, wellFormed), true);
  return atOnce([...many(12, wellFormed), one(WRONG)(), ...many(4, () => one([wellFormed, ...WRONG])())]);
}

let home: Home;
/** Of a server that may send hits and traits, and have people deleted. */
let key: string;
/** Of some who have been here before. */
let cookies: string[];
beforeAll(async () => {
  home = await openHome('embedded', {
    NINETY_MIN_AUDIENCE: '0',
    NINETY_LOG_LEVEL: 'warn',
    NINETY_TRUST_PROXY: '127.0.0.1',
  });
  await home.admin.json('POST', '/v1/partners', { id: 'dsp', name: 'A DSP' });
  const scopes = ['collect', 'labels', 'edit'];
  ({ key } = await home.admin.json<{ key: string }>('POST', '/v1/keys', { name: 'Fuzz', scopes }));
  cookies = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { headers } = await send(
        'GET',
        `${home.collector}/p.gif?s=${home.siteKey}&u=https://www.example.com/`,
        { 'user-agent': CHROME, 'x-forwarded-for': '8.8.8.8' },
      );
      return /^n90=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')![1]!;
    }),
  );
});
afterAll(() => home?.close());

it(`${REQUESTS.toLocaleString('en-US')} fuzzed requests get no answer that is our fault, end nothing and leave no memory behind`, async () => {
  let warm: Promise<number> | undefined;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (asked < REQUESTS && faults.length === 0) {
        await burst();
        if (asked > REQUESTS / 10) warm ??= home.servers[0]!.heldMb();
      }
    }),
  );
  expect(faults.slice(0, 2), `TEST_FUZZ_SEED=${SEED}`).toEqual([]);
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 404, 405, 431]));
  expect(taken).toBeGreaterThan(100);
  const left = await home.servers[0]!.heldMb();
  expect(left - (await warm!), `TEST_FUZZ_SEED=${SEED}`).toBeLessThan(GROWTH_MB);
  expect((await send('GET', `${home.collector}/healthz`)).status).toBe(200);
  const person = new Person(home.collector, { 'x-forwarded-for': '8.8.8.8' });
  expect(await person.see({ s: home.siteKey, u: 'https://www.example.com/after' })).toBe('stored');
  const { err } = await home.servers[0]!.stop();
  const failed = err
    .split('\n')
    .filter((line) => line !== '' && (JSON.parse(line) as { level: number }).level >= 50);
  expect(failed, `TEST_FUZZ_SEED=${SEED}`).toEqual([]);
});
