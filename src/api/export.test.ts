import { beforeAll, describe, expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer({ NINETY_MIN_AUDIENCE: '2' });
const api = <T = Json>(method: string, path: string, body?: unknown) =>
  server.operator.json<T>(method, path, body);
const status = (path: string, by = server.operator) => statusOf(by, 'GET', path);

interface Line {
  readonly segment: string;
  readonly as: string;
  readonly id: string;
  readonly op: 'add' | 'remove';
}

/** What somebody holds who applies each answer in turn. */
class Reader {
  readonly held = new Set<string>();
  cursor: string | undefined;

  /** @returns the lines of this answer, as `+segment/as/id`. */
  async read(): Promise<string[]> {
    const { lines, cursor } = await exported(this.cursor);
    for (const { segment, as, id, op } of lines)
      this.held[op === 'add' ? 'add' : 'delete'](`${segment}/${as}/${id}`);
    this.cursor = cursor;
    return lines.map(({ segment, as, id, op }) => `${op === 'add' ? '+' : '-'}${segment}/${as}/${id}`);
  }
}

async function exported(since?: string): Promise<{ lines: Line[]; cursor: string }> {
  const from = since === undefined ? '' : `&since=${since}`;
  const answer = await server.operator.send('GET', `/v1/export?destination=dsp${from}`);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
  const lines = answer.body.split('\n').filter((line) => line !== '');
  return {
    lines: lines.map((line) => JSON.parse(line) as Line),
    cursor: String(answer.headers['ninety-cursor']),
  };
}

/** What a full export gives. */
const whole = async () => (await exported()).lines.map(({ segment, as, id }) => `${segment}/${as}/${id}`);

/** Three segments of one shop each, with two people each who have an id with acme; one of them a device too. */
const shops: Shop[] = [];
const segments = () => shops.map(({ segment }) => segment);
const idfa = (n: number) => `aebe52e7-03ee-455a-b3c4-e5728396623${n}`;
const newcomer = async (shop: Shop, uid: string) => {
  const person = server.person();
  await shop.see(person);
  await person.get(`/setuid?bidder=acme&uid=${uid}`);
  return person;
};

beforeAll(async () => {
  for (const id of ['acme', 'other']) await api('POST', '/v1/partners', { id, name: id });
  for (const n of [0, 1, 2]) {
    const shop = await new Shop(server).open();
    shops.push(shop);
    await newcomer(shop, `u${n}a`);
    const withDevice = await newcomer(shop, `u${n}b`);
    await shop.see(withDevice, { dt: 'idfa', did: idfa(n).toUpperCase() });
    await shop.build();
  }
  await api('POST', '/v1/destinations', {
    id: 'dsp',
    name: 'DSP',
    type: 'file-drop',
    partner: 'acme',
    devices: ['idfa'],
    segments: segments().slice(0, 2),
    schedule: 'manual',
    settings: { drop: 'folder', path: 'dsp' },
  });
});

describe('all that a destination may have', () => {
  const of = (segment: string, n: number) => [
    `+${segment}/acme/u${n}a`,
    `+${segment}/acme/u${n}b`,
    `+${segment}/idfa/${idfa(n)}`,
  ];
  const reader = new Reader();

  it('is one line an id and segment, in order, with count and checksum in the manifest', async () => {
    const [a, b] = segments() as [string, string];
    const lines = await reader.read();
    expect(lines).toEqual([...of(a, 0), ...of(b, 1)].sort());
    const manifest = await api('GET', `/v1/export/manifest?destination=dsp&at=${reader.cursor}`);
    expect(manifest).toMatchObject({ destination: 'dsp', cursor: reader.cursor, count: 6, format: 'ndjson' });
  });

  it('goes on behind any line of an answer that broke off', async () => {
    const { lines, cursor } = await exported();
    for (const [at, { segment, as, id }] of lines.entries()) {
      const after = encodeURIComponent(`${segment}/${as}/${id}`);
      const rest = await server.operator.send(
        'GET',
        `/v1/export?destination=dsp&format=tsv&at=${cursor}&after=${after}`,
      );
      expect(rest.body.split('\n').slice(0, -1)).toEqual(
        lines.slice(at + 1).map((line) => [line.segment, line.as, line.id, line.op].join('\t')),
      );
    }
  });

  it('since a cursor is what changed of any of its segments, of segments it was given and of those it may have no more', async () => {
    const [a, b, c] = segments() as [string, string, string];
    expect(await reader.read()).toEqual([]);
    await newcomer(shops[0]!, 'u0c');
    await shops[0]!.build();
    expect(await reader.read()).toEqual([`+${a}/acme/u0c`]);
    await api('PATCH', '/v1/destinations/dsp', { segments: [b, c] });
    const moved = await reader.read();
    expect(moved.filter((line) => line.startsWith('+')).sort()).toEqual(of(c, 2).sort());
    expect(moved.filter((line) => line.startsWith('-'))).toHaveLength(4);
    await api('PATCH', `/v1/segments/${b}`, { labels: ['no-resale'] });
    await shops[1]!.build();
    expect(await reader.read()).toEqual(
      of(b, 1)
        .map((line) => line.replace('+', '-'))
        .sort(),
    );
    expect(await statusOf(server.operator, 'DELETE', `/v1/segments/${b}`)).toBe('204');
    expect(await reader.read()).toEqual([]);
    expect([...reader.held].sort()).toEqual(await whole());
  });

  it('below the floor is told of who left, and comes again above it', async () => {
    const c = segments()[2]!;
    const shop = shops[2]!;
    const { rule } = await api<{ rule: unknown }>('GET', `/v1/segments/${c}`);
    await api('PATCH', `/v1/segments/${c}`, { rule: { all: [rule, { did: { title: 'only one' } }] } });
    await shop.see(await newcomer(shop, 'u2c'), { t: 'only one' });
    expect(await shop.build()).toBe(1);
    expect(await reader.read()).toEqual(
      of(c, 2)
        .map((line) => line.replace('+', '-'))
        .sort(),
    );
    expect(await whole()).toEqual([]);
    await api('PATCH', `/v1/segments/${c}`, { rule });
    expect(await shop.build()).toBe(3);
    expect(await reader.read()).toHaveLength(4);
    expect([...reader.held].sort()).toEqual(await whole());
  });
});

describe('ids that a destination takes no more', () => {
  const since = async (cursor: string) =>
    (await exported(cursor)).lines.map(({ segment, as, id, op }) => `${op} ${segment}/${as}/${id}`);

  it('are taken back, and come again when it takes them again', async () => {
    await api('PATCH', '/v1/destinations/dsp', { segments: [segments()[2]] });
    const { lines, cursor } = await exported();
    const devices = lines.filter(({ as }) => as === 'idfa');
    expect(devices.length).toBeGreaterThan(0);
    const each = (op: string) => devices.map(({ segment, as, id }) => `${op} ${segment}/${as}/${id}`);
    await api('PATCH', '/v1/destinations/dsp', { devices: [] });
    const without = await exported(cursor);
    expect(await since(cursor)).toEqual(each('remove'));
    expect(await since(without.cursor)).toEqual([]);
    await api('PATCH', '/v1/destinations/dsp', { devices: ['idfa'] });
    expect(await since(without.cursor)).toEqual(each('add'));
  });
});

describe('a key of one destination', () => {
  let partner: Operator;
  beforeAll(async () => {
    await api('PATCH', '/v1/destinations/dsp', { segments: [segments()[0]] });
    const { key } = await api<{ key: string }>('POST', '/v1/keys', { name: 'x', scopes: ['export:dsp'] });
    partner = new Operator(server.url, key);
  });

  it.each<[string, (of: (n: number) => string) => string, string]>([
    ['all of its destination', () => '/v1/export?destination=dsp', '200'],
    ['nothing of another', () => '/v1/export?destination=else', '403 forbidden'],
    ['a segment of its destination under its partner’s ids', (of) => `${of(0)}?as=acme`, '200'],
    ['and under its device ids', (of) => `${of(0)}?as=idfa`, '200'],
    ['none under another partner’s', (of) => `${of(0)}?as=other`, '403 forbidden'],
    ['none under other device ids', (of) => `${of(0)}?as=gaid`, '403 forbidden'],
    ['none under ours', (of) => of(0), '403 forbidden'],
    ['none that its destination does not have', (of) => `${of(2)}?as=acme`, '403 not_for_destination'],
    ['nothing else', () => '/v1/segments', '403 forbidden'],
  ])('reads %s', async (_, path, expected) => {
    expect(
      await status(
        path((n) => `/v1/segments/${segments()[n]}/members`),
        partner,
      ),
    ).toBe(expected);
  });

  it('sees what its destination sees, with a cursor of its own', async () => {
    const { lines, cursor } = await partner.pull(segments()[0]!, 'acme');
    expect(lines.map(({ id }) => id)).toEqual(['u0a', 'u0b', 'u0c']);
    expect((await partner.pull(segments()[0]!, 'acme', cursor)).lines).toEqual([]);
    expect(
      await status(`/v1/segments/${segments()[0]}/members?as=acme&since=${cursor}`, server.operator),
    ).toBe('400 bad_cursor');
  });
});

describe('an export that cannot be', () => {
  it.each<[string, string, string]>([
    ['of no destination', 'x=1', '400 invalid'],
    ['of one that there is not', 'destination=nobody', '404 not_found'],
    ['in a format that there is not', 'destination=dsp&format=xml', '400 bad_format'],
    ['since a cursor that is none', 'destination=dsp&since=x', '400 bad_cursor'],
    ['behind what is no line', 'destination=dsp&after=x', '400 bad_cursor'],
  ])('%s is refused by name', async (_, query, expected) => {
    expect(await status(`/v1/export?${query}`)).toBe(expected);
  });

  it('of one that is switched off is refused by name, of each of its segments too', async () => {
    const { key } = await api<{ key: string }>('POST', '/v1/keys', { name: 'x', scopes: ['export:dsp'] });
    const partner = new Operator(server.url, key);
    const segment = `/v1/segments/${segments()[0]}/members`;
    await api('PATCH', '/v1/destinations/dsp', { active: false });
    expect(await status('/v1/export?destination=dsp')).toBe('409 in_use');
    expect(await status(`${segment}?as=acme`, partner)).toBe('409 in_use');
    expect(await status(`${segment}/manifest?as=idfa&at=x`, partner)).toBe('409 in_use');
  });

  it('of one that was deleted is nobody’s: its key reads less than before, and not more', async () => {
    // Called as its partner is, so that the key's scope names both.
    await api('POST', '/v1/destinations', {
      id: 'other',
      name: 'x',
      type: 'file-drop',
      partner: 'other',
      segments: [segments()[0]],
      schedule: 'manual',
      settings: { drop: 'folder', path: 'other' },
    });
    const { key } = await api<{ key: string }>('POST', '/v1/keys', { name: 'x', scopes: ['export:other'] });
    const partner = new Operator(server.url, key);
    const read = (n: number) => status(`/v1/segments/${segments()[n]}/members?as=other`, partner);
    expect([await read(0), await read(2)]).toEqual(['200', '403 not_for_destination']);
    expect(await statusOf(server.operator, 'DELETE', '/v1/destinations/other')).toBe('204');
    expect([await read(0), await read(2)]).toEqual(['403 forbidden', '403 forbidden']);
    expect(await status('/v1/export?destination=other', partner)).toBe('404 not_found');
  });
});
