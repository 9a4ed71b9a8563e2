import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'pixel/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    // What ends a test that hangs, and nothing that a busy machine could need: no test has a shorter one of its own.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The usual second is not enough on a machine that is busy; what is there sooner is not waited for.
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: true,
    // Many a test waits, for a browser, a schedule or a server that was killed: one more than there are cores; not
    // more than the one engine that they share has memory for.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
  },
});
