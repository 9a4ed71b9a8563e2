import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { describe } from 'vitest';

/** Also what the pictures are taken with. */
const chosen = JSON.parse(readFileSync(new URL('../scripts/chromium.json', import.meta.url), 'utf8')) as {
  readonly path: string;
  readonly args: string[];
};
const { args } = chosen;
const path = process.env.CHROMIUM_PATH || chosen.path;

/**
 * Starts the Chromium of this machine: the one that `CHROMIUM_PATH` names, else Debian's.
 *
 * @throws where there is none, or where it does not start.
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args });
}

/**
 * The same as a person's browser with a profile on disk, in which third-party cookies are allowed or blocked by
 * the person's own setting. A context that leaves nothing behind, as tests use them otherwise, blocks them always.
 *
 * @param userAgent by its own name a headless Chromium is taken for the tool it is.
 */
export async function launchProfile(thirdPartyCookies: boolean, userAgent: string): Promise<BrowserContext> {
  const folder = await mkdtemp(join(tmpdir(), 'ninety-chromium-'));
  await mkdir(join(folder, 'Default'));
  const profile = {
    cookie_controls_mode: thirdPartyCookies ? 0 : 1,
    block_third_party_cookies: !thirdPartyCookies,
  };
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify({ profile }));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: executable(),
    args,
    userAgent,
  });
  context.on('close', () => void rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return context;
}

function executable(): string {
  if (!existsSync(path)) throw new Error(`No Chromium at ${path}: install it, or set CHROMIUM_PATH.`);
  return path;
}

/**
 * A suite that needs Chromium. Without one it is skipped and says so; on CI, and where `CHROMIUM_PATH` was
 * set, it runs and fails instead, because a browser test that never runs there would not be missed.
 */
export function describeInChromium(name: string, suite: () => void): void {
  if (existsSync(path) || process.env.CI || process.env.CHROMIUM_PATH) describe(name, suite);
  else describe.skip(`${name} (skipped: no Chromium at ${path}; install it, or set CHROMIUM_PATH)`, suite);
}
