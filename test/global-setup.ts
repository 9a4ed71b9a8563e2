import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startEngine } from '../src/clickhouse/engine.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const IN_MEMORY = '/dev/shm';
/** Of free memory. What lay there at once was never a hundredth of it; engines and browsers need theirs. */
const ROOM_BYTES = 4 * 2 ** 30;

/**
 * Where the tests' data folders go: into memory where there is room. ClickHouse and the journal bring every insert,
 * table and file to the disk before they answer (`fsync`), and what that is for, a machine that loses its power, no
 * test can show: of a process that is killed everything written stays, in memory as on a disk.
 */
async function placeForFolders(): Promise<string> {
  if (process.env['TMPDIR']) return process.env['TMPDIR'];
  const { bavail, bsize } = await statfs(IN_MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return Math.min(bavail * bsize, freemem()) >= ROOM_BYTES ? IN_MEMORY : tmpdir();
}

/** Takes away what a run left that was killed: in memory it would stay there. */
async function removeLeftOvers(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const pid = Number(/^ninety-tests-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isThere(pid)) await rm(join(place, name), { recursive: true, force: true });
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Once for all test files: builds dist/ (the engine's child process and the commands are run from there) and
 * starts the engine that the files share. With TEST_CLICKHOUSE_URL, `_USER` and `_PASSWORD` they use that
 * server instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  const place = await placeForFolders();
  await removeLeftOvers(place);
  const folder = await mkdtemp(join(place, `ninety-tests-${process.pid}-`));
  const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  // The processes of the test files are started with it.
  process.env['TMPDIR'] = folder;
  const {
    TEST_CLICKHOUSE_URL: url,
    TEST_CLICKHOUSE_USER: user,
    TEST_CLICKHOUSE_PASSWORD: password,
  } = process.env;
  if (url) {
    project.provide('engine', { url, user: user ?? 'default', password: password ?? '' });
    return removeFolder;
  }
  const engine = await startEngine({
    folder: join(folder, 'engine'),
    // As many files as there are workers ask it at once, some of them for a million rows.
    memoryBytes: 2 ** 31,
    password: randomBytes(16).toString('hex'),
    log: (event) => {
      if (event.event === 'engine_exited') console.error('The shared engine of the tests ended', event);
    },
  });
  project.provide('engine', { url: engine.url, user: engine.user, password: engine.password });
  return async () => {
    await engine.stop();
    await removeFolder();
  };
}
