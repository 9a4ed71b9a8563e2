import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, type Person } from '../../test/client.ts';
import { NO, OUR_VENDOR, PARTNER_VENDOR, tc } from '../collect/front.testing.ts';
import { testServer } from './server.testing.ts';
import { GERMANY, type Json, Shop, statusOf, YES_SIGNAL } from './shop.testing.ts';

const server = await testServer();
const status = (path: string, by = server.operator) => statusOf(by, 'GET', path);
const PEOPLE = 6;
const people: Person[] = [];

interface Score {
  id: string;
  value: string;
  probability: number;
  declared: boolean;
}
const scores = async (as: string): Promise<Score[]> => {
  const answer = await server.operator.send('GET', `/v1/models/gender/scores?as=${as}`);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson']);
  return answer.body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Score)
    .sort((a, b) => (a.id + a.value < b.id + b.value ? -1 : 1));
};
const idsOf = (rows: readonly Score[]) => [...new Set(rows.map(({ id }) => id))];

let shop: Shop;
beforeAll(async () => {
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme', gvlId: PARTNER_VENDOR });
  shop = await new Shop(server).open();
  for (let n = 0; n < PEOPLE; n++) {
    const person = server.person(GERMANY);
    await shop.see(person, { ...YES_SIGNAL, dt: 'idfa', did: `AEBE52E7-03EE-455A-B3C4-E5728396623${n}` });
    expect(
      (await person.get(`/setuid?bidder=acme&uid=u-${n}&gdpr=1&gdpr_consent=${YES_SIGNAL.gdpr_consent}`))
        .status,
    ).toBe(200);
    people.push(person);
  }
  await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
  const lines = people.map((_, n) =>
    JSON.stringify({ id: `acme:u-${n}`, attribute: 'gender', value: n % 2 === 0 ? 'female' : 'male' }),
  );
  const answer = await new Promise<number>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${server.operator.key}`,
      'content-type': 'application/x-ndjson',
    };
    request(`${server.url}/v1/labels`, { method: 'POST', headers, agent: false }, (got) => {
      got.resume().on('end', () => resolve(got.statusCode ?? 0));
    })
      .on('error', reject)
      .end(lines.join('\n'));
  });
  expect(answer).toBeLessThan(300);
  const run = await server.operator.json<Json>('POST', '/v1/jobs/demographics/run?wait=1');
  expect(run).toMatchObject({ state: 'done', result: { failed: {} } });
});

describe('models', () => {
  it('say of each attribute how good they are, or why there is none', async () => {
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/models');
    expect(items).toMatchObject([
      {
        attribute: 'gender',
        published: false,
        reason: { name: 'too_few_labels', sentence: expect.any(String) as string },
        declared: { female: 3, male: 3 },
        inferred: {},
        drift: { flags: [] },
      },
    ]);
    const one = await server.operator.json<Json>('GET', '/v1/models/gender');
    expect(one).toMatchObject({ attribute: 'gender', labelled: PEOPLE, classes: [], precision: 0.8 });
  });

  it.each<[string, string, string]>([
    ['an attribute of which nothing is known', '/v1/models/shoe_size', '404 not_found'],
    ['its scores', '/v1/models/shoe_size/scores', '404 not_found'],
    ['a kind of id that is none', '/v1/models/gender/scores?as=nobody', '400 unknown_source'],
  ])('%s is refused', async (_, path, expected) => {
    expect(await status(path)).toBe(expected);
  });

  it('are for keys that may read, scores for a key of just that kind of id', async () => {
    const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
      name: 'x',
      scopes: ['export:acme'],
    });
    const partner = new Operator(server.url, key);
    expect(await status('/v1/models/gender/scores?as=acme', partner)).toBe('200');
    for (const path of ['/v1/models', '/v1/models/gender', '/v1/models/gender/scores'])
      expect(await status(path, partner), path).toBe('403 forbidden');
  });
});

describe('scores', () => {
  it('are a row for each id and class, under every kind of id', async () => {
    const own = await scores('visitor');
    expect(idsOf(own)).toEqual(people.map(({ visitor }) => visitor).sort());
    expect(own).toHaveLength(2 * PEOPLE);
    expect(await scores('acme')).toEqual(
      people.flatMap((_, n) =>
        ['female', 'male'].map((value, c) => ({
          id: `u-${n}`,
          value,
          probability: n % 2 === c ? 1 : 0,
          declared: true,
        })),
      ),
    );
    expect(idsOf(await scores('idfa'))).toHaveLength(PEOPLE);
    expect(await scores('gaid')).toEqual([]);
  });

  it('are gzipped when asked for', async () => {
    const zipped = await new Promise<Buffer>((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.operator.key}`, 'accept-encoding': 'gzip' };
      request(`${server.url}/v1/models/gender/scores?as=acme`, { headers, agent: false }, (answer) => {
        expect(answer.headers['content-encoding']).toBe('gzip');
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve(Buffer.concat(chunks)));
        answer.on('error', reject);
      })
        .on('error', reject)
        .end();
    });
    expect(gunzipSync(zipped).toString().trim().split('\n')).toHaveLength(2 * PEOPLE);
  });

  it('of who has said no since do not leave, nor to a partner that is refused', async () => {
    const [goes, oursAlone] = [people[0]!, people[1]!];
    const id = goes.visitor;
    await shop.see(goes, { gdpr: '1', gdpr_consent: NO });
    await shop.see(oursAlone, { gdpr: '1', gdpr_consent: tc([1, 3, 4], [OUR_VENDOR]) });
    await server.operator.json('POST', '/v1/jobs/segments/run?wait=1');
    expect(idsOf(await scores('acme'))).toEqual(['u-2', 'u-3', 'u-4', 'u-5']);
    expect(idsOf(await scores('visitor'))).not.toContain(id);
    expect(idsOf(await scores('visitor'))).toContain(oursAlone.visitor);
  });
});
