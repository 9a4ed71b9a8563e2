import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person } from './client.ts';
import { at, ninety } from './command.ts';
import { type Home, openHome } from './homes.ts';
import { startServer } from './server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ninety-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('ninety', () => {
  it.each([
    'serve',
    'migrate',
    'import access-log',
    'import hits',
    'import traits',
    'import matches',
    'partners catalogue',
    'partners add',
    'partners list',
    'partners show',
    'partners remove',
    'partners why',
    'build',
    'export',
    'keys list',
    'keys create',
    'keys delete',
    'journal list',
    'journal show',
    'journal replay',
    'journal drop',
    'status',
  ])('%s has a help with examples and exit codes', async (command) => {
    const { code, out } = await ninety([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: ninety');
    expect(out).toContain(`$ npx ninety ${command}`);
    expect(out).toContain('Exit codes:');
  });

  it.each([
    ['an option that there is not', ['status', '--colour']],
    ['a missing file', ['import', 'access-log', '--site', 'a']],
    ['a missing site', ['import', 'access-log', 'a.log']],
    ['a consent that is neither', ['import', 'access-log', 'a.log', '--site', 'a', '--consent', 'yes']],
    ['--now for a pipe', ['import', 'access-log', '-', '--site', 'a', '--now']],
    ['a host that is none', ['import', 'access-log', 'a.log', '--site', 'a', '--host', 'http://a.example/b']],
    ['a format that there is not', ['export', 'a', '--format', 'xml']],
    ['an address that is none', ['status', '--url', '127.0.0.1:8090', '--key', 'k']],
    ['an address without a key', ['status', '--url', 'http://127.0.0.1:8090']],
  ])('says with exit code 2 that it is used wrongly: %s', async (_, args) => {
    const { code, out, err } = await ninety(args);
    expect([code, out]).toEqual([2, '']);
    expect(err.trim()).not.toBe('');
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('says what to do where nobody answers', async () => {
    const { code, err } = await ninety(['status', '--url', 'http://127.0.0.1:9', '--key', 'k']);
    expect(code).toBe(1);
    expect(err).toContain('http://127.0.0.1:9 does not answer (ECONNREFUSED)');
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('says what to do where the log does not exist, before a server is started for it', async () => {
    const { code, err } = await ninety(['import', 'access-log', join(folder, 'no.log'), '--site', 'a'], {
      NINETY_DATA: join(folder, 'never'),
    });
    expect(code).toBe(1);
    expect(err).toContain('no.log does not exist.');
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('is what npx runs in a checkout, asking nothing and fetching nothing', async () => {
    const child = spawn('npx', ['ninety', '--help'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        npm_config_cache: join(folder, 'npm'),
        npm_config_registry: 'http://127.0.0.1:9/',
        npm_config_update_notifier: 'false',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], out] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    expect(code).toBe(0);
    expect(out).toContain('Usage: ninety');
  });
});

describe('a command without a server', () => {
  const data = { NINETY_DATA: join(folder, 'data'), PORT: '1' };

  it('starts one for its length, shows the admin key that this made, and does its work', async () => {
    const { code, out, err } = await ninety(['keys', 'list'], data);
    expect(code).toBe(0);
    expect(err).toContain('starting one for this command');
    expect(err).toMatch(/Admin key {2}n90_\S{32}\n/);
    expect(out).toMatch(/^ {2}admin {2}/m);
    expect(existsSync(join(data.NINETY_DATA, 'operator.json'))).toBe(false);
  });

  it('leaves what it did to the next one', async () => {
    const made = await ninety(['keys', 'create', '--name', 'servers', '--scope', 'collect', 'read'], data);
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^n90_\S{32}\n$/);
    const id = /Key (\S+) \(collect read\)/.exec(made.err)![1]!;
    expect((await ninety(['keys', 'list'], data)).out).toMatch(
      new RegExp(`^ {2}${id} +servers +collect read `, 'm'),
    );
    expect((await ninety(['keys', 'delete', id], data)).code).toBe(0);
    const again = await ninety(['keys', 'delete', id], data);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(`There is no key ${id}.`)]);
  });

  it('finds out that a server was killed, and starts its own', async () => {
    const server = startServer(data.NINETY_DATA);
    await server.banner();
    const engine = server.enginePid();
    server.signal('SIGKILL');
    await server.ended;
    expect(existsSync(join(data.NINETY_DATA, 'operator.json'))).toBe(true);
    const { code, out, err } = await ninety(['status'], data);
    expect(engine).toBeGreaterThan(0);
    expect([code, err]).toEqual([0, expect.stringContaining('starting one for this command')]);
    expect(out).toContain('none runs; started for this command');
  });

  it('migrates without one', async () => {
    const { code, out } = await ninety(['migrate'], data);
    expect([code, out]).toEqual([0, '  The schema is up to date.\n']);
  });
});

describe('a command with a server', () => {
  let home: Home;

  beforeAll(async () => {
    home = await openHome('embedded', { NINETY_MIN_AUDIENCE: '1' });
    const people = [1, 2, 3].map(() => new Person(home.collector));
    for (const person of people)
      await person.see({ s: home.siteKey, u: 'https://www.example.com/football/' });
    for (const [id, path] of [
      ['football', '/football/*'],
      ['nobody', '/nowhere/*'],
    ])
      await home.admin.json('POST', '/v1/segments', { id, name: `The ${id}`, rule: { did: { path } } });
  });
  afterAll(() => home?.close());

  it('builds all segments from every hit there is, and shows their sizes', async () => {
    const { code, out } = await ninety(['build', ...at(home.admin.url)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}football {2}The football +3 {2}fresh /m);
    expect(out).toMatch(/^ {2}nobody +The nobody +0 {2}fresh /m);
  });

  it('builds one', async () => {
    const { code, out } = await ninety(['build', 'football', ...at(home.admin.url)]);
    expect([code, out.includes('The football'), out.includes('The nobody')]).toEqual([0, true, false]);
  });

  it('says that there is no such segment', async () => {
    const { code, err } = await ninety(['build', 'fotball', ...at(home.admin.url)]);
    expect([code, err]).toEqual([1, '\n  There is no segment fotball.\n\n']);
  });

  it('exports rows to standard output and the cursor to standard error', async () => {
    const first = await ninety(['export', 'football', ...at(home.admin.url)]);
    expect(first.code).toBe(0);
    const rows = first.out.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row) as unknown)).toHaveLength(3);
    const cursor = /cursor {2}(\S+)\n/.exec(first.err)![1]!;
    const then = await ninety(['export', 'football', '--since', cursor, ...at(home.admin.url)]);
    expect([then.code, then.out]).toEqual([0, '']);
  });

  it('exports to a file, and leaves no half of one behind', async () => {
    const out = join(folder, 'football.csv');
    const said = await ninety(['export', 'football', '--format', 'csv', '--out', out, ...at(home.admin.url)]);
    expect([said.code, said.out]).toEqual([0, '']);
    expect(readFileSync(out, 'utf8').trim().split('\n')).toHaveLength(4);
    expect(existsSync(`${out}.part`)).toBe(false);
    const nowhere = join(folder, 'no', 'such', 'folder');
    const refused = await ninety(['export', 'football', '--out', nowhere, ...at(home.admin.url)]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('cannot be written (ENOENT)')]);
  });

  it('shows how it is', async () => {
    const { code, out } = await ninety(['status', ...at(home.admin.url)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}hits +are taken$/m);
    expect(out).toMatch(/^ {2}journal +[\d,]+ bytes wait for ClickHouse$/m);
    expect(out).toMatch(/^ {2}last 5 minutes +3 hits$/m);
    expect(out).toMatch(/^ {2}kept +3 hits of 3 visitors, counted at \d{4}-/m);
    expect(out).toMatch(/^ {2}football .* 3 {2}fresh /m);
    // As wide as the longest name of a job that has run by now.
    const [, before = ''] = /^( {2}job +)state /m.exec(out)!;
    expect(out).toContain(`\n${'  segments'.padEnd(before.length)}done `);
  });

  it('says what to do where the key is wrong', async () => {
    const { code, err } = await ninety(['status', '--url', home.admin.url, '--key', 'n90_not-this-one']);
    expect(code).toBe(1);
    expect(err).toContain('does not know this key');
    expect(err).toContain('NINETY_ADMIN_KEY');
  });

  it('finds the one that runs on the data folder, and needs no key for it', async () => {
    const server = startServer(join(folder, 'running'));
    const { url } = await server.banner();
    const { code, out, err } = await ninety(['status'], { NINETY_DATA: join(folder, 'running') });
    server.signal('SIGTERM');
    expect((await server.ended).code).toBe(0);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`server          ${url}\n`);
  });
});
