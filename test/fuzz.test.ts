import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROME, Person, send } from './client.ts';
import { type Home, openHome } from './homes.ts';
import { openSocket, statusesIn } from './raw-socket.ts';

const REQUESTS = 100_000;
const CONNECTIONS = 32;
/** What garbage may leave behind in the server: its caches are bounded, and filled by the first tenth. */
const GROWTH_MB = 128;
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
  's e u r t c k d x did dt fid tz id gdpr gdpr_consent gpp gpp_sid us_privacy bidder uid f'.split(' ');
const PATHS =
  '/ /p.gif /p.gif /p.gif /p.gif /p.gif /v1/hits /v1/hits /setuid /tag.js /healthz /v1/segments /v1/keys /v1/journal /nobody //x /p.gif/ * http://x/p.gif'.split(
    ' ',
  );
const METHODS = 'GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT FOO get M-SEARCH G\0T'.split(' ');
const HEADERS = [
  ...'Cookie Referer X-Forwarded-For X-Forwarded-Proto Accept-Language Origin Content-Type Sec-GPC Range'.split(
    ' ',
  ),
  ...'Sec-CH-UA If-None-Match Authorization Expect Upgrade TE Connection Host Sec-Purpose'.split(' '),
];

const garbage = () => String.fromCharCode(...Array.from({ length: 1 + below(60) }, () => below(256)));
/** Text that a header can hold. */
const plain = () => (random() < 0.5 ? one(NASTY) : garbage()).replaceAll(/[^\t -~\x80-\xff]/g, '');
const encoded = () => encodeURIComponent(random() < 0.5 ? one(NASTY) : garbage());
const query = (value: () => string) => some(5, () => `&${one(FIELDS)}=${value()}`);

const request = (line: string, headers: readonly string[] = [], body = '') =>
  [line, 'Host: localhost', `User-Agent: ${CHROME}`, ...headers, '', body].join('\r\n');

const site = () => (random() < 0.7 ? `s=${home.siteKey}&u=https://www.example.com/a` : '');
/** What any HTTP server must answer, however odd its parameters are. */
const wellFormed = () =>
  request(
    `${one(['GET', 'GET', 'GET', 'HEAD'])} ${one(['/p.gif', '/p.gif', '/p.gif', '/setuid', '/nobody'])}?${site()}${query(encoded)} HTTP/1.1`,
    Array.from({ length: below(3) }, () => `${one(HEADERS.slice(0, 9))}: ${plain()}`),
  );
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

function look(sent: string, text: string, atLeast: number): void {
  const found = statusesIn(text);
  for (const status of found) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const refused = found.filter(
    (status) => status > 499 && !(status === 503 && text.includes('journal_full')),
  );
  if (refused.length > 0 || found.length < atLeast)
    faults.push(
      `answers ${found.join(' ') || 'none'} of at least ${atLeast} to ${JSON.stringify(sent.slice(0, 1_000))}`,
    );
}

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

const many = (most: number, make: () => string) => Array.from({ length: 1 + below(most) }, make);

async function burst(): Promise<void> {
  const kind = random();
  if (kind < 0.2) return answered(many(30, wellFormed), false);
  if (kind < 0.4) return answered(many(40, wellFormed), true);
  return atOnce([...many(12, wellFormed), one(WRONG)(), ...many(4, () => one([wellFormed, ...WRONG])())]);
}

let home: Home;
beforeAll(async () => {
  home = await openHome('embedded', {
    NINETY_MIN_AUDIENCE: '0',
    NINETY_LOG_LEVEL: 'warn',
    NINETY_TRUST_PROXY: '127.0.0.1',
  });
});
afterAll(() => home?.close());

const resident = () =>
  process.platform === 'linux'
    ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${home.servers[0]!.pid}/status`, 'utf8'))?.[1]) / 1024
    : 0;

it(`${REQUESTS.toLocaleString('en-US')} fuzzed requests get no answer that is our fault, end nothing and leave no memory behind`, {
  timeout: 300_000,
}, async () => {
  let warm = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (asked < REQUESTS && faults.length === 0) {
        await burst();
        if (warm === 0 && asked > REQUESTS / 10) warm = resident();
      }
    }),
  );
  expect(faults.slice(0, 2), `TEST_FUZZ_SEED=${SEED}`).toEqual([]);
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 404, 405, 431]));
  const left = resident();
  expect(left - warm, `TEST_FUZZ_SEED=${SEED}`).toBeLessThan(GROWTH_MB);
  expect((await send('GET', `${home.collector}/healthz`)).status).toBe(200);
  const person = new Person(home.collector, { 'x-forwarded-for': '8.8.8.8' });
  expect(await person.see({ s: home.siteKey, u: 'https://www.example.com/after' })).toBe('stored');
  const { err } = await home.servers[0]!.stop();
  const failed = err
    .split('\n')
    .filter((line) => line !== '' && (JSON.parse(line) as { level: number }).level >= 50);
  expect(failed, `TEST_FUZZ_SEED=${SEED}`).toEqual([]);
});
