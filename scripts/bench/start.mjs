// How long the product takes from its start to listening with a data folder that holds something, and how
// much memory it has at rest, the embedded engine included.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SITES } from '../demo/sites.mjs';
import { MACHINE, machineText, median, residentMb, round } from './machine.mjs';
import { startNinety } from './ninety.mjs';

const STARTS = Number(process.env.BENCH_ROUNDS ?? 5);
const IDLE_S = Number(process.env.BENCH_IDLE_SECONDS ?? 60);
const REQUESTS = 100;
const HITS_A_REQUEST = 1000;
/** What a page's own day looks like to the engine: hits spread over the retention, a partition each day. */
const DAYS = 30;
const DAY_MS = 86_400_000;

const say = (text) => process.stdout.write(`${text}\n`);
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
      if (at === STARTS) {
        await sleep(IDLE_S * 1000);
        memory = { server: residentMb(ninety.pid), engine: residentMb(ninety.enginePid()) };
      }
    } finally {
      await ninety.stop();
    }
  }
  const startS = round(median(starts), 2);
  say(
    `  start to listening               ${starts.map((s) => round(s, 2)).join(', ')} s; median ${startS} s`,
  );
  say(
    `  memory after ${IDLE_S} s at rest       server ${memory.server} MB + engine ${memory.engine} MB = ${memory.server + memory.engine} MB\n`,
  );
  say(
    JSON.stringify({
      bench: 'start',
      startS,
      firstStartS: round(first.startMs / 1000, 2),
      memoryMb: memory.server + memory.engine,
      serverMb: memory.server,
      engineMb: memory.engine,
      hits: REQUESTS * HITS_A_REQUEST,
      machine: MACHINE,
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
