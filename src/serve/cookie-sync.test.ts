import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { send } from '../../test/client.ts';
import { testServer } from '../api/server.testing.ts';

const server = await testServer();
const OURS = 'https://www.shop.test';

const ask = (method: string, headers: Readonly<Record<string, string>> = {}, body?: string) =>
  send(method, `${server.url}/cookie_sync`, { 'x-forwarded-for': '8.8.8.8', ...headers }, body);

beforeAll(async () => {
  await server.operator.json('POST', '/v1/sites', { name: 'Shop', domains: ['shop.test'] });
});

describe('POST /cookie_sync over the wire', () => {
  it('lets the pages of registered sites read the answer with their cookies, and nobody else', async () => {
    for (const [origin, allowed] of [
      [OURS, true],
      ['https://evil.test', false],
      ['null', false],
      ['https://shop.test.evil.test', false],
    ] as const) {
      const answer = await ask('POST', { origin, 'content-type': 'text/plain' }, '{}');
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(allowed ? origin : undefined);
      expect(answer.headers['access-control-allow-credentials']).toBe(allowed ? 'true' : undefined);
      expect(answer.headers.vary).toBe('Origin');
      const preflight = await ask('OPTIONS', { origin });
      expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([
        204,
        allowed ? 'content-type' : undefined,
      ]);
    }
  });

  it('tells the page what is wrong, too', async () => {
    const answer = await ask('POST', { origin: OURS }, '{');
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([400, OURS]);
  });

  it('reads 64 kB and no more, and no other method', async () => {
    const fits = JSON.stringify({ account: 'a'.repeat(65_536 - '{"account":""}'.length) });
    expect((await ask('POST', {}, fits)).status).toBe(200);
    expect((await ask('POST', {}, `${fits} `)).status).toBe(413);
    expect((await ask('POST', {}, ' '.repeat(1_048_577))).status).toBe(413);
    const get = await ask('GET');
    expect([get.status, get.headers.allow]).toEqual([405, 'POST, OPTIONS']);
    expect((await ask('POST', { 'content-encoding': 'br' }, '{}')).status).toBe(415);
    expect((await ask('POST', { 'content-encoding': 'gzip' }, '{}')).status).toBe(400);
  });

  it('reads a packed body', async () => {
    const packed = gzipSync('{"bidders":["nobody"],"debug":true}');
    const answer = await fetch(`${server.url}/cookie_sync`, {
      method: 'POST',
      headers: { 'content-encoding': 'gzip', 'x-forwarded-for': '8.8.8.8' },
      body: packed,
    });
    expect(await answer.json()).toMatchObject({ debug: [{ bidder: 'nobody', outcome: 'unknown_partner' }] });
  });
});

it.each(['/sync/acme', '/sync.html'])('%s takes nothing but GET', async (path) => {
  const answer = await send('POST', server.url + path, {}, '');
  expect([answer.status, answer.headers.allow]).toEqual([405, 'GET']);
});
