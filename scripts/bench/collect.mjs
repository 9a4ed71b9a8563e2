// How fast the whole collector is beside servers that do nothing: in one run, each server on one core and the
// load on the other, rounds interleaved, medians. Then other traffic (consent strings, Client Hints, batches),
// half of the peak, two workers, and minutes of load. Afterwards every acknowledged hit must be in ClickHouse.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  cpuSeconds,
  MACHINE,
  machineText,
  median,
  needs,
  pin,
  residentMb,
  round,
  yieldToOthers,
} from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { batchRequests, pixelRequests } from './requests.mjs';
import { CONNECTIONS, load } from './wrk.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ROUND_S = Number(process.env.BENCH_ROUND_SECONDS ?? 8);
const WARM_UP_S = 5;
const MEMORY_S = Number(process.env.BENCH_MEMORY_SECONDS ?? 300);
const SERVER_CORE = 0;
const LOAD_CORE = 1;
const VISITORS = 4000;
const REQUESTS = 20_000;
/** Hits of one batch. */
const BATCH = 20;
/** Browsers that bring no cookie: a first visit, or one that keeps none. */
const FRESH = 0.1;
const VENDOR = 755;
/** The engine has had the load's leavings for minutes, and takes minutes to catch up. */
const STUCK_MS = 120_000;
const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';

needs('wrk', 'apt-get install wrk');
needs('taskset', 'it is part of util-linux');
needs('renice', 'it is part of util-linux');

const say = (text) => process.stdout.write(`${text}\n`);
const started = [];
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-collect-'));
const ENV = { NINETY_TRUST_PROXY: '127.0.0.1', NINETY_GVL_ID: String(VENDOR) };

async function startBare(kind) {
  const script = fileURLToPath(new URL('bare.mjs', import.meta.url));
  const child = spawn('taskset', ['-c', String(SERVER_CORE), process.execPath, script, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { url: `http://127.0.0.1:${port.trim()}`, pid: child.pid };
}

/** Gives a visitor his cookie in the one way there is: by a first hit. */
async function cookies(ninety, siteKey) {
  const all = [];
  for (let number = 0; number < VISITORS; number++) {
    if ((number + 0.5) / VISITORS < FRESH) {
      all.push(undefined);
      continue;
    }
    const answer = await fetch(`${ninety.url}/p.gif?s=${siteKey}&u=https%3A%2F%2Ffirst.example%2F`, {
      headers: { 'user-agent': BROWSER, 'accept-language': 'en' },
    });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0];
    if (cookie === undefined) throw new Error(`no cookie came: ${answer.headers.get('ninety-result')}`);
    all.push(cookie);
  }
  return all;
}

/** Writes requests where the load script finds them. @returns {Promise<{file: string, bytes: number}>} */
async function writeRequests(name, requests) {
  const file = join(folder, name);
  await writeFile(file, requests.flatMap(([head, tail]) => [head, '\0', tail, '\0']).join(''));
  const bytes = requests.reduce((sum, [head, tail]) => sum + head.length + tail.length, 0);
  return { file, bytes: Math.round(bytes / requests.length) };
}

let runs = 0;
/** One run of load, with the CPU time that the server used for a request. */
async function one({ url, pid }, file, seconds, options = {}) {
  const before = cpuSeconds(pid);
  const prefix = String(++runs).padStart(8, '0');
  const result = await load({ url, seconds, core: LOAD_CORE, file, prefix, ...options });
  return { ...result, cpuUs: ((cpuSeconds(pid) - before) * 1e6) / result.requests };
}

const medians = (rounds) => ({
  perSecond: round(median(rounds.map((each) => each.perSecond))),
  p50: round(median(rounds.map((each) => each.p50)), 2),
  p99: round(median(rounds.map((each) => each.p99)), 2),
  cpuUs: round(median(rounds.map((each) => each.cpuUs)), 1),
  failed: rounds.reduce((sum, each) => sum + each.failed, 0),
});

/** Loads servers in turn, so that what else the machine does falls on all of them. */
async function compare(servers, file, rounds, seconds, told = () => {}) {
  const names = Object.keys(servers);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await one(servers[name], file, WARM_UP_S);
  for (let at = 1; at <= rounds; at++) {
    for (const name of names) results[name].push(await one(servers[name], file, seconds));
    told(at, names.map((name) => `${name} ${round(results[name].at(-1).perSecond)}/s`).join('   '));
  }
  return Object.fromEntries(names.map((name) => [name, medians(results[name])]));
}

function table(result) {
  // CPU time stays true where other programs share the machine, and requests per second do not.
  say('\n  server    requests/s   p50 ms   p99 ms   of node   of hono   CPU µs a request   hono by CPU');
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
    say(`  ${name.padEnd(7)}${columns.map(([value, width]) => String(value).padStart(width)).join('')}`);
  }
  say('');
}

const ratios = ({ hono, ninety }) => ({
  perSecond: ninety.perSecond,
  ratio: round(ninety.perSecond / hono.perSecond, 3),
  ratioByCpu: round(hono.cpuUs / ninety.cpuUs, 3),
  cpuUs: ninety.cpuUs,
  p50: ninety.p50,
  p99: ninety.p99,
});
const tellRatios = (what, { perSecond, ratio, ratioByCpu, cpuUs }) =>
  say(`  ${what}: ${perSecond} requests/s, ${ratio} of hono (by CPU ${ratioByCpu}, ${cpuUs} µs a request)`);

/** Waits until what was acknowledged can be counted in ClickHouse, or no more comes. @returns {Promise<number>} */
async function counted(ninety, expected) {
  let most = 0;
  for (let end = Date.now() + STUCK_MS; ; ) {
    const { hits } = await ninety.api('/v1/overview');
    if (hits >= expected || Date.now() > end) return hits;
    if (hits > most) end = Date.now() + STUCK_MS;
    most = hits;
    await sleep(2_000);
  }
}

async function siteOf(ninety) {
  const { key } = await ninety.api('/v1/sites', { name: 'Bench', domains: [] });
  return key;
}

/** Requests a second of one and of two workers, all processes on all cores. */
async function workers() {
  const found = {};
  for (const count of [1, 2]) {
    const ninety = await startNinety({
      folder: join(folder, `workers-${count}`),
      env: { ...ENV, NINETY_WORKERS: String(count) },
    });
    try {
      const siteKey = await siteOf(ninety);
      const traffic = {
        count: REQUESTS,
        visitors: VISITORS,
        vendor: VENDOR,
        siteKey,
        host: 'collect.example',
      };
      const { file } = await writeRequests(
        'workers',
        pixelRequests({ ...traffic, cookieOf: () => undefined }),
      );
      const run = () =>
        load({ url: ninety.url, seconds: ROUND_S, file, prefix: String(++runs).padStart(8, '0') });
      await run();
      found[count] = round((await run()).perSecond);
    } finally {
      await ninety.stop();
    }
  }
  return found;
}

try {
  const ninety = await startNinety({ folder: join(folder, 'data'), core: SERVER_CORE, env: ENV });
  started.push(ninety.stop);
  // The engine is a process of its own, with cores of its own where it matters; here it shares the load's,
  // so that the server's core is the collector's alone: parsing, deciding, journal and shipping. It gives way to
  // the load, or the collector would wait for requests that the load cannot send.
  pin(ninety.enginePid(), LOAD_CORE);
  yieldToOthers(ninety.enginePid());
  const siteKey = await siteOf(ninety);
  const known = await cookies(ninety, siteKey);
  const traffic = {
    count: REQUESTS,
    visitors: VISITORS,
    vendor: VENDOR,
    siteKey,
    host: 'collect.example',
    cookieOf: (number) => known[number],
  };
  const base = await writeRequests('base', pixelRequests(traffic));
  const hono = await startBare('hono');
  const servers = { node: await startBare('node'), hono, ninety: { url: ninety.url, pid: ninety.pid } };
  const pair = { hono, ninety: servers.ninety };

  say(`\n  ${machineText()}`);
  say(`  Servers on core ${SERVER_CORE}; load and the embedded engine on core ${LOAD_CORE}.`);
  say(
    `  ${REQUESTS} requests of ${base.bytes} bytes, ${VISITORS} visitors, ${FRESH * 100} % without a cookie.\n`,
  );
  const result = await compare(servers, base.file, ROUNDS, ROUND_S, (at, text) =>
    say(`  round ${at}   ${text}`),
  );
  table(result);

  const cases = {};
  for (const [name, what, options] of [
    ['tcf', 'each with a TC string', { consent: true }],
    ['hints', 'with Client Hints', { hints: true }],
  ]) {
    const { file, bytes } = await writeRequests(name, pixelRequests({ ...traffic, ...options }));
    cases[name] = ratios(await compare(pair, file, Math.ceil(ROUNDS / 2), ROUND_S));
    tellRatios(`${what} (${bytes} bytes)`, cases[name]);
  }

  const batches = await writeRequests(
    'batches',
    batchRequests({ ...traffic, count: REQUESTS / BATCH, size: BATCH }),
  );
  const { ninety: batch } = await compare(
    { ninety: servers.ninety },
    batches.file,
    Math.ceil(ROUNDS / 2),
    ROUND_S,
  );
  cases.batches = { hitsPerSecond: batch.perSecond * BATCH, cpuUsPerHit: round(batch.cpuUs / BATCH, 1) };
  say(
    `  in batches of ${BATCH}: ${cases.batches.hitsPerSecond} hits/s, ${cases.batches.cpuUsPerHit} µs of CPU a hit`,
  );

  // An answer takes about a millisecond there.
  const half = { restMs: (2 * 1000 * CONNECTIONS) / result.ninety.perSecond - 1 };
  const calm = await one(servers.ninety, base.file, 2 * ROUND_S, half);
  cases.half = { perSecond: round(calm.perSecond), p50: round(calm.p50, 2), p99: round(calm.p99, 2) };
  say(
    `  at ${round((100 * calm.perSecond) / result.ninety.perSecond)} % of the peak: p50 ${cases.half.p50} ms, p99 ${cases.half.p99} ms`,
  );

  const memory = [residentMb(ninety.pid)];
  if (MEMORY_S > 0) {
    const loading = one(servers.ninety, base.file, MEMORY_S);
    const step = Math.max(10, MEMORY_S / 10);
    for (let at = step; at <= MEMORY_S; at += step) {
      await sleep(step * 1000);
      memory.push(residentMb(ninety.pid));
    }
    await loading;
    say(`  memory of the collector over ${MEMORY_S} s of load, every ${step} s: ${memory.join(', ')} MB`);
  }

  const { stored, refused } = await ninety.counters();
  const inClickHouse = await counted(ninety, stored);
  say(`  acknowledged ${stored}, in ClickHouse ${inClickHouse}, refused ${JSON.stringify(refused)}`);
  for (const stop of started.reverse().splice(0)) await stop();

  cases.workers = await workers();
  say(
    `  unpinned on ${availableParallelism()} cores, load and engine beside: 1 worker ${cases.workers[1]} requests/s, 2 workers ${cases.workers[2]}\n`,
  );

  const of = (name) =>
    Object.fromEntries(Object.entries(result).map(([server, each]) => [server, each[name]]));
  say(
    JSON.stringify({
      bench: 'collect',
      unit: 'requests/s',
      ours: result.ninety.perSecond,
      reference: result.hono.perSecond,
      ratio: round(result.ninety.perSecond / result.hono.perSecond, 3),
      ratioToNode: round(result.ninety.perSecond / result.node.perSecond, 3),
      ratioByCpu: round(result.hono.cpuUs / result.ninety.cpuUs, 3),
      cpuUs: of('cpuUs'),
      p50: of('p50'),
      p99: of('p99'),
      cases,
      memoryMb: memory,
      acknowledged: stored,
      inClickHouse,
      refused,
      failed: result.ninety.failed,
      machine: MACHINE,
    }),
  );
  if (inClickHouse !== stored) process.exitCode = 1;
} finally {
  for (const stop of started.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
