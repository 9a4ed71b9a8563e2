// `npm run screenshots [-- folder] [page…]`: every page of the console in light, dark and narrow, of a server of its own
// that is filled with the scenario `newsroom`, or of the one that NINETY_URL and NINETY_KEY name.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { startNinety } from './bench/ninety.mjs';
import { seed } from './seed/seed.mjs';

const WIDE = { width: 1280, height: 860 };
const LOOKS = {
  light: { colorScheme: 'light', viewport: WIDE },
  dark: { colorScheme: 'dark', viewport: WIDE },
  narrow: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

/** By name: the address. VISITOR is somebody who is in a segment. */
const PAGES = {
  overview: '/',
  segments: '/console/segments',
  segment: '/console/segments/football-fans',
  builder: '/console/segments/car-or-sports/edit',
  overlap: '/console/segments/-overlap',
  destinations: '/console/destinations',
  destination: '/console/destinations/partner-files',
  sites: '/console/sites',
  site: '/console/sites/demo-news',
  visitors: '/console/visitors',
  visitor: '/console/visitors?id=VISITOR',
  partners: '/console/partners',
  partner: '/console/partners/north-dsp',
  models: '/console/models',
  model: '/console/models/gender',
  privacy: '/console/privacy',
  jobs: '/console/jobs',
  keys: '/console/keys',
  audit: '/console/audit',
  settings: '/console/settings',
};

const USAGE = `Usage: npm run screenshots [-- folder] [page…]

Takes every page of the console, or those named, in light, dark and narrow into a folder (./screenshots): of a server of
its own with the scenario newsroom, or of the one that NINETY_URL and NINETY_KEY name.

Pages: sign-in, ${Object.keys(PAGES).join(', ')}
`;

const [folder = 'screenshots', ...wanted] = process.argv.slice(2);
const unknown = wanted.filter((page) => page !== 'sign-in' && !(page in PAGES));
if (folder.startsWith('-') || unknown.length > 0) {
  const isHelp = folder === '--help' || folder === '-h';
  if (unknown.length > 0) process.stderr.write(`No such page: ${unknown.join(', ')}\n\n`);
  process[isHelp ? 'stdout' : 'stderr'].write(USAGE);
  process.exit(isHelp ? 0 : 1);
}
const out = resolve(folder);
await mkdir(out, { recursive: true });
const data = await mkdtemp(join(tmpdir(), 'ninety-screenshots-'));
const given = process.env.NINETY_URL;
const ninety =
  given === undefined
    ? await startNinety({ folder: data })
    : { url: given, key: process.env.NINETY_KEY, stop: async () => {} };
const { path: installed, args } = JSON.parse(
  await readFile(new URL('chromium.json', import.meta.url), 'utf8'),
);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH || installed, args });
try {
  if (given === undefined) await seed({ name: 'newsroom' }, { ...process.env, NINETY_DATA: data });
  const members = await fetch(`${ninety.url}/v1/segments/home-cooks/members?as=visitor`, {
    headers: { authorization: `Bearer ${ninety.key}` },
  });
  const visitor = JSON.parse((await members.text()).split('\n', 1)[0]).id;
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`${look}: ${error}`));
    page.on(
      'console',
      (message) => message.type() === 'error' && console.error(`${look}: ${message.text()}`),
    );
    await page.goto(ninety.url);
    await page.getByLabel('Key').waitFor();
    await page.screenshot({ path: join(out, `sign-in-${look}.png`) });
    await page.getByLabel('Key').fill(ninety.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation').waitFor();
    for (const [name, path] of Object.entries(PAGES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      await page.goto(ninety.url + path.replace('VISITOR', visitor));
      await page.locator('main h1').waitFor();
      // Numbers come after the page, charts after the numbers, and move for a moment.
      await page.locator('.loading, .spinner').first().waitFor({ state: 'detached' });
      await page.waitForTimeout(1_500);
      await page.screenshot({ path: join(out, `${name}-${look}.png`), fullPage: true });
    }
    await context.close();
  }
  console.log(`Pictures are in ${out}.`);
} finally {
  await browser.close();
  await ninety.stop();
  await rm(data, { recursive: true, force: true });
}
