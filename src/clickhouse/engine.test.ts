import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type TestEngine } from '../../test/engine.ts';
import {
  type Engine,
  EngineError,
  type EngineEvent,
  type EngineOptions,
  freePort,
  startEngine,
} from './engine.ts';

const dist = fileURLToPath(new URL('../../dist/clickhouse', import.meta.url));
const PASSWORD = 'a password & <its> signs';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ninety-engine-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const options = (name: string, more: Partial<EngineOptions> = {}): EngineOptions => ({
  folder: join(home, name),
  memoryBytes: 2 ** 30,
  password: PASSWORD,
  log: () => {},
  ...more,
});

const as = (engine: TestEngine, user: string, password: string): TestEngine => ({
  ...engine,
  user,
  password,
});

const fault = (attempt: Promise<unknown>) =>
  attempt.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(EngineError);
      return error as EngineError;
    },
  );

/** A process that has ended but whom nobody has asked how (a zombie) is not alive, though it takes signals. */
const isAlive = async (pid: number) => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tR');
  return !/^State:\tZ/m.test(status);
};

async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 5000; i += 1) {
    const seen = await look();
    if (seen) return seen;
    await delay(20);
  }
  return expect.fail('it did not come about');
}

describe('a running engine', () => {
  const events: EngineEvent[] = [];
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(options('running', { log: (event) => events.push(event) }));
  });
  afterAll(() => engine.stop());

  it('answers over HTTP on loopback, in UTC, with its memory bounded', async () => {
    expect(engine.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${engine.url}/ping`)).text()).toBe('Ok.\n');
    const bound = "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'";
    expect(await ask(engine, `SELECT currentUser(), timezone(), (${bound})`)).toBe(
      `ninety\tUTC\t${2 ** 30}\n`,
    );
  });

  it('refuses a wrong password and an unknown user', async () => {
    await expect(ask(as(engine, 'ninety', 'wrong'), 'SELECT 1')).rejects.toThrow('AUTHENTICATION_FAILED');
    await expect(ask(as(engine, 'ninety', ''), 'SELECT 1')).rejects.toThrow(/^40/);
    await expect(ask(as(engine, 'nobody', ''), 'SELECT 1')).rejects.toThrow('AUTHENTICATION_FAILED');
  });

  it.each([
    ['a table', 'SELECT * FROM secret.hits'],
    ['the list of tables', "SELECT throwIf(count() > 0) FROM system.tables WHERE database = 'secret'"],
    ['what others ask', 'SELECT * FROM system.processes'],
    ['a file', "SELECT * FROM file('/etc/hostname', 'LineAsString')"],
    ['a file by its name', 'SELECT * FROM `/etc/hostname`'],
    ['an address', "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')"],
    ['a row of its own', 'CREATE TABLE secret.mine (a UInt8) ENGINE = Memory'],
    ['the closing of the port', 'SYSTEM STOP LISTEN HTTP'],
    ['the processor', 'SELECT sum(number) FROM system.numbers LIMIT 1000000000'],
  ])('gives the user without a password nothing: not %s', async (_, sql) => {
    await ask(engine, 'CREATE DATABASE IF NOT EXISTS secret');
    await ask(engine, 'CREATE TABLE IF NOT EXISTS secret.hits (a UInt8) ENGINE = MergeTree ORDER BY a');
    const intruder = as(engine, 'default', '');
    await expect(ask(intruder, sql).then((rows) => rows.replaceAll('0\n', ''))).rejects.toThrow(
      /ACCESS_DENIED|QUOTA_EXCEEDED|UNKNOWN_TABLE/,
    );
    expect(await ask(engine, 'SELECT count() FROM secret.hits')).toBe('0\n');
  });

  it('grants that user no more than the two things that open the ports', async () => {
    const grants =
      "SELECT access_type, database, table FROM system.grants WHERE user_name = 'default' ORDER BY 1";
    expect(await ask(engine, grants)).toBe('SELECT\tsystem\tnumbers\nSYSTEM LISTEN\t\\N\t\\N\n');
  });

  it('keeps its configuration for the owner, without the password in it', async () => {
    const file = join(home, 'running', 'config.xml');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('a password');
  });

  it('says of what went wrong inside only where, never the text with the rows', async () => {
    await expect(ask(engine, "SELECT throwIf(1, 'visitor 4711')")).rejects.toThrow('4711');
    expect(JSON.stringify(events)).not.toContain('4711');
  });

  it('leaves the signals of its process group to its parent', async () => {
    const pid = engine.pid()!;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    await delay(200);
    expect(await ask(engine, 'SELECT 1')).toBe('1\n');
    expect(engine.pid()).toBe(pid);
  });

  it('is back on the same port with every row after SIGKILL', async () => {
    await ask(engine, 'CREATE DATABASE kept');
    await ask(engine, 'CREATE TABLE kept.hits (a UInt64) ENGINE = MergeTree ORDER BY a');
    await ask(engine, 'INSERT INTO kept.hits SELECT number FROM numbers(1000)');
    const before = engine.pid()!;
    const exits: unknown[] = [];
    const unsubscribe = engine.onExit((exit) => exits.push(exit));
    const began = performance.now();
    process.kill(before, 'SIGKILL');
    await until(() => ask(engine, 'SELECT 1').catch(() => undefined));
    console.info(`engine back after SIGKILL in ${Math.round(performance.now() - began)} ms`);
    unsubscribe();
    expect(exits).toEqual([{ code: null, signal: 'SIGKILL' }]);
    expect(engine.pid()).not.toBe(before);
    expect(await ask(engine, 'SELECT count(), sum(a) FROM kept.hits')).toBe('1000\t499500\n');
  });

  it.runIf(process.platform === 'linux')('tells its size', async () => {
    const status = await readFile(`/proc/${engine.pid()}/status`, 'utf8');
    const resident = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
    console.info(`engine resident: ${Math.round(resident / 1024)} MB`);
    expect(resident).toBeGreaterThan(0);
  });
});

describe('the stop of an engine', () => {
  it('lets a running query finish, ends the process, starts no other and is done once', async () => {
    const events: EngineEvent[] = [];
    const engine = await startEngine(options('stopping', { log: (event) => events.push(event) }));
    const pid = engine.pid()!;
    const running = ask(engine, 'SELECT sleep(1)');
    await until(
      async () => (await ask(engine, "SELECT count() FROM system.processes WHERE user != ''")) === '2\n',
    );
    await Promise.all([engine.stop(), engine.stop()]);
    expect(await running).toBe('0\n');
    expect(await isAlive(pid)).toBe(false);
    expect(engine.pid()).toBeUndefined();
    await expect(fetch(`${engine.url}/ping`)).rejects.toThrow();
    expect(events.map(({ event }) => event)).toEqual(['engine_started', 'engine_stopped']);
    expect(events.at(-1)).toEqual({ event: 'engine_stopped', how: 'orderly' });
  });

  it('does not wait for a restart that is under way', async () => {
    const engine = await startEngine(options('stopping'));
    const gone = new Promise((exited) => engine.onExit(exited));
    process.kill(engine.pid()!, 'SIGKILL');
    await gone;
    await engine.stop();
    expect(engine.pid()).toBeUndefined();
    await expect(fetch(`${engine.url}/ping`)).rejects.toThrow();
  });
});

describe('an engine whose parent is killed', () => {
  it('is gone too, and its folder is free for the next start', async () => {
    const given = { ...options('orphan'), log: undefined };
    const code = `import { startEngine } from ${JSON.stringify(pathToFileURL(join(dist, 'engine.js')))};
      const engine = await startEngine({ ...${JSON.stringify(given)}, log: () => {} });
      console.log(engine.pid());`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(parent.stdout!, 'data');
    const pid = Number(printed);
    expect(await isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    const next = await startEngine(options('orphan'));
    expect(await isAlive(pid)).toBe(false);
    await next.stop();
  });
});

describe('an engine that fails', () => {
  it('is tried again ever more slowly, with an error that says what to do, and comes back', async () => {
    const events: EngineEvent[] = [];
    const engine = await startEngine(options('failing', { log: (event) => events.push(event) }));
    const folder = join(home, 'failing', 'store', 'metadata');
    await ask(engine, 'CREATE DATABASE broken');
    const good = await readFile(join(folder, 'broken.sql'), 'utf8');
    await writeFile(join(folder, 'broken.sql'), 'garbage');
    process.kill(engine.pid()!, 'SIGKILL');
    const report = await until(() => events.find((event) => event.event === 'engine_keeps_failing'));
    expect(report).toMatchObject({ failures: 5, error: { reason: 'start_failed' } });
    expect(engine.pid()).toBeUndefined();
    await writeFile(join(folder, 'broken.sql'), good);
    await until(() => ask(engine, 'SELECT 1').catch(() => undefined));
    expect(events.filter(({ event }) => event === 'engine_exited')).toHaveLength(1);
    await engine.stop();
  });

  it('does not start on a port that another process has', async () => {
    const other = createServer().listen({ port: 0, host: '127.0.0.1' });
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const error = await fault(startEngine(options('port', { port })));
    expect(error.reason).toBe('port_taken');
    expect(error.raw.join('\n')).toContain('Address already in use');
    expect(Object.keys(error)).not.toContain('raw');
    other.close();
  });

  it('does not start in a folder that is none', async () => {
    await writeFile(join(home, 'file'), '');
    expect((await fault(startEngine(options('file')))).reason).toBe('folder_unusable');
  });

  it('does not start in a folder where another engine works', async () => {
    const first = await startEngine(options('shared'));
    expect((await fault(startEngine(options('shared')))).reason).toBe('folder_in_use');
    expect(await ask(first, 'SELECT 1')).toBe('1\n');
    await first.stop();
  });

  it('does not start with less memory than it needs to answer', async () => {
    expect((await fault(startEngine(options('small', { memoryBytes: 1_000_000 })))).reason).toBe(
      'out_of_memory',
    );
  });

  it('does not start without its packages, and says how to install them or do without', async () => {
    const bare = join(home, 'bare');
    await mkdir(bare);
    await cp(join(dist, '..', 'built-file.js'), join(home, 'built-file.js'));
    for (const file of (await readdir(dist)).filter((name) => /^engine.*\.js$/.test(name))) {
      await cp(join(dist, file), join(bare, file));
    }
    await writeFile(join(bare, 'package.json'), '{ "type": "module" }');
    const code = `import { startEngine } from './engine.js';
      await startEngine({ folder: 'none' }).catch((e) => console.log(JSON.stringify([e.reason, e.message])));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
      cwd: bare,
    });
    const [reason, message] = JSON.parse(stdout);
    expect(reason).toBe('engine_missing');
    expect(message).toContain('--omit=optional');
    expect(message).toContain('CLICKHOUSE_URL');
  });
});

describe('two engines', () => {
  it('are a cluster of two shards when each knows both', async () => {
    const ports = [await freePort(), await freePort()];
    const shards = ports.map((port) => ({ host: '127.0.0.1', port, user: 'ninety', password: PASSWORD }));
    const engines = await Promise.all(
      ports.map((tcpPort, n) =>
        startEngine(options(`shard${n}`, { tcpPort, remoteServers: { cluster: 'both', shards } })),
      ),
    );
    const [a, b] = engines as [Engine, Engine];
    for (const engine of engines) {
      await ask(engine, 'CREATE DATABASE d');
      await ask(engine, 'CREATE TABLE d.own (v UInt64) ENGINE = MergeTree ORDER BY v');
      await ask(engine, 'CREATE TABLE d.whole AS d.own ENGINE = Distributed(both, d, own, v)');
    }
    await ask(
      a,
      'INSERT INTO d.whole SETTINGS distributed_foreground_insert = 1 SELECT number FROM numbers(1000)',
    );
    expect(await ask(b, 'SELECT count(), sum(v) FROM d.whole')).toBe('1000\t499500\n');
    expect(await ask(a, 'SELECT count() FROM d.own')).toBe('500\n');
    expect(await ask(b, 'SELECT count() FROM d.own')).toBe('500\n');
    await Promise.all(engines.map((engine) => engine.stop()));
  });
});
