// How long the product takes from its start to listening with a data folder that holds something, and how
// much memory it has at rest, the embedded engine included.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SITES } from '../demo/sites.mjs';
import { atMost, conclude } from './aims.mjs';
import { MACHINE, machineText, median, residentMb, round } from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { readOptions } from './options.mjs';

const options = readOptions({
  name: 'bench:start',
  about: `
Fills a data folder with 100,000 hits of thirty days, then starts the product on it, again and again, until it
says that it listens; after the last start it waits and adds up the memory of server and embedded ClickHouse.
It takes about a minute and a half, twenty seconds with --short. Nothing else should run meanwhile.

Aims, each missed one a sentence and exit code 1: 3 s from start to listening (median), 700 MB at rest.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    rounds: { usual: 5, short: 2, help: 'starts' },
    'idle-seconds': { usual: 60, short: 5, help: 'seconds of rest before the memory is read' },
  },
});
const STARTS = options.rounds;
const IDLE_S = options['idle-seconds'];
const AIM_START_S = 3;
const AIM_MEMORY_MB = 700;
const REQUESTS = 100;
const HITS_A_REQUEST = 1000;
/** What a page's own day looks like to the engine: hits spread over the retention, a partition each day. */
const DAYS = 30;
const DAY_MS = 86_400_000;

const say = (text) => process.stderr.write(`${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-start-'));
const data = join(folder, 'data');

async function fill(ninety) {
  const { key: site } = await ninety.api('/v1/sites', { name: 'Bench', domains: [] });
  const pages = SITES.flatMap(({ host, articles }) => articles.map(([path, title]) => [host + path, title]));
  for (let request = 0; request < REQUESTS; request++) {
    const hits = Array.from({ length: HITS_A_REQUEST }, (_, number) => {
      const [page, title] = pages[(request + number) % pages.length];
      return {
        site,
        url: `https://${page}`,
        title,
        firstPartyId: `visitor-${(request * 7919 + number * 31) % 20_000}`,
        time: Date.now() - (number % DAYS) * DAY_MS,
      };
    });
    const { accepted } = await ninety.api('/v1/hits', hits);
    if (accepted !== HITS_A_REQUEST) throw new Error(`only ${accepted} of ${HITS_A_REQUEST} hits were taken`);
  }
  await ninety.api('/v1/segments', { id: 'cooks', name: 'Cooks', rule: { did: { category: '216' } } });
  const { size } = await ninety.api('/v1/segments/cooks/build?wait=1', {});
  return size;
}

try {
  say(`\n  ${machineText()}\n`);
  const first = await startNinety({ folder: data });
  say(`  first start, empty folder        ${round(first.startMs / 1000, 2)} s`);
  try {
    const size = await fill(first);
    say(`  filled with ${REQUESTS * HITS_A_REQUEST} hits of ${DAYS} days, a segment of ${size}`);
  } finally {
    await first.stop();
  }
  const starts = [];
  let ninety;
  let memory;
  for (let at = 1; at <= STARTS; at++) {
    ninety = await startNinety({ folder: data });
    try {
      starts.push(ninety.startMs / 1000);
      say(`  start ${at} of ${STARTS}                     ${round(starts.at(-1), 2)} s`);
      if (at === STARTS) {
        say(`  ${IDLE_S} s of rest`);
        await sleep(IDLE_S * 1000);
        memory = { server: residentMb(ninety.pid), engine: residentMb(ninety.enginePid()) };
      }
    } finally {
      await ninety.stop();
    }
  }
  const startS = round(median(starts), 2);
  const memoryMb = memory.server + memory.engine;
  say(`  median ${startS} s; server ${memory.server} MB + engine ${memory.engine} MB = ${memoryMb} MB\n`);
  const aims = conclude({
    start: atMost(AIM_START_S, startS, 'seconds from start to listening'),
    memory: atMost(AIM_MEMORY_MB, memoryMb, 'MB at rest, engine included'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'start',
      short: options.short,
      startS,
      firstStartS: round(first.startMs / 1000, 2),
      memoryMb,
      serverMb: memory.server,
      engineMb: memory.engine,
      hits: REQUESTS * HITS_A_REQUEST,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
