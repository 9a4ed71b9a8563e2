// `npm run demo`: the product as `npm start` runs it, with believable traffic, so that a newcomer sees it at
// work within a minute. Everything stays on this machine; the data goes when it ends (or stays, where
// NINETY_DATA names a folder).
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, startNinety } from './bench/ninety.mjs';
import { client } from './demo/client.mjs';
import { randomFrom } from './demo/random.mjs';
import { PARTNER, SEGMENTS } from './demo/segments.mjs';
import { SITES } from './demo/sites.mjs';
import { sendTraffic } from './demo/traffic.mjs';

const BUILD_EVERY_MS = 15_000;
/** The first numbers come sooner: somebody is waiting for them. */
const FIRST_BUILD_MS = 8_000;
const SEED = 1990;

const say = (text = '') => process.stdout.write(`${text}\n`);
const ending = new AbortController();
// Every session under way listens for the end.
setMaxListeners(0, ending.signal);
const began = performance.now();

/** Makes what is not there yet: with a data folder that is kept, the second demo finds the first one's. */
async function ensure(ninety, collection, { id, ...body }) {
  const { status, text } = await ninety.ask(`/v1/${collection}`, { id, ...body });
  if (status === 201) return JSON.parse(text);
  if (status === 409) return ninety.api(`/v1/${collection}/${id}`);
  throw new Error(`${collection}/${id}: ${status} ${text}`);
}

async function prepare(ninety) {
  const sites = [];
  for (const site of SITES) {
    const { key } = await ensure(ninety, 'sites', { id: site.id, name: site.name, domains: [site.host] });
    sites.push({ ...site, key });
  }
  await ensure(ninety, 'partners', PARTNER);
  for (const segment of SEGMENTS) await ensure(ninety, 'segments', segment);
  const { key } = await ninety.api('/v1/keys', { name: 'The demo’s sites', scopes: ['collect'] });
  return { sites, collectKey: key };
}

function welcome(ninety) {
  say(`
  Ninety is running, with made-up visitors on ${SITES.length} made-up sites.

  Console    ${ninety.url}/
  Admin key  ${ninety.key}

  A segment under a partner's ids, as a DSP pulls it (from fifty members on):
    curl -H 'Authorization: Bearer ${ninety.key}' \\
      '${ninety.url}/v1/segments/home-cooks/members?as=${PARTNER.id}'

  For half a minute visitors come fast, then a few a second. The ${SEGMENTS.length} segments are built every
  ${BUILD_EVERY_MS / 1000} seconds here (every ten minutes otherwise). Ctrl-C ends it.
`);
}

const clock = () => {
  const seconds = Math.round((performance.now() - began) / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};
const number = (value) => (value ?? 0).toLocaleString('en-US');

/** Builds all segments now and says how large they are. */
async function buildAndSay(ninety) {
  await ninety.api('/v1/jobs/segments/run?wait=1', {});
  const [{ items }, counters] = await Promise.all([ninety.api('/v1/segments'), ninety.counters()]);
  const mine = new Map(items.map(({ id, size }) => [id, size]));
  const refused = Object.values(counters.refused).reduce((sum, n) => sum + n, 0);
  const reasons = Object.entries(counters.refused)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `${reason} ${number(n)}`);
  say(
    `  ${clock()}  ${number(counters.stored)} hits stored, ${number(refused)} refused: ${reasons.join(', ')}`,
  );
  say(`         ${SEGMENTS.map(({ id }) => `${id} ${number(mine.get(id))}`).join(' · ')}`);
}

async function buildEvery(ninety) {
  await sleep(FIRST_BUILD_MS, undefined, { signal: ending.signal });
  while (!ending.signal.aborted) {
    await buildAndSay(ninety);
    await sleep(BUILD_EVERY_MS, undefined, { signal: ending.signal });
  }
}

if (!existsSync(join(ROOT, 'dist/main.js'))) {
  say('\n  dist/ is missing. Run npm ci first, or npm run build.\n');
  process.exit(1);
}
const kept = process.env.NINETY_DATA && resolve(process.env.NINETY_DATA);
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'ninety-demo-')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    // Once more: at once.
    if (ending.signal.aborted) process.exit(1);
    say('\n  Ending …');
    ending.abort();
  });
let ninety;
// The server has a process group of its own, so that Ctrl-C reaches it by us, once.
process.on('exit', () => ninety?.kill());
try {
  ninety = await startNinety({
    folder,
    env: { PORT: process.env.PORT ?? '8090' },
    key: process.env.NINETY_ADMIN_KEY,
    detached: true,
  });
  const { sites, collectKey } = await prepare(ninety);
  welcome(ninety);
  const http = client(ninety.url);
  await Promise.all([
    sendTraffic({ http, sites, collectKey, random: randomFrom(SEED), signal: ending.signal }),
    buildEvery(ninety),
  ]).finally(() => http.close());
} catch (error) {
  if (!ending.signal.aborted) {
    say(`\n  ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
ending.abort();
await ninety?.stop();
if (kept === undefined) await rm(folder, { recursive: true, force: true });
