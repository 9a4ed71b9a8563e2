import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ninety } from '../../test/command.ts';
import { testServer } from '../api/server.testing.ts';
import { Receiver } from '../delivery/destinations/webhook.testing.ts';

const SECRET = `whsec_${Buffer.from('twenty-four bytes secret').toString('base64')}`;
const server = await testServer({ NINETY_OUTBOUND_ALLOW: '127.0.0.1' });
const receiver = new Receiver(SECRET);
let folder: string;
const run = (command: string, ...args: string[]) =>
  ninety([command, ...args, '--url', server.url, '--key', server.operator.key]);
const destinations = (...args: string[]) => run('destinations', ...args);

beforeAll(async () => {
  await receiver.open();
  folder = await mkdtemp(join(tmpdir(), 'destinations-'));
  await writeFile(join(folder, 'secret'), `${SECRET}\n`);
  await server.operator.json('POST', '/v1/partners', { id: 'acme', name: 'Acme' });
  const { id: site, key } = await server.operator.json('POST', '/v1/sites', { name: 'Shop' });
  await server.operator.json('POST', '/v1/segments', { id: 'news', name: 'News', rule: { did: { site } } });
  const person = server.person();
  await person.see({ s: String(key), u: 'https://shop.test/' });
  await person.get('/setuid?bidder=acme&uid=u-1');
  await server.operator.build('news');
});
afterAll(async () => {
  await receiver.close();
  await rm(folder, { recursive: true });
});

describe('ninety destinations', () => {
  it.each([
    'types',
    'list',
    'add',
    'test',
    'deliver',
    'runs',
    'waterfall',
    'dead-letters',
    'replay',
    'resync',
    'off',
    'on',
    'withdraw',
    'remove',
  ])('%s has a help with examples', async (command) => {
    const { code, out } = await ninety(['destinations', command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`$ npx ninety destinations ${command}`);
    expect(out).toContain('Exit codes:');
  });

  it('shows what can be delivered to, and all that one of them wants', async () => {
    expect((await destinations('types')).out).toMatch(/\n {2}webhook +Webhook +/);
    const { out } = await destinations('types', 'webhook');
    expect(out).toMatch(/--set url= +needed +Where to/);
    expect(out).toMatch(/--set secret= +needed, secret +/);
    expect((await destinations('types', 'file-drop')).out).toMatch(
      /--set format= +may be +Form of the rows. \(one of ndjson, csv, tsv; usually ndjson\)\n/,
    );
    expect(await destinations('types', 'nothing')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There are '),
    });
  });

  it('adds, tests, delivers and shows what became of it', async () => {
    const where = ['--set', `url=${receiver.url}`, '--set-from', `secret=${join(folder, 'secret')}`];
    const added = await destinations(
      'add',
      'webhook',
      '--id',
      'hook',
      '--name',
      'Hook',
      '--partner',
      'acme',
      '--manual',
      '--segments',
      'news=n1',
      '--set',
      'linesPerRequest=7',
      ...where,
    );
    expect(added).toMatchObject({ code: 0, out: expect.stringContaining('ninety destinations test hook') });
    expect((await destinations('test', 'hook')).out).toMatch(/\n {2}n1 +1 +0 +0\n/);
    expect(receiver.members('n1')).toEqual([]);

    receiver.next({ status: 503, headers: { 'retry-after': '600' } });
    expect(await destinations('deliver', 'hook')).toMatchObject({
      code: 1,
      err: expect.stringContaining('The rest waits'),
    });
    expect((await run('status')).out).toMatch(/\n {2}hook +webhook +resting: unavailable +- +1 +0\n/);
    await server.operator.json('PATCH', '/v1/destinations/hook', { name: 'Mended' });
    expect(await destinations('deliver', 'hook')).toMatchObject({ code: 0 });
    expect(receiver.members('n1')).toEqual(['acme:u-1']);
    expect((await destinations('runs', 'hook')).out).toMatch(/ manual +delta +done +1 +0 +0 +1 +-\n/);
    expect((await destinations('list')).out).toMatch(/\n {2}hook +webhook +fine +20\S+ +0 +0\n/);
    expect((await destinations('dead-letters', 'hook')).out).toContain('There are no dead letters');
    expect((await destinations('waterfall', 'hook')).out).toMatch(/\n +accepted +1\n/);
  });

  it('says what was not taken, and sends it again', async () => {
    receiver.next({ status: 422 });
    expect(await destinations('resync', 'hook')).toMatchObject({
      code: 1,
      err: expect.stringContaining('1 lines were not taken'),
    });
    expect((await run('status')).out).toMatch(/\n {2}dead letters +1 lines; see ninety destinations/);
    expect((await destinations('dead-letters', 'hook')).out).toMatch(/chunk 1 +1 +rejected/);
    expect(await destinations('replay', 'hook')).toMatchObject({ code: 0 });
  });

  it('counts nothing as a dead letter that a later run has told', async () => {
    receiver.next({ status: 422 });
    await destinations('resync', 'hook');
    expect((await run('status')).out).toMatch(/\n {2}dead letters +1 lines;/);
    expect(await destinations('deliver', 'hook')).toMatchObject({ code: 0 });
    expect((await run('status')).out).not.toMatch(/\n {2}dead letters /);
    expect((await destinations('list')).out).toMatch(/\n {2}hook +webhook +fine +20\S+ +0 +0\n/);
    expect((await destinations('dead-letters', 'hook')).out).toContain('There are no dead letters');
    expect((await destinations('waterfall', 'hook')).out).toMatch(/\n +accepted +1\n/);
  });

  it('takes back what was told before it removes a destination', async () => {
    expect(await destinations('withdraw', 'hook')).toMatchObject({
      code: 1,
      err: expect.stringContaining('ninety destinations off hook'),
    });
    expect(await destinations('off', 'hook')).toMatchObject({ code: 0 });
    expect(await destinations('remove', 'hook')).toMatchObject({
      code: 1,
      err: expect.stringContaining('withdraw'),
    });
    expect(await destinations('withdraw', 'hook')).toMatchObject({ code: 0 });
    expect(receiver.members('n1')).toEqual([]);
    expect(await destinations('on', 'hook')).toMatchObject({ code: 0 });
    expect(await destinations('deliver', 'hook')).toMatchObject({ code: 0 });
    expect(receiver.members('n1')).toEqual(['acme:u-1']);
    expect(await destinations('remove', 'hook', '--abandon')).toMatchObject({ code: 0 });
    expect((await destinations('list')).out).toContain('There is no destination yet');
  });

  it.each<[sentence: string, args: string[], code: number, err: RegExp]>([
    [
      'a setting without a name',
      ['add', 'webhook', '--name', 'x', '--segments', 'all', '--set', 'oops'],
      2,
      /--set takes name=value/,
    ],
    [
      'a file that there is not',
      ['add', 'webhook', '--name', 'x', '--segments', 'all', '--set-from', 'secret=/nowhere/x'],
      1,
      /cannot be read/,
    ],
    [
      'two schedules',
      ['add', 'webhook', '--name', 'x', '--segments', 'all', '--manual', '--cron', '0 4 * * *'],
      2,
      /do not go together/,
    ],
    [
      'settings that do not do',
      ['add', 'webhook', '--name', 'x', '--segments', 'all', '--partner', 'acme'],
      1,
      /\/settings\/url/,
    ],
    [
      'a destination that there is not',
      ['deliver', 'gone'],
      1,
      /There is no destination gone; ninety destinations list/,
    ],
  ])('says what is wrong with %s', async (_, args, code, err) => {
    expect(await destinations(...args)).toMatchObject({ code, err: expect.stringMatching(err) });
  });
});
