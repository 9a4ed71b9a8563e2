// How fast the whole collector is beside servers that do nothing: in one run, each server on one core and the
// load on the other, rounds interleaved, medians. Afterwards every acknowledged hit must be in ClickHouse.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, MACHINE, machineText, median, needs, pin, residentMb, round } from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { pixelRequests } from './requests.mjs';
import { load } from './wrk.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const ROUND_S = Number(process.env.BENCH_ROUND_SECONDS ?? 8);
const WARM_UP_S = 5;
const MEMORY_S = Number(process.env.BENCH_MEMORY_SECONDS ?? 60);
const SERVER_CORE = 0;
const LOAD_CORE = 1;
const VISITORS = 4000;
const REQUESTS = 20_000;
/** Browsers that bring no cookie: a first visit, or one that keeps none. */
const FRESH = 0.1;
const VENDOR = 755;

needs('wrk', 'apt-get install wrk');
needs('taskset', 'it is part of util-linux');

const say = (text) => process.stdout.write(`${text}\n`);
const started = [];
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-collect-'));

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
      headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0' },
    });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0];
    if (cookie === undefined) throw new Error(`no cookie came: ${answer.headers.get('ninety-result')}`);
    all.push(cookie);
  }
  return all;
}

/** Waits until what was acknowledged can be counted in ClickHouse. @returns {Promise<number>} */
async function counted(ninety, expected) {
  const end = Date.now() + 60_000;
  for (;;) {
    const { hits } = await ninety.api('/v1/overview');
    if (hits >= expected || Date.now() > end) return hits;
    await sleep(500);
  }
}

try {
  const ninety = await startNinety({
    folder: join(folder, 'data'),
    core: SERVER_CORE,
    env: { NINETY_TRUST_PROXY: '127.0.0.1', NINETY_GVL_ID: String(VENDOR) },
  });
  started.push(ninety.stop);
  // The engine is a process of its own, with cores of its own where it matters; here it shares the load's,
  // so that the server's core is the collector's alone: parsing, deciding, journal and shipping.
  pin(ninety.enginePid(), LOAD_CORE);
  const { key: siteKey } = await ninety.api('/v1/sites', { name: 'Bench', domains: [] });
  const known = await cookies(ninety, siteKey);
  const requests = pixelRequests({
    count: REQUESTS,
    visitors: VISITORS,
    vendor: VENDOR,
    siteKey,
    host: 'collect.example',
    cookieOf: (number) => known[number],
  });
  const file = join(folder, 'requests');
  await writeFile(file, requests.flatMap(([head, tail]) => [head, '\0', tail, '\0']).join(''));
  const servers = {
    node: await startBare('node'),
    hono: await startBare('hono'),
    ninety: { url: ninety.url, pid: ninety.pid },
  };
  const names = Object.keys(servers);
  const rounds = Object.fromEntries(names.map((name) => [name, []]));
  let runs = 0;
  const one = async (name, seconds) => {
    const { url, pid } = servers[name];
    const before = cpuSeconds(pid);
    const prefix = String(++runs).padStart(8, '0');
    const result = await load({ url, seconds, core: LOAD_CORE, file, prefix });
    return { ...result, cpuUs: ((cpuSeconds(pid) - before) * 1e6) / result.requests };
  };

  const bytes = requests.reduce((sum, [head, tail]) => sum + head.length + tail.length, 0) / REQUESTS;
  say(`\n  ${machineText()}`);
  say(`  Servers on core ${SERVER_CORE}; load and the embedded engine on core ${LOAD_CORE}.`);
  say(
    `  ${REQUESTS} requests of ${Math.round(bytes)} bytes, ${VISITORS} visitors, ${FRESH * 100} % without a cookie.\n`,
  );
  for (const name of names) await one(name, WARM_UP_S);
  for (let at = 1; at <= ROUNDS; at++) {
    for (const name of names) rounds[name].push(await one(name, ROUND_S));
    say(
      `  round ${at}   ${names.map((name) => `${name} ${round(rounds[name].at(-1).perSecond)}/s`).join('   ')}`,
    );
  }
  const result = Object.fromEntries(
    names.map((name) => [
      name,
      {
        perSecond: round(median(rounds[name].map((one) => one.perSecond))),
        p50: round(median(rounds[name].map((one) => one.p50)), 2),
        p99: round(median(rounds[name].map((one) => one.p99)), 2),
        cpuUs: round(median(rounds[name].map((one) => one.cpuUs)), 1),
        failed: rounds[name].reduce((sum, one) => sum + one.failed, 0),
      },
    ]),
  );
  // CPU time stays true where other programs share the machine, and requests per second do not.
  say('\n  server    requests/s   p50 ms   p99 ms   of node   of hono   CPU µs a request   hono by CPU');
  for (const name of names) {
    const { perSecond, p50, p99, cpuUs } = result[name];
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

  const memory = [residentMb(ninety.pid)];
  if (MEMORY_S > 0) {
    const loading = one('ninety', MEMORY_S);
    for (let at = 10; at <= MEMORY_S; at += 10) {
      await sleep(10_000);
      memory.push(residentMb(ninety.pid));
    }
    await loading;
    say(`\n  memory of the collector over ${MEMORY_S} s of load, every 10 s: ${memory.join(', ')} MB`);
  }

  const { stored, refused } = await ninety.counters();
  const inClickHouse = await counted(ninety, stored);
  say(`  acknowledged ${stored}, in ClickHouse ${inClickHouse}, refused ${JSON.stringify(refused)}\n`);
  say(
    JSON.stringify({
      bench: 'collect',
      unit: 'requests/s',
      ours: result.ninety.perSecond,
      reference: result.hono.perSecond,
      ratio: round(result.ninety.perSecond / result.hono.perSecond, 3),
      ratioToNode: round(result.ninety.perSecond / result.node.perSecond, 3),
      ratioByCpu: round(result.hono.cpuUs / result.ninety.cpuUs, 3),
      cpuUs: Object.fromEntries(names.map((name) => [name, result[name].cpuUs])),
      latencyMs: Object.fromEntries(
        names.map((name) => [name, { p50: result[name].p50, p99: result[name].p99 }]),
      ),
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
