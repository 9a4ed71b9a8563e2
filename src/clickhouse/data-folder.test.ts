import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderError, lockDataFolder, readSecrets } from './data-folder.ts';

let home: string;
const others: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ninety-folder-'));
});

afterEach(async () => {
  for (const other of others.splice(0)) other.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

const built = fileURLToPath(new URL('../../dist/clickhouse/data-folder.js', import.meta.url));

/** Another process that takes the folder; resolves with what it printed: `held` or the reason of the refusal. */
async function takenByAnother(folder: string) {
  const code = `import { lockDataFolder } from ${JSON.stringify(built)};
    try { await lockDataFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1e6); }
    catch (e) { console.log(e.reason); }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(child);
  const [printed] = await once(child.stdout!, 'data');
  return { child, said: String(printed).trim() };
}

const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(DataFolderError);
      return error as DataFolderError;
    },
  );

describe('the lock of a data folder', () => {
  it('makes the folder for its owner alone, and is gone after the release', async () => {
    const folder = join(home, 'a', 'data');
    const lock = await lockDataFolder(folder);
    expect(lock.folder).toBe(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toHaveLength(1);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockDataFolder(folder)).release();
  });

  it('refuses a second process, naming the first and what to do', async () => {
    const { child, said } = await takenByAnother(home);
    expect(said).toBe('held');
    const error = await refusal(lockDataFolder(home));
    expect(error.reason).toBe('folder_locked');
    expect(error.holder).toBe(child.pid);
    expect(error.message).toContain(`process ${child.pid}`);
    expect(error.message).toContain('NINETY_DATA');
  });

  it('refuses a second holder in the same process', async () => {
    const lock = await lockDataFolder(home);
    expect((await refusal(lockDataFolder(home))).holder).toBe(process.pid);
    await lock.release();
  });

  it('lets at most one of several that start together have it', async () => {
    const said = (await Promise.all([1, 2, 3, 4].map(() => takenByAnother(home)))).map((other) => other.said);
    expect(said.filter((word) => word === 'held').length).toBeLessThanOrEqual(1);
    expect(said.filter((word) => word !== 'held' && word !== 'folder_locked')).toEqual([]);
  });

  it('dies with its process, also by SIGKILL, and clears away what the dead left', async () => {
    const { child } = await takenByAnother(home);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await readdir(home)).toHaveLength(1);
    const lock = await lockDataFolder(home);
    expect(await readdir(home)).toHaveLength(1);
    await lock.release();
  });

  it('is not deceived by a dead lock that bears the number of a living process', async () => {
    await writeFile(join(home, `lock.${process.pid}.0123456789abcdef`), '');
    const lock = await lockDataFolder(home);
    await lock.release();
  });

  it.runIf(process.platform === 'linux')(
    'holds in a folder whose path is longer than a socket name',
    async () => {
      const folder = join(home, 'x'.repeat(120));
      const lock = await lockDataFolder(folder);
      expect((await refusal(lockDataFolder(folder))).reason).toBe('folder_locked');
      await lock.release();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('says what to do about a folder that cannot be one', async () => {
    await writeFile(join(home, 'file'), '');
    const error = await refusal(lockDataFolder(join(home, 'file')));
    expect(error.reason).toBe('folder_unusable');
    expect(error.message).toContain('NINETY_DATA');
  });
});

describe('the secrets of a data folder', () => {
  it('are made once, for the owner alone, and read at every later start', async () => {
    const folder = join(home, 'new');
    const first = await readSecrets(folder, {});
    expect(first.secret).toMatch(/^[\w-]{43}$/);
    expect(first.enginePassword).toMatch(/^[\w-]{43}$/);
    expect(first.secret).not.toBe(first.enginePassword);
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['secrets.json']);
    expect(await readSecrets(folder, {})).toMatchObject(first);
  });

  it('give way to the operator’s own secret, which is not written down', async () => {
    const own = 'an operator’s own secret, long enough';
    const { secret, enginePassword } = await readSecrets(home, { secret: own });
    expect(secret).toBe(own);
    const text = await readFile(join(home, 'secrets.json'), 'utf8');
    expect(text).not.toContain(own);
    const later = await readSecrets(home, { secret: undefined });
    expect(later.enginePassword).toBe(enginePassword);
    expect(later.secret).not.toBe(own);
  });

  it('lose a mode that lets others read them', async () => {
    await readSecrets(home, {});
    await chmod(join(home, 'secrets.json'), 0o644);
    await readSecrets(home, {});
    expect((await stat(join(home, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['half a file', '{"secret": "abc'],
    ['a file without the password', '{"secret": "0123456789012345678901234567"}'],
    ['an empty file', ''],
  ])('are never replaced when damaged: %s', async (_, text) => {
    const file = join(home, 'secrets.json');
    await writeFile(file, text);
    const error = await refusal(readSecrets(home, {}));
    expect(error.reason).toBe('secrets_unreadable');
    expect(error.message).toContain('backup');
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('cannot be made where nothing can be written', async () => {
    await mkdir(join(home, 'secrets.json'));
    expect((await refusal(readSecrets(home, {}))).reason).toBe('secrets_unreadable');
    expect(existsSync(join(home, 'secrets.json'))).toBe(true);
  });
});
