import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Operator, until } from './client.ts';
import { ask } from './engine.ts';
import { ADMIN_KEY, engineOf, type ServerProcess, startServer } from './server-process.ts';

/** So many that the smallest answer, packed, is more than twice what may be held of it. */
const MEMBERS = 500_000;
/** Spread over all numbers of 64 bits, as visitors are. */
const VISITOR = 'number * 11400714819323198485';
/** Of 32 random bytes, which no packing makes smaller. */
const UID = "concat(lower(hex(sipHash128(number))), lower(hex(sipHash128('more', number))))";
const HELD_MB = 6;
const REST_BYTES = 4_000_000;
const EARLY_BYTES = 1_000_000;
/** In which a server that reads on for nobody has all of it. */
const STOP_MS = 3_000;
/** A slow reader rests so long behind each few megabytes. */
const REST_MS = 200;

let folder: string;
let server: ServerProcess;
let admin: Operator;
let heldBefore: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-pull-'));
  // Without jobs, so that what is held is held for a reader.
  server = startServer(folder, { NINETY_ROLES: 'collect,api' });
  const { url } = await server.banner();
  admin = new Operator(url, ADMIN_KEY);
  await admin.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
  await admin.json('POST', '/v1/segments', { id: 'many', name: 'Many', rule: { did: { path: '/nobody' } } });
  await admin.build('many');
  const into = (table: string, columns: string, values: string) =>
    ask(
      engineOf(folder),
      `INSERT INTO ninety.${table} (${columns}) SELECT ${values} FROM numbers(${MEMBERS})`,
    );
  const yesterday = 'now64(3) - toIntervalDay(1)';
  await into(
    'consents',
    'visitor, time, purposes, partners, origin, landed',
    `${VISITOR}, ${yesterday}, 1023, ['acme'], 'pixel', now() - 86400`,
  );
  await into(
    'links',
    'source, visitor, uid, own, first, last, landed',
    `'acme', ${VISITOR}, ${UID}, 0, ${yesterday}, ${yesterday}, now() - 86400`,
  );
  const build = Number(await ask(engineOf(folder), 'SELECT max(build) + 1 FROM ninety.builds'));
  await into('members', 'build, segment, visitor, seen', `${build}, 'many', ${VISITOR}, ${yesterday}`);
  await ask(
    engineOf(folder),
    `INSERT INTO ninety.builds (segment, build, state, version, as_of, size, time)
     VALUES ('many', ${build}, 'built', 1, now64(3), ${MEMBERS}, now64(3))`,
  );
  // The first pull writes the log that the others are read from, and loads code that stays.
  await readAll((await begin('ndjson', 'identity')).answer);
  const looks: number[] = [];
  for (let at = 0; at < 5; at++) {
    await sleep(200);
    looks.push(await server.heldMb());
  }
  heldBefore = Math.min(...looks);
});
afterAll(async () => {
  server?.signal('SIGTERM');
  await server?.ended;
  await rm(folder, { recursive: true, force: true });
});

/** A pull on a connection of its own, of which nothing was read yet. */
async function begin(
  format: string,
  encoding: string,
): Promise<{ readonly sent: ClientRequest; readonly answer: IncomingMessage }> {
  const sent = request(`${admin.url}/v1/segments/many/members?as=acme&format=${format}`, {
    agent: false,
    headers: { authorization: `Bearer ${admin.key}`, 'accept-encoding': encoding },
  });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect([answer.statusCode, answer.headers['content-encoding'] ?? 'identity']).toEqual([200, encoding]);
  return { sent, answer };
}

/** Reads so many bytes and stops. */
async function readSome(answer: IncomingMessage, bytes: number): Promise<void> {
  let got = 0;
  for await (const piece of answer.iterator({ destroyOnReturn: false })) {
    got += (piece as Buffer).length;
    if (got >= bytes) return;
  }
}

/** @param rest called each few megabytes, and waited for. @returns how many bytes there were. */
async function readAll(answer: IncomingMessage, rest: () => Promise<void> = async () => {}): Promise<number> {
  let bytes = 0;
  let rested = 0;
  for await (const piece of answer) {
    bytes += (piece as Buffer).length;
    if (bytes - rested < REST_BYTES) continue;
    rested = bytes;
    await rest();
  }
  return bytes;
}

/**
 * Looks until the server holds little. Buffers that are garbage are counted for a moment longer than they are there;
 * what is held for a reader who waits does not go away by waiting.
 */
const expectLittle = () => expect.poll(server.heldMb).toBeLessThan(heldBefore + HELD_MB);

const FORMATS = ['ndjson', 'csv', 'tsv', 'parquet'];
const ENCODINGS = ['identity', 'gzip', 'zstd'];

describe('what the server holds of a pull', () => {
  it.each(FORMATS.flatMap((format) => ENCODINGS.map((encoding) => [format, encoding] as const)))(
    'is a small part of it while it is read slowly: %s, %s',
    async (format, encoding) => {
      const { answer } = await begin(format, encoding);
      const bytes = await readAll(answer, async () => {
        await sleep(REST_MS);
        await expectLittle();
      });
      expect(answer.trailers['ninety-count']).toBe(String(MEMBERS));
      expect(bytes).toBeGreaterThan(2 * HELD_MB * 2 ** 20);
    },
  );

  it('is no more where readers stop in the middle, and each gets all when it goes on', async () => {
    const readers = await Promise.all([
      begin('ndjson', 'identity'),
      begin('csv', 'gzip'),
      begin('tsv', 'zstd'),
      begin('parquet', 'identity'),
    ]);
    for (const { answer } of readers) await readSome(answer, EARLY_BYTES);
    await sleep(STOP_MS);
    await expectLittle();
    for (const { answer } of readers) {
      await readAll(answer);
      expect(answer.trailers['ninety-count']).toBe(String(MEMBERS));
    }
  });

  it('is nothing any more once a reader hangs up, and the engine reads no further', async () => {
    for (const format of FORMATS)
      for (const encoding of ENCODINGS) {
        // A key has few streams at once: another one begins when one that was hung up has ended.
        const { sent, answer } = await until('a stream to be free', () =>
          begin(format, encoding).catch(() => undefined),
        );
        await readSome(answer, EARLY_BYTES);
        answer.on('error', () => undefined);
        sent.destroy();
      }
    await until('the engine to have ended them', async () => {
      const reading = await ask(
        engineOf(folder),
        "SELECT count() FROM system.processes WHERE query LIKE '%AS id, toString(op)%' AND query NOT LIKE '%system.processes%'",
      );
      return reading.trim() === '0';
    });
    await expectLittle();
  });
});
