import { beforeAll, describe, expect, it } from 'vitest';
import { send as sent } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import type { Json } from './shop.testing.ts';

const server = await testServer();
const SECRET = `whsec_${Buffer.from('twenty-four bytes secret').toString('base64')}`;

const send = async (method: string, path: string, body?: Json, ifMatch?: string) => {
  const headers = {
    authorization: `Bearer ${server.operator.key}`,
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  };
  const answer = await sent(method, server.url + path, headers, body && JSON.stringify(body));
  return { ...answer, json: answer.body === '' ? {} : (JSON.parse(answer.body) as Json) };
};

beforeAll(async () => {
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
  await server.operator.json('POST', '/v1/segments', { id: 'told', name: 'Told', rule: { did: {} } });
});

describe.each<[kind: string, making: Json]>([
  ['sites', { name: 'Shop', domains: [] }],
  ['segments', { name: 'All', rule: { did: {} } }],
  ['partners', { name: 'North', gvlId: 10 }],
  [
    'destinations',
    {
      name: 'CRM',
      type: 'webhook',
      partner: 'acme',
      segments: [{ id: 'told', code: 'a' }],
      schedule: 'manual',
      settings: { url: 'http://127.0.0.1:9/', secret: SECRET },
    },
  ],
])('a change of one of /v1/%s that two people make at once', (kind, making) => {
  it('is the first one’s: the second is told what is there now, and nothing is changed', async () => {
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, making);
    const path = `/v1/${kind}/${String(id)}`;
    const read = String((await send('GET', path)).headers['etag']);
    expect(read).toBe('"1"');

    const first = await send('PATCH', path, { name: 'First' }, read);
    expect([first.status, first.headers['etag']]).toEqual([200, '"2"']);
    for (const [method, body] of [['PATCH', { name: 'Second' }], ['DELETE']] as const) {
      const second = await send(method, path, body, read);
      expect([second.status, second.headers['content-type']]).toEqual([412, 'application/problem+json']);
      expect(second.json).toMatchObject({
        type: 'urn:ninety:version_conflict',
        current: { id, version: 2, name: 'First' },
      });
      expect(second.body).not.toContain(SECRET);
    }
    expect((await send('GET', path)).json).toMatchObject({ version: 2, name: 'First' });
  });

  it.each([
    ['no header', undefined, 200],
    ['any version', '*', 200],
    ['one of several', '"7", "1"', 200],
    ['a tag that was made weak on its way', 'W/"1"', 200],
    ['another version', '"11"', 412],
    ['what is no tag', '1', 400],
  ])('is made or not with %s', async (_, ifMatch, status) => {
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, making);
    expect((await send('PATCH', `/v1/${kind}/${String(id)}`, { name: 'Other' }, ifMatch)).status).toBe(
      status,
    );
  });
});

it('of many at once with one version exactly one is made', async () => {
  const { id } = await server.operator.json<Json>('POST', '/v1/sites', { name: 'Shop', domains: [] });
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, n) => send('PATCH', `/v1/sites/${String(id)}`, { name: `${n}` }, '"1"')),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
});
