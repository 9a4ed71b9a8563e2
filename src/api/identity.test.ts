import { beforeAll, describe, expect, it } from 'vitest';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf, YES_SIGNAL } from './shop.testing.ts';

const server = await testServer({ NINETY_HOUSEHOLD: '1' });
const shop = new Shop(server);
const IDFA = { dt: 'idfa', did: 'AEBE52E7-03EE-455A-B3C4-E57283966239' };

beforeAll(async () => {
  await shop.open();
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme', gvlId: 10 });
});

describe('GET /v1/identity', () => {
  it('says that nothing was built yet', async () => {
    expect(await server.operator.json('GET', '/v1/identity')).toMatchObject({
      links: null,
      clusters: null,
      householdKeyDays: 7,
    });
  });

  it('shows the links of a hit by source, households and clusters, once the job has run', async () => {
    const people = [server.person(GERMANY), server.person(GERMANY)];
    for (const person of people) {
      await person.get('/setuid?bidder=acme&uid=the-same');
      expect(await shop.see(person, YES_SIGNAL)).toBe('stored');
      expect(
        await shop.see(person, { ...YES_SIGNAL, ...IDFA, fid: `member-${people.indexOf(person)}000` }),
      ).toBe('stored');
    }
    const run = await server.operator.json('POST', '/v1/jobs/identity/run?wait=1');
    expect(run).toMatchObject({ job: 'identity', state: 'done' });
    const shown = await server.operator.json<Json>('GET', '/v1/identity');
    expect(shown['links']).toMatchObject({
      visitorsWithLinks: 2,
      links: [
        { source: 'first_party', links: 2, visitors: 2 },
        { source: 'household', links: 2, visitors: 2 },
        { source: 'idfa', links: 2, visitors: 2 },
      ],
      setAside: [],
      households: { households: 1, visitors: 2 },
    });
    expect(shown['clusters']).toMatchObject({
      clusters: 1,
      clusteredVisitors: 2,
      clustersBySize: [{ size: 2, clusters: 1 }],
    });
    expect(JSON.stringify(shown)).not.toContain(people[0]!.visitor);
  });

  it('needs the scope read', async () => {
    const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
      name: 'tag',
      scopes: ['collect'],
    });
    const answer = await server.operator.send('GET', '/v1/identity');
    expect(answer.status).toBe(200);
    const { send } = await import('../../test/client.ts');
    expect((await send('GET', `${server.url}/v1/identity`, { authorization: `Bearer ${key}` })).status).toBe(
      403,
    );
    expect((await send('GET', `${server.url}/v1/partners/acme/match-rate`)).status).toBe(401);
  });
});

describe('GET /v1/partners/{id}/match-rate', () => {
  it('is of the visitors seen, with a match that was synced', async () => {
    const person = server.person(GERMANY);
    await shop.see(person, YES_SIGNAL);
    const signals = new URLSearchParams({ gdpr: '1', gdpr_consent: YES_SIGNAL.gdpr_consent });
    const synced = await person.get(`/setuid?bidder=acme&uid=u1&${signals}`);
    expect(synced.headers['ninety-result']).toBe('matched');
    await server.operator.json('POST', '/v1/jobs/identity/run?wait=1');
    const { windows } = await server.operator.json<{ windows: Json[] }>(
      'GET',
      '/v1/partners/acme/match-rate',
    );
    expect(
      windows.map(({ days, visitors, consented, matched, fresh }) => [
        days,
        visitors,
        consented,
        matched,
        fresh,
      ]),
    ).toEqual([
      [1, 3, 3, 1, 1],
      [7, 3, 3, 1, 1],
      [30, 3, 3, 1, 1],
    ]);
  });

  it('comes as a table too', async () => {
    const answer = await server.operator.send('GET', '/v1/partners/acme/match-rate?format=csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [head, all, browser] = answer.body.split('\r\n');
    expect(head).toBe(
      'partner,asOf,days,by,value,visitors,consented,matched,matchedConsented,fresh,matchRate,consentedMatchRate,freshRate,reason',
    );
    expect(all).toMatch(/^acme,\S+Z,1,all,,3,3,1,1,1,0\.3333,0\.3333,0\.3333,$/);
    expect(browser).toMatch(/^acme,\S+Z,1,browser,Chrome,3,/);
  });

  it('is none where the partner keeps the matches, and says so', async () => {
    const partner = { id: 'keeper', name: 'Keeper', syncUrl: 'https://keeper.test/s?puid=$UID' };
    await server.operator.json('POST', '/v1/partners', partner);
    const path = '/v1/partners/keeper/match-rate';
    const rate = await server.operator.json<Json & { windows: Json[] }>('GET', path);
    expect(rate).toMatchObject({ reason: 'kept_by_partner' });
    expect(rate.windows[0]).toMatchObject({ visitors: 3, matched: null, matchRate: null });
    const [, all] = (await server.operator.send('GET', `${path}?format=csv`)).body.split('\r\n');
    expect(all).toMatch(/^keeper,\S+Z,1,all,,3,\d,,,,,,,kept_by_partner$/);
  });

  it('is refused by name for what is not there', async () => {
    expect(await statusOf(server.operator, 'GET', '/v1/partners/nobody/match-rate')).toBe('404 not_found');
    expect(await statusOf(server.operator, 'GET', '/v1/partners/acme/match-rate?format=xml')).toBe(
      '400 invalid',
    );
  });
});
