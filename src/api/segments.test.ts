import { describe, expect, it } from 'vitest';
import { Operator, type Person, until } from '../../test/client.ts';
import { YES } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf } from './shop.testing.ts';

const server = await testServer();
const status = (method: string, path: string, body?: unknown, by = server.operator) =>
  statusOf(by, method, path, body);

describe('a segment', () => {
  it('is building, then fresh with its size and its moment', async () => {
    const shop = await new Shop(server).open();
    await shop.see(server.person());
    const before = new Date().toISOString();
    const built = await server.operator.json<Json>('POST', `/v1/segments/${shop.segment}/build?wait=1`);
    expect(built).toMatchObject({ size: 1, state: 'fresh', version: 1 });
    expect(built).not.toHaveProperty('reason');
    expect(String(built['asOf']) >= before).toBe(true);
    expect(built['asOf']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await server.operator.json('GET', `/v1/segments/${shop.segment}`)).toEqual(built);
  });

  it('is made at once, without being asked to build', async () => {
    const shop = await new Shop(server).open();
    const made = await until('the first build', async () => {
      const shown = await server.operator.json<Json>('GET', `/v1/segments/${shop.segment}`);
      return shown['state'] === 'fresh' && shown;
    });
    expect(made).toMatchObject({ size: 0, version: 1 });
  });

  it('after a new name is fresh again, and its size is of its newest version', async () => {
    const shop = await new Shop(server).open();
    await shop.build();
    await server.operator.json('PATCH', `/v1/segments/${shop.segment}`, { name: 'Renamed' });
    await until('a fresh segment', async () => {
      const shown = await server.operator.json<Json>('GET', `/v1/segments/${shop.segment}`);
      return shown['version'] === 2 && shown['state'] === 'fresh';
    });
  });

  it('that needs one that is gone keeps its size, is stale, and says why', async () => {
    const shop = await new Shop(server).open();
    await shop.see(server.person());
    expect(await shop.build()).toBe(1);
    const path = `/v1/segments/${shop.segment}`;
    const { id } = await server.operator.json<Json>('POST', '/v1/segments', {
      name: 'x',
      rule: { segment: shop.segment },
    });
    expect(await status('DELETE', path)).toBe('409 in_use');
    expect(await server.operator.build(String(id))).toBe(1);
    expect(await status('DELETE', `/v1/segments/${String(id)}`)).toBe('204');
    expect(await status('DELETE', path)).toBe('204');
  });

  it('of a rule that is not understood is refused with the path of the wrong part', async () => {
    for (const [method, path] of [
      ['POST', '/v1/segments'],
      ['POST', '/v1/segments/estimate'],
    ] as const) {
      const body = {
        ...(path.endsWith('estimate') ? {} : { name: 'x' }),
        rule: { all: [{ did: {} }, { did: { contry: 'DE' } }] },
      };
      const answer = await server.operator.send(method, path, body);
      expect(answer.status).toBe(400);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({
        type: 'urn:ninety:unknown_field',
        path: '/all/1/did/contry',
        detail: '/all/1/did/contry: unknown field, did you mean country?',
      });
    }
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'invalid'],
    ['null', null, 'bad_value'],
    ['a segment that is not there', { segment: 'nobody' }, 'unknown_segment'],
    ['an operator that is none', { dud: {} }, 'unknown_operator'],
  ])('of %s for a rule is refused, new and changed', async (_, rule, reason) => {
    expect(await status('POST', '/v1/segments', { name: 'x', rule })).toBe(`400 ${reason}`);
    if (rule === undefined) return;
    const shop = await new Shop(server).open();
    expect(await status('PATCH', `/v1/segments/${shop.segment}`, { rule })).toBe(`400 ${reason}`);
  });

  it('may not come to need itself', async () => {
    const { id } = await server.operator.json<Json>('POST', '/v1/segments', { name: 'a', rule: { did: {} } });
    const { id: user } = await server.operator.json<Json>('POST', '/v1/segments', {
      name: 'b',
      rule: { segment: id },
    });
    expect(await status('PATCH', `/v1/segments/${String(id)}`, { rule: { not: { segment: user } } })).toBe(
      '400 segment_cycle',
    );
  });

  it('may not outgrow another that refers to it, also by a third', async () => {
    const make = (name: string, rule: object) =>
      server.operator.json<{ id: string }>('POST', '/v1/segments', { name, rule });
    const clauses = (n: number) => ({ any: Array.from({ length: n }, () => ({ did: {} })) });
    const { id } = await make('inner', { did: {} });
    const { id: middle } = await make('middle', { segment: id });
    const { id: outer } = await make('outer', { all: [{ segment: middle }, clauses(200)] });
    const path = `/v1/segments/${id}`;
    expect(await status('PATCH', path, { rule: clauses(50) })).toBe('200');
    const refused = await server.operator.send('PATCH', path, { rule: clauses(100) });
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
      409,
      { type: 'urn:ninety:in_use', detail: expect.stringContaining(`Segment ${outer} refers to ${id}`) },
    ]);
    expect(await status('PATCH', path, { name: 'Renamed' })).toBe('200');
    expect(await status('DELETE', `/v1/segments/${outer}`)).toBe('204');
    expect(await status('PATCH', path, { rule: clauses(100) })).toBe('200');
  });

  it('has a history of its sizes', async () => {
    const shop = await new Shop(server).open();
    await shop.build();
    await shop.see(server.person());
    await shop.build();
    const { items } = await server.operator.json<{ items: Json[] }>(
      'GET',
      `/v1/segments/${shop.segment}/history`,
    );
    expect(items.at(-1)).toMatchObject({ size: 1, version: 1 });
    expect(items.map((item) => String(item['asOf']))).toEqual(
      items.map((item) => String(item['asOf'])).sort(),
    );
  });

  it('that is not there, is not built, estimated or pulled', async () => {
    for (const [method, path] of [
      ['GET', '/v1/segments/nobody'],
      ['POST', '/v1/segments/nobody/build?wait=1'],
      ['GET', '/v1/segments/nobody/members'],
      ['GET', '/v1/segments/nobody/history'],
    ] as const)
      expect(await status(method, path)).toBe('404 not_found');
  });
});

describe('a merge rule', () => {
  /** A browser that has our cookie, and an app that has none, on one device: two visitors of three hits together. */
  async function useDevice(shop: Shop, did: string): Promise<Person> {
    const browser = server.person();
    await shop.see(browser);
    await shop.see(browser, { dt: 'idfa', did });
    const hit = { site: shop.key, url: 'https://shop.test/', deviceId: did, deviceType: 'idfa' };
    expect(await shop.posted(hit, {})).toMatchObject({ accepted: 1 });
    expect(await server.operator.json('POST', '/v1/jobs/identity/run?wait=1')).toMatchObject({
      state: 'done',
    });
    return browser;
  }

  it('is the visitor alone where none is named, and any other is no rule', async () => {
    const shop = await new Shop(server).open();
    const path = `/v1/segments/${shop.segment}`;
    expect(await server.operator.json('GET', path)).toMatchObject({ merge: 'visitor' });
    const rule = { did: { site: shop.site } };
    expect(await status('POST', '/v1/segments', { name: 'x', rule, merge: 'family' })).toBe('400 invalid');
    expect(await status('POST', '/v1/segments/estimate', { rule, merge: 'family' })).toBe('400 invalid');
    expect(await status('PATCH', path, { merge: 'family' })).toBe('400 invalid');
  });

  it('by device brings in who is on the same device, in estimate and build alike, and is a new version', async () => {
    const shop = await new Shop(server).open();
    await shop.see(server.person());
    const browser = await useDevice(shop, 'aebe52e7-03ee-455a-b3c4-e57283966239');

    const rule = { did: { site: shop.site }, times: 3 };
    const estimate = (merge?: string) =>
      server.operator.json<Json>('POST', '/v1/segments/estimate', { rule, ...(merge && { merge }) });
    expect(await estimate()).toMatchObject({ size: 0, sizeByVia: { own: 0, device: 0, household: 0 } });
    const merged = { size: 2, sizeByVia: { own: 0, device: 2, household: 0 } };
    expect(await estimate('device')).toMatchObject(merged);
    expect(await estimate('household')).toMatchObject({ size: 0 });

    const path = `/v1/segments/${shop.segment}`;
    await server.operator.json('PATCH', path, { rule });
    const changed = await server.operator.json<Json>('PATCH', path, { merge: 'device' });
    expect(changed).toMatchObject({ merge: 'device', version: 3 });
    const built = await server.operator.json<Json>('POST', `${path}/build?wait=1`);
    expect(built).toMatchObject({ ...merged, merge: 'device', state: 'fresh', version: 3 });
    expect(await server.operator.json('GET', path)).toMatchObject(merged);
    const { changes } = await shop.members('visitor');
    expect(changes).toHaveLength(2);
    expect(changes).toContain(`+${browser.visitor}`);
    expect(await server.operator.json('PATCH', path, { merge: null })).toMatchObject({ merge: 'visitor' });
    expect(await shop.build()).toBe(0);
  });

  it('of a segment counts wherever another refers to it', async () => {
    const shop = await new Shop(server).open();
    await useDevice(shop, 'bebe52e7-03ee-455a-b3c4-e57283966230');
    const rule = { did: { site: shop.site }, times: 3 };
    const path = `/v1/segments/${shop.segment}`;
    await server.operator.json('PATCH', path, { rule, merge: 'device' });
    expect(await shop.build()).toBe(2);
    expect(await server.operator.estimate({ segment: shop.segment })).toBe(2);
  });
});

describe('what is counted', () => {
  it('a hit that is sent again within the day counts once: by rules, by features and in the estimate', async () => {
    const shop = await new Shop(server).open();
    const person = server.person();
    for (let n = 0; n < 3; n++) await shop.see(person, { id: 'same', c: 'a-category' });
    await shop.see(person, { id: 'other', c: 'a-category' });
    await shop.build();
    const times = (eq: number, match: Json = {}) =>
      server.operator.estimate({ did: { site: shop.site, ...match }, times: { eq } });
    expect([await times(2), await times(4), await times(2, { category: 'a-category' })]).toEqual([1, 0, 1]);
  });

  it('hour and weekday are the visitor’s own', async () => {
    const shop = await new Shop(server).open();
    // A Sunday, a quarter past eleven at night in London, and Monday morning in Auckland.
    const sunday = new Date(Date.now() - ((new Date().getUTCDay() || 7) as number) * 86_400_000);
    const time = `${sunday.toISOString().slice(0, 10)}T23:15:00Z`;
    const headers = { authorization: `Bearer ${server.operator.key}` };
    const hits = [0, 720].map((tz, n) => ({
      site: shop.key,
      url: 'https://shop.test/',
      time,
      tz,
      firstPartyId: `member-000${n}`,
    }));
    expect(await shop.posted(hits, headers)).toEqual({ status: 202, accepted: 2, refused: [] });
    await shop.build();
    const estimate = (match: Json) => server.operator.estimate({ did: { site: shop.site, ...match } });
    expect(await estimate({ weekday: 7, hour: 23 })).toBe(1);
    expect(await estimate({ weekday: 1, hour: 11 })).toBe(1);
    expect(await estimate({ weekday: '7', hour: [11] })).toBe(0);
  });

  it('a server’s hit is of the country, the browser and the language it names', async () => {
    const shop = await new Shop(server).open();
    const headers = { authorization: `Bearer ${server.operator.key}`, 'accept-language': 'en' };
    const hit = {
      site: shop.key,
      url: 'https://shop.test/',
      ip: GERMANY['x-forwarded-for'],
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
      language: 'de-DE',
      firstPartyId: 'member-0001',
      gdpr: 1,
      gdprConsent: YES,
    };
    expect(await shop.posted([hit, { ...hit, gdprConsent: undefined, gdpr: undefined }], headers)).toEqual({
      status: 202,
      accepted: 1,
      refused: [{ index: 1, reason: 'consent_missing' }],
    });
    await shop.build();
    const estimate = (match: Json) => server.operator.estimate({ did: { site: shop.site, ...match } });
    expect(await estimate({ country: 'DE', device: 'mobile', os: 'iOS', language: 'de' })).toBe(1);
    expect(await shop.posted({ ...hit }, {})).toEqual({
      status: 202,
      accepted: 0,
      refused: [{ index: 0, reason: 'not_allowed' }],
    });
  });
});

describe('jobs', () => {
  it('run now and wait, and stand in the ledger with what they did', async () => {
    const run = await server.operator.json<Json>('POST', '/v1/jobs/segments/run?wait=1');
    expect(run).toMatchObject({ job: 'segments', state: 'done', error: '' });
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/jobs?limit=1000');
    expect(items.find((item) => item['run'] === run['run'])).toMatchObject({
      state: 'done',
      result: run['result'],
    });
  });

  it('that are none are refused by name', async () => {
    expect(await status('POST', '/v1/jobs/nothing/run?wait=1')).toBe('404 unknown_job');
  });

  it('are run with edit and read with read', async () => {
    const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
      name: 'x',
      scopes: ['read'],
    });
    const reader = new Operator(server.url, key);
    expect(await status('GET', '/v1/jobs', undefined, reader)).toBe('200');
    expect(await status('POST', '/v1/jobs/segments/run?wait=1', undefined, reader)).toBe('403 forbidden');
  });
});
