// `node scripts/soak.mjs [--minutes 10] [--rate 2000]`: a real server under steady load while its ClickHouse
// is away for that long. Says how much memory the collector took meanwhile, how long it needed to catch up,
// and whether every acknowledged hit is there exactly once. One line a phase, one JSON line at the end; exit
// code 1 where a hit is lost or doubled.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MACHINE, machineText, residentMb, round } from './bench/machine.mjs';
import { startNinety } from './bench/ninety.mjs';
import { gateBefore } from './soak/gate.mjs';
import { steadyLoad } from './soak/load.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '2000' } },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (!(minutes > 0) || !(rate > 0)) {
  process.stderr.write('Usage: node scripts/soak.mjs [--minutes 10] [--rate 2000]\n');
  process.exit(2);
}
const { startEngine } = await import('../dist/clickhouse/engine.js');

const CONNECTIONS = 64;
const WARM_S = 30;
const AFTER_S = 30;
const LOOK_S = 10;
const CATCH_UP_S = 600;

const began = performance.now();
const clock = () => `${round((performance.now() - began) / 1000)} s`.padStart(7);
const say = (text) => process.stderr.write(`${clock()}  ${text}\n`);

const folder = await mkdtemp(join(tmpdir(), 'ninety-soak-'));
const password = randomBytes(16).toString('hex');
let engine;
let gate;
let ninety;

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

/** How the journal is: files that wait, bytes of them, files set aside. */
async function journal() {
  const { waiting, setAside } = await ninety.api('/v1/journal');
  const sum = (field) => waiting.reduce((all, stream) => all + stream[field], 0);
  return { files: sum('files'), mb: round(sum('bytes') / 2 ** 20, 1), setAside: setAside.length };
}

/** Looks at the collector's memory for so long. */
async function watch(seconds, what, memory) {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await sleep(Math.min(LOOK_S * 1000, Math.max(0, end - performance.now())));
    const mb = residentMb(ninety.pid);
    memory.push(mb);
    const { files, mb: waiting } = await journal();
    say(`${what}: ${mb} MB resident, ${files} files of ${waiting} MB wait`);
  }
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
      NINETY_LOG_LEVEL: 'error',
    },
  });
  const { key } = await ninety.api('/v1/sites/main');
  const { load, end } = steadyLoad({ url: ninety.url, siteKey: key, rate, connections: CONNECTIONS });
  const memory = { before: [], away: [], after: [] };

  say(`sending ${rate} hits a second`);
  await watch(WARM_S, 'before', memory.before);
  const atShut = { sent: load.sent, at: performance.now() };
  await gate.shut();
  say(`ClickHouse is away for ${minutes} minutes`);
  await watch(minutes * 60, 'away', memory.away);
  const most = await journal();
  const awayRate = (load.sent - atShut.sent) / ((performance.now() - atShut.at) / 1000);
  await gate.open();
  const back = performance.now();
  say('ClickHouse is back');
  let caughtUp;
  while (caughtUp === undefined && performance.now() - back < CATCH_UP_S * 1000) {
    await sleep(500);
    // A file or two always wait: one is closed each second.
    if ((await journal()).files < 10) caughtUp = round((performance.now() - back) / 1000, 1);
  }
  say(caughtUp === undefined ? 'it has not caught up' : `caught up after ${caughtUp} s, under the same load`);
  await watch(AFTER_S, 'after', memory.after);
  await end();
  // Whatever was acknowledged is there when this has answered.
  await ninety.api('/v1/jobs/segments/run?wait=1', {});
  const { setAside } = await journal();

  say(`${load.sent} sent, ${load.acknowledged.length} acknowledged; counting them`);
  const found = { hits: 0, features: 0 };
  const lost = { hits: 0, features: 0 };
  const doubled = { hits: 0, features: 0 };
  for (const [table, word] of [
    ['hits', "arrayFirst(k -> k LIKE 'n%', keywords)"],
    ['features', "if(kind = 'keyword', value, '')"],
  ]) {
    const times = new Uint8Array(load.sent);
    const rows = await ask(
      `SELECT toUInt32OrZero(substring(${word} AS word, 2)) AS n, count() FROM ninety.${table} WHERE word LIKE 'n%' GROUP BY n FORMAT TabSeparated`,
    );
    for (const row of rows.split('\n').slice(0, -1)) {
      const [n, count] = row.split('\t').map(Number);
      times[n] = count;
      found[table] += 1;
      if (count !== 1) doubled[table] += 1;
    }
    for (const n of load.acknowledged) if (times[n] === 0) lost[table] += 1;
  }
  const highest = (values) => Math.max(...values);
  const exact = [lost, doubled].every((counts) => counts.hits === 0 && counts.features === 0);
  say(
    exact
      ? 'every acknowledged hit is there exactly once'
      : 'NOT every acknowledged hit is there exactly once',
  );
  process.stdout.write(
    `${JSON.stringify({
      soak: { minutes, rate, rateReached: round(awayRate) },
      sent: load.sent,
      acknowledged: load.acknowledged.length,
      refused: load.refused,
      unanswered: load.unanswered,
      slowestMs: round(load.slowestMs),
      residentMb: {
        before: highest(memory.before),
        away: { first: memory.away[0], last: memory.away.at(-1), highest: highest(memory.away) },
        after: highest(memory.after),
      },
      waitedMost: most,
      caughtUpS: caughtUp,
      setAside,
      found,
      lost,
      doubled,
      machine: MACHINE,
    })}\n`,
  );
  process.exitCode = exact ? 0 : 1;
} finally {
  await ninety?.stop();
  await gate?.shut();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
}
