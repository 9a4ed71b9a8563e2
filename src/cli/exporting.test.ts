import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Format } from '../delivery/formats/formats.ts';
import { Client } from './client.ts';
import { keyOfLine } from './exported-line.ts';
import { readExport, type Sink } from './exporting.ts';

vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  // Waits between tries are a server's time to come back; here it is back at once.
  setTimeout: () => Promise.resolve(),
}));

const IDS = Array.from({ length: 50 }, (_, n) => `id "${n}"`);
const HEAD = '"id","op"\n';
const lineOf = (id: string) => `"${id.replaceAll('"', '""')}","add"\n`;
const WHOLE = HEAD + IDS.map(lineOf).join('');
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** A server that keeps to what the API says of pulls, and hangs up where a test wants it to. */
class Serving {
  /** After so many bytes of each answer in turn; undefined: it comes whole. A number below 0 is a status. */
  readonly ends: (number | undefined)[];
  readonly asked: string[] = [];
  digest = (body: string): string | undefined => `sha-256=:${sha256(body).toString('base64')}:`;
  manifest = { sha256: sha256(WHOLE).toString('hex') as string | null, count: IDS.length };
  readonly #server: Server;

  constructor(...ends: (number | undefined)[]) {
    this.ends = ends;
    this.#server = createServer((asked, answer) => void this.#answer(asked.url ?? '', answer));
  }

  async open(): Promise<Client> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return new Client({ url: `http://127.0.0.1:${port}`, key: 'a-key' }, new AbortController().signal);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(url: string, answer: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, 'http://x');
    this.asked.push(`${pathname} at=${searchParams.get('at')} after=${searchParams.get('after')}`);
    if (pathname.endsWith('/manifest')) return void answer.end(JSON.stringify(this.manifest));
    const end = this.ends.shift();
    if (end !== undefined && end < 0) return void answer.writeHead(-end).end('{}');
    const after = searchParams.get('after');
    const body =
      after === null
        ? WHOLE
        : IDS.slice(IDS.indexOf(after) + 1)
            .map(lineOf)
            .join('');
    answer.writeHead(200, { 'Ninety-Cursor': 'c1', Trailer: 'Content-Digest, Ninety-Count' });
    if (end !== undefined) {
      await new Promise((written) => answer.write(body.slice(0, end), written));
      return void answer.destroy();
    }
    const digest = this.digest(body);
    if (digest !== undefined)
      answer.addTrailers({ 'Content-Digest': digest, 'Ninety-Count': String(IDS.length) });
    answer.end(body);
  }
}

let serving: Serving;
afterEach(() => serving.close());

/** @returns what was written, and what the export says of it. */
async function exported(format: Format = 'csv', canRestart = true) {
  const client = await serving.open();
  const written: Buffer[] = [];
  const sink: Sink = {
    write: async (bytes) => void written.push(Buffer.from(bytes)),
    restart: canRestart ? async () => void written.splice(0) : undefined,
  };
  const path = '/members?format=x';
  const done = await readExport(
    client,
    { path, manifest: '/members/manifest?format=x', format },
    sink,
    new AbortController().signal,
  );
  return { done, text: Buffer.concat(written).toString() };
}

describe('an export', () => {
  it('that comes whole is checked by its trailer, and no manifest is asked for', async () => {
    serving = new Serving(undefined);
    const { done, text } = await exported();
    expect(text).toBe(WHOLE);
    expect(done).toEqual({
      cursor: 'c1',
      asOf: undefined,
      count: IDS.length,
      bytes: WHOLE.length,
      sha256: sha256(WHOLE).toString('hex'),
      resumed: 0,
    });
    expect(serving.asked).toEqual(['/members at=null after=null']);
  });

  it.each<[string, number[], number]>([
    ['before anything came', [0], 1],
    ['within the head', [4], 1],
    ['behind the head', [HEAD.length], 1],
    ['within the first line', [HEAD.length + 5], 1],
    ['behind a line', [HEAD.length + lineOf(IDS[0]!).length], 1],
    ['within a line, and again, and while the server starts', [100, 7, 30, -503, 0, 40], 6],
  ])('that breaks off %s goes on, and each line is written once', async (_, ends, times) => {
    serving = new Serving(...ends, undefined);
    const { done, text } = await exported();
    expect(text).toBe(WHOLE);
    expect(done).toMatchObject({ count: IDS.length, sha256: sha256(WHOLE).toString('hex') });
    expect(done.resumed).toBe(ends.filter((end) => end >= 0).length);
    expect(serving.asked).toHaveLength(times + 2);
    expect(serving.asked.slice(1).every((asked) => asked.includes('at=c1'))).toBe(true);
    expect(serving.asked.at(-1)).toMatch(/^\/members\/manifest /);
  });

  it('of Parquet begins anew in a file, and cannot on standard output', async () => {
    serving = new Serving(100, undefined);
    const { done, text } = await exported('parquet');
    expect(text).toBe(WHOLE);
    expect(done).toMatchObject({ count: IDS.length, resumed: 1 });
    expect(serving.asked).toEqual(['/members at=null after=null', '/members at=c1 after=null']);
    serving.close();
    serving = new Serving(100, undefined);
    await expect(exported('parquet', false)).rejects.toMatchObject({ reason: 'not_finished' });
  });

  it('whose bytes are others than the server says is none', async () => {
    serving = new Serving(undefined);
    serving.digest = () => `sha-256=:${sha256('else').toString('base64')}:`;
    await expect(exported()).rejects.toThrow('checksums differ');
  });

  it.each<[string, Partial<Serving['manifest']>]>([
    ['another checksum', { sha256: sha256('else').toString('hex') }],
    ['another count', { count: 3 }],
  ])('in pieces is checked by the manifest: %s', async (_, wrong) => {
    serving = new Serving(100, undefined);
    serving.manifest = { ...serving.manifest, ...wrong };
    await expect(exported()).rejects.toThrow('checksums differ');
  });

  it('without trailers, because something on the way takes them off, is checked by the manifest', async () => {
    serving = new Serving(undefined);
    serving.digest = () => undefined;
    expect((await exported()).text).toBe(WHOLE);
    expect(serving.asked).toHaveLength(2);
  });

  it('gives up where the server does not come back', async () => {
    serving = new Serving(100, ...Array.from({ length: 20 }, () => -503));
    await expect(exported()).rejects.toMatchObject({ reason: 'not_finished' });
    expect(serving.asked).toHaveLength(11);
  });

  it('ends where the server refuses to go on', async () => {
    serving = new Serving(100, -410);
    await expect(exported()).rejects.toMatchObject({ status: 410 });
  });
});

describe('the key of a line', () => {
  it.each<[Format, string, string]>([
    ['ndjson', '{"id":"a\\"b\\/c","op":"add"}', 'a"b/c'],
    ['ndjson', '{"segment":"s","as":"acme","id":"x\\\\y","op":"remove"}', 's/acme/x\\y'],
    ['csv', '"a""b,c","add"', 'a"b,c'],
    ['csv', '"s","acme","=1+1","add"', 's/acme/=1+1'],
    ['tsv', "a\\\\b\\'c\tadd", "a\\b'c"],
    ['tsv', 's\tacme\tx\tadd', 's/acme/x'],
  ])('%s: %s', (format, line, key) => {
    expect(keyOfLine(format, line)).toBe(key);
  });
});
