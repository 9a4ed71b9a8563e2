// How fast a match table is taken in, from its first byte to the receipt, and what memory that takes; beside it
// the reading of its lines alone, by this product and by the engine.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { atLeast, atMost, conclude, exactly, leftOpen } from './aims.mjs';
import { cpuSeconds, MACHINE, machineText, peakMb, round } from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { readOptions } from './options.mjs';

const AIM_ROWS = 200_000;
const AIM_SERVER_GROWTH = 1.5;
/** With fewer the batches in which lines are gathered are not yet full, nor the heap grown up. */
const TELLING_ROWS = 1_000_000;

const options = readOptions({
  name: 'bench:matches',
  about: `
Starts the product with its embedded ClickHouse, makes visitors in it, and uploads a match table for all of them
by POST /v1/matches: first a tenth, which also warms up, then the whole. A part of the lines names a visitor, the
others a neighbour's id, by which the visitor is looked up. Then the engine is given the same lines to read by
itself, with JSONExtract and about the same checks, into the table in which lines wait: what would be won if it
did that too. It takes some three minutes and 1 GB of disk, half a minute with --short. Nothing else should run
meanwhile.

Aims, each missed one a sentence and exit code 1: ${AIM_ROWS} rows/s from the first byte to the receipt; every
line stored; the server's peak of memory with the whole at most ${AIM_SERVER_GROWTH} times that with a tenth.

Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    rows: { usual: 10_000_000, short: 200_000, least: 1000, help: 'lines of the table, a visitor each' },
    'by-neighbour': { usual: 50, short: 50, least: 0, help: 'lines of a hundred that name a neighbour’s id' },
  },
});
const { rows } = options;
const BY_NEIGHBOUR = Math.min(100, options['by-neighbour']);

const say = (text) => process.stderr.write(`${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-matches-'));
const data = join(folder, 'data');
let ninety;

/** Where the server's engine is, and who may ask it. */
function engine() {
  const { enginePassword } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8'));
  const [, port] = /<http_port>(\d+)</.exec(readFileSync(join(data, 'engine', 'config.xml'), 'utf8'));
  return {
    url: `http://127.0.0.1:${port}/?database=ninety&wait_end_of_query=1`,
    headers: { 'X-ClickHouse-User': 'ninety', 'X-ClickHouse-Key': enginePassword },
  };
}

/** Sends a body and reads the answer. @param sent called when the last byte has left. */
function post(url, headers, body, sent = () => {}) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers, agent: false }, async (answer) => {
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += chunk;
      if (answer.statusCode === 200) resolve(text);
      else reject(new Error(text.slice(0, 500)));
    });
    asked.once('error', reject).once('finish', sent);
    if (typeof body === 'string') asked.end(body);
    else body.on('error', reject).pipe(asked);
  });
}

const ask = (sql) => post(engine().url, engine().headers, sql);

/** Streams an answer of the engine into a file. */
function save(sql, file) {
  return new Promise((resolve, reject) => {
    const { url, headers } = engine();
    const asked = request(
      url.replace('&wait_end_of_query=1', ''),
      { method: 'POST', headers, agent: false },
      (answer) => pipeline(answer, createWriteStream(file)).then(resolve, reject),
    );
    asked.once('error', reject).end(sql);
  });
}

/** Spread evenly over all numbers of 64 bits, as visitors are, and one to one. */
const VISITOR = 'number * 11400714819323198485';
const VISITOR_ID = `base64URLEncode(unhex(leftPad(hex(${VISITOR}), 16, '0')))`;
const FILL_PIECE = 1_000_000;

async function fill() {
  for (let from = 0; from < rows; from += FILL_PIECE) {
    const numbers = `numbers(${from}, ${Math.min(FILL_PIECE, rows - from)})`;
    await ask(`INSERT INTO consents (visitor, time, purposes, partners, origin)
               SELECT ${VISITOR}, now64(3), 1023, ['bench', 'neighbour'], 'web' FROM ${numbers}`);
    await ask(`INSERT INTO links (source, visitor, uid, first, last)
               SELECT 'neighbour', ${VISITOR}, concat('n-', toString(number)), now64(3), now64(3)
               FROM ${numbers} WHERE number % 100 < ${BY_NEIGHBOUR}`);
  }
}

async function upload(file, count) {
  const pids = { server: ninety.pid, engine: ninety.enginePid() };
  for (const pid of Object.values(pids)) peakMb(pid);
  const cpu = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
  const began = performance.now();
  let sentMs;
  const headers = { authorization: `Bearer ${ninety.key}`, 'content-type': 'application/x-ndjson' };
  const body = createReadStream(file, { highWaterMark: 1 << 20 });
  const answer = await post(`${ninety.url}/v1/matches`, headers, body, () => {
    sentMs = performance.now() - began;
  });
  const ms = performance.now() - began;
  const { stored, received } = JSON.parse(answer);
  const cpuUsARow = Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      round(((cpuSeconds(pid) - cpu[name]) * 1e6) / count, 2),
    ]),
  );
  const result = {
    rows: count,
    perSecond: round((count * 1000) / ms),
    readPerSecond: round((count * 1000) / sentMs),
    seconds: round(ms / 1000, 1),
    received,
    stored,
    cpuUsARow,
    peakMb: { server: peakMb(pids.server), engine: peakMb(pids.engine) },
  };
  say(
    `  ${count} rows: ${result.perSecond} rows/s (${result.readPerSecond} while they were read), CPU µs a row ${cpuUsARow.server} server, ${cpuUsARow.engine} engine, peak MB ${result.peakMb.server} server, ${result.peakMb.engine} engine`,
  );
  return result;
}

/** The same lines, read and checked by the engine alone. */
async function readByEngine(file) {
  const { url, headers } = engine();
  const sql = `INSERT INTO match_lines (upload, step, line, source, uid, partner, matched)
    SELECT 'engine', source = 'visitor' ? 1 : 0, line_number, source, splitByChar(':', fields.id)[-1], fields.partner, fields.uid
    FROM (
      SELECT rowNumberInAllBlocks() AS line_number, length(line) AS bytes, arraySort(JSONExtractKeys(line)) AS keys,
             JSONExtract(line, 'Tuple(id String, partner String, uid String)') AS fields,
             if(position(fields.id, ':') = 0, 'visitor', splitByChar(':', fields.id)[1]) AS source
      FROM input('line String'))
    WHERE bytes <= 65536 AND keys = ['id', 'partner', 'uid'] AND fields.partner IN ('bench', 'neighbour')
      AND source IN ('visitor', 'neighbour')
      AND (source != 'visitor' OR match(fields.id, '^[A-Za-z0-9_-]{10}[AEIMQUYcgkosw048]$'))
      AND match(fields.uid, '^[!-~]{1,512}$') AND NOT match(fields.uid, '@|%|://|[{}$#\\\\[\\\\]]|^\\\\+?[0-9().-]+$')
      AND NOT isIPv4String(fields.uid) AND NOT isIPv6String(fields.uid)
      AND lower(fields.uid) NOT IN ('null', 'undefined', 'none', 'nan', 'unknown')
    FORMAT LineAsString`;
  const cpu = cpuSeconds(ninety.enginePid());
  const began = performance.now();
  await post(
    `${url}&query=${encodeURIComponent(sql)}`,
    headers,
    createReadStream(file, { highWaterMark: 1 << 20 }),
  );
  const ms = performance.now() - began;
  const found = Number(await ask("SELECT count() FROM match_lines WHERE upload = 'engine'"));
  await ask("ALTER TABLE match_lines DROP PARTITION 'engine'");
  return {
    readPerSecond: round((rows * 1000) / ms),
    rows: found,
    cpuUsARow: round(((cpuSeconds(ninety.enginePid()) - cpu) * 1e6) / rows, 2),
  };
}

try {
  say(`\n  ${machineText()}; ${rows} lines, ${BY_NEIGHBOUR} of a hundred by a neighbour’s id\n`);
  ninety = await startNinety({ folder: data, env: { NINETY_ROLES: 'collect,api' } });
  for (const id of ['bench', 'neighbour']) await ninety.api('/v1/partners', { id, name: id });
  await fill();
  const table = join(folder, 'matches.ndjson');
  const tenth = join(folder, 'tenth.ndjson');
  const tenthRows = Math.floor(rows / 10);
  const lines = (count) => `
    SELECT if(number % 100 < ${BY_NEIGHBOUR}, concat('neighbour:n-', toString(number)), ${VISITOR_ID}) AS id,
           'bench' AS partner, lower(hex(sipHash128(number))) AS uid
    FROM numbers(${count}) FORMAT JSONEachRow`;
  await save(lines(rows), table);
  await save(lines(tenthRows), tenth);
  say(`  the table is of ${round((await stat(table)).size / 1e6)} MB\n`);
  const first = await upload(tenth, tenthRows);
  const whole = await upload(table, rows);
  const engineReads = await readByEngine(table);
  say(`  read by the engine: ${engineReads.readPerSecond} rows/s, CPU µs a row ${engineReads.cpuUsARow}\n`);
  const seen = Number(
    await ask("SELECT uniqExact(visitor) FROM kept_matches WHERE source = 'bench' AND uid != ''"),
  );
  const growth = atMost(
    AIM_SERVER_GROWTH,
    round(whole.peakMb.server / first.peakMb.server, 2),
    'the server’s peak of memory with the whole over that with a tenth',
  );
  const aims = conclude({
    perSecond: atLeast(AIM_ROWS, whole.perSecond, 'rows/s from the first byte to the receipt'),
    stored: exactly(rows, whole.stored, 'lines stored'),
    seen: exactly(rows, seen, 'visitors who are matched after it'),
    memory: tenthRows < TELLING_ROWS ? leftOpen(growth) : growth,
  });
  process.stdout.write(
    `${JSON.stringify({ bench: 'matches', unit: 'rows/s', short: options.short, tenth: first, whole, engineReads, aims, machine: MACHINE })}\n`,
  );
} finally {
  await ninety?.stop();
  await rm(folder, { recursive: true, force: true });
}
