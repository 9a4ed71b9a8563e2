// How fast hits go from journal files to ClickHouse, beside a plain INSERT of the same bytes: the same engine,
// the same tables with their materialised views, the same settings, in one run, rounds interleaved, medians.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { startEngine } from '../../dist/clickhouse/engine.js';
import { migrate } from '../../dist/clickhouse/schema.js';
import { shipTo } from '../../dist/journal/ship-to-clickhouse.js';
import { Shipper } from '../../dist/journal/shipper.js';
import { atLeast, conclude, exactly } from './aims.mjs';
import { writeJournal } from './journal.mjs';
import { cpuSeconds, MACHINE, machineText, median, round } from './machine.mjs';
import { readOptions } from './options.mjs';

const options = readOptions({
  name: 'bench:ingest',
  about: `
Ships journal files into the embedded ClickHouse as the product does, and beside it inserts the same files by a
plain INSERT with the same settings into the same tables, in turn. The files are first written by the real
collector. It takes a minute or two, ten seconds with --short. Nothing else should run meanwhile.

Aims, each missed one a sentence and exit code 1: at least 0.8 of the plain INSERT; every row there once.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    rounds: { usual: 7, short: 2, help: 'rounds of each way, after one that warms up' },
    files: { usual: 4, short: 1, help: 'files of 8 MiB a round' },
  },
});
const ROUNDS = options.rounds;
/** Of 8 MiB each, as the journal closes them. */
const FILES_A_ROUND = options.files;
const STREAM = 'hits';
const AIM_OF_PLAIN = 0.8;

const say = (text) => process.stderr.write(`${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-ingest-'));

/** The URL parameters that the product sends with an insert, so that the plain one has no other settings. */
async function insertParameters() {
  let seen;
  const server = createServer((incoming, answer) => {
    seen = new URL(incoming.url, 'http://localhost').searchParams;
    incoming.resume().once('end', () => answer.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const client = new ClickHouse({
    urls: [url],
    user: 'any',
    password: 'any',
    database: 'any',
    cluster: undefined,
  });
  await client.insertBytes(STREAM, Readable.from([Buffer.from('time\n')], { objectMode: false }), 'any');
  await client.close();
  server.close();
  return seen;
}

/** One POST with the whole body, on a connection that is kept. */
function post(url, headers, agent, body) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      if (answer.statusCode === 200) resolve();
      else reject(new Error(text.slice(0, 500)));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Runs `work` and says how long it took and what CPU this process used for it, in microseconds. */
async function timed(work) {
  const began = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  return { us: (performance.now() - began) * 1000, cpuUs: used.user + used.system };
}

const password = randomBytes(16).toString('hex');
const engine = await startEngine({
  folder: join(folder, 'engine'),
  memoryBytes: 4 * 2 ** 30,
  password,
  log: () => {},
});
const clients = [];
try {
  const connect = async (database) => {
    const client = new ClickHouse({
      urls: [engine.url],
      user: engine.user,
      password,
      database,
      cluster: undefined,
    });
    clients.push(client);
    await migrate(client, 90);
    return client;
  };
  const ours = await connect('ours');
  const plain = await connect('plain');
  const made = join(folder, 'made');
  const wanted = (ROUNDS + 1) * FILES_A_ROUND;
  say(`\n  ${machineText()}; ${FILES_A_ROUND} journal files of 8 MiB a round\n`);
  const rowsIn = await writeJournal(made, wanted, (files) => say(`  ${files} of ${wanted} files written`));
  const files = (await readdir(join(made, STREAM))).sort();
  const parameters = await insertParameters();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'X-ClickHouse-User': engine.user, 'X-ClickHouse-Key': password };

  /** The files of a round, put where a shipper looks for them. */
  const lay = async (chosen) => {
    const journal = join(folder, 'journal');
    await mkdir(join(journal, STREAM), { recursive: true });
    for (const file of chosen) await cp(join(made, STREAM, file), join(journal, STREAM, file));
    const shipper = new Shipper({
      folder: journal,
      insert: shipTo(ours, () => true),
      onError: (error) => {
        throw error;
      },
    });
    return () => shipper.ship();
  };
  const plainInsert = async (chosen) => {
    for (const file of chosen) {
      const url = new URL(engine.url);
      for (const [name, value] of parameters) url.searchParams.set(name, value);
      url.searchParams.set('database', 'plain');
      url.searchParams.set('insert_deduplication_token', file);
      url.searchParams.delete('query_id');
      await post(url, headers, agent, await readFile(join(made, STREAM, file)));
    }
  };

  const rounds = { ours: [], plain: [] };
  for (let at = 0; at <= ROUNDS; at++) {
    const chosen = files.slice(at * FILES_A_ROUND, (at + 1) * FILES_A_ROUND);
    const rows = chosen.reduce((sum, file) => sum + rowsIn.get(file), 0);
    const ship = await lay(chosen);
    // Which of the two comes first changes from round to round: the second finds the disk busy with the first.
    const measure = {
      ours: () => timed(ship),
      plain: () => timed(() => plainInsert(chosen)),
    };
    const order = at % 2 === 0 ? ['ours', 'plain'] : ['plain', 'ours'];
    const result = {};
    for (const name of order) {
      const engineBefore = cpuSeconds(engine.pid());
      const { us, cpuUs } = await measure[name]();
      result[name] = {
        perSecond: (rows * 1e6) / us,
        cpuUs: cpuUs / rows,
        engineCpuUs: ((cpuSeconds(engine.pid()) - engineBefore) * 1e6) / rows,
      };
    }
    // The first round warms up.
    if (at === 0) continue;
    for (const name of order) rounds[name].push(result[name]);
    say(
      `  round ${at} of ${ROUNDS}   ours ${round(result.ours.perSecond)} rows/s   plain ${round(result.plain.perSecond)} rows/s`,
    );
  }
  const of = (name, what, digits) => round(median(rounds[name].map((one) => one[what])), digits);
  // Round against round: what else the machine does then touches both.
  const ratio = round(median(rounds.ours.map((one, at) => one.perSecond / rounds.plain[at].perSecond)), 3);
  say('\n  way       rows/s   our CPU µs a row   engine CPU µs a row');
  for (const name of ['ours', 'plain']) {
    say(
      `  ${name.padEnd(7)}${String(of(name, 'perSecond')).padStart(9)}${String(of(name, 'cpuUs', 2)).padStart(19)}${String(of(name, 'engineCpuUs', 1)).padStart(22)}`,
    );
  }
  const count = async (client) => Number((await client.query(`SELECT count() AS n FROM ${STREAM}`))[0].n);
  const stored = { ours: await count(ours), plain: await count(plain) };
  const expected = [...rowsIn.values()].reduce((sum, rows) => sum + rows, 0);
  say(`\n  rows sent ${expected}, stored ${stored.ours} by ours and ${stored.plain} by plain\n`);
  const aims = conclude({
    shipped: atLeast(AIM_OF_PLAIN, ratio, 'rows/s shipped over those of a plain INSERT'),
    stored: exactly(expected, stored.ours, 'rows in ClickHouse of those shipped'),
    plainStored: exactly(expected, stored.plain, 'rows in ClickHouse of those inserted plainly'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'ingest',
      unit: 'rows/s',
      short: options.short,
      ours: of('ours', 'perSecond'),
      reference: of('plain', 'perSecond'),
      ratio,
      cpuUsARow: { ours: of('ours', 'cpuUs', 2), reference: of('plain', 'cpuUs', 2) },
      rows: expected,
      stored: stored.ours,
      aims,
      machine: MACHINE,
    })}\n`,
  );
  agent.destroy();
} finally {
  for (const client of clients) await client.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
