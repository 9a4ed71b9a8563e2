import { describe, expect, it } from 'vitest';
import { Operator, send, until } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, statusOf } from './shop.testing.ts';

const server = await testServer();
const ask = (method: string, path: string, body?: unknown) =>
  server.operator.json<Json>(method, `/v1/segments${path}`, body);
const status = (method: string, path: string, body?: unknown) =>
  statusOf(server.operator, method, `/v1/segments${path}`, body);
const items = async (path: string) => (await ask('GET', path))['items'] as Json[];

describe('the versions of a segment', () => {
  it('tell what changed, who changed it, when and why', async () => {
    const made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'Ann', scopes: ['edit'] });
    const ann = new Operator(server.url, String(made['key']));
    const rule = { all: [{ did: { site: 'a' } }, { did: { site: 'b' } }] };
    await ann.json('POST', '/v1/segments', { id: 'told', name: 'Told', rule, note: 'for spring' });
    await server.operator.send('DELETE', `/v1/keys/${String(made['id'])}`);
    await ask('PATCH', '/told', { rule: { all: [{ did: { site: 'a' } }, { did: { site: 'c' } }] } });
    expect(await ask('PATCH', '/told', { folder: 'news', note: 'moved' })).toMatchObject({
      folder: 'news',
      note: 'moved',
      version: 3,
    });

    const versions = await items('/told/versions');
    expect(versions).toMatchObject([
      {
        version: 3,
        action: 'changed',
        changed: ['folder'],
        note: 'moved',
        diff: ['+folder: news', ' name: Told', ' rule:', '… 5 lines'],
      },
      { version: 2, action: 'changed', changed: ['rule'], by: { id: 'operator' } },
      {
        version: 1,
        action: 'created',
        changed: ['name', 'merge', 'rule'],
        note: 'for spring',
        by: { id: made['id'], name: 'Ann' },
      },
    ]);
    expect(versions[1]).not.toHaveProperty('note');
    expect(versions[1]!['diff']).toEqual([
      '… 4 lines',
      '         site: a',
      '     - did:',
      '-        site: b',
      '+        site: c',
    ]);
    expect(Math.abs(Date.parse(String(versions[0]!['time'])) - Date.now())).toBeLessThan(60_000);
  });

  it('come in pages', async () => {
    await ask('POST', '', { id: 'paged', name: 'v1', rule: { did: {} } });
    for (const name of ['v2', 'v3', 'v4', 'v5']) await ask('PATCH', '/paged', { name });
    const first = await ask('GET', '/paged/versions?limit=2');
    expect(first).toMatchObject({ items: [{ version: 5 }, { version: 4, changed: ['name'] }], next: 4 });
    const second = await ask('GET', '/paged/versions?limit=2&after=4');
    expect(second).toMatchObject({ items: [{ version: 3 }, { version: 2 }], next: 2 });
    expect(await ask('GET', '/paged/versions?limit=2&after=2')).toMatchObject({
      items: [{ version: 1, action: 'created' }],
      next: null,
    });
  });

  it('are there one by one, with all that the segment said', async () => {
    await ask('POST', '', { id: 'single', name: 'One', rule: { did: { site: 'a' } }, ttlDays: 3 });
    await ask('PATCH', '/single', { name: 'Two', ttlDays: null });
    expect(await ask('GET', '/single/versions/1')).toMatchObject({
      id: 'single',
      version: 1,
      segment: { name: 'One', rule: { did: { site: 'a' } }, ttlDays: 3 },
    });
    for (const n of ['0', '3', 'x', '1.5', '99999999999'])
      expect(await status('GET', `/single/versions/${n}`)).toBe('404 not_found');
    expect(await status('GET', '/nobody/versions')).toBe('404 not_found');
    expect(await status('GET', '/single/versions?limit=51')).toBe('400 invalid');
  });
});

describe('a version that is restored', () => {
  it('is a new one with what the old one said, built at once', async () => {
    await ask('POST', '', { id: 'back', name: 'One', rule: { did: { site: 'a' } } });
    await ask('PATCH', '/back', { name: 'Two', rule: { did: { site: 'b' } } });
    expect(await ask('POST', '/back/versions/1/restore')).toMatchObject({
      version: 3,
      name: 'One',
      rule: { did: { site: 'a' } },
      note: 'version 1 restored',
    });
    await until('the build', async () => {
      const shown = await ask('GET', '/back');
      return shown['state'] === 'fresh' && shown['version'] === 3;
    });
  });

  it('brings back a segment that was deleted, and whose versions stayed', async () => {
    await ask('POST', '', { id: 'gone', name: 'Gone', rule: { did: { site: 'a' } } });
    await server.operator.send('DELETE', '/v1/segments/gone');
    expect(await items('/gone/versions')).toMatchObject([
      { version: 2, action: 'deleted', diff: [] },
      { version: 1, action: 'created' },
    ]);
    expect(await status('POST', '/gone/versions/2/restore')).toBe('400 invalid');
    expect(await ask('POST', '/gone/versions/1/restore', { note: 'a mistake' })).toMatchObject({
      version: 3,
      note: 'a mistake',
    });
    expect((await items('/gone/versions'))[0]).toMatchObject({
      version: 3,
      action: 'created',
      note: 'a mistake',
    });
  });

  it('is left alone where somebody was first, and If-Match names what was read', async () => {
    await ask('POST', '', { id: 'held', name: 'One', rule: { did: { site: 'a' } } });
    await ask('PATCH', '/held', { name: 'Two' });
    const restore = async (ifMatch: string) => {
      const {
        status: code,
        headers,
        body,
      } = await send('POST', `${server.url}/v1/segments/held/versions/1/restore`, {
        authorization: `Bearer ${server.operator.key}`,
        'if-match': ifMatch,
      });
      return { code, etag: headers['etag'], ...(JSON.parse(body) as Json) };
    };
    expect(await restore('"1"')).toMatchObject({
      code: 412,
      type: 'urn:ninety:version_conflict',
      current: { id: 'held', version: 2, name: 'Two' },
    });
    expect(await restore('"2"')).toMatchObject({ code: 200, etag: '"3"', name: 'One' });
    await server.operator.send('DELETE', '/v1/segments/held');
    expect(await restore('"3"')).toMatchObject({ code: 412, current: { version: 4, deleted: true } });
    expect(await restore('"4"')).toMatchObject({ code: 200, etag: '"5"' });
    expect(await restore('none')).toMatchObject({ code: 400, type: 'urn:ninety:invalid' });
  });

  it('is refused by name where its rule no longer stands', async () => {
    await ask('POST', '', { id: 'base', name: 'Base', rule: { did: { site: 'a' } } });
    await ask('POST', '', { id: 'user', name: 'User', rule: { segment: 'base' } });
    await ask('PATCH', '/user', { rule: { did: {} } });
    await ask('PATCH', '/base', { rule: { segment: 'user' } });
    expect(await status('POST', '/user/versions/1/restore')).toBe('400 segment_cycle');
    await ask('PATCH', '/user', { rule: { did: {} } });
    await server.operator.send('DELETE', '/v1/segments/base');
    expect(await status('POST', '/user/versions/1/restore')).toBe('400 unknown_segment');
  });

  it('needs a key that may edit', async () => {
    await ask('POST', '', { id: 'kept', name: 'Kept', rule: { did: {} } });
    const made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'x', scopes: ['read'] });
    const reader = new Operator(server.url, String(made['key']));
    expect(await statusOf(reader, 'GET', '/v1/segments/kept/versions')).toBe('200');
    expect(await statusOf(reader, 'POST', '/v1/segments/kept/versions/1/restore')).toBe('403 forbidden');
  });
});

describe('a list of segments', () => {
  it('is of a folder with all that lies below it, or of a label', async () => {
    const rule = { did: {} };
    for (const [id, folder, label] of [
      ['f1', 'sport', 'a'],
      ['f2', 'sport/football', 'b'],
      ['f3', 'sports', 'a'],
    ])
      await ask('POST', '', { id, name: id, rule, folder, labels: [label] });
    const ids = async (query: string) => (await items(`?${query}`)).map(({ id }) => id);
    expect(await ids('folder=sport')).toEqual(['f1', 'f2']);
    expect(await ids('label=a')).toEqual(['f1', 'f3']);
    expect(await ids('folder=sport&label=a')).toEqual(['f1']);
  });
});
