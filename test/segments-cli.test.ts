import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { testServer } from '../src/api/server.testing.ts';
import { type Json, Shop } from '../src/api/shop.testing.ts';
import { ninety } from './command.ts';

const server = await testServer();
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const segments = (...args: string[]) =>
  ninety(['segments', ...args, '--url', server.url, '--key', server.operator.key]);
const ask = (method: string, path: string, body?: unknown) =>
  server.operator.json<Json>(method, `/v1/segments${path}`, body);
const did = (site: string) => ({ did: { site } });

const VERSIONS = '.ninety-versions.json';
let dir = '';
const write = (file: string, text: string) => {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
};
const text = (file: string) => readFileSync(join(dir, file), 'utf8');
const files = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name !== VERSIONS)
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();

/** Every test begins with an empty folder and no segments. */
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ninety-segments-'));
  folders.push(dir);
  await ask('POST', '/apply', { segments: [], deleteOthers: true });
});

describe('ninety segments', () => {
  it.each(['pull', 'plan', 'apply'])('%s has a help with examples and exit codes', async (command) => {
    const { code, out } = await ninety(['segments', command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`$ npx ninety segments ${command} segments/`);
    expect(out).toContain('Exit codes:');
  });
});

describe('pull', () => {
  it('writes a file a segment, in the folder it lies in, and again nothing', async () => {
    await ask('POST', '', { id: 'plain', name: 'Plain', rule: { did: { site: ['a', 'b'] }, times: 2 } });
    await ask('POST', '', {
      id: 'deep',
      name: 'Deep',
      rule: did('a'),
      folder: 'news/sport',
      labels: ['x'],
      merge: 'device',
      ttlDays: 7,
    });
    const first = await segments('pull', dir);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('+ create news/sport/deep.yaml');
    // Nobody looks on: no colours.
    expect(first.out).not.toContain('\u001b');
    expect(files()).toEqual(['news/sport/deep.yaml', 'plain.yaml']);
    expect(text('news/sport/deep.yaml')).toBe(
      'name: Deep\nlabels: [x]\nttlDays: 7\nmerge: device\nrule:\n  did:\n    site: a\n',
    );
    expect(text('plain.yaml')).toBe('name: Plain\nrule:\n  did:\n    site: [a, b]\n  times: 2\n');
    expect(JSON.parse((await segments('pull', dir, '--json')).out)).toMatchObject({
      changes: [],
      unchanged: 2,
    });
    expect(await segments('plan', dir)).toMatchObject({ code: 0 });
  });

  it('keeps the comments of a file that changes, moves one whose folder changed, and says both', async () => {
    write('kept.yaml', '# Ours.\nname: Kept # by hand\nrule:\n  did: {site: a}\n');
    write('moved.yml', '# Also ours.\nname: Moved\nrule: {did: {site: a}}\n');
    expect(await segments('apply', dir, '--yes')).toMatchObject({ code: 0 });
    await ask('PATCH', '/kept', { rule: did('b') });
    await ask('PATCH', '/moved', { folder: 'news' });
    const { out } = await segments('pull', dir);
    expect(out).toContain('~ change kept.yaml');
    expect(out).toContain('> move news/moved.yaml  from moved.yml');
    expect(text('kept.yaml')).toBe('# Ours.\nname: Kept # by hand\nrule:\n  did: {site: b}\n');
    expect(files()).toEqual(['kept.yaml', 'news/moved.yaml']);
    expect(text('news/moved.yaml')).toContain('# Also ours.');
  });

  it('deletes only files whose segment was deleted, and only with --prune', async () => {
    write('fresh.yaml', 'name: Not yet there\nrule: {did: {}}\n');
    await ask('POST', '', { id: 'gone', name: 'Gone', rule: did('a') });
    await segments('pull', dir);
    await server.operator.send('DELETE', '/v1/segments/gone');
    expect((await segments('pull', dir)).out).toContain('gone.yaml: its segment was deleted; --prune');
    expect(files()).toEqual(['fresh.yaml', 'gone.yaml']);
    expect((await segments('pull', dir, '--prune')).out).toContain('- delete gone.yaml');
    expect(files()).toEqual(['fresh.yaml']);
  });

  it('writes nothing where a file cannot be read, or a link leads elsewhere', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'ninety-elsewhere-'));
    folders.push(elsewhere);
    await ask('POST', '', { id: 'a', name: 'A', rule: did('a'), folder: 'news' });
    await ask('POST', '', { id: 'con', name: 'A device of Windows', rule: did('a') });
    symlinkSync(elsewhere, join(dir, 'news'));
    write('b.yaml', 'name: [\n');
    const { code, out, err } = await segments('pull', dir);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('news: is a link');
    expect(err).toMatch(/b\.yaml:2:1: /);
    expect(err).toContain('segment con: “con” is no name for a file');
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(files()).toEqual(['b.yaml', 'news']);
  });
});

describe('plan', () => {
  it('shows what changes with exact sizes before and after, also of what rests on it', async () => {
    const shop = await new Shop(server).open();
    await shop.see(server.person());
    await shop.see(server.person());
    await shop.build();
    await ask('POST', '/apply', {
      segments: [
        { id: 'readers', name: 'Readers', rule: did('nowhere') },
        { id: 'others', name: 'Others', rule: { not: { segment: 'readers' } } },
        { id: 'gone', name: 'Gone', rule: did(shop.site) },
      ],
      deleteOthers: true,
    });
    write('readers.yaml', `name: Readers\nrule:\n  segment: base\n`);
    write('base.yaml', `name: Base\nrule:\n  did:\n    site: ${shop.site}\n`);
    const { code, out, err } = await segments('plan', dir);
    expect([code, err]).toEqual([2, '']);
    expect(out).toMatch(/\+ create base {2}- → 2\n {6}\+ name: Base\n/);
    expect(out).toMatch(/~ change readers {2}0 → 2 \(\+2\)\n/);
    expect(out).toContain('      -   did:\n      -     site: nowhere\n      +   segment: base\n');
    expect(out).toMatch(/rest on the above:\n {4}others {2}2 → 0 \(-2\)\n/);
    expect(out).toContain('1 to create, 1 to change, 0 to delete, 0 unchanged. 2 only on the server');

    write('others.yaml', 'name: Others\nrule: {not: {segment: readers}}\n');
    const json = await segments('plan', dir, '--delete', '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toMatchObject({
      steps: [
        { id: 'base', file: 'base.yaml', action: 'create', sizes: { before: null, after: 2 } },
        { id: 'readers', action: 'change', changed: ['rule'], sizes: { before: 0, after: 2 } },
        { id: 'gone', file: null, action: 'delete', sizes: { before: 2, after: null } },
      ],
      affected: [{ id: 'others', sizes: { before: 2, after: 0 } }],
      unchanged: 1,
      mistakes: [],
    });
    expect(JSON.parse((await segments('plan', dir, '--no-sizes', '--json')).out)).toMatchObject({
      steps: [
        { id: 'base', sizes: null },
        { id: 'readers', sizes: null },
      ],
    });
  });

  it('tells every mistake with its file, line and column, and what was meant', async () => {
    write('a.yaml', '# A\nname: A\nrule:\n  all:\n    - did: {contry: DE}\n    - segment: bb\n');
    write('b.yaml', 'name: B\nttlDay: 3\nrule: {segment: c}\n');
    write('c.yaml', 'name: C\nrule:\n  not:\n    segment: d\n');
    write('d.yaml', 'name: D\nrule: {segment: c}\n');
    write('News/e.yaml', 'name: E\nrule: {did: {}}\n');
    const { code, out, err } = await segments('plan', dir);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('a.yaml:5:13: /all/0/did/contry: unknown field, did you mean country?\n');
    expect(err).toContain('b.yaml:2:1: /ttlDay: unknown field, did you mean ttlDays?\n');
    expect(err).toContain(
      'c.yaml:4:5: /not/segment: the segments refer to each other in a circle: c → d → c\n',
    );
    expect(err).toContain('d.yaml:2:8: /segment: the segments refer to each other in a circle: d → c → d\n');
    expect(err).toMatch(/News\/e\.yaml:1:1: \/folder: must be at most 8 names/);
    write('x/a.yaml', 'name: A again\nrule: {did: {}}\n');
    writeFileSync(join(dir, 'f.yaml'), Buffer.from([0x6e, 0xff]));
    const json = await segments('plan', dir, '--json');
    expect(json.code).toBe(1);
    expect((JSON.parse(json.out) as { mistakes: Json[] }).mistakes).toMatchObject([
      { file: 'f.yaml', type: 'bad_encoding' },
      { file: 'x/a.yaml', type: 'duplicate_id' },
    ]);
  });

  it('takes many files with long rules', async () => {
    for (let n = 0; n < 100; n++) {
      const keywords = Array.from({ length: 1000 }, (_, k) => `keyword-${n}-${k}-long`);
      write(`s${n}.yaml`, `name: S\nrule: {did: {keyword: [${keywords.join(', ')}]}}\n`);
    }
    const { code, out, err } = await segments('plan', dir, '--no-sizes');
    expect([code, err]).toEqual([2, '']);
    expect(out).toContain('  100 to create, 0 to change');
  });

  it('that is used wrongly, or of nothing, is not taken for one with changes', async () => {
    for (const args of [['plan'], ['plan', dir, '--colour'], ['plan', join(dir, 'nowhere')]])
      expect(await segments(...args)).toMatchObject({ code: 1, out: '' });
    expect(await ninety(['segments', 'plan', dir, '--url', 'nothing', '--key', 'k'])).toMatchObject({
      code: 1,
    });
    const { code, err } = await segments('plan', dir, '--delete');
    expect([code, err]).toEqual([1, expect.stringContaining('--delete would delete every segment')]);
    expect(await segments('plan', dir)).toMatchObject({ code: 0 });
  });
});

describe('apply', () => {
  it('makes the segments what the files say, and then there is nothing to change', async () => {
    await ask('POST', '', { id: 'gone', name: 'Gone', rule: did('a') });
    await segments('pull', dir);
    rmSync(join(dir, 'gone.yaml'));
    write('z/first.yaml', 'name: First\nrule: {segment: second}\n');
    write('second.yaml', 'name: Second\nlabels: [a, b]\nrule: {did: {site: a}, within: 7d}\n');
    const { code, out } = await segments('apply', dir, '--delete', '--yes', '--note', 'release 42');
    expect(code).toBe(0);
    expect(out).toContain('  3 applied.\n');
    expect(await ask('GET', '/first')).toMatchObject({
      folder: 'z',
      rule: { segment: 'second' },
      note: 'release 42',
    });
    expect((await server.operator.send('GET', '/v1/segments/gone')).status).toBe(404);
    expect(await segments('plan', dir, '--delete')).toMatchObject({ code: 0 });
    const again = JSON.parse((await segments('pull', dir, '--json')).out) as Json;
    expect(again).toMatchObject({ changes: [], unchanged: 2 });
  });

  it('asks, and does nothing where nobody can answer or anything is wrong', async () => {
    write('a.yaml', 'name: A\nrule: {did: {}}\n');
    expect(await segments('apply', dir)).toMatchObject({
      code: 2,
      err: expect.stringContaining('give --yes'),
    });
    write('b.yaml', 'name: B\nrule: {dud: {}}\n');
    const { code, err } = await segments('apply', dir, '--yes');
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('b.yaml:2:8: /dud: unknown operator, did you mean did?'),
    ]);
    expect((await ask('GET', ''))['items']).toEqual([]);
    expect(existsSync(join(dir, 'a.yaml'))).toBe(true);
  });
});

describe('apply of files that were made from another version than is stored', () => {
  const file = (id: string, site: string) => write(`${id}.yaml`, `name: S\nrule: {did: {site: ${site}}}\n`);
  const apply = (...more: string[]) => segments('apply', dir, '--yes', ...more);
  const ruleOf = async (id: string) => (await ask('GET', `/${id}`))['rule'];
  const refused = (which: string) => ({
    code: 1,
    err: expect.stringMatching(
      new RegExp(`Nothing is applied: .* not made from, of [a-z-]+\\.[^]*--overwrite ${which}\\.`),
    ),
  });

  it('leaves an edit that was made in the console, until it is pulled', async () => {
    file('edited', 'a');
    expect(await apply()).toMatchObject({ code: 0 });
    file('edited', 'b');
    expect(await apply()).toMatchObject({ code: 0 });
    await ask('PATCH', '/edited', { rule: did('console') });
    file('edited', 'c');
    const planned = await segments('plan', dir);
    expect(planned.code).toBe(2);
    expect(planned.out).toMatch(/! version 3 of .* nor made of them; apply needs --overwrite all\n/);
    expect(await apply()).toMatchObject(refused('all'));
    expect(await apply('--overwrite', 'applied')).toMatchObject(refused('all'));
    expect(await ruleOf('edited')).toEqual(did('console'));
    await segments('pull', dir);
    expect(text('edited.yaml')).toContain('site: console');
    file('edited', 'c');
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await ruleOf('edited')).toEqual(did('c'));
  });

  it('leaves what was brought back, deleted or made in the console', async () => {
    file('back', 'a');
    await apply();
    file('back', 'b');
    await apply();
    await ask('POST', '/back/versions/1/restore', {});
    expect(await apply()).toMatchObject(refused('all'));
    await server.operator.send('DELETE', '/v1/segments/back');
    const json = await apply('--json');
    expect(JSON.parse(json.out)).toMatchObject({
      steps: [{ id: 'back', action: 'create', version: 4, overwrite: 'all' }],
    });
    expect(json).toMatchObject(refused('all'));
    rmSync(join(dir, 'back.yaml'));
    file('stays', 'a');
    await ask('POST', '', { id: 'from-console', name: 'C', rule: did('c') });
    expect(await apply('--delete')).toMatchObject(refused('all'));
    expect(await ruleOf('from-console')).toEqual(did('c'));
    expect(await apply('--delete', '--overwrite', 'all')).toMatchObject({ code: 0 });
  });

  it('overwrites what another apply has written only where that is said, as a build server does', async () => {
    file('built', 'a');
    await apply();
    // What is checked out anew holds the files alone.
    rmSync(join(dir, VERSIONS));
    file('built', 'b');
    expect(await apply()).toMatchObject(refused('applied'));
    expect(await apply('--overwrite', 'applied')).toMatchObject({ code: 0 });
    rmSync(join(dir, VERSIONS));
    rmSync(join(dir, 'built.yaml'));
    file('other', 'a');
    expect(await apply('--delete', '--overwrite', 'applied')).toMatchObject({ code: 0 });
    rmSync(join(dir, VERSIONS));
    file('built', 'c');
    expect(await apply('--overwrite', 'applied')).toMatchObject({ code: 0 });
    await ask('PATCH', '/built', { name: 'By hand' });
    rmSync(join(dir, VERSIONS));
    expect(await apply('--overwrite', 'applied')).toMatchObject(refused('all'));
    expect(await apply('--overwrite', 'some')).toMatchObject({ code: 2 });
  });

  it('takes versions that cannot be read for unknown, and writes them anew', async () => {
    file('merged', 'a');
    await apply();
    write(VERSIONS, `<<<<<<< ours\n${text(VERSIONS)}`);
    file('merged', 'b');
    const { code, err } = await apply();
    expect([code, err]).toEqual([1, expect.stringContaining('cannot be read')]);
    await segments('pull', dir);
    expect(JSON.parse(text(VERSIONS))).toMatchObject({ merged: [expect.stringMatching(/^1 \d{4}-.*Z$/)] });
  });
});
