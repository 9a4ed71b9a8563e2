import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startEngine } from '../src/clickhouse/engine.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Once for all test files: builds dist/ (the engine's child process and the commands are run from there) and
 * starts the engine that the files share. With TEST_CLICKHOUSE_URL, `_USER` and `_PASSWORD` they use that
 * server instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
  const {
    TEST_CLICKHOUSE_URL: url,
    TEST_CLICKHOUSE_USER: user,
    TEST_CLICKHOUSE_PASSWORD: password,
  } = process.env;
  if (url) {
    project.provide('engine', { url, user: user ?? 'default', password: password ?? '' });
    return async () => {};
  }
  const folder = await mkdtemp(join(tmpdir(), 'ninety-test-engine-'));
  const engine = await startEngine({
    folder,
    memoryBytes: 2 ** 30,
    password: randomBytes(16).toString('hex'),
    log: (event) => {
      if (event.event === 'engine_exited') console.error('The shared engine of the tests ended', event);
    },
  });
  project.provide('engine', { url: engine.url, user: engine.user, password: engine.password });
  return async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
