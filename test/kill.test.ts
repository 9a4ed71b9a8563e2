import { mkdtemp, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countNumbers,
  engineOf,
  flush,
  gone,
  type Load,
  type ServerProcess,
  sendNumbers,
  startServer,
} from './server-process.ts';

const ROUNDS = Number(process.env['TEST_KILL_ROUNDS'] ?? 3);

let data: string;
let server: ServerProcess;
let next = 0;
const acknowledged: number[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'ninety-kill-'));
  server = startServer(data);
  await server.banner();
});

afterAll(async () => {
  server.signal('SIGTERM');
  await server.ended;
  await rm(data, { recursive: true, force: true });
});

async function load(): Promise<Load> {
  const { url, siteKey } = await server.banner();
  return sendNumbers(url, siteKey, () => next++);
}

/** Half of the moments are any; the others are when a file of hits has just been left to the shipper. */
async function moment(round: number): Promise<void> {
  await sleep(300 + Math.random() * 1500);
  if (round % 2 === 0) return;
  for await (const { filename } of watch(join(data, 'journal', 'hits'))) {
    if (filename?.endsWith('.tsv')) break;
  }
  await sleep(Math.random() * 40);
}

async function endLoad(sent: Load): Promise<void> {
  await sent.end();
  expect(sent.refused).toEqual([]);
  expect(sent.acknowledged.length).toBeGreaterThan(100);
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

describe('every acknowledged hit is in ClickHouse exactly once', () => {
  it.each(rounds)('when the collector is killed (round %i)', async (round) => {
    const sent = await load();
    await moment(round);
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
    await moment(round);
    const engine = server.enginePid();
    process.kill(engine, 'SIGKILL');
    await gone(engine);
    const before = sent.acknowledged.length;
    await sleep(500);
    await endLoad(sent);
    expect(sent.acknowledged.length).toBeGreaterThan(before);
    await expectEachOnce();
    expect(server.enginePid()).not.toBe(engine);
  });

  it.each(rounds)('when both are killed (round %i)', async (round) => {
    const sent = await load();
    await moment(round);
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
    await sleep(500);
    const engine = server.enginePid();
    process.kill(engine, 'SIGSTOP');
    const before = sent.acknowledged.length;
    await sleep(5_000);
    const after = sent.acknowledged.length;
    process.kill(engine, 'SIGCONT');
    await sleep(500);
    await endLoad(sent);
    expect(after - before).toBeGreaterThan(100);
    await expectEachOnce();
    expect(server.enginePid()).toBe(engine);
  });
});
