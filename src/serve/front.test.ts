import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHROME, Operator, send, until } from '../../test/client.ts';
import { freshDatabase } from '../../test/engine.ts';
import { readConfig } from '../config.ts';
import type { Running } from './serve.ts';

const database = await freshDatabase();
let data: string;
let server: Running;
let key: string;
let n = 0;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'ninety-readiness-'));
  const config = readConfig({
    PORT: '0',
    NINETY_DATA: data,
    NINETY_ROLES: 'collect,api',
    NINETY_DRAIN_SECONDS: '3',
    CLICKHOUSE_URL: database.urls[0],
    CLICKHOUSE_USER: database.user,
    CLICKHOUSE_PASSWORD: database.password,
    CLICKHOUSE_DATABASE: database.database,
  });
  const built = new URL('../../dist/serve/serve.js', import.meta.url).href;
  const { serve } = (await import(built)) as typeof import('./serve.ts');
  server = await serve(config, pino({ level: 'silent' }), new AbortController().signal);
  const operator = new Operator(server.listening, server.operatorKey);
  ({ key } = await operator.json<{ key: string }>('POST', '/v1/sites', {
    name: 'S',
    domains: ['shop.test'],
  }));
});
afterAll(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

const result = async () => {
  const target = `${server.listening}/p.gif?s=${key}&u=https://shop.test/&k=n${n++}`;
  return String((await send('GET', target, { 'user-agent': CHROME })).headers['ninety-result']);
};
const readiness = async () => {
  const { status, body } = await send('GET', `${server.listening}/readyz`);
  return `${status} ${body.trim()}`;
};
const becomes = (what: () => Promise<string | undefined>, expected: string) =>
  until(expected, async () => (await what()) === expected);

it('tells a balancer that the disk refuses hits, and that it takes them again, where none came meanwhile', async () => {
  expect([await result(), await readiness()]).toEqual(['stored', '200 ready']);
  const streams = ['hits', 'tallies'].map((stream) => join(data, 'journal', stream));
  for (const stream of streams) await rename(stream, `${stream}-away`);
  await becomes(result, 'refused; reason=journal_failed');
  expect(await readiness()).toBe('503 journal_failed');
  for (const stream of streams) await rename(`${stream}-away`, stream);
  await becomes(readiness, '200 ready');
  await becomes(result, 'stored');
});

it('takes hits for a while after it has said that it ends', async () => {
  const ended = server.stop();
  await becomes(readiness, '503 shutting_down');
  expect(await result()).toBe('stored');
  await ended;
  await expect(send('GET', `${server.listening}/healthz`)).rejects.toThrow();
});
