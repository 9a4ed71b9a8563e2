// A real server under steady load while its ClickHouse is away: how much memory the collector takes meanwhile, how
// long it needs to catch up, and whether every acknowledged hit is there exactly once.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine } from '../dist/clickhouse/engine.js';
import { atMost, conclude, exactly } from './bench/aims.mjs';
import { MACHINE, machineText, residentMb, round } from './bench/machine.mjs';
import { flatMemory, memoryShown, watchMemory } from './bench/memory.mjs';
import { startNinety } from './bench/ninety.mjs';
import { readOptions } from './bench/options.mjs';
import { journalOf, shipAll } from './bench/settle.mjs';
import { countNumbered } from './soak/count.mjs';
import { gateBefore } from './soak/gate.mjs';
import { steadyLoad } from './soak/load.mjs';

const options = readOptions({
  name: 'soak',
  about: `
Sends numbered hits at a steady rate to a real server, takes its ClickHouse away for some minutes, gives it back,
and then counts every hit in ClickHouse. It takes those minutes, one more before and after, and as long as the
catching up does: some quarter of an hour, a minute with --short.

Aims, each missed one a sentence and exit code 1: no acknowledged hit lost, none there twice; every request
answered; nothing refused (but as journal_full once the quota is reached); the collector at no time above 400 MB,
and while ClickHouse is away flat (the median of the last fifth of the time at most 1.2 times that of the second
fifth; judged from two minutes on); caught up in ten minutes, or in as long as ClickHouse was away; nothing set aside.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    minutes: {
      usual: 10,
      short: 0.5,
      least: 0.1,
      fraction: true,
      help: 'minutes for which ClickHouse is away',
    },
    rate: { usual: 2000, short: 500, help: 'hits a second' },
    'quota-mb': { usual: 4096, short: 4096, least: 16, help: 'megabytes of journal that may wait' },
  },
});
const { minutes, rate, 'quota-mb': quotaMb } = options;

/** Many requests a second on each, so that no connection idles until the server closes it. */
const CONNECTIONS = Math.min(64, Math.ceil(rate / 20));
const BESIDE_S = options.short ? 5 : 30;
const LOOK_S = 10;
const CATCH_UP_S = Math.max(600, minutes * 60);
/** A file or two always wait: one is closed each second. */
const FEW_FILES = 10;
/**
 * A young generation of 64 MB, of which there may be three; two batches of 4 MiB for each of five streams; program,
 * places and what is remembered of visitors, pages and browsers.
 */
const MOST_MB = 400;
/** Hits may fill fifteen sixteenths of the quota, the file of 8 MiB that is being written included. */
const FULL_MB = (quotaMb * 15) / 16 - 8;

const began = performance.now();
const clock = () => `${round((performance.now() - began) / 1000)} s`.padStart(7);
const say = (text) => process.stderr.write(`${clock()}  ${text}\n`);

const folder = await mkdtemp(join(tmpdir(), 'ninety-soak-'));
const password = randomBytes(16).toString('hex');
let engine;
let gate;
let ninety;
let mostMb = 0;

/** Text of a query's answer, asked past the gate. */
async function ask(sql) {
  const answer = await fetch(engine.url, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': engine.user, 'X-ClickHouse-Key': password },
    body: sql,
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function journal() {
  const state = await journalOf(ninety);
  mostMb = Math.max(mostMb, state.mb);
  return state;
}

/** Looks at the collector's memory for so long, and tells what waits. */
const watch = (seconds, what) =>
  watchMemory(ninety.pid, seconds, async (memory, at) => {
    if (at % LOOK_S !== 0 && at !== seconds) return;
    const { files, mb } = await journal();
    say(`${what}: ${memory} MB resident, ${files} files of ${mb} MB wait`);
  });

/** Waits until only the newest files wait. @returns seconds, undefined where it gave up, and memory meanwhile. */
async function catchUp() {
  const back = performance.now();
  const seconds = () => round((performance.now() - back) / 1000, 1);
  const looks = [];
  for (let told = 0; seconds() < CATCH_UP_S; await sleep(500)) {
    looks.push(residentMb(ninety.pid));
    const { files, mb } = await journal();
    if (files < FEW_FILES) return { caughtUp: seconds(), looks };
    if (seconds() - told < LOOK_S) continue;
    told = seconds();
    say(`catching up: ${looks.at(-1)} MB resident, ${files} files of ${mb} MB wait`);
  }
  return { caughtUp: undefined, looks };
}

try {
  say(machineText());
  engine = await startEngine({
    folder: join(folder, 'engine'),
    memoryBytes: 2 ** 31,
    password,
    log: () => undefined,
  });
  gate = await gateBefore(engine.url);
  ninety = await startNinety({
    folder: join(folder, 'data'),
    env: {
      CLICKHOUSE_URL: gate.url,
      CLICKHOUSE_USER: engine.user,
      CLICKHOUSE_PASSWORD: password,
      NINETY_JOURNAL_QUOTA_MB: String(quotaMb),
      NINETY_LOG_LEVEL: 'error',
    },
  });
  const { key } = await ninety.api('/v1/sites/main');
  const { load, end } = steadyLoad({ url: ninety.url, siteKey: key, rate, connections: CONNECTIONS });

  say(`sending ${rate} hits a second`);
  const before = await watch(BESIDE_S, 'before');
  const atShut = { sent: load.sent, at: performance.now() };
  await gate.shut();
  say(`ClickHouse is away for ${minutes} minutes`);
  const away = await watch(minutes * 60, 'away');
  const awayRate = (load.sent - atShut.sent) / ((performance.now() - atShut.at) / 1000);
  await gate.open();
  say('ClickHouse is back');
  const { caughtUp, looks: catching } = await catchUp();
  say(caughtUp === undefined ? 'it has not caught up' : `caught up after ${caughtUp} s, under the same load`);
  const after = await watch(BESIDE_S, 'after');
  await end();
  const missing = await shipAll(ninety, { told: say });
  for (const line of missing) say(line);
  const { setAside } = await journal();

  say(`${load.sent} sent, ${load.acknowledged.length} acknowledged; counting them`);
  const { found, lost, doubled } = await countNumbered(ask, load);
  const all = [before, away, catching, after];
  const { journal_full: full = 0, ...otherwise } = load.refused;
  const refused = Object.values(otherwise).reduce((sum, count) => sum + count, mostMb < FULL_MB ? full : 0);
  const aims = conclude({
    lost: exactly(
      0,
      lost.hits + lost.features,
      'acknowledged hits, and features of them, that are not there',
    ),
    doubled: exactly(0, doubled.hits + doubled.features, 'hits, and features of them, that are there twice'),
    unanswered: exactly(0, load.unanswered, 'requests without an answer'),
    refused: exactly(0, refused, 'hits refused while the journal had room'),
    memory: atMost(MOST_MB, Math.max(...all.flat()), 'most MB that the collector had at any time'),
    growth: flatMemory(away, 'the collector while ClickHouse was away'),
    caughtUp: atMost(CATCH_UP_S, caughtUp, 'seconds until it had caught up'),
    setAside: exactly(0, setAside.length, 'files set aside'),
  });
  if (lost.hits + lost.features + doubled.hits + doubled.features === 0)
    say('every acknowledged hit is there exactly once');
  process.stdout.write(
    `${JSON.stringify({
      soak: { minutes, rate, rateReached: round(awayRate), quotaMb, short: options.short },
      sent: load.sent,
      acknowledged: load.acknowledged.length,
      refused: load.refused,
      unanswered: load.unanswered,
      slowestMs: round(load.slowestMs),
      residentMb: {
        before: memoryShown(before),
        away: memoryShown(away),
        catchingUp: memoryShown(catching),
        after: memoryShown(after),
      },
      waitedMostMb: mostMb,
      caughtUpS: caughtUp ?? null,
      missing,
      setAside: setAside.map(({ file, reason }) => ({ file, reason })),
      found,
      lost,
      doubled,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  await ninety?.stop();
  await gate?.shut();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
}
