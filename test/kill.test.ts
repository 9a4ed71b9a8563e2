import { mkdtemp, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  countNumbers,
  engineOf,
  flush,
  gone,
  isRunning,
  type Load,
  type ServerProcess,
  sendNumbers,
  startServer,
} from './server-process.ts';

const ROUNDS = Number(process.env['TEST_KILL_ROUNDS'] ?? 3);
/** Hits of a round that were acknowledged before the kill. */
const ENOUGH = 200;

let data: string;
let server: ServerProcess;
let next = 0;
const acknowledged: number[] = [];

async function load(): Promise<Load> {
  const { url, siteKey } = await server.banner();
  return sendNumbers(url, siteKey, () => next++);
}

/** Half of the moments are any; the others are when a file of hits has just been left to the shipper. */
async function moment(round: number, sent: Load): Promise<void> {
  // A busy machine must not make a load of nothing.
  while (sent.acknowledged.length < ENOUGH) await sleep(20);
  await sleep(Math.random() * 1500);
  if (round % 2 === 0) return;
  for await (const { filename } of watch(join(data, 'journal', 'hits'))) {
    if (filename?.endsWith('.tsv')) break;
  }
  await sleep(Math.random() * 40);
}

async function endLoad(sent: Load): Promise<void> {
  await sent.end();
  expect(sent.refused).toEqual([]);
  acknowledged.push(...sent.acknowledged);
}

/** Hits and their features, as raw rows: views and queries that would forgive a double are not asked. */
async function expectEachOnce(): Promise<void> {
  const { url } = await server.banner();
  await flush(url);
  for (const table of ['hits', 'features'] as const) {
    const found = await countNumbers(engineOf(data), table);
    expect(
      acknowledged.filter((n) => !found.has(n)),
      `numbers that ${table} lost`,
    ).toEqual([]);
    expect(
      [...found].filter(([, times]) => times !== 1),
      `numbers that ${table} doubled`,
    ).toEqual([]);
  }
}

const rounds = Array.from({ length: ROUNDS }, (_, round) => round);

// The engine's process is found by /proc.
describe.skipIf(process.platform !== 'linux')('every acknowledged hit is in ClickHouse exactly once', () => {
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'ninety-kill-'));
    server = startServer(data);
    await server.banner();
  });

  // A round that failed half-way must not fail those after it.
  beforeEach(async () => {
    if (isRunning(server.pid)) return;
    server = startServer(data);
    await server.banner();
  });

  afterAll(async () => {
    server.signal('SIGTERM');
    await server.ended;
    await rm(data, { recursive: true, force: true });
  });

  it.each(rounds)('when the collector is killed (round %i)', async (round) => {
    const sent = await load();
    await moment(round, sent);
    const engine = server.enginePid();
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    await endLoad(sent);
    // It ends with its parent, by itself.
    await gone(engine);
    server = startServer(data);
    await expectEachOnce();
  });

  it.each(rounds)('when the engine is killed (round %i)', async (round) => {
    const sent = await load();
    await moment(round, sent);
    const engine = server.enginePid();
    process.kill(engine, 'SIGKILL');
    await gone(engine);
    const before = sent.acknowledged.length;
    while (sent.acknowledged.length < before + ENOUGH) await sleep(20);
    await endLoad(sent);
    await expectEachOnce();
    expect(server.enginePid()).not.toBe(engine);
  });

  it.each(rounds)('when both are killed (round %i)', async (round) => {
    const sent = await load();
    await moment(round, sent);
    const both = [server.pid, server.enginePid()];
    if (round % 3 !== 0) both.reverse();
    for (const pid of both) process.kill(pid, 'SIGKILL');
    await server.ended;
    await endLoad(sent);
    // Started at once: the engine that was killed may not have left the folder yet.
    server = startServer(data);
    await expectEachOnce();
  });

  it('when ClickHouse does not answer for five seconds', async () => {
    const sent = await load();
    const engine = server.enginePid();
    process.kill(engine, 'SIGSTOP');
    const before = sent.acknowledged.length;
    await sleep(5_000);
    const meanwhile = sent.acknowledged.length - before;
    process.kill(engine, 'SIGCONT');
    await endLoad(sent);
    expect(meanwhile).toBeGreaterThan(ENOUGH);
    await expectEachOnce();
    expect(server.enginePid()).toBe(engine);
  });
});
