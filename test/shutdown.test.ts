import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder, readSecrets } from '../src/clickhouse/data-folder.ts';
import { startEngine } from '../src/clickhouse/engine.ts';
import {
  countNumbers,
  engineOf,
  flush,
  gone,
  isRunning,
  type ServerProcess,
  sendNumbers,
  startServer,
} from './server-process.ts';

let data: string;
let started: ServerProcess[];

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'ninety-shutdown-'));
  started = [];
});

afterEach(async () => {
  for (const server of started) server.signal('SIGKILL');
  await Promise.all(started.map((server) => server.ended));
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
});

function start(env: Readonly<Record<string, string>> = {}, folder = data): ServerProcess {
  const server = startServer(folder, env);
  started.push(server);
  return server;
}

async function underLoad(server: ServerProcess) {
  const { url, siteKey } = await server.banner();
  let next = 0;
  const load = sendNumbers(url, siteKey, () => next++);
  await sleep(1_300);
  return load;
}

/** The end itself comes with code 1 where ten seconds did not suffice, so code 0 says that they did. */
const IN_ORDER = { code: 0, signal: null };

/** The engine's process is found by /proc. */
const onLinux = process.platform === 'linux';

describe.runIf(onLinux)('SIGTERM', () => {
  it('ends in order under load: all is shipped, the engine is gone, the folder is free', async () => {
    const server = start();
    const load = await underLoad(server);
    const engine = server.enginePid();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject(IN_ORDER);
    await load.end();
    expect(load.acknowledged.length).toBeGreaterThan(100);
    // What still arrives while the journal is being closed is told that it was not kept.
    expect(load.refused.filter((answer) => !answer.includes('reason=journal_failed'))).toEqual([]);
    expect(isRunning(engine)).toBe(false);
    await (await lockDataFolder(data)).release();
    expect(await readdir(join(data, 'journal', 'hits'))).toEqual([]);

    // Not by a server, which would ship what this one had left.
    const { enginePassword } = await readSecrets(data, {});
    const alone = await startEngine({
      folder: join(data, 'engine'),
      memoryBytes: 2 ** 30,
      password: enginePassword,
      log: () => {},
    });
    try {
      for (const table of ['hits', 'features'] as const) {
        const found = await countNumbers(engineOf(data), table);
        expect(load.acknowledged.filter((n) => !found.has(n))).toEqual([]);
        expect([...found].filter(([, times]) => times !== 1)).toEqual([]);
      }
    } finally {
      await alone.stop();
    }
  });

  it('ends a server that is still starting, and its engine', async () => {
    const server = start();
    let engine: number | undefined;
    while (engine === undefined) {
      await sleep(10);
      try {
        engine = server.enginePid();
      } catch {}
    }
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject(IN_ORDER);
    await gone(engine);
    await (await lockDataFolder(data)).release();
  });

  it('ends several workers in order', async () => {
    const server = start({ NINETY_WORKERS: '2' });
    const load = await underLoad(server);
    const engine = server.enginePid();
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject(IN_ORDER);
    await load.end();
    expect(isRunning(engine)).toBe(false);
    expect(await readdir(join(data, 'journal', 'hits'))).toEqual([]);
  });
});

it.runIf(onLinux)(
  'ends at once on a second signal, and what it had acknowledged is there after the next start',
  async () => {
    const first = start();
    const load = await underLoad(first);
    const engine = first.enginePid();
    // The orderly end now has to wait: nothing can be shipped.
    process.kill(engine, 'SIGSTOP');
    first.signal('SIGTERM');
    await sleep(500);
    first.signal('SIGTERM');
    const ended = await first.ended;
    process.kill(engine, 'SIGCONT');
    await load.end();
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.err).not.toContain('took too long');
    await gone(engine);

    const { url } = await start().banner();
    await flush(url);
    const found = await countNumbers(engineOf(data), 'hits');
    expect(load.acknowledged.length).toBeGreaterThan(100);
    expect(load.acknowledged.filter((n) => !found.has(n))).toEqual([]);
    expect([...found].filter(([, times]) => times !== 1)).toEqual([]);
  },
);

describe('a start that cannot be', () => {
  const expectRefusal = async (server: ServerProcess): Promise<string> => {
    const { code, out, err } = await server.ended;
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).not.toMatch(/^\s+at /m);
    return err;
  };

  it('names the taken port and how to choose another, and leaves no engine', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => taken.once('listening', listening));
    const { port } = taken.address() as AddressInfo;
    const err = await expectRefusal(start({ PORT: String(port) }));
    await new Promise((closed) => taken.close(closed));
    expect(err).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(err).toContain('PORT=8091 npm start');
    await (await lockDataFolder(data)).release();
  });

  it('names the taken port with several workers too', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => taken.once('listening', listening));
    const { port } = taken.address() as AddressInfo;
    const err = await expectRefusal(start({ PORT: String(port), NINETY_WORKERS: '2' }));
    await new Promise((closed) => taken.close(closed));
    expect(err).toContain(`Port ${port} on 127.0.0.1 is taken`);
  });

  it('names who holds the data folder', async () => {
    const holder = start();
    await holder.banner();
    const err = await expectRefusal(start());
    expect(err).toContain(`is in use by process ${holder.pid}`);
    expect(err).toContain('NINETY_DATA');
  });

  it('names every wrong variable at once', async () => {
    const err = await expectRefusal(
      start({
        PORT: 'eighty',
        NINETY_RETENTION_DAYS: '91',
        NINETY_SECRET: 'hush-hush',
        NINETY_RETENTION: '30',
        CLICKHOUSE_CLUSTER: 'both',
        NINETY_EXPIRE_CRON: 'daily',
      }),
    );
    expect(err).toContain('has 6 problems');
    for (const said of [
      'PORT must be a whole number from 0 to 65535',
      'NINETY_RETENTION_DAYS must be a whole number of days from 1 to 90',
      'NINETY_SECRET must have at least 24 characters',
      'NINETY_RETENTION is not a setting',
      'CLICKHOUSE_CLUSTER needs CLICKHOUSE_URL',
      'NINETY_EXPIRE_CRON must be a cron expression such as',
    ]) {
      expect(err).toContain(said);
    }
    expect(err).not.toContain('hush-hush');
    expect(await readdir(data)).toEqual([]);
  });

  it('says what to do about a damaged secrets.json, and does not replace it', async () => {
    await writeFile(join(data, 'secrets.json'), '{"secret": "cut off');
    const err = await expectRefusal(start());
    expect(err).toContain(join(data, 'secrets.json'));
    expect(err).toContain('it is not JSON');
    expect(err).toContain('Put the file back from a backup');
    expect((await readdir(data)).filter((name) => !name.startsWith('lock.'))).toEqual(['secrets.json']);
  });
});
