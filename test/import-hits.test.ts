import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './client.ts';
import { at, ninety, type Said, startNinety } from './command.ts';
import { sharedEngine } from './engine.ts';
import { type Home, openHome } from './homes.ts';
import { flush } from './server-process.ts';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
/** An address of Google's in the United States, and one of Deutsche Telekom's in Germany. */
const AMERICAN = '8.8.8.8';
const GERMAN = '87.128.0.1';

const DAY_MS = 86_400_000;
const START = Math.floor(Date.now() / DAY_MS) * DAY_MS - 3 * DAY_MS;

/** Forty hits of ten readers, with a field of each kind and what is hard to write in a table. */
const HITS = Array.from({ length: 40 }, (_, n) => ({
  url: `https://www.example.com/files/${n % 7}?utm_campaign=spring`,
  title: n % 5 === 0 ? 'Files, "quoted"\tand tabbed' : `Files ${n}`,
  keywords: ['files', `part ${n % 4}`],
  dwellMs: n * 1000,
  scroll: n % 101,
  tz: -300,
  time: START + n * 60_000,
  ip: AMERICAN,
  userAgent: CHROME,
  language: 'en-US,en;q=0.9',
  ...(n % 2 === 0
    ? { firstPartyId: `reader-${n % 10}` }
    : { deviceId: `aaaaaaaa-bbbb-4ccc-8ddd-00000000000${n % 10}`, deviceType: 'gaid' }),
}));
type HitOfFile = (typeof HITS)[number];
const COLUMNS = [
  'url',
  'title',
  'keywords',
  'dwellMs',
  'scroll',
  'tz',
  'time',
  'ip',
  'userAgent',
  'language',
  'firstPartyId',
  'deviceId',
  'deviceType',
] as const;

const cellOf = (hit: HitOfFile, column: (typeof COLUMNS)[number]) => {
  const value = (hit as Record<string, unknown>)[column];
  if (column === 'time') return new Date(hit.time).toISOString().replace('T', ' ').replace('Z', '');
  return value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value);
};
const quoted = (cell: string) => (/[",\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const table = (delimiter: string) =>
  [[...COLUMNS], ...HITS.map((hit) => COLUMNS.map((column) => quoted(cellOf(hit, column))))]
    .map((cells) => `${cells.join(delimiter)}\r\n`)
    .join('');
const ndjson = (hits: readonly object[] = HITS) => hits.map((hit) => `${JSON.stringify(hit)}\n`).join('');

/** The hits as ClickHouse writes them, ten rows a row group. */
async function parquet(compression: string): Promise<Buffer> {
  const { url, user, password } = sharedEngine();
  const typed = HITS.map((hit) => ({ ...hit, time: new Date(hit.time).toISOString().slice(0, -1) }));
  const form =
    "'url String, title String, keywords Array(String), dwellMs UInt32, scroll UInt8, tz Int16, time DateTime64(3, \\'UTC\\'), ip String, userAgent String, language Nullable(String), firstPartyId Nullable(String), deviceId Nullable(String), deviceType Nullable(String)'";
  const sql = `SELECT * FROM format(JSONEachRow, ${form}, {rows:String}) FORMAT Parquet SETTINGS
    output_format_parquet_compression_method = '${compression}', output_format_parquet_row_group_size = 10,
    output_format_parquet_row_group_size_bytes = 1, max_block_size = 10, date_time_input_format = 'best_effort'`;
  const body = new FormData();
  body.set('query', sql);
  body.set(
    'param_rows',
    ndjson(typed).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
  );
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': user, 'X-ClickHouse-Key': password },
    body,
  });
  if (!answer.ok) throw new Error(await answer.text());
  return Buffer.from(await answer.arrayBuffer());
}

/** The numbers of a summary, by what stands before them. */
const numbersOf = (said: Said) =>
  Object.fromEntries(
    [...said.out.matchAll(/^ {2}([a-z_]+(?: [a-z]+)*) +([\d,]+)(?= {2}|$)/gm)].map(([, name, n]) => [
      name,
      Number(n!.replaceAll(',', '')),
    ]),
  );

describe('a file of hits', () => {
  let home: Home;
  const keys: Record<string, string> = {};
  const folder = mkdtempSync(join(tmpdir(), 'ninety-import-hits-'));

  const fileOf = (name: string, content: string | Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const importHits = (file: string, site: string, options: readonly string[] = [], input?: string | Buffer) =>
    ninety(
      ['import', 'hits', file, '--site', keys[site] ?? site, ...options, ...at(home.admin.url)],
      {},
      input,
    );
  /** A site of its own for each case, so that numbers stand alone. */
  const siteFor = async (id: string) => {
    const { key } = await home.admin.json<{ key: string }>('POST', '/v1/sites', {
      id,
      name: id,
      domains: ['www.example.com'],
    });
    keys[id] = key;
    return id;
  };
  const readers = (site: string, match: object = {}, times: unknown = 1) =>
    home.admin.estimate({ did: { site, ...match }, times });
  const hitsOf = async (site: string) => {
    await flush(home.admin.url);
    const since = Date.now();
    const { items } = await until('the sites are counted anew', async () => {
      const seen = await home.admin.json<{
        countedAt: string;
        items: { id: string; hits: number; visitors: number }[];
      }>('GET', '/v1/overview/sites');
      return Date.parse(seen.countedAt) >= since && seen;
    });
    return items.find(({ id }) => id === site)?.hits;
  };

  beforeAll(async () => {
    home = await openHome('embedded');
  });
  afterAll(async () => {
    await home?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const forms: readonly [string, string, () => Buffer | Promise<Buffer>][] = [
    ['NDJSON', 'hits.ndjson', () => Buffer.from(ndjson())],
    ['NDJSON with a byte order mark, packed', 'hits.jsonl.gz', () => gzipSync(`\ufeff${ndjson()}`)],
    ['CSV', 'hits.csv', () => Buffer.from(`\ufeff${table(',')}`)],
    ['TSV', 'hits.tsv', () => Buffer.from(table('\t'))],
    ['Parquet with snappy', 'snappy.parquet', () => parquet('snappy')],
    ['Parquet with gzip', 'gzip.parquet', () => parquet('gzip')],
    ['Parquet with zstd', 'zstd.parquet', () => parquet('zstd')],
  ];
  it.each(forms)('comes in as %s', async (form, name, content) => {
    const site = await siteFor(form.toLowerCase().replaceAll(/[^a-z]+/g, '-'));
    const path = fileOf(name, await content());
    const said = await importHits(path, site);
    expect(said.code).toBe(0);
    expect(numbersOf(said)).toEqual({
      [name.endsWith('parquet') ? 'rows read' : 'lines read']: 40,
      'hits stored': 40,
      refused: 0,
    });
    await flush(home.admin.url);
    // Each reader has four hits, one for each part that its numbers fall on.
    expect(await readers(site, {}, { gte: 4, lte: 4 })).toBe(10);
    expect(await readers(site, { country: 'US', language: 'en', browser: 'Chrome', os: 'Linux' })).toBe(10);
    expect(await readers(site, { keyword: 'part 3' })).toBe(5);
    // A title's white space is made plain.
    expect(await readers(site, { title: 'Files, "quoted" and tabbed' })).toBe(2);
    expect(await home.admin.estimate({ did: { site }, within: '24h' })).toBe(0);
  });

  it('imported twice counts once, whatever its form', async () => {
    const site = await siteFor('twice');
    const path = fileOf('twice.csv', table(','));
    for (const _ of [1, 2]) {
      expect(numbersOf(await importHits(path, site))).toMatchObject({ 'hits stored': 40 });
      expect(await hitsOf(site)).toBe(40);
      expect(await readers(site, {}, { gte: 4, lte: 4 })).toBe(10);
    }
  });

  it('without times and ids of hits is another upload each time, every line a hit', async () => {
    const site = await siteFor('timeless');
    const line = { ...HITS[0], time: undefined };
    const path = fileOf('timeless.ndjson', ndjson([line, line]));
    await importHits(path, site);
    expect(await hitsOf(site)).toBe(2);
    await importHits(path, site);
    expect(await hitsOf(site)).toBe(4);
  });

  it('has its malformed lines named, and the rest refused by the server’s names', async () => {
    const site = await siteFor('wrong');
    const [hit] = HITS;
    const lines = [
      JSON.stringify(hit),
      '{"url":',
      '',
      '[1]',
      'x'.repeat(70_000),
      JSON.stringify({ ...hit, colour: 'red' }),
      JSON.stringify({ ...hit, firstPartyId: undefined }),
      JSON.stringify({ ...hit, time: START - 100 * DAY_MS }),
      JSON.stringify({ ...hit, hitId: 'another' }),
    ];
    const said = await importHits('-', site, [], lines.join('\n'));
    expect(said.code).toBe(0);
    expect(numbersOf(said)).toEqual({
      'lines read': 8,
      'hits stored': 2,
      refused: 6,
      malformed: 3,
      unknown_field: 1,
      no_id: 1,
      expired: 1,
    });
    expect(said.out).toContain('Malformed: lines 2, 4, 5.');
  });

  it('as a table has its malformed rows named by the line on which they begin', async () => {
    const site = await siteFor('wrong-table');
    const rows = ['url,title,firstPartyId', 'https://www.example.com/,"a\nb",reader-01', 'one cell'];
    rows.push('https://www.example.com/,"lost,reader-02', 'https://www.example.com/,c,reader-03');
    const said = await importHits('-', site, ['--format', 'csv', '--consent', 'given'], rows.join('\n'));
    expect(numbersOf(said)).toMatchObject({ 'lines read': 4, 'hits stored': 2, malformed: 2 });
    expect(said.out).toContain('Malformed: lines 4, 5.');
  });

  it('is decided line by line, where the country is not known as well', async () => {
    const site = await siteFor('policy');
    const hits = [{ ...HITS[0] }, { ...HITS[0], ip: GERMAN }, { ...HITS[0], ip: undefined }];
    const lines = ndjson(hits);
    expect(numbersOf(await importHits('-', site, [], lines))).toMatchObject({
      'hits stored': 1,
      consent_missing: 1,
      country_unknown: 1,
    });
    expect(numbersOf(await importHits('-', site, ['--consent', 'given'], lines))).toMatchObject({
      'hits stored': 3,
      refused: 0,
    });
  });

  it('may leave under the device ids in it, but not where consent was only vouched for', async () => {
    for (const consent of ['policy', 'given']) {
      const site = await siteFor(`devices-${consent}`);
      const hits = Array.from({ length: 60 }, (_, n) => ({
        ...HITS[0],
        firstPartyId: undefined,
        deviceId: `${consent === 'given' ? 'b' : 'a'}aaaaaaa-bbbb-4ccc-8ddd-0000000000${n + 10}`,
        deviceType: 'gaid',
      }));
      await importHits('-', site, ['--consent', consent], ndjson(hits));
      await home.admin.json('POST', '/v1/segments', { id: site, name: site, rule: { did: { site } } });
      expect(await home.admin.build(site)).toBe(60);
      expect((await home.admin.pull(site, 'gaid')).lines).toHaveLength(consent === 'given' ? 0 : 60);
    }
  });

  it.each<[string, string, string, readonly string[], RegExp]>([
    [
      'an unknown column',
      'colour.csv',
      'url,colour\na,b\n',
      [],
      /"colour", which no hit has[\s\S]*firstPartyId/,
    ],
    ['no Parquet', 'no.parquet', 'hello', [], /no Parquet file/],
    ['no form', 'hits.txt', 'hello', [], /--format/],
    ['nothing of that name', '', '', ['/nowhere/hits.csv'], /does not exist/],
    ['standard input as Parquet', '', '', ['-', '--format', 'parquet'], /give a file/],
  ])('of %s is not imported, and says why', async (_, name, content, args, message) => {
    const site = keys['twice'] ? 'twice' : await siteFor('twice');
    const [file = fileOf(name, content), ...options] = args;
    const said = await importHits(file, site, options);
    expect(said.code).not.toBe(0);
    expect(said.err).toMatch(message);
  });

  it('says how far it came when it is interrupted, and goes on from there', async () => {
    const site = await siteFor('interrupted');
    const many = Array.from({ length: 5_000 }, (_, n) => ({ ...HITS[0], hitId: `n${n}`, time: undefined }));
    const { child, said } = startNinety(
      ['import', 'hits', '-', '--site', keys[site]!, ...at(home.admin.url)],
      {},
    );
    await new Promise((written) => child.stdin!.write(ndjson(many.slice(0, 4_500)), written));
    await until('four batches are in', async () => (await hitsOf(site)) === 4_000);
    child.kill('SIGINT');
    const { code, err } = await said;
    expect(code).toBe(130);
    expect(err).toMatch(/Lines 1 to 4,000 are in[\s\S]*--skip 4000/);
    const rest = await importHits('-', site, ['--skip', '4000'], ndjson(many));
    expect(numbersOf(rest)).toMatchObject({ 'lines read': 1_000, 'hits stored': 1_000 });
    expect(await hitsOf(site)).toBe(5_000);
  });
});
