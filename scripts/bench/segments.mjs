// What it takes to build a thousand segments of millions of visitors, beside a query each over the raw hits; what
// an estimate, an explanation and an overlap take on the same data.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSegments, estimate } from '../../dist/audience/build.js';
import { explain } from '../../dist/audience/explain.js';
import { compile } from '../../dist/audience/rule/compile.js';
import { parseRule } from '../../dist/audience/rule/parse.js';
import { resolve } from '../../dist/audience/rule/resolve.js';
import { sizeOf } from '../../dist/audience/size.js';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { startEngine } from '../../dist/clickhouse/engine.js';
import { migrate } from '../../dist/clickhouse/schema.js';
import { Leases } from '../../dist/jobs/lease.js';
import { overlap } from '../../dist/report/overlap.js';
import { atLeast, atMost, conclude, exactly, leftOpen } from './aims.mjs';
import { fill, fiveClauses, MIX, rules } from './audience.mjs';
import { cpuSeconds, MACHINE, machineText, median, residentMb, round } from './machine.mjs';
import { readOptions } from './options.mjs';

const GB = 2 ** 30;
const ENGINE_GB = 4;
const LOOK_MS = 100;
const RETENTION_DAYS = 90;
/** Questions before those that count. */
const WARM_UP = 8;
const OVERLAPS = 3;

const AIM_BUILD_S = 60;
const AIM_NAIVE = 10;
const AIM_ESTIMATE_MS = 1_000;
const AIM_EXPLAIN_MS = 100;
const AIM_OVERLAP_MS = 1_000;
/** Two medians of a few statements each are never quite the same. */
const AIM_SMALL = 1.1;

const { short, hits, visitors, segments, sample, asks } = readOptions({
  name: 'bench:segments',
  about: `
Makes hits inside the embedded engine, which is given ${ENGINE_GB} GB, and builds segments of them: once from nothing, and
again against that build, so that who came and went is written down too. Beside it, of every so-many-th segment, what
the naive way takes, one query over the raw hits each, scaled to all; and what one statement each takes as the product
builds a single segment. Then estimates of rules of five clauses, explanations of the same for a visitor each, and the
overlap of the ten largest segments: each after a few others of their kind, since the naive way has had the memory that
files are kept in, and what disks take is another matter than what questions do. What the first of those took is told.

Of a thousand rules: ${MIX}.

Aims: the slower build at most ${AIM_BUILD_S} s on two cores, and at least ${AIM_NAIVE} times faster than the naive way;
the engine at most ${ENGINE_GB} GB; 95 of 100 estimates within ${AIM_ESTIMATE_MS} ms, explanations within ${AIM_EXPLAIN_MS} ms; an overlap of ten
within ${AIM_OVERLAP_MS} ms; every sampled segment has exactly whom its rule has alone, and small ones take no longer than large
ones. With --short the aims that are about time are not judged.

It takes about twenty minutes (under one with --short). Nothing else should run on the machine meanwhile; where
something does, the CPU time of the engine, which is shown too, says more than the clock.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    hits: { usual: 50_000_000, short: 300_000, least: 1_000, help: 'hits' },
    visitors: { usual: 5_000_000, short: 30_000, least: 100, help: 'visitors that the hits are of' },
    segments: { usual: 1_000, short: 100, least: 20, help: 'segments' },
    sample: { usual: 24, short: 8, least: 4, help: 'segments that are also built one by one' },
    asks: { usual: 40, short: 8, help: 'estimates and explanations' },
  },
});

const tell = (text) => process.stderr.write(`  ${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-segments-'));
const password = randomBytes(16).toString('hex');
const engine = await startEngine({
  folder: join(folder, 'engine'),
  memoryBytes: ENGINE_GB * GB,
  password,
  log: () => {},
});
const connect = () =>
  new ClickHouse({ urls: [engine.url], user: engine.user, password, database: 'bench', cluster: undefined });
const clickhouse = connect();
const watcher = connect();

/** @returns what it took: seconds of the clock, seconds of the engine's CPU, megabytes of the engine and of a statement. */
async function measured(work) {
  let on = true;
  const peak = { engineMb: 0, statementMb: 0 };
  const looking = (async () => {
    while (on) {
      const [row] = await watcher
        .query(
          "SELECT max(processes.peak_memory_usage) AS peak FROM system.processes AS processes WHERE current_database = 'bench' AND query_id != queryID()",
        )
        .catch(() => []);
      peak.statementMb = Math.max(peak.statementMb, round(Number(row?.peak ?? 0) / 2 ** 20));
      peak.engineMb = Math.max(peak.engineMb, residentMb(engine.pid()));
      await new Promise((after) => setTimeout(after, LOOK_MS));
    }
  })();
  const cpu = cpuSeconds(engine.pid());
  const began = performance.now();
  const result = await work();
  const seconds = round((performance.now() - began) / 1000, 2);
  const cpuS = round(cpuSeconds(engine.pid()) - cpu, 1);
  on = false;
  await looking;
  return { result, cost: { seconds, cpuS, ...peak } };
}

const resolved = (json) => {
  const parsed = parseRule(json);
  if (!parsed.ok) throw new Error(parsed.message);
  const found = resolve(parsed.rule, () => undefined);
  if (!found.ok) throw new Error(found.message);
  return { rule: json, resolved: found.rule };
};

/** The features as they would have to be looked for in the hits, were there no table of them. */
const RAW = `CREATE VIEW raw_features AS
  SELECT feature.1 AS kind, feature.2 AS value, visitor, time, hit, site, event, country, region, language, device, os, browser, hour, weekday
  FROM kept_hits ARRAY JOIN arrayConcat(
    arrayMap(c -> ('category', toString(c)), arrayDistinct(categories)),
    arrayMap(k -> ('keyword', k), arrayDistinct(keywords))) AS feature`;

const insertOf = (sql) =>
  `INSERT INTO members (build, segment, visitor, seen) SELECT {build:UInt64}, {segment:String}, visitor, seen FROM (${sql})`;

/** Seconds of one statement for each segment given, by the SQL that `change` makes of the compiled rule. */
async function oneByOne(list, build, change) {
  const seconds = [];
  for (const { id, rule } of list) {
    const { sql, params } = compile(rule, new Date());
    const began = performance.now();
    await clickhouse.command(insertOf(change(sql)), { ...params, build, segment: id });
    seconds.push((performance.now() - began) / 1000);
  }
  return seconds;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const p95 = (values) => round([...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1]);

async function times(count, work, from = 0) {
  const found = [];
  for (let n = from; n < from + count; n++) {
    const began = performance.now();
    await work(n);
    found.push(performance.now() - began);
  }
  return found;
}

/** @returns milliseconds of the questions from 0 on, and of the first of some others that are asked before. */
async function warmTimes(count, work) {
  const [first] = await times(WARM_UP, work, count);
  return { found: await times(count, work), first: round(first) };
}

const shown = ({ seconds, cpuS, engineMb, statementMb }) =>
  `${seconds} s (${cpuS} s of CPU), engine ${engineMb} MB, the largest statement ${statementMb} MB`;

try {
  await migrate(clickhouse, RETENTION_DAYS);
  tell(`\n  ${machineText()}; engine of ${ENGINE_GB} GB`);
  await fill(clickhouse, { hits, visitors }, tell);
  await clickhouse.command(RAW);
  const [there] = await clickhouse.query(
    'SELECT count() AS hits, uniqExact(visitor) AS visitors FROM kept_hits',
  );
  tell(`${there.hits} hits of ${there.visitors} visitors`);

  const list = rules(segments).map((json, n) => ({ id: `s${n}`, version: 1, rule: resolved(json).resolved }));
  const leases = new Leases(clickhouse, 'bench');
  const build = async (name) => {
    const { result, cost } = await measured(() => buildSegments(clickhouse, leases, () => list));
    tell(`${name}: ${shown(cost)}`);
    return { ...result.result, cost };
  };
  const first = await build(`${list.length} segments built`);
  const again = await build('again, with who came and went');
  const members = sum(Object.values(again.built));
  const failed = Object.keys(again.failed).length;
  tell(`${members} members in all; ${failed} segments failed`);
  const seconds = Math.max(first.cost.seconds, again.cost.seconds);

  const every = Math.max(1, Math.floor(list.length / sample));
  const sampled = list.filter((_, n) => n % every === 0).slice(0, sample);
  const scale = list.length / sampled.length;
  const naive = await oneByOne(sampled, 2, (sql) => sql.replaceAll('kept_features', 'raw_features'));
  const alone = await oneByOne(sampled, 3, (sql) => sql);
  const naiveS = round(sum(naive) * scale, 1);
  const aloneS = round(sum(alone) * scale, 1);
  tell(
    `${sampled.length} of them one by one, scaled: ${naiveS} s over the raw hits, ${aloneS} s as the product builds one`,
  );
  const bySize = sampled
    .map(({ id }, n) => ({ size: again.built[id], seconds: alone[n] }))
    .sort((a, b) => a.size - b.size);
  const quarter = Math.ceil(bySize.length / 4);
  const smallOfLarge = round(
    median(bySize.slice(0, quarter).map((each) => each.seconds)) /
      median(bySize.slice(-quarter).map((each) => each.seconds)),
    2,
  );

  let different = 0;
  for (const { id, rule } of sampled)
    if (sizeOf(await estimate(clickhouse, rule, new Date(again.asOf))) !== again.built[id]) different += 1;

  const five = Array.from({ length: asks + WARM_UP }, (_, n) => resolved(fiveClauses(n + 1_000)));
  const estimates = await warmTimes(asks, (n) => estimate(clickhouse, five[n].resolved, new Date()));
  const people = await clickhouse.query(
    'SELECT DISTINCT visitor FROM kept_hits WHERE toDate(time) = today() - 1 LIMIT {people:UInt32}',
    { people: asks + WARM_UP },
  );
  const explanations = await warmTimes(asks, (n) =>
    explain(
      clickhouse,
      { ...five[n], merge: 'visitor', segments: () => undefined },
      BigInt(people[n % people.length].visitor),
      new Date(),
      RETENTION_DAYS,
    ),
  );
  const largest = Object.entries(again.built)
    .sort(([, a], [, b]) => b - a)
    .map(([id]) => id);
  // The next ten are asked for before the largest.
  const overlaps = await warmTimes(OVERLAPS, (n) =>
    overlap(clickhouse, n < OVERLAPS ? largest.slice(0, 10) : largest.slice(10, 20)),
  );
  const asked = {
    estimateMs: p95(estimates.found),
    explainMs: p95(explanations.found),
    overlapMs: round(Math.max(...overlaps.found)),
    firstMs: { estimate: estimates.first, explain: explanations.first, overlap: overlaps.first },
  };
  tell(
    `estimates p95 ${asked.estimateMs} ms, explanations p95 ${asked.explainMs} ms, overlap of ten ${asked.overlapMs} ms; the first of them ${Object.values(asked.firstMs).join(', ')} ms\n`,
  );

  const timed = (aim) => (short ? leftOpen(aim) : aim);
  const engineMb = Math.max(first.cost.engineMb, again.cost.engineMb);
  const aims = conclude({
    build: timed(atMost(AIM_BUILD_S, seconds, 's of the slower build of all segments')),
    naive: timed(
      atLeast(AIM_NAIVE, round(naiveS / seconds, 1), 'times faster than a query each over the raw hits'),
    ),
    engineMemory: atMost(ENGINE_GB * 1024, engineMb, 'MB of memory of the engine'),
    estimate: timed(atMost(AIM_ESTIMATE_MS, asked.estimateMs, 'ms of 95 of 100 estimates')),
    explain: timed(atMost(AIM_EXPLAIN_MS, asked.explainMs, 'ms of 95 of 100 explanations')),
    overlap: timed(atMost(AIM_OVERLAP_MS, asked.overlapMs, 'ms of an overlap of ten')),
    small: timed(atMost(AIM_SMALL, smallOfLarge, 'time of small segments over that of large ones')),
    failed: exactly(0, failed, 'segments that failed'),
    exact: exactly(0, different, 'sampled segments that have others than their rule has alone'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'segments',
      unit: 's',
      short,
      hits: Number(there.hits),
      visitors: Number(there.visitors),
      segments: list.length,
      members,
      first: first.cost,
      again: again.cost,
      naiveS,
      aloneS,
      ratio: round(naiveS / seconds, 1),
      sampled: sampled.length,
      smallOfLarge,
      ...asked,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  await clickhouse.close();
  await watcher.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
