import { describe, expect, it } from 'vitest';
import { ninety } from '../../test/command.ts';
import { testServer } from '../api/server.testing.ts';

const server = await testServer();
const partners = (...args: string[]) =>
  ninety(['partners', ...args, '--url', server.url, '--key', server.operator.key]);

describe('ninety partners', () => {
  it.each(['catalogue', 'add', 'list', 'show', 'why', 'remove'])(
    '%s has a help with examples',
    async (command) => {
      const { code, out } = await ninety(['partners', command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`$ npx ninety partners ${command}`);
      expect(out).toContain('Exit codes:');
    },
  );

  it('shows what is ready, and all of one entry', async () => {
    expect((await partners('catalogue')).out).toMatch(/\n {2}google +Google +755 +nid\n/);
    const { out } = await partners('catalogue', 'google');
    expect(out).toMatch(/--set nid=example_dmp +needed/);
    expect(await partners('catalogue', 'nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There are thetradedesk, '),
    });
  });

  it('adds, lists, shows and takes out', async () => {
    expect((await partners('list')).out).toContain('ninety partners catalogue');
    const { code, out } = await partners(
      'add',
      'google',
      '--set',
      'nid=abc',
      '--priority',
      '2',
      '--id',
      'goog',
    );
    expect(code).toBe(0);
    expect(out).toContain('google_nid=abc&');
    expect(out).toContain('/setuid?bidder=goog ');
    expect((await partners('list')).out).toMatch(/\n {2}goog +Google +755 +both +14 +2\n/);
    expect((await partners('show', 'goog')).out).toMatch(/\n {2}settings +nid=abc\n/);
    expect(await partners('remove', 'goog')).toMatchObject({ code: 0 });
    for (const gone of ['show', 'remove'])
      expect(await partners(gone, 'goog')).toMatchObject({
        code: 1,
        err: expect.stringContaining('ninety partners list shows them'),
      });
  });

  it.each<
    [sentence: string, needed: string, fields: object, destination: { partner: string; gvlId?: number }]
  >([
    ['takes its ids', 'taken', {}, { partner: 'taken' }],
    ['needs its consent', 'asked', { gvlId: 321 }, { partner: 'beside', gvlId: 321 }],
  ])('takes out none while a destination %s, and names that', async (_, id, fields, destination) => {
    const make = (path: string, body: object) => server.operator.json('POST', path, body);
    await make('/v1/partners', { id, name: 'Needed', ...fields });
    if (destination.partner !== id) await make('/v1/partners', { id: destination.partner, name: 'Beside' });
    const settings = {
      url: 'https://receiver.example.com/',
      secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
    };
    await make('/v1/destinations', {
      id: `needs-${id}`,
      name: 'Needs it',
      type: 'webhook',
      segments: 'all',
      schedule: 'manual',
      settings,
      ...destination,
    });
    expect(await partners('remove', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`Destination needs-${id} needs partner ${id}`),
    });
    expect((await partners('show', id)).code).toBe(0);
    const answer = await server.operator.send('DELETE', `/v1/partners/${id}`);
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([409, { type: 'urn:ninety:in_use' }]);
    expect((await server.operator.send('DELETE', `/v1/destinations/needs-${id}`)).status).toBe(204);
    expect((await partners('remove', id)).code).toBe(0);
  });

  it.each<[sentence: string, args: string[], code: number, err: RegExp]>([
    ['a setting that is missing', ['google'], 1, /\/settings\/nid: is missing/],
    ['a setting without a value', ['google', '--set', 'nid'], 2, /--set takes name=value/],
    ['a setting twice', ['google', '--set', 'nid=a', '--set', 'nid=b'], 2, /--set nid is there twice/],
    ['settings of nothing', ['--name', 'x', '--set', 'nid=a'], 2, /--set is for an entry/],
    ['nothing', [], 2, /ninety partners catalogue/],
    [
      'an unknown macro',
      ['--name', 'x', '--sync-url', 'https://a.test/?g={{.GDRP}}'],
      1,
      /did you mean \{\{\.GDPR\}\}/,
    ],
    ['a number that is none', ['xandr', '--fresh-days', 'x'], 1, /\/freshDays: /],
  ])('add says what to do about %s', async (_, args, code, err) => {
    const said = await partners('add', ...args);
    expect([said.code, said.out]).toEqual([code, '']);
    expect(said.err).toMatch(err);
    expect(said.err).not.toMatch(/\n\s+at /);
  });
});
