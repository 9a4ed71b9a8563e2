import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Operator, send, until } from './client.ts';
import { ask } from './engine.ts';
import { ADMIN_KEY, engineOf, flush, type ServerProcess, startServer } from './server-process.ts';

const PAGE = 'https://www.example.com/articles/streams/';

let folder: string;
let server: ServerProcess;
let admin: Operator;
let site: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-stream-'));
  server = startServer(folder);
  const { url, siteKey } = await server.banner();
  site = siteKey;
  admin = new Operator(url, ADMIN_KEY);
  ({ key } = await admin.json<{ key: string }>('POST', '/v1/keys', {
    name: 'Backend',
    scopes: ['collect'],
  }));
});
afterAll(async () => {
  server?.signal('SIGTERM');
  await server?.ended;
  await rm(folder, { recursive: true, force: true });
});

/** A line of some 400 bytes, of a visitor of its own unless told otherwise. */
const line = (n: number, more: object = {}) =>
  `${JSON.stringify({
    site,
    url: `${PAGE}${n % 1000}`,
    title: `Streams, part ${n % 1000}, ${'and what stands in it, '.repeat(8)}`,
    firstPartyId: `reader-${n}`,
    hitId: `hit-${n}`,
    keywords: ['streams'],
    ...more,
  })}\n`;

/** An open request whose body is written bit by bit. */
function open(headers: Readonly<Record<string, string>> = {}, url = admin.url) {
  const sent = request(`${url}/v1/hits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson', ...headers },
  });
  const answer = (once(sent, 'response') as Promise<[IncomingMessage]>).then(async ([incoming]) => ({
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: await text(incoming),
  }));
  return { sent, answer };
}

async function stream(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { sent, answer } = open(headers);
  sent.end(body);
  return answer;
}

const read = (answer: Answer) => JSON.parse(answer.body) as Record<string, unknown>;

/** How many distinct hits the console counts, of all that came before; it keeps a count for a while. */
async function counted(): Promise<number> {
  await flush(admin.url);
  const since = Date.now();
  return until('a new count', async () => {
    const seen = await admin.json<{ hits: number; countedAt: string }>('GET', '/v1/overview');
    return Date.parse(seen.countedAt) >= since && seen.hits;
  });
}

const hitsOf = async (keyword: string) => {
  await flush(admin.url);
  const where = `has(keywords, '${keyword}')`;
  return Number(await ask(engineOf(folder), `SELECT uniqExact(hit) FROM ninety.hits WHERE ${where}`));
};

describe('a stream of hits', () => {
  it('larger than any limit is taken whole, and the memory of the server stays flat', async () => {
    const LINES = 120_000;
    await stream(Array.from({ length: 5_000 }, (_, n) => line(n, { keywords: ['warm'] })).join(''));
    const before = await server.heldMb();
    let most = before;
    let sentBytes = 0;
    const { sent, answer } = open();
    for (let n = 0; n < LINES; n += 100) {
      const piece = Array.from({ length: 100 }, (_, i) => line(n + i, { keywords: ['large'] })).join('');
      sentBytes += piece.length;
      if (!sent.write(piece)) await once(sent, 'drain');
      if (n % 2_000 === 0) most = Math.max(most, await server.heldMb());
    }
    sent.end();
    const { status, body } = await answer;
    expect([status, JSON.parse(body)]).toEqual([202, { accepted: LINES, refused: [], refusedByReason: {} }]);
    expect(sentBytes).toBeGreaterThan(40_000_000);
    expect(most - before).toBeLessThan(32);
    expect(await hitsOf('large')).toBe(LINES);
  });

  it('comes packed, and costs only its wrong lines', async () => {
    const lines = [
      line(1, { keywords: ['packed'] }),
      '{"site":\n',
      '\r\n',
      `${'x'.repeat(70_000)}\n`,
      line(2, { keywords: ['packed'], site: 'nobody' }),
      line(3, { keywords: ['packed'] }).trimEnd(),
    ];
    const answer = await stream(gzipSync(lines.join('')), { 'content-encoding': 'gzip' });
    expect([answer.status, read(answer)]).toEqual([
      202,
      {
        accepted: 2,
        refused: [
          { index: 1, reason: 'bad_json' },
          { index: 3, reason: 'line_too_long' },
          { index: 4, reason: 'unknown_site' },
        ],
        refusedByReason: { bad_json: 1, line_too_long: 1, unknown_site: 1 },
      },
    ]);
    expect(await hitsOf('packed')).toBe(2);
  });

  it('of garbage is answered with no more than the first thousand of it', async () => {
    const answer = await stream('}{\n'.repeat(200_000));
    const { accepted, refused, refusedByReason } = read(answer);
    expect([answer.status, accepted, (refused as unknown[]).length]).toEqual([202, 0, 1_000]);
    expect(refusedByReason).toEqual({ bad_json: 200_000 });
    expect(answer.body.length).toBeLessThan(100_000);
  });

  it('that endlessly repeats one byte, packed a thousandfold, is one long line', async () => {
    const gzip = createGzip();
    const { sent, answer } = open({ 'content-encoding': 'gzip' });
    const before = await server.heldMb();
    gzip.pipe(sent);
    for (let n = 0; n < 100; n++) if (!gzip.write(Buffer.alloc(1_000_000, 'x'))) await once(gzip, 'drain');
    gzip.end();
    expect(read(await answer)).toMatchObject({ accepted: 0, refusedByReason: { line_too_long: 1 } });
    expect((await server.heldMb()) - before).toBeLessThan(32);
  });

  it.each<[string, string, Buffer, number]>([
    ['damaged', 'gzip', Buffer.from('no gzip at all'), 400],
    ['packed otherwise', 'br', Buffer.from('?'), 415],
  ])('that is %s is refused by name', async (_, encoding, body, status) => {
    const answer = await stream(body, { 'content-encoding': encoding });
    expect([answer.status, read(answer)['type']]).toEqual([status, 'urn:ninety:bad_encoding']);
  });

  it('that is cut off half-way keeps what came whole, and goes on when it is sent again', async () => {
    const lines = Array.from({ length: 500 }, (_, n) => line(n, { keywords: ['cut'] }));
    const { sent, answer } = open();
    answer.catch(() => undefined);
    sent.on('error', () => undefined);
    sent.write(lines.slice(0, 300).join('') + lines[300]!.slice(0, 50));
    await until('the first lines to be kept', async () => (await hitsOf('cut')) === 300);
    sent.destroy();
    await expect(answer).rejects.toThrow();
    expect(await hitsOf('cut')).toBe(300);
    expect(read(await stream(lines.join('')))).toMatchObject({ accepted: 500 });
    expect(await hitsOf('cut')).toBe(500);
  });

  it('sent twice counts once, in segments and on the console', async () => {
    const lines = Array.from({ length: 200 }, (_, n) =>
      line(n, { keywords: ['twice'], hitId: `twice-${n}`, firstPartyId: `reader-${n % 50}` }),
    ).join('');
    const often = { did: { keyword: 'twice' }, times: { gte: 4, lte: 4 } };
    const before = await counted();
    for (const more of [200, 200]) {
      expect(read(await stream(lines))).toMatchObject({ accepted: 200 });
      expect((await counted()) - before).toBe(more);
      expect(await admin.estimate(often)).toBe(50);
      expect(await admin.estimate({ did: { keyword: 'twice' }, times: 5 })).toBe(0);
    }
  });

  it('without a key has the limits of any page', async () => {
    const headers = { 'content-type': 'application/x-ndjson', 'user-agent': 'Mozilla/5.0 (X11) Chrome/141' };
    const body = '{}\n'.repeat(1_001);
    const answer = await send('POST', `${admin.url}/v1/hits`, headers, body);
    expect([answer.status, read(answer)['type']]).toEqual([413, 'urn:ninety:too_many_hits']);
  });

  it('as a packed array is bounded by what it is unpacked', async () => {
    const small = await stream(gzipSync(`[${line(1, { keywords: ['array'] })}]`), {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
    expect([small.status, read(small)]).toEqual([202, { accepted: 1, refused: [] }]);
    const large = await stream(gzipSync(`["${'x'.repeat(50_000_000)}"]`), {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    });
    expect([large.status, read(large)['type']]).toEqual([413, 'urn:ninety:body_too_large']);
  });
});

describe('a journal without room', () => {
  it('ends a stream with how many lines were taken, and the sender goes on from there', async () => {
    const tight = await mkdtemp(join(tmpdir(), 'ninety-tight-'));
    const small = startServer(tight, { NINETY_JOURNAL_QUOTA_MB: '16' });
    try {
      const { url, siteKey } = await small.banner();
      const lines = Array.from({ length: 40_000 }, (_, n) => line(n, { site: siteKey, hitId: undefined }));
      const from = async (taken: number) => {
        const { sent, answer } = open({ authorization: `Bearer ${ADMIN_KEY}` }, url);
        let isAnswered = false;
        let goOn = () => {};
        sent.on('error', () => undefined).on('drain', () => goOn());
        sent.once('response', () => {
          isAnswered = true;
          goOn();
        });
        for (let n = taken; n < lines.length && !isAnswered; n += 100)
          if (!sent.write(lines.slice(n, n + 100).join('')))
            await new Promise<void>((resolve) => {
              goOn = resolve;
            });
        if (!isAnswered) sent.end();
        return answer;
      };
      const engine = small.enginePid();
      process.kill(engine, 'SIGSTOP');
      const refused = await from(0);
      process.kill(engine, 'SIGCONT');
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
      const { taken, accepted, again, type } = read(refused) as Record<string, number>;
      expect([type, again, accepted]).toEqual(['urn:ninety:journal_full', [], taken]);
      expect(taken).toBeGreaterThan(1_000);
      await flush(url);
      // The hits have no ids of their own: one that is sent twice would count twice.
      let done = taken!;
      for (let answer = refused; answer.status !== 202; await flush(url)) {
        answer = await from(done);
        done += Number(read(answer)[answer.status === 202 ? 'accepted' : 'taken']);
      }
      expect(done).toBe(lines.length);
      const stored = await ask(engineOf(tight), 'SELECT count(), uniqExact(visitor) FROM ninety.hits');
      expect(stored.trim()).toBe(`${lines.length}\t${lines.length}`);
    } finally {
      small.signal('SIGTERM');
      await small.ended;
      await rm(tight, { recursive: true, force: true });
    }
  });
});
