// What the job `identity` takes over millions of visitors: seconds, and the memory that its statements say they
// had, on an engine that is given four gigabytes.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { startEngine } from '../../dist/clickhouse/engine.js';
import { migrate } from '../../dist/clickhouse/schema.js';
import { buildIdentity } from '../../dist/identity/job.js';
import { Leases } from '../../dist/jobs/lease.js';
import { atLeast, atMost, conclude, exactly } from './aims.mjs';
import { MACHINE, machineText, residentMb, round } from './machine.mjs';
import { readOptions } from './options.mjs';

const GB = 2 ** 30;
const ENGINE_GB = 4;
const LOOK_MS = 50;

const { visitors, links } = readOptions({
  name: 'bench:identity',
  about: `
What the job that sets links aside and finds device clusters takes, over links made in the engine itself: three
visitors a person, who share that person's device ids and partner ids; one link of a hundred is to somebody else's,
so that persons hang together here and there and larger components must be cut.

Aims: no statement has more than ${ENGINE_GB} GB, the engine none either; nobody who is in a cluster is there twice,
and no cluster has more than twenty visitors.

It takes some minutes, and as much of both cores as there is.`,
  numbers: {
    visitors: { usual: 5_000_000, short: 100_000, least: 100, help: 'visitors that have links' },
    links: { usual: 10_000_000, short: 200_000, least: 100, help: 'links that they have together' },
  },
});

const say = (text) => process.stdout.write(`${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-identity-'));
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

/** Both kinds of joints, by the number of the link. */
const LINKS = `
  INSERT INTO links (source, visitor, uid, own, first, last)
  SELECT if(device, 'idfa', 'partner') AS source, sipHash64(whose) AS visitor, toString(joint) AS uid,
         if(device, sipHash64('device', joint), 0) AS own, last - toIntervalHour(chance % 100) AS first,
         now64(3) - toIntervalMinute(chance % 115200) AS last
  FROM (
    SELECT number % {visitors:UInt64} AS whose, number % 2 = intDiv(number, {visitors:UInt64}) % 2 AS device,
           sipHash64(number) AS chance,
           if(chance % 100 = 0, intDiv(chance, 100) % intDiv({visitors:UInt64}, 3), intDiv(whose, 3)) * 2 + intDiv(chance, 7) % 2 AS joint
    FROM numbers({from:UInt64}, {rows:UInt64}))`;
const PIECE = 1_000_000;

/** All consent to the partner, or its ids would join nobody. */
const CONSENTS = `
  INSERT INTO consents (visitor, time, purposes, partners, origin)
  SELECT sipHash64(number) AS visitor, now64(3) AS time, 13 AS purposes, ['partner', 'another'] AS partners, 'web' AS origin
  FROM numbers({visitors:UInt64})`;

/** Looks at what runs until it is told to stop. @returns the highest seen of statements and of the process. */
function watch() {
  let on = true;
  const peak = { statement: 0, engineMb: 0, looks: 0 };
  const done = (async () => {
    while (on) {
      const rows = await watcher.query(
        "SELECT max(processes.peak_memory_usage) AS peak FROM system.processes AS processes WHERE current_database = 'bench' AND query NOT LIKE '%system.processes%'",
      );
      peak.statement = Math.max(peak.statement, Number(rows[0].peak));
      peak.engineMb = Math.max(peak.engineMb, residentMb(engine.pid()));
      peak.looks += 1;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return peak;
  })();
  return () => {
    on = false;
    return done;
  };
}

try {
  await migrate(clickhouse, 90);
  say(`\n  ${machineText()}; engine of ${ENGINE_GB} GB\n`);
  for (let from = 0; from < links; from += PIECE)
    await clickhouse.command(LINKS, { visitors, from, rows: Math.min(PIECE, links - from) });
  await clickhouse.command(CONSENTS, { visitors });
  const [made] = await clickhouse.query('SELECT count() AS links, uniqExact(visitor) AS visitors FROM links');
  say(`  ${made.links} links of ${made.visitors} visitors`);

  const stop = watch();
  const began = performance.now();
  const { result } = await buildIdentity(clickhouse, new Leases(clickhouse, 'bench'));
  const seconds = round((performance.now() - began) / 1000, 1);
  const peak = await stop();

  const [check] = await clickhouse.query(
    `SELECT count() AS rows, uniqExact(visitor) AS visitors, max(size) AS largest, min(size) AS smallest
     FROM (SELECT visitor, count() OVER (PARTITION BY cluster) AS size FROM kept_clusters)`,
  );
  const statementMb = round(peak.statement / 2 ** 20);
  say(`  ${seconds} s, ${result.rounds} rounds; ${result.clusters} clusters of ${check.visitors} visitors`);
  say(
    `  memory: ${statementMb} MB of a statement at most, ${peak.engineMb} MB of the engine, ${peak.looks} looks\n`,
  );
  const aims = conclude({
    statementMemory: atMost(ENGINE_GB * 1024, statementMb, 'MB of memory of a statement, as it says itself'),
    engineMemory: atMost(ENGINE_GB * 1024, peak.engineMb, 'MB of memory of the engine'),
    looks: atLeast(1, peak.looks, 'looks at the memory'),
    twice: exactly(0, Number(check.rows) - Number(check.visitors), 'visitors that are in a cluster twice'),
    largest: atMost(20, Number(check.largest), 'visitors in the largest cluster'),
    smallest: atLeast(2, Number(check.smallest), 'visitors in the smallest cluster'),
  });
  say(
    JSON.stringify({
      bench: 'identity',
      unit: 's',
      seconds,
      links: Number(made.links),
      visitors: Number(made.visitors),
      rounds: result.rounds,
      clusters: result.clusters,
      clusteredVisitors: result.clusteredVisitors,
      statementMb,
      engineMb: peak.engineMb,
      aims,
      machine: MACHINE,
    }),
  );
} finally {
  await clickhouse.close();
  await watcher.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
