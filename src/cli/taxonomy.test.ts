import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ninety } from '../../test/command.ts';
import { testServer } from '../api/server.testing.ts';

const server = await testServer();
const taxonomy = (...args: string[]) =>
  ninety(['taxonomy', ...args, '--url', server.url, '--key', server.operator.key]);

/** Where the official files lie beside the project; they are not part of the repository. */
const OFFICIAL = new URL('../../../shared/data/iab/', import.meta.url);

let folder: string;
const file = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-taxonomy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const HEAD =
  'Relational ID System\t\t\tContent Taxonomy v3.1 Tiered Categories\t\t\t\tExtension\r\nUnique ID\tParent\tName\tTier 1\tTier 2\tTier 3\tTier 4\t\r\n';

describe('ninety taxonomy', () => {
  it.each(['import', 'list', 'show'])('%s has a help with examples', async (command) => {
    const { code, out } = await ninety(['taxonomy', command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`$ npx ninety taxonomy ${command}`);
    expect(out).toContain('Exit codes:');
  });

  it('lists and shows what the product uses itself', async () => {
    expect((await taxonomy('list', 'tennis', '--taxonomy', 'audience-1.1')).out).toMatch(
      /\n {2}audience-1\.1 +669 +Interest > Sports > Tennis +scored\n/,
    );
    const { out } = await taxonomy('show', '539');
    expect(out).toMatch(/\n {2}name +Sports > Tennis\n/);
    expect(out).toMatch(/\n {2}leads to +669 Interest > Sports > Tennis\n/);
  });

  it('imports files, says what it read, and shows the names from then on', async () => {
    const path = await file('content.tsv', `${HEAD}Rm3SiT\t\tNew\tNew\r\nx y\t\tA\tA\r\n`);
    expect((await taxonomy('show', 'Rm3SiT')).code).toBe(1);
    const { code, out } = await taxonomy('import', path);
    expect(code).toBe(0);
    expect(out).toContain('IAB Content Taxonomy 3.1');
    expect(out).toMatch(/\n {2}ids +1\n/);
    expect(out).toContain('Left out: line 4 (bad_id).');
    expect((await taxonomy('show', 'Rm3SiT')).out).toMatch(/\n {2}known from +an imported file\n/);
  });

  it('stores nothing of a file that is none, and the others', async () => {
    const good = await file('good.tsv', `${HEAD}999\t\tNew\tNew\r\n`);
    const other = await file('other.tsv', 'a\tb\n1\t2\n');
    const { code, err } = await taxonomy('import', other, good);
    expect(code).toBe(1);
    expect(err).toContain(`${other}: No column is called Unique ID`);
    expect((await taxonomy('show', '999')).code).toBe(0);
  });

  it.skipIf(!existsSync(OFFICIAL))('takes the official files as they are', async () => {
    const files = ['audience-taxonomy-1.1.tsv', 'content-taxonomy-3.1.tsv', 'content-taxonomy-2.2.tsv'];
    const { code, out } = await taxonomy(
      'import',
      ...files.map((name) => fileURLToPath(new URL(name, OFFICIAL))),
    );
    expect(code).toBe(0);
    for (const n of ['1,558', '704', '1,196']) expect(out).toMatch(new RegExp(`\\n {2}ids +${n}\\n`));
    expect((await taxonomy('show', '1448')).out).toMatch(/\n {2}visitors are scored +no\n/);
  });

  it.each([
    ['a taxonomy that is none', ['list', '--taxonomy', 'x'], 2, '--taxonomy must be one of'],
    ['a file that is not there', ['import', '/nowhere/at/all.tsv'], 1, 'does not exist'],
    ['an id that nobody knows', ['show', 'zz'], 1, 'has the id zz'],
  ])('refuses %s', async (_, args, code, said) => {
    expect(await taxonomy(...args)).toMatchObject({ code, err: expect.stringContaining(said) });
  });
});
