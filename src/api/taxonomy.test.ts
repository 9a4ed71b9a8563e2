import { describe, expect, it } from 'vitest';
import { testServer } from './server.testing.ts';
import { type Json, statusOf } from './shop.testing.ts';
import type { ShownName } from './taxonomy.ts';

const server = await testServer();
const ask = (query: string) =>
  server.operator.json<{ items: ShownName[]; total: number; next: string | null }>(
    'GET',
    `/v1/taxonomy?${query}`,
  );
const entry = (id: string, name: string, parent = '', tiers = [name]) => ({ id, parent, name, tiers });

describe('names of ids', () => {
  it('are there without any import for what the product uses itself', async () => {
    const audience = await ask('id=607&taxonomy=audience-1.1');
    const content = await ask('id=483&taxonomy=content-3.1');
    expect([...audience.items, ...content.items]).toEqual([
      {
        taxonomy: 'audience-1.1',
        id: '607',
        name: 'Sports',
        parent: '206',
        tiers: ['Interest', 'Sports'],
        imported: false,
        scored: true,
        leadsTo: [],
      },
      {
        taxonomy: 'content-3.1',
        id: '483',
        name: 'Sports',
        parent: null,
        tiers: ['Sports'],
        imported: false,
        scored: false,
        leadsTo: ['607'],
      },
    ]);
  });

  it('are found by a part of them or of those above, by id and by parent, each behind its parent', async () => {
    const sports = await ask('q=SPORTS&taxonomy=audience-1.1&limit=1000');
    expect(sports.items.map(({ id }) => id)).toEqual(expect.arrayContaining(['607', '669', '1648']));
    const place = (id: string) => sports.items.findIndex((each) => each.id === id);
    expect(place('607')).toBeLessThan(place('669'));
    expect((await ask('q=669&taxonomy=audience-1.1')).items.map(({ name }) => name)).toEqual(['Tennis']);
    const below = await ask('parent=422&taxonomy=content-3.1');
    expect(below.items.map(({ name }) => name)).toContain('Cats');
    expect((await ask('q=no%20such%20name')).items).toEqual([]);
  });

  it('come page by page, each once', async () => {
    const all = new Set<string>();
    let pages = 0;
    for (let next: string | null = ''; next !== null; pages++) {
      const page: { items: ShownName[]; total: number; next: string | null } = await ask(
        `taxonomy=content-3.1&limit=300${next === '' ? '' : `&after=${next}`}`,
      );
      for (const { id } of page.items) all.add(id);
      next = page.next;
      if (next === null) expect(all.size).toBe(page.total);
    }
    expect(pages).toBeGreaterThan(1);
  });

  it('are imported, and an import replaces the one before', async () => {
    const put = (entries: unknown) =>
      server.operator.json<Json>('PUT', '/v1/taxonomy/content-3.1', { entries });
    expect(await put([entry('286', 'Medical Health'), entry('1', 'Cars')])).toEqual({
      taxonomy: 'content-3.1',
      name: 'IAB Content Taxonomy 3.1',
      entries: 2,
    });
    expect((await ask('id=286,1&taxonomy=content-3.1')).items).toMatchObject([
      { id: '1', name: 'Cars', imported: true },
      { id: '286', name: 'Medical Health', imported: true, leadsTo: [] },
    ]);
    await put([entry('453', 'Religion')]);
    expect((await ask('id=286,453,1&taxonomy=content-3.1')).items.map(({ name }) => name)).toEqual([
      'Automotive',
      'Religion',
    ]);
  });

  it.each<[string, string, string, unknown, string]>([
    ['an unknown taxonomy asked for', 'GET', '?taxonomy=x', undefined, '404 not_found'],
    ['a place that is none', 'GET', '?after=x', undefined, '400 invalid'],
    ['an unknown taxonomy', 'PUT', '/content-9.9', { entries: [entry('1', 'A')] }, '404 not_found'],
    ['no entries', 'PUT', '/content-3.1', { entries: [] }, '400 invalid'],
    ['an id that is none', 'PUT', '/content-3.1', { entries: [entry('1 2', 'A')] }, '400 invalid'],
    ['an id twice', 'PUT', '/content-3.1', { entries: [entry('1', 'A'), entry('1', 'B')] }, '400 invalid'],
    ['another field', 'PUT', '/content-3.1', { entries: [{ ...entry('1', 'A'), x: 1 }] }, '400 invalid'],
  ])('refuse %s', async (_, method, path, body, expected) => {
    expect(await statusOf(server.operator, method, `/v1/taxonomy${path}`, body)).toBe(expected);
  });
});
