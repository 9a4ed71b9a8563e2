// How fast a segment of millions is pulled under a partner's ids, whole and as changes, beside the same join written out
// by the engine alone; what memory that takes; and how near a push comes to what its receiver allows.
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { exportedSet } from '../../dist/delivery/exported-set.js';
import { atLeast, atMost, conclude, exactly, leftOpen } from './aims.mjs';
import { embedded } from './export-engine.mjs';
import { MACHINE, machineText, median, peakMb, round } from './machine.mjs';
import { startNinety } from './ninety.mjs';
import { readOptions } from './options.mjs';

const AIM_ROWS = 1_000_000;
const AIM_OF_PLAIN = 0.8;
const AIM_DELTA = 1 / 20;
const AIM_GROWTH = 1.5;
const AIM_PUSH = 0.8;
/** With fewer nothing that is done once for a pull is small beside it. */
const TELLING_MEMBERS = 5_000_000;

const CALLERS = 4;
const LINES_A_REQUEST = 10_000;
const ANSWER_MS = 500;
const ALLOWED = (CALLERS * LINES_A_REQUEST * 1000) / ANSWER_MS;

const { short, members, rounds, pushed } = readOptions({
  name: 'bench:export',
  about: `
Starts the product with its embedded ClickHouse and makes members of a segment in it, each with a partner's id and
consent. Pulls them as TSV through the API: the first time, which writes the log of what was handed out, then with the
log up to date, in turns with a plain SELECT … FORMAT TSV of the same join by the engine. Then one of a hundred
changes, half of them leaving and half new, and the changes are pulled since the last cursor. A tenth of the members,
in a segment of its own, tells how memory grows. At last a smaller segment is pushed to a receiver that takes
${CALLERS} callers, refuses a fifth, checks each signature and answers after ${ANSWER_MS} ms: ${ALLOWED} lines/s are what it allows.

Aims: ${AIM_ROWS} rows/s, and ${AIM_OF_PLAIN} of the plain SELECT's; one of a hundred changes in a twentieth of the time of the first
pull, which like it finds in what is stored of people who is in (beside it stands what part it is of the plain SELECT's
time, and of a pull of all from the log, which finds nothing anew); the server's peak of memory with all at most
${AIM_GROWTH} times that with a tenth (that of the engine, which joins, stands beside it); ${AIM_PUSH} of what the receiver allows,
no line lost or doubled. With --short, or with fewer than ${TELLING_MEMBERS} members, the aims that are about time and memory are
not judged.

It takes some eight minutes (one with --short), and both cores whole: nothing else should run meanwhile. The members
are made a million at a time, all of one day, so that no insert holds more than that in memory.
Progress goes to standard error, one line of JSON to standard output.`,
  numbers: {
    members: { usual: 10_000_000, short: 200_000, least: 10_000, help: 'members, each with a partner’s id' },
    rounds: { usual: 3, short: 2, help: 'pulls of all, in turns with the plain SELECT' },
    pushed: { usual: 400_000, short: 40_000, least: 1_000, help: 'members of the segment that is pushed' },
  },
});

const startedAt = performance.now();
const say = (text) =>
  process.stderr.write(`${String(round((performance.now() - startedAt) / 1000)).padStart(5)} s  ${text}\n`);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-export-'));
const data = join(folder, 'data');
const changed = Math.floor(members / 200);
let ninety;
let clickhouse;

/** Spread evenly over all numbers of 64 bits, as visitors are, and one to one. */
const VISITOR = 'number * 11400714819323198485';
const PIECE = 1_000_000;
/** What came just now is looked at again by the next pull; this came yesterday. */
const LANDED = 'now() - 86400';

async function inPieces(from, to, work) {
  for (let at = from; at < to; at += PIECE) await work(`numbers(${at}, ${Math.min(PIECE, to - at)})`);
}

/** People whom anybody may be told of, each with an id of the partner. */
const addPeople = (to) =>
  inPieces(0, to, async (numbers) => {
    await clickhouse.command(`INSERT INTO consents (visitor, time, purposes, partners, origin, landed)
      SELECT ${VISITOR}, now64(3) - toIntervalDay(1), 1023, ['bench', 'other'], 'web', ${LANDED} FROM ${numbers}`);
    await clickhouse.command(`INSERT INTO links (source, visitor, uid, own, first, last, landed)
      SELECT 'bench', ${VISITOR}, lower(hex(sipHash128(number))), 0, now64(3) - toIntervalDay(2),
             now64(3) - toIntervalDay(1), ${LANDED} FROM ${numbers}`);
  });

/** Publishes a build of those from one number to another, as the job does. @returns its number. */
async function build(segment, from, to, before) {
  const [{ last }] = await clickhouse.query('SELECT max(builds.build) AS last FROM builds');
  const number = Number(last) + 1;
  await inPieces(from, to, (numbers) =>
    clickhouse.command(
      `INSERT INTO members (build, segment, visitor, seen)
       SELECT ${number}, '${segment}', ${VISITOR}, now64(3) - toIntervalHour(1) FROM ${numbers}`,
    ),
  );
  const change = (added, numbers) =>
    clickhouse.command(
      `INSERT INTO member_changes (build, segment, visitor, added, seen)
       SELECT ${number}, '${segment}', ${VISITOR}, ${added}, now64(3) - toIntervalHour(1) FROM ${numbers}`,
    );
  if (before !== undefined) {
    await change(false, `numbers(${before.from}, ${from - before.from})`);
    await change(true, `numbers(${before.to}, ${to - before.to})`);
  }
  const time = new Date().toISOString();
  await clickhouse.insert('builds', [
    {
      segment,
      build: number,
      state: 'built',
      version: 1,
      as_of: time,
      size: to - from,
      took_ms: 1,
      reason: '',
      time,
      ...(before === undefined ? {} : { added: to - before.to, removed: from - before.from }),
    },
  ]);
  return number;
}

/** Reads an answer of the API to its end. @param seen called with each piece of it. */
function read(path, seen = () => undefined) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${ninety.key}` };
    request(ninety.url + path, { headers, agent: false }, (answer) => {
      let bytes = 0;
      let firstMs;
      answer.on('data', (piece) => {
        firstMs ??= performance.now() - began;
        bytes += piece.length;
        seen(piece);
      });
      answer.once('error', reject).once('end', () => {
        const count = Number(answer.trailers['ninety-count']);
        if (answer.statusCode !== 200 || Number.isNaN(count))
          reject(new Error(`${path}: ${answer.statusCode}`));
        else
          resolve({
            seconds: (performance.now() - began) / 1000,
            firstS: round((firstMs ?? 0) / 1000, 2),
            bytes,
            count,
            digest: answer.trailers['content-digest'],
            cursor: answer.headers['ninety-cursor'],
          });
      });
    })
      .once('error', reject)
      .end();
  });
}

async function readPlain(segment, number) {
  const { sql, params } = exportedSet(segment, number, { kind: 'partner', id: 'bench' }, { freshDays: 14 });
  const began = performance.now();
  const lines = await clickhouse.stream(
    `SELECT uid AS id, 'add' AS op FROM (${sql})`,
    params,
    'TabSeparated',
  );
  let bytes = 0;
  for await (const piece of lines) bytes += piece.length;
  return { seconds: (performance.now() - began) / 1000, bytes };
}

/** A receiver at its limit: so many callers, each answered after the same time, each signature checked, each line counted. */
async function receiver(secret) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const seen = { lines: 0, requests: 0, refused: 0, unsigned: 0, repeated: 0, first: 0, last: 0, most: 0 };
  const keys = new Set();
  let callers = 0;
  const server = createServer(async (asked, answer) => {
    const began = performance.now();
    callers += 1;
    seen.most = Math.max(seen.most, callers);
    const pieces = [];
    for await (const piece of asked) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = asked.headers;
    const wanted = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;
    let status = 200;
    if (callers > CALLERS) {
      status = 429;
      seen.refused += 1;
    } else if (signature !== wanted) {
      status = 401;
      seen.unsigned += 1;
    } else if (keys.has(id)) seen.repeated += 1;
    else {
      keys.add(id);
      seen.first ||= began;
      seen.requests += 1;
      let lines = -1;
      for (let at = body.indexOf(10); at !== -1; at = body.indexOf(10, at + 1)) lines += 1;
      seen.lines += lines;
      await sleep(Math.max(0, ANSWER_MS - (performance.now() - began)));
    }
    callers -= 1;
    seen.last = performance.now();
    answer.writeHead(status, status === 429 ? { 'Retry-After': '1' } : {}).end();
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { seen, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

async function push() {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes....').toString('base64')}`;
  const { seen, url, close } = await receiver(secret);
  try {
    await ninety.api('/v1/destinations', {
      id: 'receiver',
      name: 'receiver',
      type: 'webhook',
      partner: 'bench',
      segments: ['pushed'],
      schedule: 'manual',
      settings: { url, secret, linesPerRequest: LINES_A_REQUEST, concurrency: CALLERS },
    });
    const began = performance.now();
    const run = await ninety.api('/v1/destinations/receiver/deliver?wait=1', {});
    const seconds = round((performance.now() - began) / 1000, 1);
    const sending = (seen.last - seen.first) / 1000;
    const { lines, requests, refused, unsigned, repeated, most } = seen;
    const perSecond = round(lines / sending);
    return {
      seconds,
      lines,
      requests,
      refused,
      unsigned,
      repeated,
      most,
      perSecond,
      allowed: ALLOWED,
      state: run.state,
    };
  } finally {
    close();
  }
}

const perSecond = ({ count, seconds }) => round(count / seconds);

try {
  say(`${machineText()}; ${members} members`);
  ninety = await startNinety({
    folder: data,
    env: { NINETY_ROLES: 'collect,api', NINETY_OUTBOUND_ALLOW: '127.0.0.1' },
  });
  clickhouse = new ClickHouse(embedded(data));
  for (const id of ['bench', 'other']) await ninety.api('/v1/partners', { id, name: id });
  for (const id of ['all', 'tenth', 'pushed'])
    await ninety.api('/v1/segments', { id, name: id, rule: { did: { path: '/nobody' } } });
  // Each is built by itself once it is made, of nobody; what counts is the newest build.
  for (const id of ['all', 'tenth', 'pushed']) await ninety.api(`/v1/segments/${id}/build?wait=1`, {});
  await addPeople(members + changed);
  const first = await build('all', 0, members);
  await build('tenth', 0, Math.floor(members / 10));
  await build('pushed', 0, Math.min(pushed, members));
  say(`made: ${members} members, ${members + changed} partner ids`);

  const all = '/v1/segments/all/members?as=bench&format=tsv';
  const peaks = () => ({ server: peakMb(ninety.pid), engine: peakMb(ninety.enginePid()) });
  peaks();
  await read('/v1/segments/tenth/members?as=bench&format=tsv');
  await read('/v1/segments/tenth/members?as=bench&format=tsv');
  const tenthMb = peaks();
  say(`a tenth of them pulled, twice: ${JSON.stringify(tenthMb)} MB at most`);

  const hash = createHash('sha256');
  const beginning = await read(all, (piece) => hash.update(piece));
  const digest = `sha-256=:${hash.digest('base64')}:`;
  const firstMb = peaks();
  say(
    `the first pull, which writes the log: ${perSecond(beginning)} rows/s, ${round(beginning.seconds, 1)} s, ${JSON.stringify(firstMb)} MB at most`,
  );
  const ours = [];
  const plain = [];
  const allMb = { server: 0, engine: 0 };
  for (let at = 0; at < rounds; at++) {
    plain.push(await readPlain('all', first));
    peaks();
    ours.push(await read(all));
    const { server, engine } = peaks();
    allMb.server = Math.max(allMb.server, server);
    allMb.engine = Math.max(allMb.engine, engine);
    say(
      `all: ${perSecond(ours[at])} rows/s, first byte after ${ours[at].firstS} s; plain: ${round(members / plain[at].seconds)} rows/s`,
    );
  }
  const oursS = median(ours.map(({ seconds }) => seconds));
  const plainS = median(plain.map(({ seconds }) => seconds));

  await build('all', changed, members + changed, { from: 0, to: members });
  const delta = await read(`${all}&since=${ours.at(-1).cursor}`);
  const nothing = await read(`${all}&since=${delta.cursor}`);
  say(`changes: ${delta.count} in ${round(delta.seconds, 2)} s; none in ${round(nothing.seconds, 2)} s`);
  const pushing = await push();
  say(`push: ${pushing.perSecond} lines/s of ${ALLOWED} allowed, ${pushing.seconds} s with its plan`);

  const open = short || members < TELLING_MEMBERS ? leftOpen : (aim) => aim;
  const aims = conclude({
    perSecond: open(atLeast(AIM_ROWS, round(members / oursS), 'rows/s of all members as TSV')),
    ofPlain: open(atLeast(AIM_OF_PLAIN, round(plainS / oursS, 2), 'of the plain SELECT’s rows/s')),
    delta: open(
      atMost(
        AIM_DELTA,
        round(delta.seconds / beginning.seconds, 4),
        'of the first pull’s time, for one of a hundred',
      ),
    ),
    memory: open(
      atMost(
        AIM_GROWTH,
        round(Math.max(firstMb.server, allMb.server) / tenthMb.server, 2),
        'the server’s peak of memory with all over that with a tenth',
      ),
    ),
    push: open(
      atLeast(AIM_PUSH, round(pushing.perSecond / ALLOWED, 2), 'of the lines/s that the receiver allows'),
    ),
    count: exactly(members, Math.min(...ours.map(({ count }) => count)), 'lines of all'),
    digest: exactly(1, Number(beginning.digest === digest), 'checksum that is that of what came'),
    changes: exactly(2 * changed, delta.count, 'lines of changes'),
    pushed: exactly(Math.min(pushed, members), pushing.lines, 'lines pushed, each once'),
  });
  process.stdout.write(
    `${JSON.stringify({
      bench: 'export',
      unit: 'rows/s',
      short,
      members,
      perSecond: round(members / oursS),
      plainPerSecond: round(members / plainS),
      firstPull: {
        perSecond: perSecond(beginning),
        seconds: round(beginning.seconds, 1),
        ofPlain: round(plainS / beginning.seconds, 2),
      },
      delta: {
        lines: delta.count,
        seconds: round(delta.seconds, 2),
        ofFirstPull: round(delta.seconds / beginning.seconds, 4),
        ofPlain: round(delta.seconds / plainS, 4),
        ofAllFromLog: round(delta.seconds / oursS, 4),
      },
      none: { seconds: round(nothing.seconds, 2) },
      peakMb: { tenth: tenthMb, firstPull: firstMb, all: allMb },
      push: pushing,
      aims,
      machine: MACHINE,
    })}\n`,
  );
} finally {
  await clickhouse?.close();
  await ninety?.stop();
  await rm(folder, { recursive: true, force: true });
}
