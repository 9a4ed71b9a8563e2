import { describe, expect, it } from 'vitest';
import { type Answer, CHROME, send } from '../../test/client.ts';
import { API_REFUSALS, asApiError } from './problem.ts';
import { testServer } from './server.testing.ts';

const server = await testServer();
const ask = (method: string, path: string, body?: unknown) => server.operator.send(method, path, body);

/** That an answer is a problem of this name, as RFC 9457 has it, and shows nothing of our insides. */
function expectProblem(answer: Answer, status: number, reason: string) {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: `urn:ninety:${reason}`, status });
  expect(typeof problem['title']).toBe('string');
  expect(String(problem['detail']).length).toBeGreaterThan(5);
  expect(answer.body).not.toMatch(/\bat .*\.[jt]s:|ZodError|node_modules/);
  return problem;
}

describe('what is asked amiss is a problem with a name', () => {
  it.each([
    ['GET', '/nothing'],
    ['GET', '/v1/nothing'],
    ['GET', '/v1/segments/nothing/there/at/all'],
    ['GET', '/v1/sites/%E0%A4%A'],
    ['POST', '/'.repeat(50)],
  ])('%s %s is not_found', async (method, path) => {
    expectProblem(await ask(method, path), 404, 'not_found');
  });

  it.each([
    ['PUT', '/v1/sites', 'GET, POST'],
    ['POST', '/v1/sites/main', 'GET, PATCH, DELETE'],
    ['PUT', '/v1/segments/x/members', 'GET'],
    ['GET', '/v1/segments/x/build', 'POST'],
    ['POST', '/healthz', 'GET'],
    ['PUT', '/p.gif', 'GET, POST'],
    ['DELETE', '/setuid', 'GET'],
    ['POST', '/tag.js', 'GET'],
  ])('%s %s is answered by what it may be', async (method, path, allow) => {
    const answer = await ask(method, path);
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers['allow']).toBe(allow);
  });

  it('GET /v1/hits is for POST', async () => {
    expectProblem(await ask('GET', '/v1/hits'), 405, 'method_not_allowed');
  });

  it.each([
    ['no key', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a key that nobody has', { authorization: 'Bearer n90_00000000000000000000000000000000' }],
    ['a key with a space', { authorization: 'Bearer a b' }],
  ])('%s is unauthorized, whatever else is wrong', async (_, headers) => {
    for (const path of [
      '/v1/sites',
      '/v1/segments/x/members?format=%00&as=%00',
      '/v1/jobs',
      '/v1/keys?limit=x',
    ]) {
      const answer = await send('GET', server.url + path, headers);
      expectProblem(answer, 401, 'unauthorized');
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it.each([
    ['no JSON', '{', 400, 'bad_json'],
    ['nothing', '', 400, 'bad_json'],
    ['a body past the limit', `"${'x'.repeat(1_048_576)}"`, 413, 'body_too_large'],
    ['a list', '[]', 400, 'invalid'],
    ['null', 'null', 400, 'invalid'],
  ])('a body that is %s', async (_, body, status, reason) => {
    const headers = { authorization: `Bearer ${server.operator.key}` };
    for (const [method, path] of [
      ['POST', '/v1/sites'],
      ['PATCH', '/v1/sites/main'],
      ['POST', '/v1/segments/estimate'],
    ] as const)
      expectProblem(await send(method, server.url + path, headers, body), status, reason);
  });

  it('each mistake is told with its path', async () => {
    const problem = expectProblem(
      await ask('POST', '/v1/partners', {
        id: 'UPPER',
        name: '',
        gvlId: 0,
        syncUrl: 'http://a.test/',
        colour: 1,
      }),
      400,
      'invalid',
    );
    const paths = (problem['problems'] as string[]).map((text) => text.split(':')[0]);
    expect(paths.sort()).toEqual(['/', '/gvlId', '/id', '/name', '/syncUrl']);
  });
});

describe('what a caller is told of an error', () => {
  it.each([
    [
      Object.assign(new Error('x'), { name: 'ClickHouseError', fault: 'unavailable' }),
      'clickhouse_unavailable',
    ],
    [Object.assign(new Error('x'), { name: 'ClickHouseError', fault: 'refused' }), 'internal'],
    [Object.assign(new Error('x'), { name: 'LeaseBusyError' }), 'busy'],
    [Object.assign(new Error('x'), { name: 'CollectorsBehindError' }), 'collectors_behind'],
    [Object.assign(new Error('x'), { name: 'CursorAheadError' }), 'cursor_expired'],
    [new TypeError('a piece of a row'), 'internal'],
  ])('%s is %s', (error, reason) => {
    const told = asApiError(error);
    expect(told.reason).toBe(reason);
    expect(told.message).not.toContain('a piece of a row');
    expect(API_REFUSALS[told.reason]).toBeGreaterThanOrEqual(410);
  });
});

describe('the front door on the same port', () => {
  it('probes, metrics and the tag need no key', async () => {
    expect((await send('GET', `${server.url}/healthz`)).status).toBe(200);
    expect(await send('GET', `${server.url}/readyz`)).toMatchObject({ status: 200, body: 'ready\n' });
    const metrics = await send('GET', `${server.url}/metrics`);
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.body).toContain('# TYPE ninety_refused_total counter');
    const tag = await send('GET', `${server.url}/tag.js`);
    expect(tag.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(tag.body.length).toBeGreaterThan(500);
    const packed = await fetch(`${server.url}/tag.js`, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed.headers.get('content-encoding')).toBe('br');
    expect(packed.headers.get('vary')).toBe('Accept-Encoding');
    expect(await packed.text()).toBe(tag.body);
  });

  it('a line of 15 kB is read, a longer one is 431, and counted', async () => {
    const line = (length: number) => `${server.url}/p.gif?s=nobody&u=${'x'.repeat(length)}`;
    const before = (await server.operator.refusals()).get('request_too_long') ?? 0;
    expect((await send('GET', line(15_000))).headers['ninety-result']).toBe('refused; reason=unknown_site');
    expect((await send('GET', line(20_000))).status).toBe(431);
    expect((await send('GET', line(100_000))).status).toBe(431);
    expect((await server.operator.refusals()).get('request_too_long')).toBe(before + 2);
  });

  it('hits with a key that is none, or lacks the scope, are refused whole', async () => {
    const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
      name: 'r',
      scopes: ['read'],
    });
    const post = (authorization: string) =>
      send('POST', `${server.url}/v1/hits`, { authorization, 'user-agent': CHROME }, '[]');
    expectProblem(await post('Bearer n90_00000000000000000000000000000000'), 401, 'unauthorized');
    expectProblem(await post(`Bearer ${key}`), 403, 'forbidden');
  });

  it('a body of more than 1 MB is 413', async () => {
    const answer = await send('POST', `${server.url}/v1/hits`, {}, 'x'.repeat(1_048_577));
    expectProblem(answer, 413, 'body_too_large');
  });

  it('a page may post, as sendBeacon does, and read the answer once its domain is a site’s', async () => {
    const beacon = () =>
      send(
        'POST',
        `${server.url}/v1/hits`,
        { 'content-type': 'text/plain', origin: 'https://www.beacon.test', 'user-agent': CHROME },
        '[]',
      );
    const unknown = await beacon();
    expect([unknown.status, JSON.parse(unknown.body)]).toEqual([202, { accepted: 0, refused: [] }]);
    expect(unknown.headers).not.toHaveProperty('access-control-allow-origin');
    await server.operator.json('POST', '/v1/sites', { name: 'Beacon', domains: ['beacon.test'] });
    const known = await beacon();
    expect(known.headers['access-control-allow-origin']).toBe('https://www.beacon.test');
  });
});
