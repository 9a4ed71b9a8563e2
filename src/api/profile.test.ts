import { describe, expect, it } from 'vitest';
import { Operator, until } from '../../test/client.ts';
import type { AuditLine } from '../report/audit.ts';
import type { InstallCheck } from '../report/install-check.ts';
import type { ShownProfile } from './profile.ts';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf, YES_SIGNAL } from './shop.testing.ts';

const server = await testServer();

describe('looking at a person', () => {
  it('shows what is stored, is for who may, and is written down without whom', async () => {
    const shop = await new Shop(server).open();
    const person = server.person(GERMANY);
    expect(await shop.see(person, { ...YES_SIGNAL, u: 'https://shop.test/shoes', t: 'Shoes' })).toBe(
      'stored',
    );
    expect(await shop.see(person, { ...YES_SIGNAL, e: 'signup' })).toBe('stored');
    await shop.build();

    const path = `/v1/visitors/${person.visitor}`;
    const reader = await keyed('read');
    expect(await statusOf(reader, 'GET', path)).toBe('403 forbidden');
    const watcher = await keyed('visitors');
    const shown = await watcher.json<ShownProfile>('GET', path);
    expect(shown).toMatchObject({
      visitor: person.visitor,
      hits: 2,
      segments: [shop.segment],
      countries: ['DE'],
      others: [],
      consent: { withdrawn: false, purposes: expect.arrayContaining([1, 3, 4]) },
    });
    expect(shown.recent.map(({ event, path: page }) => `${event} ${page}`).sort()).toEqual([
      'pageview /shoes',
      'signup /',
    ]);
    expect(Date.parse(shown.expires!) - Date.parse(shown.lastSeen!.slice(0, 10))).toBe(90 * 86_400_000);

    const { items } = await server.operator.json<{ items: AuditLine[] }>('GET', '/v1/audit?limit=5');
    expect(items[0]).toMatchObject({ by: { name: 'visitors' }, action: 'looked at', kind: 'visitor' });
    expect(items[0]!.subject).toMatch(/^[0-9a-f]{16}$/);
    expect(await statusOf(reader, 'GET', '/v1/audit')).toBe('403 forbidden');
  });

  it('finds the own browser by its cookie, and nobody without one', async () => {
    const shop = await new Shop(server).open();
    const person = server.person(GERMANY);
    await shop.see(person, YES_SIGNAL);
    const authorization = `Bearer ${server.operator.key}`;
    const own = await person.get('/v1/visitors/me', { authorization });
    expect(JSON.parse(own.body)).toMatchObject({ visitor: person.visitor });
    expect(await statusOf(server.operator, 'GET', '/v1/visitors/me')).toBe('404 not_found');
  });

  it('pages through what keys did, the newest first', async () => {
    const first = await server.operator.json<{ items: AuditLine[]; next: string }>(
      'GET',
      '/v1/audit?limit=2',
    );
    const second = await server.operator.json<{ items: AuditLine[] }>(
      'GET',
      `/v1/audit?limit=2&before=${first.next}`,
    );
    const times = [...first.items, ...second.items].map(({ time }) => time);
    expect(times).toEqual(times.toSorted().reverse());
    expect(first.items).toHaveLength(2);
  });
});

describe('an install check', () => {
  it('tells what came of a site and what was refused, with what to change', async () => {
    const shop = await new Shop(server).open();
    const check = () => server.operator.json<InstallCheck>('GET', `/v1/sites/${shop.site}/check`);
    expect(await check()).toMatchObject({ stored: 0, last: null });
    expect(await shop.see(server.person(GERMANY))).toBe('refused; reason=consent_missing');
    const refused = await until('the refusal', async () => {
      const found = (await check()).refused.find(({ reason }) => reason === 'consent_missing');
      return found;
    });
    expect(refused.n).toBe(1);
    expect(refused.advice).toContain('load the consent platform');
    expect(await shop.see(server.person(GERMANY), { ...YES_SIGNAL, t: 'Shoes' })).toBe('stored');
    const stored = await until('the hit', async () => {
      const now = await check();
      return now.stored > 0 && now;
    });
    expect(stored).toMatchObject({ stored: 1, last: { event: 'pageview', title: 'Shoes', country: 'DE' } });
    expect(await statusOf(server.operator, 'GET', '/v1/sites/nowhere/check')).toBe('404 not_found');
  });
});

async function keyed(scope: string): Promise<Operator> {
  const { key } = await server.operator.json<Json>('POST', '/v1/keys', { name: scope, scopes: [scope] });
  return new Operator(server.url, String(key));
}
