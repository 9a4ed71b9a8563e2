import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'pixel/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: true,
    // Many a test waits, for a browser, a schedule or a server that was killed: one more than there are cores; not
    // more than the one engine that they share has memory for.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
  },
});
