// How long a page waits for /v1/me while hits pour in: both at steady rates, the server on one core and the load on the
// other, in turns with bare hono that answers a constant under the same load.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { VisitorCookie } from '../../dist/identity/cookie.js';
import { visitorId } from '../../dist/identity/visitor.js';
import { SITES } from '../demo/sites.mjs';
import { atLeast, atMost, conclude, exactly, leftOpen } from './aims.mjs';
import { startBare } from './bare-server.mjs';
import { embedded } from './export-engine.mjs';
import { cpuSeconds, MACHINE, machineText, median, needs, pin, round, yieldToOthers } from './machine.mjs';
import { meRequests } from './me-requests.mjs';
import { startNinety } from './ninety.mjs';
import { startOpenLoop } from './open-loop.mjs';
import { readOptions } from './options.mjs';
import { pixelRequests } from './requests.mjs';
import { LOAD_CORE, ownPrefix, SERVER_CORE } from './rounds.mjs';
import { settle, shipAll } from './settle.mjs';
import { ENV, trafficOn, writeRequests } from './traffic.mjs';
import { CONNECTIONS, load } from './wrk.mjs';

const SEGMENTS = 60;
const CATEGORIES = 300;
const DAYS = 30;
/** Hits of a visitor. */
const HITS_EACH = 10;
const AIM_P99_MS = 5;
/** Of the hits a second that are asked for: with fewer it would be another load. */
const AIM_OF_RATE = 0.95;
const ENGINE_MB = 2_048;
/** Of all visitors, those who ask: so many that the file's pages are not always the same. */
const ASKING = 50_000;
const WARM_UP_S = 5;
/** An answer to a hit takes about so long there, of the time between two of a connection. */
const HIT_MS = 1;

const { short, visitors, hits, asks, rounds, seconds } = readOptions({
  name: 'bench:me',
  about: `
Makes visitors with ${HITS_EACH} hits each inside the embedded engine, which is given ${ENGINE_MB} MB, builds ${SEGMENTS} segments of them
and the profiles that pages are told, then asks /v1/me by the cookies of ${ASKING} of them, while hits of theirs are
collected, journalled and shipped, and hono, which answers both with a constant, under the same load in turn. The
servers are on one core; hits, questions and the engine on another, where the engine gives way to the load.

The questions come independently of each other, at a rate that no answer slows down, and an answer's time counts from
the moment at which its question was sent; how late the client is with that, and the time from when its turn was, are
told too. Their rate and that of the hits: a page asks once a view, and a view brings a handful of hits with the pings
of attention; together they keep the server's core busy for about half of the time, and what part that was is told.

It takes about four minutes (under one with --short). Nothing else should run on the machine meanwhile.
Needs wrk, and two cores.

Aims, each missed one a sentence and exit code 1: 99 of 100 answers within ${AIM_P99_MS} ms; hits at ${AIM_OF_RATE} of their rate or more; no
answer without what is known; no hit refused; every acknowledged hit in ClickHouse. With --short the first two are not
judged.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    visitors: { usual: 500_000, short: 20_000, least: 1_000, help: 'visitors with a profile' },
    hits: { usual: 5_000, short: 1_000, help: 'hits a second' },
    asks: { usual: 1_000, short: 200, help: 'requests of /v1/me a second' },
    rounds: { usual: 5, short: 1, help: 'rounds of load on each server' },
    seconds: { usual: 10, short: 3, help: 'seconds of a round' },
  },
});
needs('wrk', 'apt-get install wrk');
needs('taskset', 'it is part of util-linux');
needs('renice', 'it is part of util-linux');

const tell = (text) => process.stderr.write(`  ${text}\n`);
const undo = [];

/** Day by day: an insert holds as many parts in memory as it has days. */
async function addHits(clickhouse, site) {
  const rows = Math.ceil((visitors * HITS_EACH) / DAYS);
  for (let day = 0; day < DAYS; day++)
    await clickhouse.command(
      `INSERT INTO hits (time, visitor, hit, site, event, origin, path, categories, country, purposes, file)
       SELECT now64(3) - toIntervalSecond({day:UInt32} * 86400 + number % 86400), sipHash64('visitor', number % {visitors:UInt64}), sipHash64('hit', number),
              {site:String}, 'pageview', 'pixel', '/', [toString(intDiv(sipHash64('topic', number), 7) % ${CATEGORIES})], 'US', 65535, 'bench'
       FROM numbers({from:UInt64}, {rows:UInt64})`,
      { visitors, day, from: day * rows, rows, site },
    );
}

/** All at once: each is built by itself too, soon, and what came together once together. */
const addSegments = (ninety) =>
  ninety.api('/v1/segments/apply', {
    segments: Array.from({ length: SEGMENTS }, (_, n) => ({
      id: `segment-${n}`,
      name: `Segment ${n}`,
      iabAudienceId: String(600 + n),
      rule: { did: { category: [0, 1, 2, 3].map((more) => String((n * 5 + more * 73) % CATEGORIES)) } },
    })),
  });

/** What pages are told of those segments. @returns how many profiles, and how long they took. */
async function buildProfiles(ninety, clickhouse) {
  await ninety.api('/v1/jobs/segments/run?wait=1', {});
  const began = performance.now();
  const { result } = await ninety.api('/v1/jobs/deliver/run?wait=1', {});
  const profilesS = round((performance.now() - began) / 1000, 1);
  const [{ n, mean }] = await clickhouse.query(
    'SELECT count() AS n, round(avg(length(segments)), 1) AS mean FROM kept_profiles',
  );
  tell(`${n} profiles of ${mean} segments each made in ${profilesS} s`);
  return { profiles: Number(n), segmentsEach: mean, memberships: result.profiles.memberships, profilesS };
}

/** Of visitors with a profile. @returns {Promise<string[]>} `Cookie` headers. */
async function cookiesOf(clickhouse, secret) {
  const known = await clickhouse.query(
    'SELECT toString(visitor) AS visitor FROM kept_profiles ORDER BY rand() LIMIT {n:UInt32}',
    { n: ASKING },
  );
  const maker = new VisitorCookie(secret, 90);
  return known.map(({ visitor }) => maker.write(visitorId(BigInt(visitor)), true).split(';')[0]);
}

/** Both loads on a server at once. @returns milliseconds, and what part of its core the server used. */
async function one({ url, pid, wanted }, client, file, lasts) {
  const before = cpuSeconds(pid);
  const restMs = Math.round((1000 * CONNECTIONS) / hits) - HIT_MS;
  const [asked, collected] = await Promise.all([
    client.load({ url, perSecond: asks, seconds: lasts, wanted }),
    load({ url, seconds: lasts, core: LOAD_CORE, file, prefix: ownPrefix(), restMs }),
  ]);
  const { perSecond, p50, p99, failed } = collected;
  return {
    ...asked,
    cpu: (cpuSeconds(pid) - before) / lasts,
    hits: { perSecond, p50, p99, failed },
  };
}

/** The servers in turn, so that what else the machine does falls on both. @returns medians, and all that failed. */
async function inTurns(servers, client, file) {
  const found = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
  for (const server of Object.values(servers)) await one(server, client, file, WARM_UP_S);
  for (let at = 1; at <= rounds; at++) {
    for (const [name, server] of Object.entries(servers)) {
      const now = await one(server, client, file, seconds);
      found[name].push(now);
      const { p50, p99, fromDueP99, lateP99, answers, cpu } = now;
      tell(
        `round ${at} of ${rounds}   ${name.padEnd(6)} p50 ${round(p50, 2)} ms, p99 ${round(p99, 2)} ms (sent ${round(lateP99, 2)} ms late: ${round(fromDueP99, 2)} ms) of ${answers} answers beside ${round(now.hits.perSecond)} hits/s, ${round(cpu, 2)} of its core`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, list]) => {
      const of = (figure) => round(median(list.map(figure)), 2);
      return [
        name,
        {
          p50: of((each) => each.p50),
          p95: of((each) => each.p95),
          p99: of((each) => each.p99),
          most: round(Math.max(...list.map((each) => each.most)), 2),
          fromDueP99: of((each) => each.fromDueP99),
          lateP99: of((each) => each.lateP99),
          cpu: of((each) => each.cpu),
          hitsPerSecond: round(median(list.map((each) => each.hits.perSecond))),
          hitsP50: of((each) => each.hits.p50),
          hitsP99: of((each) => each.hits.p99),
          failed: list.reduce((sum, each) => sum + each.failed, 0),
          hitsFailed: list.reduce((sum, each) => sum + each.hits.failed, 0),
        },
      ];
    }),
  );
}

const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-me-'));
try {
  tell(`\n  ${machineText()}; engine of ${ENGINE_MB} MB`);
  tell(`Servers on core ${SERVER_CORE}; load and the embedded engine on core ${LOAD_CORE}.`);
  const data = join(folder, 'data');
  const secret = 'of a benchmark and of nothing else';
  const ninety = await startNinety({
    folder: data,
    core: SERVER_CORE,
    env: {
      ...ENV,
      NINETY_SECRET: secret,
      NINETY_ENGINE_MEMORY_MB: String(ENGINE_MB),
      NINETY_API_RATE: '0',
      // Builds while it is measured are another matter than hits.
      NINETY_SEGMENTS_CRON: '0 0 1 1 *',
    },
  });
  undo.push(ninety.stop);
  pin(ninety.enginePid(), `${SERVER_CORE},${LOAD_CORE}`);
  const clickhouse = new ClickHouse(embedded(data));
  undo.push(() => clickhouse.close());

  const { id: site, key: siteKey } = await ninety.api('/v1/sites', {
    name: 'Bench',
    domains: SITES.map(({ host }) => host),
  });
  await addHits(clickhouse, site);
  await addSegments(ninety);
  tell(`${visitors} visitors with ${HITS_EACH} hits each, ${SEGMENTS} segments`);
  const [{ made }] = await clickhouse.query('SELECT count() AS made FROM hits');
  const { profiles, ...of } = await buildProfiles(ninety, clickhouse);
  const cookies = await cookiesOf(clickhouse, secret);
  const traffic = trafficOn(siteKey, (number) => cookies[number % cookies.length]);
  const { file } = await writeRequests(folder, 'hits', pixelRequests(traffic));
  const questions = meRequests({ ...traffic, count: cookies.length, visitors: cookies.length });
  await writeFile(join(folder, 'questions'), JSON.stringify(questions));

  // The collector looks every other second for what was published.
  const told = async ({ path, headers }) => (await fetch(ninety.url + path, { headers })).json();
  while ((await told(questions[0])).segments.length === 0) await sleep(100);
  // Who asked while the copy was still being made was told nothing, and counted.
  const { refused: untilThere } = await ninety.counters();
  pin(ninety.enginePid(), LOAD_CORE);
  yieldToOthers(ninety.enginePid());
  const hono = await startBare('hono', SERVER_CORE);
  undo.push(hono.stop);
  const client = await startOpenLoop(join(folder, 'questions'), LOAD_CORE);
  undo.push(client.stop);

  const found = await inTurns(
    { hono: { ...hono, wanted: '' }, ninety: { ...ninety, wanted: '"segments":\\["segment-' } },
    client,
    file,
  );
  const { ninety: ours, hono: floor } = found;
  tell(`p50 ${ours.p50} ms (hono ${floor.p50}), p99 ${ours.p99} ms (hono ${floor.p99})`);
  // Not at once: what the load had under way when it ended is counted when it is journalled.
  await shipAll(ninety, { told: tell });
  const { stored, refused } = await ninety.counters();
  const { inClickHouse, missing } = await settle(ninety, stored + Number(made), { told: tell });
  for (const line of missing) tell(`  missing: ${line}`);

  const p99 = atMost(AIM_P99_MS, ours.p99, 'milliseconds of 99 of 100 answers of /v1/me');
  const countOf = (counts) => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const notStored = countOf(refused) - countOf(untilThere);
  const rate = atLeast(AIM_OF_RATE * hits, ours.hitsPerSecond, 'hits a second beside the questions');
  const aims = conclude({
    p99: short ? leftOpen(p99) : p99,
    rate: short ? leftOpen(rate) : rate,
    failed: exactly(0, ours.failed, 'answers without the segments that are known'),
    refused: exactly(0, notStored + ours.hitsFailed, 'hits that were not stored'),
    stored: exactly(stored, inClickHouse - Number(made), 'hits in ClickHouse of those acknowledged'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'me',
      unit: 'ms',
      short,
      profiles,
      ...of,
      asksPerSecond: asks,
      ...ours,
      hono: floor,
      stored,
      inClickHouse: inClickHouse - Number(made),
      refused,
      missing,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  for (const step of undo.reverse()) await step();
  await rm(folder, { recursive: true, force: true });
}
