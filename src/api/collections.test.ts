import { beforeAll, describe, expect, it } from 'vitest';
import { Operator } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, statusOf } from './shop.testing.ts';

const server = await testServer();
const status = (method: string, path: string, body?: unknown, by = server.operator) =>
  statusOf(by, method, path, body);
const withKey = async (scopes: string[]) => {
  const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
    name: 'of a test',
    scopes,
  });
  return new Operator(server.url, key);
};

const KINDS: [kind: string, body: Json, change: Json][] = [
  ['sites', { name: 'Shop', domains: ['Shop.test', 'localhost'] }, { domains: ['blog.test'] }],
  [
    'partners',
    { name: 'Acme', gvlId: 10, syncUrl: 'https://acme.test/s?r={{.RedirectURL}}' },
    { freshDays: 7 },
  ],
  ['segments', { name: 'All', rule: { did: {} }, ttlDays: 30 }, { iabAudienceId: '243' }],
  ['keys', { name: 'Reader', scopes: ['read', 'export:acme'] }, { scopes: ['read'] }],
];

describe.each(KINDS)('/v1/%s', (kind, body, change) => {
  it('makes, shows, changes and deletes', async () => {
    const made = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    expect(made['id']).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
    expect(made).toMatchObject({ version: 1, name: body['name'] });
    const path = `/v1/${kind}/${String(made['id'])}`;
    const shown = await server.operator.json<Json>('GET', path);
    const changed = await server.operator.json<Json>('PATCH', path, change);
    // Made and changed in one second or not: everything but what was named is as it was.
    const moving = {
      version: 2,
      updatedAt: changed['updatedAt'],
      state: changed['state'],
      size: changed['size'],
      asOf: changed['asOf'],
    };
    expect(changed).toEqual({
      ...shown,
      ...change,
      ...(kind === 'segments' ? moving : { version: 2, updatedAt: moving.updatedAt }),
    });
    expect(await status('DELETE', path)).toBe('204');
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await status(method, path, {})).toBe('404 not_found');
  });

  it('takes an id of one’s own once, and again when it is free', async () => {
    const id = 'a_chosen-1d';
    expect((await server.operator.json<Json>('POST', `/v1/${kind}`, { id, ...body }))['id']).toBe(id);
    expect(await status('POST', `/v1/${kind}`, { id, ...body })).toBe('409 exists');
    expect(await status('DELETE', `/v1/${kind}/${id}`)).toBe('204');
    expect((await server.operator.json<Json>('POST', `/v1/${kind}`, { id, ...body }))['version']).toBe(3);
    expect(await status('DELETE', `/v1/${kind}/${id}`)).toBe('204');
  });

  it.each(['', '-a', '_a', 'A', 'a b', 'ä', 'a/b', 'a'.repeat(65), 5, null])(
    'refuses the id %s',
    async (id) => {
      expect(await status('POST', `/v1/${kind}`, { id, ...body })).toBe('400 invalid');
    },
  );

  it('refuses a field that is none, also in a change', async () => {
    expect(await status('POST', `/v1/${kind}`, { ...body, colour: 'red' })).toBe('400 invalid');
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    for (const field of [
      { colour: 'red' },
      { colour: null },
      { id: 'other' },
      { version: 7 },
      { name: null },
      { name: 5 },
    ])
      expect(await status('PATCH', `/v1/${kind}/${String(id)}`, field)).toBe('400 invalid');
  });

  it('of two changes at once one is told to read again', async () => {
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    const ends = await Promise.all(
      ['one', 'two', 'three'].map((name) => status('PATCH', `/v1/${kind}/${String(id)}`, { name })),
    );
    const won = ends.filter((end) => end === '200').length;
    expect(won).toBeGreaterThanOrEqual(1);
    expect(ends.filter((end) => end === '409 conflict')).toHaveLength(3 - won);
    expect(await server.operator.json('GET', `/v1/${kind}/${String(id)}`)).toMatchObject({
      version: 1 + won,
    });
  });

  it('lists by page, in order of id, each once', async () => {
    for (let n = 0; n < 3; n++) await server.operator.json('POST', `/v1/${kind}`, body);
    const all: Json[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null && pages < 100; pages++) {
      const after = next === '' ? '' : `&after=${String(next)}`;
      const page = await server.operator.json<{ items: Json[]; next: unknown }>(
        'GET',
        `/v1/${kind}?limit=2${after}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      all.push(...page.items);
      next = page.next;
    }
    expect(next).toBeNull();
    const ids = all.map((item) => String(item['id']));
    expect(ids).toEqual([...new Set(ids)].sort());
    const whole = await server.operator.json<{ items: Json[] }>('GET', `/v1/${kind}?limit=1000`);
    expect(whole.items.map((item) => item['id'])).toEqual(ids);
  });

  it.each(['0', '-1', '1001', '1.5', 'x', ''])('a limit of “%s” is invalid', async (limit) => {
    expect(await status('GET', `/v1/${kind}?limit=${limit}`)).toBe('400 invalid');
  });

  it('is read with read, changed with edit, and keys are the administrator’s', async () => {
    const [reader, editor, other] = await Promise.all([
      withKey(['read']),
      withKey(['edit']),
      withKey(['collect', 'labels', 'export:acme']),
    ]);
    const keys = kind === 'keys';
    expect(await status('GET', `/v1/${kind}`, undefined, reader)).toBe(keys ? '403 forbidden' : '200');
    expect(await status('POST', `/v1/${kind}`, body, reader)).toBe('403 forbidden');
    expect(await status('GET', `/v1/${kind}`, undefined, editor)).toBe(keys ? '403 forbidden' : '200');
    expect(await status('POST', `/v1/${kind}`, body, editor)).toBe(keys ? '403 forbidden' : '201');
    expect(await status('GET', `/v1/${kind}`, undefined, other)).toBe('403 forbidden');
  });
});

describe('a change', () => {
  it('takes out with null what need not be there', async () => {
    const path = '/v1/partners/cleared';
    await server.operator.json('POST', '/v1/partners', {
      id: 'cleared',
      name: 'x',
      gvlId: 5,
      freshDays: 3,
      redirectHosts: ['a.test'],
    });
    const changed = await server.operator.json<Json>('PATCH', path, { gvlId: null, freshDays: null });
    expect(changed).not.toHaveProperty('gvlId');
    expect(changed).toMatchObject({ freshDays: 14, redirectHosts: ['a.test'] });
    expect(await server.operator.json('GET', path)).toEqual(changed);
  });
});

describe('a site', () => {
  it('has a key that no change and no other site has', async () => {
    const sites = await Promise.all(
      [1, 2].map(() => server.operator.json<Json>('POST', '/v1/sites', { name: 'x' })),
    );
    expect(new Set(sites.map((site) => site['key'])).size).toBe(2);
    expect(await status('PATCH', `/v1/sites/${String(sites[0]?.['id'])}`, { key: 'mine' })).toBe(
      '400 invalid',
    );
  });

  it.each(['a b', 'https://a.test', 'a..b', '-a.test', 'a'.repeat(254)])(
    'is at no domain “%s”',
    async (domain) => {
      expect(await status('POST', '/v1/sites', { name: 'x', domains: [domain] })).toBe('400 invalid');
    },
  );
});

describe('a partner', () => {
  it.each(['visitor', 'idfa', 'gaid', 'generic'])('is not called %s, which is a kind of id', async (id) => {
    expect(await status('POST', '/v1/partners', { id, name: 'x' })).toBe('400 invalid');
  });

  it.each<[string, string]>([
    ['https://a.test/s?uid=$UID', '201'],
    ['http://127.0.0.1:9000/s', '201'],
    ['http://localhost/s', '201'],
    ['http://a.test/s', '400 invalid'],
    ['http://localhost.a.test/s', '400 invalid'],
    ['http://localhost@a.test/', '400 invalid'],
    ['javascript:alert(1)', '400 invalid'],
    ['//a.test', '400 invalid'],
  ])('syncs at %s: %s', async (syncUrl, expected) => {
    expect(await status('POST', '/v1/partners', { name: 'x', syncUrl })).toBe(expected);
    expect(await status('POST', '/v1/partners', { name: 'x', iframeUrl: syncUrl })).toBe(expected);
  });
});

describe('a key', () => {
  let made: Json;
  beforeAll(async () => {
    made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'once', scopes: ['read'] });
  });

  it('is told once and never again, neither itself nor its hash', async () => {
    expect(made['key']).toMatch(/^n90_[\w-]{32}$/);
    const shown = await server.operator.send('GET', `/v1/keys/${String(made['id'])}`);
    const listed = await server.operator.send('GET', '/v1/keys?limit=1000');
    for (const { body } of [shown, listed]) expect(body).not.toMatch(/n90_|hash/);
  });

  it('is worth nothing once it is deleted', async () => {
    const reader = new Operator(server.url, String(made['key']));
    expect(await status('GET', '/v1/sites', undefined, reader)).toBe('200');
    await server.operator.send('DELETE', `/v1/keys/${String(made['id'])}`);
    expect(await status('GET', '/v1/sites', undefined, reader)).toBe('401 unauthorized');
  });

  it.each([[], ['all'], ['export:'], ['export:A'], ['read', 'x'], 'read'])(
    'has no scopes %j',
    async (...scopes) => {
      expect(
        await status('POST', '/v1/keys', {
          name: 'x',
          scopes: scopes.length === 1 && scopes[0] === 'read' ? 'read' : scopes,
        }),
      ).toBe('400 invalid');
    },
  );
});
