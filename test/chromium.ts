import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { describe } from 'vitest';

const path = process.env.CHROMIUM_PATH || '/usr/bin/chromium';

/**
 * Starts the Chromium of this machine: the one that `CHROMIUM_PATH` names, else Debian's.
 *
 * @throws where there is none, or where it does not start.
 */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(path)) throw new Error(`No Chromium at ${path}: install it, or set CHROMIUM_PATH.`);
  return chromium.launch({
    executablePath: path,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A suite that needs Chromium. Without one it is skipped and says so; on CI, and where `CHROMIUM_PATH` was
 * set, it runs and fails instead, because a browser test that never runs there would not be missed.
 */
export function describeInChromium(name: string, suite: () => void): void {
  if (existsSync(path) || process.env.CI || process.env.CHROMIUM_PATH) describe(name, suite);
  else describe.skip(`${name} (skipped: no Chromium at ${path}; install it, or set CHROMIUM_PATH)`, suite);
}
