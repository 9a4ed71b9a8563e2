import { describe, expect, it } from 'vitest';
import { type Answer, send } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import type { ShownSession } from './session.ts';

const server = await testServer();
const own = () => ({ Origin: server.url, 'Ninety-Console': '1', 'Content-Type': 'application/json' });

async function keyOf(...scopes: string[]): Promise<{ id: string; key: string }> {
  return server.operator.json('POST', '/v1/keys', { name: scopes.join(' and '), scopes });
}

const signIn = (key: string, headers: Record<string, string> = own()) =>
  send('POST', `${server.url}/v1/session`, headers, JSON.stringify({ key }));
const cookieOf = (answer: Answer) => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
  send(method, server.url + path, headers, body);
const typeOf = (answer: Answer) =>
  `${answer.status} ${answer.body.startsWith('{') ? (JSON.parse(answer.body).type ?? '') : ''}`
    .replace('urn:ninety:', '')
    .trim();

describe('signing in', () => {
  it.each([
    [['read'], 'viewer'],
    [['edit'], 'editor'],
    [['admin'], 'admin'],
    [['read', 'collect'], 'viewer'],
  ] as const)('with a key of %s makes a %s', async (scopes, role) => {
    const { id, key } = await keyOf(...scopes);
    const answer = await signIn(key);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.body) as ShownSession).toMatchObject({
      key: { id, name: scopes.join(' and ') },
      scopes,
      role,
    });
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^n90_session=v1\.[^;]+; Max-Age=43\d{3}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('over https gives a cookie that only https sends, and that no other host can set', async () => {
    const { key } = await keyOf('read');
    const host = new URL(server.url).host;
    const answer = await signIn(key, { ...own(), Origin: `https://${host}` });
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^__Host-n90_session=.*; Path=\/; .*; Secure$/);
    const session = await ask('GET', '/v1/session', { cookie: cookieOf(answer) });
    expect(JSON.parse(session.body)).toMatchObject({ role: 'viewer' });
  });

  it('is refused by name', async () => {
    expect(typeOf(await signIn('a-key-that-nobody-has'))).toBe('401 unauthorized');
    expect(typeOf(await signIn((await keyOf('collect')).key))).toBe('403 forbidden');
    const { key } = await keyOf('read');
    expect(typeOf(await signIn(key, { ...own(), Origin: 'https://elsewhere.example' }))).toBe(
      '403 cross_site',
    );
    expect(typeOf(await signIn(key, { Origin: server.url }))).toBe('403 cross_site');
  });

  it('is told to who asks, and that nobody is signed in is no refusal', async () => {
    const nobody = await ask('GET', '/v1/session', {});
    expect([nobody.status, JSON.parse(nobody.body)]).toEqual([
      200,
      { key: null, scopes: [], role: null, expires: null, publicUrl: null },
    ]);
    expect(typeOf(await ask('GET', '/v1/session', { authorization: 'Bearer not-a-key-of-ours' }))).toBe(
      '401 unauthorized',
    );
  });
});

describe('a session at the API', () => {
  it('may what its key may, and only from pages of our own', async () => {
    const editor = cookieOf(await signIn((await keyOf('edit')).key));
    const viewer = cookieOf(await signIn((await keyOf('read')).key));
    const body = JSON.stringify({ name: 'By the console' });
    const post = (headers: Record<string, string>) => ask('POST', '/v1/sites', headers, body).then(typeOf);
    expect(await post({ ...own(), cookie: editor })).toBe('201');
    expect(await post({ ...own(), cookie: viewer })).toBe('403 forbidden');
    expect(await post({ Origin: server.url, cookie: editor })).toBe('403 cross_site');
    expect(await post({ ...own(), cookie: editor, Origin: 'https://elsewhere.example' })).toBe(
      '403 cross_site',
    );
    expect(await post({ ...own(), cookie: editor, Origin: 'http://127.0.0.1:1' })).toBe('403 cross_site');

    const get = (headers: Record<string, string>) => ask('GET', '/v1/sites', headers).then(typeOf);
    expect(await get({ cookie: viewer })).toBe('200');
    expect(await get({ cookie: viewer, 'Sec-Fetch-Site': 'same-origin' })).toBe('200');
    expect(await get({ cookie: viewer, 'Sec-Fetch-Site': 'same-site' })).toBe('403 cross_site');
    expect(await get({ cookie: viewer, 'Sec-Fetch-Site': 'cross-site' })).toBe('403 cross_site');
    expect(await get({ cookie: `${viewer}x` })).toBe('401 unauthorized');
  });

  it('is not asked where a key is sent, also a wrong one', async () => {
    const admin = cookieOf(await signIn(server.operator.key));
    expect(typeOf(await ask('GET', '/v1/keys', { cookie: admin }))).toBe('200');
    const wrong = { cookie: admin, authorization: 'Bearer not-a-key-of-ours' };
    expect(typeOf(await ask('GET', '/v1/keys', wrong))).toBe('401 unauthorized');
  });

  it('ends by signing out, and with its key', async () => {
    const { id, key } = await keyOf('edit');
    const cookie = cookieOf(await signIn(key));
    const out = await ask('DELETE', '/v1/session', { ...own(), cookie });
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']).toEqual([
      expect.stringMatching(/^n90_session=; Max-Age=0;/),
      expect.stringMatching(/^__Host-n90_session=; Max-Age=0;.*Secure$/),
    ]);
    expect(typeOf(await ask('GET', '/v1/sites', { cookie }))).toBe('200');
    await server.operator.send('DELETE', `/v1/keys/${id}`);
    expect(typeOf(await ask('GET', '/v1/sites', { cookie }))).toBe('401 unauthorized');
  });
});
