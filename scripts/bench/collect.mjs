// How fast the whole collector is beside servers that do nothing: in one run, each server on one core and the
// load on the other, rounds interleaved, medians. Then other traffic (consent strings, Client Hints, batches),
// half of the peak, minutes of load, and two workers. Every acknowledged hit must then be in ClickHouse.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, atMost, conclude, exactly } from './aims.mjs';
import { startBare } from './bare-server.mjs';
import { MACHINE, machineText, needs, pin, round, yieldToOthers } from './machine.mjs';
import { flatMemory, memoryShown, watchMemory } from './memory.mjs';
import { startNinety } from './ninety.mjs';
import { readOptions } from './options.mjs';
import { batchRequests, pixelRequests } from './requests.mjs';
import { compare, LOAD_CORE, one, ownPrefix, ratios, SERVER_CORE } from './rounds.mjs';
import { settle } from './settle.mjs';
import { cookies, ENV, FRESH, REQUESTS, siteOf, trafficOn, VISITORS, writeRequests } from './traffic.mjs';
import { CONNECTIONS, load } from './wrk.mjs';

const options = readOptions({
  name: 'bench:collect',
  about: `
Loads the whole collector (site, cookie, consent, place, user agent, a line in the journal before the answer)
and servers that answer a constant GIF and do nothing else, bare node:http and bare hono, in turn: the servers
on one core, the load and the embedded ClickHouse on another. Then requests with TC strings, with Client Hints,
batches of 20, half of the peak load, load for minutes while memory is watched, and one and two workers.
At the end every acknowledged hit is looked for in ClickHouse. Needs wrk, and two cores.

It takes about eleven minutes (under two with --short), and then as long as the engine needs to catch up, for
which it waits at most twenty minutes. Nothing else should run on the machine meanwhile.

Aims, each missed one a sentence and exit code 1: the pixel path at least 0.9 of bare hono; 60,000 hits/s in
batches, on the machine of the README's figures; p99 at half of the peak at most 10 ms, with the engine, which
shares the load's core, standing still; flat memory (the median of the last fifth of the load at most 1.2 times
that of the second fifth; judged from two minutes on); nothing refused or failed; every acknowledged hit in
ClickHouse.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    rounds: { usual: 5, short: 1, help: 'rounds of load on each server' },
    seconds: { usual: 8, short: 3, help: 'seconds of a round' },
    'memory-seconds': { usual: 300, short: 10, least: 5, help: 'seconds of load while memory is watched' },
  },
});
needs('wrk', 'apt-get install wrk');
needs('taskset', 'it is part of util-linux');
needs('renice', 'it is part of util-linux');

const { rounds: ROUNDS, seconds: ROUND_S, 'memory-seconds': MEMORY_S } = options;
/** Of the cases beside the first. */
const FEWER_ROUNDS = Math.ceil(ROUNDS / 2);
/** Hits of one batch. */
const BATCH = 20;
const TELL_EVERY_S = 30;

const AIM_OF_HONO = 0.9;
const AIM_BATCHED = 60_000;
const AIM_P99_MS = 10;

const tell = (text) => process.stderr.write(`  ${text}\n`);
const started = [];
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-collect-'));

function table(result) {
  // CPU time stays true where other programs share the machine, and requests per second do not.
  tell('\n  server    requests/s   p50 ms   p99 ms   of node   of hono   CPU µs a request   hono by CPU');
  for (const [name, { perSecond, p50, p99, cpuUs }] of Object.entries(result)) {
    const of = (other) => (perSecond / result[other].perSecond).toFixed(2);
    const columns = [
      [perSecond, 13],
      [p50, 9],
      [p99, 9],
      [of('node'), 10],
      [of('hono'), 10],
      [cpuUs, 19],
      [(result.hono.cpuUs / cpuUs).toFixed(2), 14],
    ];
    tell(`${name.padEnd(7)}${columns.map(([value, width]) => String(value).padStart(width)).join('')}`);
  }
  tell('');
}

/**
 * Under half of the peak: connections rest between their requests. Bare hono is loaded at the same rate in turn, first
 * with the engine at work, which takes in and merges hits on the load's core, then with the engine standing still: what
 * hono needs is the machine's and the load's own, and with the engine at work that alone was 2 to 12 ms.
 */
async function halfOfPeak({ hono, ninety }, file, peak, engine) {
  // An answer takes about a millisecond there.
  const restMs = (2 * 1000 * CONNECTIONS) / peak - 1;
  const run = () => compare({ hono, ninety }, file, FEWER_ROUNDS, ROUND_S, tell, { restMs });
  const atWork = await run();
  process.kill(engine, 'SIGSTOP');
  const still = await run().finally(() => process.kill(engine, 'SIGCONT'));
  const latencies = (found) => ({
    p50: found.ninety.p50,
    p99: found.ninety.p99,
    honoP50: found.hono.p50,
    honoP99: found.hono.p99,
  });
  const { perSecond } = still.ninety;
  return {
    perSecond,
    ofPeak: round(perSecond / peak, 2),
    ...latencies(still),
    engineAtWork: latencies(atWork),
  };
}

/** Load without a pause, and the server's memory meanwhile. */
async function longLoad(server, file) {
  tell(`${MEMORY_S} s of load, memory watched`);
  const [{ failed }, looks] = await Promise.all([
    one(server, file, MEMORY_S),
    watchMemory(server.pid, MEMORY_S, (mb, at) => {
      if (at % TELL_EVERY_S === 0) tell(`${at} of ${MEMORY_S} s   ${mb} MB`);
    }),
  ]);
  return { failed, looks };
}

/** Requests a second of one and of two workers, all processes on all cores. */
async function workers() {
  const found = {};
  for (const count of [1, 2]) {
    const env = { ...ENV, NINETY_WORKERS: String(count) };
    const ninety = await startNinety({ folder: join(folder, `workers-${count}`), env });
    try {
      const requests = pixelRequests(trafficOn(await siteOf(ninety)));
      const { file } = await writeRequests(folder, 'workers', requests);
      const run = () => load({ url: ninety.url, seconds: ROUND_S, file, prefix: ownPrefix() });
      await run();
      found[count] = round((await run()).perSecond);
    } finally {
      await ninety.stop();
    }
  }
  return found;
}

try {
  tell(`\n  ${machineText()}`);
  tell(`Servers on core ${SERVER_CORE}; load and the embedded engine on core ${LOAD_CORE}.`);
  const ninety = await startNinety({ folder: join(folder, 'data'), core: SERVER_CORE, env: ENV });
  started.push(ninety.stop);
  // The engine is a process of its own, with cores of its own where it matters; here it shares the load's,
  // so that the server's core is the collector's alone: parsing, deciding, journal and shipping. It gives way to
  // the load, or the collector would wait for requests that the load cannot send.
  pin(ninety.enginePid(), LOAD_CORE);
  yieldToOthers(ninety.enginePid());
  const siteKey = await siteOf(ninety);
  tell(`${VISITORS} visitors get their cookies, but for ${FRESH * 100} % who have none`);
  const known = await cookies(ninety, siteKey);
  const traffic = trafficOn(siteKey, (number) => known[number]);
  const write = (name, requests) => writeRequests(folder, name, requests);
  const base = await write('base', pixelRequests(traffic));
  const bare = { node: await startBare('node', SERVER_CORE), hono: await startBare('hono', SERVER_CORE) };
  started.push(bare.node.stop, bare.hono.stop);
  const servers = { ...bare, ninety };

  tell(`${REQUESTS} different requests of ${base.bytes} bytes\n`);
  const result = await compare(servers, base.file, ROUNDS, ROUND_S, tell);
  table(result);

  const cases = {};
  for (const [name, what, more] of [
    ['tcf', 'with a TC string', { consent: true }],
    ['hints', 'with Client Hints', { hints: true }],
  ]) {
    const { file, bytes } = await write(name, pixelRequests({ ...traffic, ...more }));
    tell(`each ${what}, ${bytes} bytes`);
    const found = ratios(await compare({ hono: servers.hono, ninety }, file, FEWER_ROUNDS, ROUND_S, tell));
    tell(`  ${found.ratio} of hono (by CPU ${found.ratioByCpu}, ${found.cpuUs} µs a request)`);
    cases[name] = found;
  }

  tell(`in batches of ${BATCH}`);
  const batches = await write('batches', batchRequests({ ...traffic, count: REQUESTS / BATCH, size: BATCH }));
  const { ninety: batch } = await compare({ ninety }, batches.file, FEWER_ROUNDS, ROUND_S, tell);
  cases.batches = { hitsPerSecond: batch.perSecond * BATCH, cpuUsPerHit: round(batch.cpuUs / BATCH, 1) };
  tell(`  ${cases.batches.hitsPerSecond} hits/s, ${cases.batches.cpuUsPerHit} µs of CPU a hit`);

  // The batches left more than the engine could take in meanwhile: half of the peak is a load that it keeps up with.
  const taken = await ninety.counters();
  await settle(ninety, taken.stored, { told: tell });
  tell('at half of the peak, the engine at work and standing still');
  cases.half = await halfOfPeak(servers, base.file, result.ninety.perSecond, ninety.enginePid());
  const { ofPeak, engineAtWork, ...still } = cases.half;
  for (const [what, { p50, p99, honoP50, honoP99 }] of Object.entries({ engineAtWork, still }))
    tell(`  ${what}, at ${ofPeak} of it: p50 ${p50} ms (hono ${honoP50}), p99 ${p99} ms (hono ${honoP99})`);

  const { failed, looks } = await longLoad(ninety, base.file);
  const memory = memoryShown(looks);
  tell(`  ${memory.lowest} to ${memory.highest} MB; medians of its fifths ${memory.fifths.join(', ')} MB`);

  const { stored, refused } = await ninety.counters();
  const { inClickHouse, missing } = await settle(ninety, stored, { told: tell });
  tell(`acknowledged ${stored}, in ClickHouse ${inClickHouse}, refused ${JSON.stringify(refused)}`);
  for (const line of missing) tell(`  missing: ${line}`);
  for (const stop of started.reverse().splice(0)) await stop();

  tell(`one and two workers, unpinned on ${availableParallelism()} cores, load and engine beside`);
  cases.workers = await workers();
  tell(`  1 worker ${cases.workers[1]} requests/s, 2 workers ${cases.workers[2]}\n`);

  const of = (name) =>
    Object.fromEntries(Object.entries(result).map(([server, each]) => [server, each[name]]));
  const ratio = round(result.ninety.perSecond / result.hono.perSecond, 3);
  const notStored = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const aims = conclude({
    pixel: atLeast(AIM_OF_HONO, ratio, 'requests/s of the pixel path over those of bare hono'),
    batches: atLeast(AIM_BATCHED, cases.batches.hitsPerSecond, `hits/s in batches of ${BATCH}`),
    p99: atMost(AIM_P99_MS, cases.half.p99, 'p99 at half of the peak, ms'),
    memory: flatMemory(looks, 'the collector under load'),
    refused: exactly(0, notStored, 'hits refused'),
    failed: exactly(0, result.ninety.failed + batch.failed + failed, 'requests that failed'),
    stored: exactly(stored, inClickHouse, 'hits in ClickHouse of those acknowledged'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'collect',
      unit: 'requests/s',
      short: options.short,
      ours: result.ninety.perSecond,
      reference: result.hono.perSecond,
      ratio,
      ratioToNode: round(result.ninety.perSecond / result.node.perSecond, 3),
      ratioByCpu: round(result.hono.cpuUs / result.ninety.cpuUs, 3),
      cpuUs: of('cpuUs'),
      p50: of('p50'),
      p99: of('p99'),
      cases,
      memoryMb: memory,
      acknowledged: stored,
      inClickHouse,
      missing,
      refused,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  for (const stop of started.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
