// How long a page waits for /v1/me, while hits pour in: asked at a steady rate, whatever the answers take.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const HOST = 'shop.example';
const SEGMENTS = 60;
const CATEGORIES = 300;
const DAYS = 30;
/** Hits of a visitor. */
const HITS_EACH = 10;
const AIM_P99_MS = 5;
const TICK_MS = 2;
const ENGINE_GB = 2;
/** Of all visitors, those who come while it is measured. */
const COMING = 50_000;
const WARM_UP_S = 5;

/** Calls `each` so many times a second, evenly, with the moment at which its turn was. */
async function atRate(perSecond, seconds, each) {
  const began = performance.now();
  const all = perSecond * seconds;
  for (let made = 0; made < all; ) {
    const due = Math.min(all, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; made < due; made++) each(made, began + (made / perSecond) * 1000);
    await new Promise((after) => setTimeout(after, TICK_MS));
  }
}

/** A GET, read to its end. @returns its headers. */
async function asked(agent, url, headers) {
  const [answer] = await once(get(url, { agent, headers }), 'response');
  let body = '';
  answer.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  await once(answer, 'end');
  return { result: answer.headers['ninety-result'], body };
}

const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const headersOf = (cookie) => ({
  cookie,
  'user-agent': BROWSER,
  'accept-language': 'en',
  referer: `https://${HOST}/`,
});

if (isMainThread) await main();
else await load();

/** The hits, in a thread of their own, so that reading their answers delays no other. */
async function load() {
  const { url, siteKey, cookies, perSecond, seconds } = workerData;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let stored = 0;
  let other = 0;
  const under = new Set();
  await atRate(perSecond, seconds, (made) => {
    const cookie = cookies[(made * 7919) % cookies.length];
    const page = encodeURIComponent(`https://${HOST}/${made % 500}`);
    const hit = asked(agent, `${url}/p.gif?s=${siteKey}&u=${page}&c=${made % CATEGORIES}`, headersOf(cookie))
      .then(({ result }) => {
        if (result === 'stored') stored += 1;
        else other += 1;
      })
      .catch(() => {
        other += 1;
      })
      .finally(() => under.delete(hit));
    under.add(hit);
  });
  await Promise.all(under);
  agent.destroy();
  parentPort.postMessage({ stored, other });
}

async function main() {
  const { ClickHouse } = await import('../../dist/clickhouse/client.js');
  const { startEngine } = await import('../../dist/clickhouse/engine.js');
  const { VisitorCookie } = await import('../../dist/identity/cookie.js');
  const { visitorId } = await import('../../dist/identity/visitor.js');
  const { atMost, conclude, exactly, leftOpen } = await import('./aims.mjs');
  const { MACHINE, machineText, round } = await import('./machine.mjs');
  const { startNinety } = await import('./ninety.mjs');
  const { readOptions } = await import('./options.mjs');

  const { short, visitors, hits, asks, seconds } = readOptions({
    name: 'bench:me',
    about: `
Makes visitors with some ten hits each inside the embedded engine, which is given ${ENGINE_GB} GB, builds ${SEGMENTS} segments of them
and the profiles that pages are told, then asks /v1/me at a steady rate, each time for another of ${COMING} visitors by its
cookie, while hits of the same visitors come to the collector at a rate of their own, are journalled and shipped. An
answer's time counts from the moment at which its turn was, so that one that is late makes those behind it late too.
Beside each, the same with a key that there is not, which is refused at once: what the machine itself takes.
Everything shares the machine: collector, engine, and the load.

It takes about two minutes (under one with --short). Nothing else should run on the machine meanwhile.

Aims, each missed one a sentence and exit code 1: 99 of 100 answers within ${AIM_P99_MS} ms; none without what is known; no hit
refused. With --short the first is not judged.

Progress goes to standard error, one line of JSON to standard output.`,
    numbers: {
      visitors: { usual: 500_000, short: 20_000, least: 1_000, help: 'visitors with a profile' },
      hits: { usual: 1_000, short: 200, help: 'hits a second' },
      asks: { usual: 200, short: 100, help: 'requests of /v1/me a second' },
      seconds: { usual: 60, short: 5, help: 'seconds that are measured' },
    },
  });
  const tell = (text) => process.stderr.write(`  ${text}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-me-'));
  const undo = [() => rm(folder, { recursive: true, force: true })];
  try {
    tell(`\n  ${machineText()}; engine of ${ENGINE_GB} GB`);
    const password = randomBytes(16).toString('hex');
    const engine = await startEngine({
      folder: join(folder, 'engine'),
      memoryBytes: ENGINE_GB * 2 ** 30,
      password,
      log: () => {},
    });
    undo.push(() => engine.stop());
    const secret = randomBytes(24).toString('base64url');
    const ninety = await startNinety({
      folder: join(folder, 'data'),
      env: {
        CLICKHOUSE_URL: engine.url,
        CLICKHOUSE_USER: engine.user,
        CLICKHOUSE_PASSWORD: password,
        NINETY_SECRET: secret,
        NINETY_API_RATE: '0',
        // Builds while it is measured are another matter than hits.
        NINETY_SEGMENTS_CRON: '0 0 1 1 *',
      },
    });
    undo.push(() => ninety.stop());
    const clickhouse = new ClickHouse({
      urls: [engine.url],
      user: engine.user,
      password,
      database: 'ninety',
      cluster: undefined,
    });
    undo.push(() => clickhouse.close());

    const { id: site, key: siteKey } = await ninety.api('/v1/sites', { name: 'Bench', domains: [HOST] });
    // Day by day: an insert holds as many parts in memory as it has days.
    const rows = Math.ceil((visitors * HITS_EACH) / DAYS);
    for (let day = 0; day < DAYS; day++)
      await clickhouse.command(
        `INSERT INTO hits (time, visitor, hit, site, event, origin, path, categories, country, purposes, file)
         SELECT now64(3) - toIntervalSecond({day:UInt32} * 86400 + number % 86400), sipHash64('visitor', number % {visitors:UInt64}), sipHash64('hit', number),
                {site:String}, 'pageview', 'pixel', '/', [toString(intDiv(sipHash64('topic', number), 7) % ${CATEGORIES})], 'US', 65535, 'bench'
         FROM numbers({from:UInt64}, {rows:UInt64})`,
        { visitors, day, from: day * rows, rows, site },
      );
    for (let n = 0; n < SEGMENTS; n++)
      await ninety.api('/v1/segments', {
        id: `segment-${n}`,
        name: `Segment ${n}`,
        iabAudienceId: String(600 + n),
        rule: { did: { category: [0, 1, 2, 3].map((more) => String((n * 5 + more * 73) % CATEGORIES)) } },
      });
    tell(`${visitors} visitors with ten hits each, ${SEGMENTS} segments`);
    const began = performance.now();
    await ninety.api('/v1/jobs/segments/run?wait=1', {});
    const builtMs = performance.now() - began;
    const { result } = await ninety.api('/v1/jobs/deliver/run?wait=1', {});
    const profilesS = round((performance.now() - began - builtMs) / 1000, 1);
    const [there] = await clickhouse.query(
      'SELECT count() AS n, round(avg(length(segments)), 1) AS mean, max(length(segments)) AS most FROM kept_profiles',
    );
    tell(`${there.n} profiles of ${there.mean} segments each made in ${profilesS} s`);

    const known = await clickhouse.query(
      'SELECT toString(visitor) AS visitor FROM kept_profiles ORDER BY rand() LIMIT {n:UInt32}',
      {
        n: COMING,
      },
    );
    const maker = new VisitorCookie(secret, 90);
    const cookies = known.map(({ visitor }) => maker.write(visitorId(BigInt(visitor)), true).split(';')[0]);

    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const page = (cookie) => ({ ...headersOf(cookie), origin: `https://${HOST}` });
    const knows = ({ result: how, body }) => how === 'ok' && JSON.parse(body).segments.length > 0;
    // The collector looks every other second for what was published.
    while (!knows(await asked(agent, `${ninety.url}/v1/me?s=${siteKey}`, page(cookies[0]))))
      await new Promise((after) => setTimeout(after, 100));
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { url: ninety.url, siteKey, cookies, perSecond: hits, seconds: seconds + WARM_UP_S },
      argv: [],
    });
    const loaded = once(worker, 'message');
    const times = { me: [], nothing: [] };
    let empty = 0;
    const under = new Set();
    const ask = (kind, key, cookie, due, isCounted) => {
      const one = asked(agent, `${ninety.url}/v1/me?s=${key}`, page(cookie))
        .then((answer) => {
          if (!isCounted) return;
          times[kind].push(performance.now() - due);
          if (kind === 'me' && !knows(answer)) empty += 1;
        })
        .catch(() => {
          empty += 1;
        })
        .finally(() => under.delete(one));
      under.add(one);
    };
    await atRate(asks, seconds + WARM_UP_S, (made, due) => {
      const cookie = cookies[(made * 104_729) % cookies.length];
      ask('me', siteKey, cookie, due, made >= asks * WARM_UP_S);
      ask('nothing', 'no-such-key', cookie, due, made >= asks * WARM_UP_S);
    });
    await Promise.all(under);
    agent.destroy();
    const [{ stored, other }] = await loaded;
    const [found, floor] = [times.me, times.nothing].map((list) => {
      list.sort((a, b) => a - b);
      const at = (share) => round(list[Math.ceil(list.length * share) - 1] ?? Number.NaN, 2);
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
    });
    tell(`${times.me.length} answers beside ${stored} hits: ${JSON.stringify(found)} ms`);
    tell(`the same refused at once, for a key that there is not: ${JSON.stringify(floor)} ms`);
    const p99 = atMost(AIM_P99_MS, found.p99, 'milliseconds of 99 of 100 answers of /v1/me');
    const aims = conclude({
      p99: short ? leftOpen(p99) : p99,
      empty: exactly(0, empty, 'answers without the segments that are known'),
      refused: exactly(0, other, 'hits that were not stored'),
    });
    process.stdout.write(
      `${JSON.stringify({
        bench: 'me',
        unit: 'ms',
        short,
        visitors: Number(there.n),
        segmentsEach: there.mean,
        hitsPerSecond: hits,
        asksPerSecond: asks,
        seconds,
        answers: times.me.length,
        ...found,
        floor,
        profilesS,
        memberships: result.profiles.memberships,
        aims,
        machine: MACHINE,
      })}\n`,
    );
  } finally {
    for (const step of undo.reverse()) await step();
  }
}
