import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { listDeadLetters } from './failures.ts';
import { listRuns } from './runs.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const PEOPLE = 300;
const LINES = 10;
/** The last round goes to its end. */
const ROUNDS = 9;

// Plans once, then goes on with what is there; a chunk is one request, answered with the places that were not taken.
const CHILD = `
  import { request } from 'node:http';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { text } from 'node:stream/consumers';
  import { ClickHouse } from '../../clickhouse/client.ts';
  import { Leases } from '../../jobs/lease.ts';
  import { DeliveryError } from '../destination.ts';
  import { deliver } from './deliver.ts';
  import { listRuns } from './runs.ts';
  import { StandIn, StandInPlans, standInCourier, standInDestination } from './stand-in.testing.ts';

  // The shortest wait that chance can give.
  Math.random = () => 0;
  const { database, url, people, lines } = JSON.parse(process.argv[2]);
  const clickhouse = new ClickHouse(database);
  const standIn = new StandIn();
  standIn.limits = { lines, concurrency: 3 };
  standIn.answer = async ({ chunk, lines }) => {
    const sent = request(url, { method: 'POST', headers: { 'idempotency-key': chunk.key }, agent: false });
    sent.end(lines.map(({ number, uid, add }) => JSON.stringify([number, uid, add])).join('\\n'));
    const status = await new Promise((resolve, reject) => sent.once('response', resolve).once('error', reject)).catch(() => undefined);
    if (status === undefined) throw new DeliveryError('unreachable', 'no answer', { retry: true, afterMs: 1 });
    const answer = JSON.parse(await text(status));
    if (status.statusCode === 503) throw new DeliveryError('unavailable', 'later', { retry: true, afterMs: 1 });
    return { accepted: 0, failed: answer.map((number) => ({ number, reason: 'line_rejected', detail: 'not now', retry: true })) };
  };
  const plans = new StandInPlans(clickhouse);
  plans.wanted = Array.from({ length: people }, (_, n) => ({ uid: 'u' + n, add: ['news'] }));
  // A lease of its own length: who is killed is waited for.
  const courier = { ...(await standInCourier(clickhouse, standIn.type, plans)), leases: new Leases(clickhouse, String(process.pid), 600) };
  const destination = standInDestination('killed');
  process.stdout.write('ready\\n');
  for (;;) {
    const [run] = await listRuns(clickhouse, 'killed', { limit: 1 });
    if (run?.state === 'done') break;
    // Whatever waits for its time is due in a test.
    await clickhouse.command(\`INSERT INTO delivery_chunks
      SELECT * REPLACE (step + 1 AS step, toDateTime64(0, 3, 'UTC') AS next) FROM (
        SELECT * FROM delivery_chunks ORDER BY step DESC LIMIT 1 BY destination, run, chunk)
      WHERE state IN ('planned', 'waiting')\`);
    await clickhouse.command(\`INSERT INTO delivery_breakers
      SELECT * REPLACE (step + 1 AS step, toDateTime64(0, 3, 'UTC') AS next) FROM (
        SELECT * FROM delivery_breakers ORDER BY step DESC LIMIT 1 BY destination)\`);
    const order = run === undefined ? { do: 'plan', cause: 'manual', mode: 'delta' } : { do: 'resume' };
    await deliver(courier, destination, order, { waitMs: 5_000 });
    await sleep(5);
  }
  process.stdout.write('done\\n');
  process.exit(0);`;

/**
 * Somebody's server: knows a request again by its key, and what it answered then. Now and then it is not there, takes a
 * request and does not say so, or takes a part of it.
 */
class Server {
  readonly taken = new Map<string, { readonly body: string; readonly refused: readonly number[] }>();
  /** How often each id was taken, a request that came again once. */
  readonly times = new Map<string, number>();
  readonly strays: string[] = [];
  /** A line is refused once at most, so that none is given up. */
  readonly #refused = new Set<string>();
  #requests = 0;
  readonly #server = createServer(async (incoming, answer) => {
    const key = String(incoming.headers['idempotency-key']);
    const body = await text(incoming).catch(() => undefined);
    if (body === undefined) return;
    const nth = ++this.#requests;
    if (nth % 7 === 0) return void answer.writeHead(503).end('"later"');
    const known = this.taken.get(key);
    if (known !== undefined && known.body !== body) this.strays.push(key);
    const refused = known?.refused ?? this.#take(key, body, nth);
    if (nth % 5 === 0) return void incoming.socket.destroy();
    answer.end(JSON.stringify(refused));
  });

  #take(key: string, body: string, nth: number): readonly number[] {
    const lines = body.split('\n').map((line) => JSON.parse(line) as [number, string]);
    const hesitates = nth % 3 === 0 ? lines.slice(0, 2).filter(([, uid]) => !this.#refused.has(uid)) : [];
    for (const [, uid] of hesitates) this.#refused.add(uid);
    const refused = hesitates.map(([number]) => number);
    for (const [number, uid] of lines)
      if (!refused.includes(number)) this.times.set(uid, (this.times.get(uid) ?? 0) + 1);
    this.taken.set(key, { body, refused });
    return refused;
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const server = new Server();
let work: string;

beforeAll(async () => {
  await migrate(clickhouse, 90);
  work = await mkdtemp(join(tmpdir(), 'deliver-kill-'));
});
afterAll(async () => {
  server.close();
  await rm(work, { recursive: true });
  await clickhouse.close();
});

it('loses no line and tells none twice when its process is killed, again and again', async () => {
  const program = join(work, 'child.mjs');
  await build({
    stdin: { contents: CHILD, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    outfile: program,
  });
  const told = JSON.stringify({ database, url: await server.listen(), people: PEOPLE, lines: LINES });
  let kills = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = spawn(process.execPath, [program, told], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (said: string) => {
      if (printed === '' && round < ROUNDS - 1)
        setTimeout(() => child.kill('SIGKILL'), 20 + ((round * 97) % 400));
      printed += said;
    });
    const [code, signal] = await once(child, 'close');
    if (signal === 'SIGKILL') kills += 1;
    else expect([code, printed]).toEqual([0, 'ready\ndone\n']);
  }
  expect(kills).toBeGreaterThan(3);
  expect(server.strays).toEqual([]);
  expect(server.times.size).toBe(PEOPLE);
  expect([...server.times].filter(([, times]) => times !== 1)).toEqual([]);
  expect(await listDeadLetters(clickhouse, 'killed', 10)).toEqual([]);
  expect(await listRuns(clickhouse, 'killed', { limit: 5 })).toMatchObject([
    { state: 'done', lines: PEOPLE },
  ]);
});
