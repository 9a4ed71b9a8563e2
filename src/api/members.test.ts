import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { beforeAll, describe, expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import { NO, OUR_VENDOR, PARTNER_VENDOR, tc, YES } from '../collect/front.testing.ts';
import { Cursors } from '../delivery/cursor.ts';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf, YES_SIGNAL } from './shop.testing.ts';

const SECRET = 'a secret of at least 24 characters';
const server = await testServer({ NINETY_MIN_AUDIENCE: '2', NINETY_SECRET: SECRET });
const status = (method: string, path: string, body?: unknown, by = server.operator) =>
  statusOf(by, method, path, body);

beforeAll(async () => {
  for (const [id, gvlId] of [
    ['acme', PARTNER_VENDOR],
    ['other', 20],
  ] as const)
    await server.operator.json('POST', '/v1/partners', { id, name: id, gvlId });
});

describe('a person', () => {
  it('refuses, and is out of the segment under every id', async () => {
    const shop = await new Shop(server).open();
    const [stays, goes, third] = [server.person(), server.person(), server.person()];
    for (const person of [stays, goes, third]) await shop.see(person);
    for (const [person, uid] of [
      [stays, 'u-stays'],
      [goes, 'u-goes'],
      [third, 'u-third'],
    ] as const)
      expect((await person.get(`/setuid?bidder=acme&uid=${uid}`)).headers['ninety-result']).toBe('matched');
    expect(await shop.build()).toBe(3);
    const first = await shop.members('acme');
    expect(first.changes).toEqual(['+u-goes', '+u-stays', '+u-third']);
    const id = goes.visitor;
    expect(await shop.see(goes, { gdpr: '1', gdpr_consent: NO })).toBe('refused; reason=no_vendor_consent');
    expect(goes.visitor).toBe('');
    await shop.build();
    expect((await shop.members('acme', first.cursor)).changes).toEqual(['-u-goes']);
    expect((await shop.members('visitor')).changes).not.toContain(`+${id}`);
  });

  it.each<[string, Record<string, string>]>([
    ['a device', { dt: 'idfa', did: 'AEBE52E7-03EE-455A-B3C4-E57283966239' }],
    ['a first-party id', { fid: 'member-0009' }],
  ])('known by %s alone withdraws by it', async (_, ids) => {
    const shop = await new Shop(server).open();
    for (const person of [server.person(), server.person()]) await shop.see(person);
    // Each time a browser without a cookie: only the id tells that it is the same.
    await shop.see(server.person(), { ...ids, ...YES_SIGNAL });
    await shop.build();
    const first = await shop.members('visitor');
    expect(first.changes).toHaveLength(3);
    expect(await shop.see(server.person(), { ...ids, gdpr: '1', gdpr_consent: NO })).toMatch(/^refused/);
    await shop.build();
    expect((await shop.members('visitor', first.cursor)).changes).toHaveLength(1);
    expect((await shop.members('visitor', first.cursor)).changes[0]).toMatch(/^-/);
    await shop.see(server.person(), { ...ids, ...YES_SIGNAL });
    await shop.build();
    expect((await shop.members('visitor')).changes).toHaveLength(3);
  });

  it('who consents to us and not to a partner stays with us', async () => {
    const shop = await new Shop(server).open();
    const ours = tc([1, 3, 4], [OUR_VENDOR]);
    const people = [server.person(GERMANY), server.person(GERMANY)];
    for (const person of people) {
      await shop.see(person, YES_SIGNAL);
      const sync = (consent: string) =>
        person.get(`/setuid?bidder=acme&uid=u-${person.visitor}&gdpr=1&gdpr_consent=${consent}`);
      expect((await sync(ours)).status).toBe(451);
      expect((await sync(YES)).status).toBe(200);
    }
    await shop.build();
    expect((await shop.members('acme')).changes).toHaveLength(2);
    for (const person of people) await shop.see(person, { gdpr: '1', gdpr_consent: ours });
    await shop.build();
    expect((await shop.members('acme')).changes).toEqual([]);
    expect((await shop.members('visitor')).changes).toHaveLength(2);
  });

  it('goes to a partner registered later only once seen again', async () => {
    const shop = await new Shop(server).open();
    const [early, late] = [server.person(), server.person()];
    for (const person of [early, late]) await shop.see(person);
    await server.operator.json('POST', '/v1/partners', { id: 'latecomer', name: 'x' });
    await late.get('/setuid?bidder=latecomer&uid=u-late');
    await shop.build();
    expect((await shop.members('latecomer')).changes).toEqual(['+u-late']);
  });

  it('of a cookie and a device is one, handed out under the device', async () => {
    const shop = await new Shop(server).open();
    const devices = ['38400000-8cf0-11bd-b23e-10b96e40000d', '38400000-8cf0-11bd-b23e-10b96e40000e'];
    for (const did of devices) {
      const person = server.person();
      await shop.see(person);
      await shop.see(person, { dt: 'gaid', did: did.toUpperCase() });
    }
    expect(await shop.build()).toBe(2);
    expect((await shop.members('gaid')).changes).toEqual(devices.map((did) => `+${did}`));
    expect((await shop.members('idfa')).changes).toEqual([]);
  });
});

describe('members', () => {
  const hostile = ['=1+1,2', 'a"b', "a'b\\t", '\\N', 'a/b<i>', "'=1", '+aB/9=', '-1;2'];
  /** As CSV has them. */
  const defended = new Map([
    ['=1+1,2', "'=1+1,2"],
    ["'=1", "''=1"],
    ['-1;2', "'-1;2"],
  ]);
  const inCsv = (id: string) => `"${(defended.get(id) ?? id).replaceAll('"', '""')}","add"\n`;
  let shop: Shop;
  beforeAll(async () => {
    shop = await new Shop(server).open();
    for (const uid of hostile) {
      const person = server.person();
      await shop.see(person);
      await person.get(`/setuid?bidder=acme&uid=${encodeURIComponent(uid)}`);
    }
    await shop.build();
  });
  const path = (query: string, of = '') => `/v1/segments/${shop.segment}/members${of}?${query}`;

  it('are the uids as the partner gave them', async () => {
    const { lines } = await server.operator.pull(shop.segment, 'acme');
    expect(lines.map(({ id }) => id)).toEqual([...hostile].sort());
  });

  it.each([
    ['ndjson', 'application/x-ndjson'],
    ['csv', 'text/csv; charset=utf-8'],
    ['tsv', 'text/tab-separated-values; charset=utf-8'],
  ])('as %s are gzipped when asked for, and the same', async (format, type) => {
    const plain = await server.operator.send('GET', path(`as=acme&format=${format}`));
    expect(plain.headers['content-type']).toBe(type);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['ninety-cursor']).toMatch(/^[\w-]+$/);
    expect(plain.headers['cache-control']).toBe('no-store');
    const zipped = await bytes(path(`as=acme&format=${format}`), 'br, gzip;q=0.5');
    expect(zipped.encoding).toBe('gzip');
    const sorted = (text: string) => text.split('\n').sort();
    expect(sorted(gunzipSync(zipped.body).toString())).toEqual(sorted(plain.body));
    expect((await bytes(path('as=acme'), 'gzip;q=0, identity')).encoding).toBeUndefined();
    expect((await bytes(path('as=acme'), 'gzip;q=0.0')).encoding).toBeUndefined();
  });

  it('end with how many lines there were and the checksum of the bytes, as they were sent and in the manifest', async () => {
    for (const accepted of ['identity', 'gzip', 'zstd']) {
      const { body, trailers, headers } = await bytes(path('as=acme&format=csv'), accepted);
      expect(headers['trailer']).toBe('Ninety-Count, Content-Digest');
      expect(trailers).toEqual({
        'ninety-count': String(hostile.length),
        'content-digest': `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
      });
      const at = `at=${String(headers['ninety-cursor'])}`;
      const manifest = await server.operator.json('GET', path(`as=acme&format=csv&${at}`, '/manifest'));
      const plain = (await bytes(path(`as=acme&format=csv&${at}`), 'identity')).body;
      expect(manifest).toEqual({
        segment: shop.segment,
        as: 'acme',
        since: null,
        cursor: headers['ninety-cursor'],
        asOf: headers['ninety-as-of'],
        format: 'csv',
        count: hostile.length,
        bytes: plain.length,
        sha256: createHash('sha256').update(plain).digest('hex'),
      });
    }
  });

  it('are a Parquet file', async () => {
    const { body, headers, trailers } = await bytes(path('as=acme&format=parquet'), 'identity');
    expect(headers['content-type']).toBe('application/vnd.apache.parquet');
    expect(trailers['ninety-count']).toBe(String(hostile.length));
    const file = new Uint8Array(body).buffer;
    const rows = await parquetReadObjects({ file, compressors });
    expect(rows.map(({ id, op }) => [id, op])).toEqual([...hostile].sort().map((id) => [id, 'add']));
    const manifest = path(`as=acme&format=parquet&at=${String(headers['ninety-cursor'])}`, '/manifest');
    expect(await server.operator.json('GET', manifest)).toMatchObject({
      count: hostile.length,
      bytes: null,
      sha256: null,
    });
  });

  it('as CSV are no formulas, and are gone on with behind a line as it stands there', async () => {
    const sorted = [...hostile].sort();
    const whole = await bytes(path('as=acme&format=csv'), 'identity');
    expect(whole.body.toString()).toBe(['"id","op"\n', ...sorted.map(inCsv)].join(''));
    for (const [at, id] of sorted.entries()) {
      const after = encodeURIComponent(defended.get(id) ?? id);
      const cursor = String(whole.headers['ninety-cursor']);
      const rest = await bytes(path(`as=acme&format=csv&at=${cursor}&after=${after}`), 'identity');
      expect(rest.body.toString()).toBe(
        sorted
          .slice(at + 1)
          .map(inCsv)
          .join(''),
      );
    }
  });

  it('that broke off are gone on with behind the last id, of the same build', async () => {
    const sorted = [...hostile].sort();
    const { cursor } = await shop.members('acme');
    const person = server.person();
    await shop.see(person);
    await person.get('/setuid?bidder=acme&uid=latecomer');
    await shop.build();
    await shop.members('acme');
    const rest = await bytes(
      path(`as=acme&format=csv&at=${cursor}&after=${encodeURIComponent(sorted[1]!)}`),
      'identity',
    );
    expect(rest.headers['ninety-cursor']).toBe(cursor);
    expect(rest.body.toString()).toBe(sorted.slice(2).map(inCsv).join(''));
    expect((await shop.members('acme', cursor)).changes).toEqual(['+latecomer']);
  });

  it('with a policy label leave under the ids of others only where a destination allows it; removals do', async () => {
    const labelled = await new Shop(server).open();
    for (const uid of ['l1', 'l2']) {
      const person = server.person();
      await labelled.see(person);
      await person.get(`/setuid?bidder=acme&uid=${uid}`);
    }
    await labelled.build();
    const first = await labelled.members('acme');
    expect(first.changes).toEqual(['+l1', '+l2']);
    const members = `/v1/segments/${labelled.segment}/members`;
    await server.operator.json('PATCH', `/v1/segments/${labelled.segment}`, { labels: ['sensitive'] });
    await labelled.build();
    expect(await status('GET', `${members}?as=acme`)).toBe('403 label_not_allowed');
    expect((await labelled.members('acme', first.cursor)).changes).toEqual(['-l1', '-l2']);
    expect((await labelled.members('visitor')).changes).toHaveLength(2);
    await server.operator.json('POST', '/v1/destinations', {
      id: 'may-have-it',
      name: 'x',
      type: 'file-drop',
      partner: 'acme',
      segments: [labelled.segment],
      schedule: 'manual',
      allows: ['sensitive'],
      settings: { drop: 'folder', path: 'x' },
    });
    expect((await labelled.members('acme')).changes).toEqual(['+l1', '+l2']);
  });

  it.each(['', '/manifest'])('cannot be asked for by HEAD%s', async (of) => {
    const answer = await server.operator.send('HEAD', path('as=acme', of));
    expect([answer.status, answer.headers['allow'], answer.body]).toEqual([405, 'GET', '']);
  });

  it.each<[string, string, string]>([
    ['something to go on behind without an answer', 'after=x', '400 bad_cursor'],
    ['a format that is none', 'format=xml', '400 bad_format'],
    ['a format of every object', 'format=constructor', '400 bad_format'],
    ['a kind of id that is none', 'as=nobody', '400 unknown_source'],
    ['a cursor that is none', 'since=garbage', '400 bad_cursor'],
    ['a cursor of 2 kB', `since=${'x'.repeat(2000)}`, '400 invalid'],
  ])('%s is refused', async (_, query, expected) => {
    expect(await status('GET', path(query))).toBe(expected);
  });

  it('a cursor of another segment, of another kind of id, too old or of no pull is refused', async () => {
    const other = await new Shop(server).open();
    await other.build();
    const { cursor } = await other.members('acme');
    expect(await status('GET', path(`as=acme&since=${cursor}`))).toBe('400 bad_cursor');
    const own = (await shop.members('acme')).cursor;
    expect(await status('GET', path(`as=visitor&since=${own}`))).toBe('400 bad_cursor');
    const place = { segment: shop.segment, source: 'acme', asOf: 0 };
    const write = (seq: number, issued: number) => new Cursors(SECRET).write({ ...place, seq, issued });
    for (const cursor of [
      `since=${write(1, Date.now() - 31 * 86_400_000)}`,
      `since=${write(2 ** 53 - 1, Date.now())}`,
      `at=${write(1, Date.now() - 2 * 3_600_000)}`,
      `at=${write(2 ** 53 - 1, Date.now())}`,
    ])
      expect(await status('GET', path(`as=acme&${cursor}`)), cursor.slice(0, 5)).toBe('410 cursor_expired');
  });

  it('a cursor that a reader made up is none, so that nobody is shown again who has withdrawn since', async () => {
    const own = (await shop.members('acme')).cursor;
    const bytes = Buffer.from(own, 'base64url');
    const said = JSON.parse(bytes.subarray(32).toString()) as [
      number,
      string,
      string,
      number,
      number,
      number,
    ];
    const later = said.with(5, said[5] + 1);
    for (const made of [
      JSON.stringify(later),
      Buffer.concat([bytes.subarray(0, 32), Buffer.from(JSON.stringify(later))]),
    ])
      for (const as of ['at', 'since'])
        expect(await status('GET', path(`as=acme&${as}=${Buffer.from(made).toString('base64url')}`))).toBe(
          '400 bad_cursor',
        );
  });

  it('are for a key of just that kind of id', async () => {
    const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
      name: 'x',
      scopes: ['read', 'edit', 'export:acme'],
    });
    const partner = new Operator(server.url, key);
    expect((await partner.send('GET', path('as=acme'))).status).toBe(200);
    for (const as of ['as=visitor', 'as=other', 'as=gaid', ''])
      expect(await status('GET', path(as), undefined, partner)).toBe('403 forbidden');
  });

  it('fewer than the floor are nobody, in every format', async () => {
    const small = await new Shop(server).open();
    await small.see(server.person());
    expect(await small.build()).toBe(1);
    const bodies = ['ndjson', 'csv', 'tsv'].map(async (format) => {
      const answer = await server.operator.send(
        'GET',
        `/v1/segments/${small.segment}/members?format=${format}`,
      );
      return [answer.status, answer.body];
    });
    expect(await Promise.all(bodies)).toEqual([
      [200, ''],
      [200, '"id","op"\n'],
      [200, 'id\top\n'],
    ]);
  });
});

interface Came {
  readonly body: Buffer;
  readonly encoding: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
}

/** The bytes of an answer as they came. */
function bytes(path: string, accepted: string): Promise<Came> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.operator.key}`, 'accept-encoding': accepted };
    request(server.url + path, { headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          body: Buffer.concat(chunks),
          encoding: answer.headers['content-encoding'],
          headers: answer.headers,
          trailers: answer.trailers,
        }),
      );
      answer.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('hits of hostile text', () => {
  const titles = [
    'tab\there',
    'line\nbreak',
    'quote\'"`',
    'back\\slash \\N',
    'nul\0l',
    '🌻 ümlaut',
    'half \ud83c pair',
    '%00',
    '{{x}}',
  ];

  it('by pixel and by POST come out as they were scrubbed, and match a rule that names them', async () => {
    const shop = await new Shop(server).open();
    const person = server.person();
    for (const title of titles) await shop.see(person, { t: title.toWellFormed() });
    const hits = titles.map((title) => ({
      site: shop.key,
      url: 'https://shop.test/',
      title,
      keywords: [title],
      categories: [title],
    }));
    expect(await shop.posted(hits, {})).toEqual({ status: 202, accepted: titles.length, refused: [] });
    await shop.build();
    const estimate = (match: Json, times?: number) =>
      server.operator.estimate({
        did: { site: shop.site, ...match },
        ...(times === undefined ? {} : { times }),
      });
    for (const title of titles) {
      const scrubbed = title.replace(/[\t\n\0]/g, ' ').toWellFormed();
      expect(await estimate({ title: scrubbed }), JSON.stringify(title)).toBe(2);
      expect(await estimate({ keyword: scrubbed }), JSON.stringify(title)).toBe(1);
      expect(await estimate({ category: scrubbed }), JSON.stringify(title)).toBe(1);
    }
    expect(await estimate({}, titles.length)).toBe(2);
  });
});
