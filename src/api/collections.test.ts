import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, until } from '../../test/client.ts';
import { testServer } from './server.testing.ts';
import { type Json, statusOf } from './shop.testing.ts';

const server = await testServer();
const status = (method: string, path: string, body?: unknown, by = server.operator) =>
  statusOf(by, method, path, body);
const withKey = async (scopes: string[]) => {
  const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', {
    name: 'of a test',
    scopes,
  });
  return new Operator(server.url, key);
};

const KINDS: [kind: string, body: Json, change: Json][] = [
  ['sites', { name: 'Shop', domains: ['Shop.test', 'localhost'] }, { domains: ['blog.test'] }],
  [
    'partners',
    { name: 'Acme', gvlId: 10, syncUrl: 'https://acme.test/s?r={{.RedirectURL}}' },
    { freshDays: 7 },
  ],
  ['segments', { name: 'All', rule: { did: {} }, ttlDays: 30 }, { iabAudienceId: '243' }],
  ['keys', { name: 'Reader', scopes: ['read', 'export:acme'] }, { scopes: ['read'] }],
];

describe.each(KINDS)('/v1/%s', (kind, body, change) => {
  it('makes, shows, changes and deletes', async () => {
    const made = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    expect(made['id']).toMatch(/^[a-z0-9][a-z0-9_-]{0,63}$/);
    expect(made).toMatchObject({ version: 1, name: body['name'] });
    const path = `/v1/${kind}/${String(made['id'])}`;
    const shown = await server.operator.json<Json>('GET', path);
    const changed = await server.operator.json<Json>('PATCH', path, change);
    // Made and changed in one second or not: everything but what was named is as it was.
    const moving = {
      version: 2,
      updatedAt: changed['updatedAt'],
      state: changed['state'],
      size: changed['size'],
      asOf: changed['asOf'],
    };
    expect(changed).toEqual({
      ...shown,
      ...change,
      ...(kind === 'segments' ? moving : { version: 2, updatedAt: moving.updatedAt }),
    });
    expect(await status('DELETE', path)).toBe('204');
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await status(method, path, {})).toBe('404 not_found');
  });

  it('takes an id of one’s own once, and again when it is free, unless consent was stored under it', async () => {
    const id = 'a_chosen-1d';
    expect((await server.operator.json<Json>('POST', `/v1/${kind}`, { id, ...body }))['id']).toBe(id);
    expect(await status('POST', `/v1/${kind}`, { id, ...body })).toBe('409 exists');
    expect(await status('DELETE', `/v1/${kind}/${id}`)).toBe('204');
    if (kind === 'partners') {
      expect(await status('POST', `/v1/${kind}`, { id, ...body })).toBe('409 retired_id');
      return;
    }
    expect((await server.operator.json<Json>('POST', `/v1/${kind}`, { id, ...body }))['version']).toBe(3);
    expect(await status('DELETE', `/v1/${kind}/${id}`)).toBe('204');
  });

  it.each(['', '-a', '_a', 'A', 'a b', 'ä', 'a/b', 'a'.repeat(65), 5, null])(
    'refuses the id %s',
    async (id) => {
      expect(await status('POST', `/v1/${kind}`, { id, ...body })).toBe('400 invalid');
    },
  );

  it('refuses a field that is none, also in a change', async () => {
    expect(await status('POST', `/v1/${kind}`, { ...body, colour: 'red' })).toBe('400 invalid');
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    for (const field of [
      { colour: 'red' },
      { colour: null },
      { id: 'other' },
      { version: 7 },
      { name: null },
      { name: 5 },
    ])
      expect(await status('PATCH', `/v1/${kind}/${String(id)}`, field)).toBe('400 invalid');
  });

  it('of two changes at once one is told to read again', async () => {
    const { id } = await server.operator.json<Json>('POST', `/v1/${kind}`, body);
    const ends = await Promise.all(
      ['one', 'two', 'three'].map((name) => status('PATCH', `/v1/${kind}/${String(id)}`, { name })),
    );
    const won = ends.filter((end) => end === '200').length;
    expect(won).toBeGreaterThanOrEqual(1);
    expect(ends.filter((end) => end === '409 conflict')).toHaveLength(3 - won);
    expect(await server.operator.json('GET', `/v1/${kind}/${String(id)}`)).toMatchObject({
      version: 1 + won,
    });
  });

  it('lists by page, in order of id, each once', async () => {
    for (let n = 0; n < 3; n++) await server.operator.json('POST', `/v1/${kind}`, body);
    const all: Json[] = [];
    let next: unknown = '';
    for (let pages = 0; next !== null && pages < 100; pages++) {
      const after = next === '' ? '' : `&after=${String(next)}`;
      const page = await server.operator.json<{ items: Json[]; next: unknown }>(
        'GET',
        `/v1/${kind}?limit=2${after}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      all.push(...page.items);
      next = page.next;
    }
    expect(next).toBeNull();
    const ids = all.map((item) => String(item['id']));
    expect(ids).toEqual([...new Set(ids)].sort());
    const whole = await server.operator.json<{ items: Json[] }>('GET', `/v1/${kind}?limit=1000`);
    expect(whole.items.map((item) => item['id'])).toEqual(ids);
  });

  it.each(['0', '-1', '1001', '1.5', 'x', ''])('a limit of “%s” is invalid', async (limit) => {
    expect(await status('GET', `/v1/${kind}?limit=${limit}`)).toBe('400 invalid');
  });

  it('is read with read, changed with edit, and keys are the administrator’s', async () => {
    const [reader, editor, other] = await Promise.all([
      withKey(['read']),
      withKey(['edit']),
      withKey(['collect', 'labels', 'export:acme']),
    ]);
    const keys = kind === 'keys';
    expect(await status('GET', `/v1/${kind}`, undefined, reader)).toBe(keys ? '403 forbidden' : '200');
    expect(await status('POST', `/v1/${kind}`, body, reader)).toBe('403 forbidden');
    expect(await status('GET', `/v1/${kind}`, undefined, editor)).toBe(keys ? '403 forbidden' : '200');
    expect(await status('POST', `/v1/${kind}`, body, editor)).toBe(keys ? '403 forbidden' : '201');
    expect(await status('GET', `/v1/${kind}`, undefined, other)).toBe('403 forbidden');
  });
});

describe('a change', () => {
  it('takes out with null what need not be there', async () => {
    const path = '/v1/partners/cleared';
    await server.operator.json('POST', '/v1/partners', {
      id: 'cleared',
      name: 'x',
      gppId: 5,
      freshDays: 3,
      redirectHosts: ['a.test'],
    });
    const changed = await server.operator.json<Json>('PATCH', path, { gppId: null, freshDays: null });
    expect(changed).not.toHaveProperty('gppId');
    expect(changed).toMatchObject({ freshDays: 14, redirectHosts: ['a.test'] });
    expect(await server.operator.json('GET', path)).toEqual(changed);
  });
});

describe('a site', () => {
  it('has a key that no change and no other site has', async () => {
    const sites = await Promise.all(
      [1, 2].map(() => server.operator.json<Json>('POST', '/v1/sites', { name: 'x' })),
    );
    expect(new Set(sites.map((site) => site['key'])).size).toBe(2);
    expect(await status('PATCH', `/v1/sites/${String(sites[0]?.['id'])}`, { key: 'mine' })).toBe(
      '400 invalid',
    );
  });

  it.each(['a b', 'https://a.test', 'a..b', '-a.test', 'a'.repeat(254)])(
    'is at no domain “%s”',
    async (domain) => {
      expect(await status('POST', '/v1/sites', { name: 'x', domains: [domain] })).toBe('400 invalid');
    },
  );
});

describe('a partner', () => {
  const refusal = async (method: string, path: string, body: Json) => {
    const { status, body: text } = await server.operator.send(method, path, body);
    return [status, ...((JSON.parse(text) as { problems?: string[] }).problems ?? [])];
  };

  it.each(['visitor', 'idfa', 'gaid', 'generic', 'first_party', 'household', 'catalogue'])(
    'is not called %s, which means something else',
    async (id) => {
      expect(await status('POST', '/v1/partners', { id, name: 'x' })).toBe('400 invalid');
    },
  );

  it.each<[string, string]>([
    ['https://a.test/s?uid=$UID', '201'],
    ['http://127.0.0.1:9000/s?uid=$UID', '201'],
    ['http://localhost/s?r={{.RedirectURL}}', '201'],
    ['https://a.test/s', '400 invalid'],
    ['https://a.test/s?uid=$UID&x=[NOPE]', '400 invalid'],
    ['http://a.test/s?uid=$UID', '400 invalid'],
    ['http://localhost.a.test/s?uid=$UID', '400 invalid'],
    ['http://localhost@a.test/?uid=$UID', '400 invalid'],
    ['javascript:alert(1)', '400 invalid'],
    ['//a.test', '400 invalid'],
  ])('syncs at %s: %s', async (syncUrl, expected) => {
    expect(await status('POST', '/v1/partners', { name: 'x', syncUrl })).toBe(expected);
    expect(await status('POST', '/v1/partners', { name: 'x', iframeUrl: syncUrl })).toBe(expected);
  });

  it('is told which macro is not known, in which field, and what was probably meant', async () => {
    const body = { name: 'x', syncUrl: 'https://a.test/?id=$UID&g={{.GDRP}}', iframeUrl: 'https://a.test/' };
    const told = [
      400,
      '/syncUrl: {{.GDRP}} is no macro that is known; did you mean {{.GDPR}}?',
      expect.stringMatching(/^\/iframeUrl: nobody can be matched by it: .*Add our id \(\$UID\)/),
    ];
    expect(await refusal('POST', '/v1/partners', body)).toEqual(told);
    await server.operator.json('POST', '/v1/partners', { id: 'macros', name: 'x' });
    const { syncUrl, iframeUrl } = body;
    expect(await refusal('PATCH', '/v1/partners/macros', { syncUrl, iframeUrl })).toEqual(told);
  });

  it('keeps the number of its macro and its own the same, whichever changes', async () => {
    const macro = (gppId: number) => `https://a.test/?id=$UID&c=\${GPP_STRING_${gppId}}`;
    await server.operator.json('POST', '/v1/partners', {
      id: 'numbers',
      name: 'x',
      gppId: 7,
      syncUrl: macro(7),
    });
    const path = '/v1/partners/numbers';
    expect(await refusal('PATCH', path, { gppId: 8 })).toEqual([400, expect.stringContaining('gppId is 8')]);
    expect(await refusal('PATCH', path, { gppId: null })).toEqual([400, expect.stringContaining('no gppId')]);
    expect(await status('PATCH', path, { gppId: 8, syncUrl: macro(8) })).toBe('200');
  });

  it('is for good the vendor that consent was given to', async () => {
    const path = '/v1/partners/vendor';
    await server.operator.json('POST', '/v1/partners', { id: 'vendor', name: 'x' });
    const macro = (gvlId: number) => `https://a.test/?id=$UID&c=\${GDPR_CONSENT_${gvlId}}`;
    expect(await status('PATCH', path, { gvlId: 10, syncUrl: macro(10) })).toBe('200');
    for (const [change, other] of [
      [{ gvlId: 20, syncUrl: macro(20) }, 'for vendor 20'],
      [{ gvlId: 20 }, 'for vendor 20'],
      [{ gvlId: null, syncUrl: null }, 'for one without a vendor id'],
    ] as const)
      expect(await refusal('PATCH', path, change)).toEqual([
        400,
        expect.stringMatching(new RegExp(`^/gvlId: is 10 and stays so.*register a new partner.*${other}$`)),
      ]);
    expect(await server.operator.json('PATCH', path, { gvlId: 10, name: 'y' })).toMatchObject({
      gvlId: 10,
      name: 'y',
    });
  });

  it('leaves its id to nobody, nor to an entry of the catalogue that is made anew', async () => {
    const xandr = { catalogue: 'xandr' };
    expect(await server.operator.json('POST', '/v1/partners', xandr)).toMatchObject({ id: 'xandr' });
    expect(await status('DELETE', '/v1/partners/xandr')).toBe('204');
    const { status: code, body } = await server.operator.send('POST', '/v1/partners', xandr);
    expect([code, JSON.parse(body)]).toEqual([
      409,
      expect.objectContaining({
        type: 'urn:ninety:retired_id',
        detail: expect.stringMatching(/^xandr was a partner's that is deleted.*Choose another id/),
      }),
    ]);
    expect(await status('POST', '/v1/partners', { ...xandr, id: 'xandr-2' })).toBe('201');
  });

  it.each<[string, string, string | null]>([
    ['who gets our id', 'https://a.test/?id=$UID', 'partner'],
    ['who sends us theirs', 'https://a.test/?r={{.RedirectURL}}', 'us'],
    ['with both', 'https://a.test/?id=$UID&r={{.RedirectURL}}', 'both'],
  ])('%s is shown with who keeps the match', async (_, syncUrl, matchKeptBy) => {
    expect(await server.operator.json('POST', '/v1/partners', { name: 'x', syncUrl })).toMatchObject({
      matchKeptBy,
    });
  });
});

describe('the catalogue of partners', () => {
  it('is shown with what each needs', async () => {
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/partners/catalogue');
    expect(items.map(({ id }) => id)).toContain('google');
    expect(items.find(({ id }) => id === 'google')).toMatchObject({
      gvlId: 755,
      gvlSource: expect.stringContaining('17'),
      settings: [{ name: 'nid', example: 'example_dmp', optional: false }],
    });
    expect(await status('GET', '/v1/partners/catalogue', undefined, await withKey(['collect']))).toBe(
      '403 forbidden',
    );
  });

  it('makes a partner under its own name, and what is said besides stands over it', async () => {
    const settings = { nid: 'abc' };
    const google = await server.operator.json<Json>('POST', '/v1/partners', {
      catalogue: 'google',
      settings,
      freshDays: 7,
    });
    expect(google).toMatchObject({
      id: 'google',
      name: 'Google',
      gvlId: 755,
      syncUrl: expect.stringContaining('google_nid=abc&'),
      freshDays: 7,
      idEncoding: 'base64url',
      uidParameter: 'google_gid',
      priority: 5,
      catalogue: 'google',
      settings,
      matchKeptBy: 'both',
    });
    expect(await status('POST', '/v1/partners', { catalogue: 'google', settings })).toBe('409 exists');
    expect(await server.operator.json('PATCH', '/v1/partners/google', { priority: 1 })).toMatchObject({
      priority: 1,
      uidParameter: 'google_gid',
      settings,
    });
    expect(await status('PATCH', '/v1/partners/google', { settings: { nid: 'b' } })).toBe('400 invalid');
    const other = { catalogue: 'google', settings, id: 'google-2', name: 'Second' };
    expect(await server.operator.json('POST', '/v1/partners', other)).toMatchObject({
      id: 'google-2',
      name: 'Second',
    });
  });

  it('makes one with an id of its own where the entry’s means something else', async () => {
    const settings = { host: 'a.test', path: '/s', uid: 'u', redirect: 'r' };
    const made = await server.operator.json<Json>('POST', '/v1/partners', { catalogue: 'generic', settings });
    expect(made['id']).toMatch(/^[a-z0-9]{16}$/);
    expect(made).toMatchObject({ matchKeptBy: 'both' });
  });

  it.each<[sentence: string, body: Json, problems: RegExp]>([
    ['an entry that there is not', { catalogue: 'gogle' }, /^\/catalogue: .*did you mean google\?$/],
    [
      'settings that are missing',
      { catalogue: 'prebid-server' },
      /^\/settings\/host: .*\/settings\/bidder: /,
    ],
    ['settings without an entry', { name: 'x', settings: { nid: 'a' } }, /^\/settings: .*add catalogue$/],
    ['neither an entry nor a name', {}, /^\/name: is missing/],
    ['a setting that is no text', { catalogue: 'google', settings: { nid: 5 } }, /^\/settings\/nid: /],
    [
      'an entry and a wrong URL over it',
      { catalogue: 'xandr', syncUrl: 'https://a.test/[A]' },
      /^\/syncUrl: \[A\]/,
    ],
  ])('%s: refused', async (_, body, problems) => {
    const { status, body: text } = await server.operator.send('POST', '/v1/partners', body);
    expect(status).toBe(400);
    expect((JSON.parse(text) as { problems: string[] }).problems.join(' ')).toMatch(problems);
  });
});

describe('a key', () => {
  let made: Json;
  beforeAll(async () => {
    made = await server.operator.json<Json>('POST', '/v1/keys', { name: 'once', scopes: ['read'] });
  });

  it('is told once and never again, neither itself nor its hash', async () => {
    expect(made['key']).toMatch(/^n90_[\w-]{32}$/);
    const shown = await server.operator.send('GET', `/v1/keys/${String(made['id'])}`);
    const listed = await server.operator.send('GET', '/v1/keys?limit=1000');
    for (const { body } of [shown, listed]) expect(body).not.toMatch(/n90_|hash/);
  });

  it('says when it was last used, to the minute, also by who may do nothing with it', async () => {
    const path = `/v1/keys/${String(made['id'])}`;
    expect(await server.operator.json('GET', path)).toMatchObject({ lastUsed: null });
    const before = Math.floor(Date.now() / 60_000) * 60_000;
    const reader = new Operator(server.url, String(made['key']));
    expect(await status('POST', '/v1/sites', { name: 'x' }, reader)).toBe('403 forbidden');
    const used = await until('the use of the key', async () => {
      const { lastUsed } = await server.operator.json<{ lastUsed: string | null }>('GET', path);
      return lastUsed ?? undefined;
    });
    expect(Date.parse(used)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(used)).toBeLessThanOrEqual(Date.now());
    const { items } = await server.operator.json<{ items: Json[] }>('GET', '/v1/keys?limit=1000');
    expect(items).toContainEqual(expect.objectContaining({ id: made['id'], lastUsed: used }));
  });

  it('is worth nothing once it is deleted', async () => {
    const reader = new Operator(server.url, String(made['key']));
    expect(await status('GET', '/v1/sites', undefined, reader)).toBe('200');
    await server.operator.send('DELETE', `/v1/keys/${String(made['id'])}`);
    expect(await status('GET', '/v1/sites', undefined, reader)).toBe('401 unauthorized');
  });

  it.each([[], ['all'], ['export:'], ['export:A'], ['read', 'x'], 'read'])(
    'has no scopes %j',
    async (...scopes) => {
      expect(
        await status('POST', '/v1/keys', {
          name: 'x',
          scopes: scopes.length === 1 && scopes[0] === 'read' ? 'read' : scopes,
        }),
      ).toBe('400 invalid');
    },
  );
});
