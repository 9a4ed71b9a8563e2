import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { builtFile } from '../built-file.ts';
import { ENGINE_USER, LIFELINE_FD } from './engine-config.ts';
import { codeIn, EngineError, type Exit, startError } from './engine-error.ts';

/** A line of the engine's log without its text, which can hold pieces of rows. */
export interface Complaint {
  /** ClickHouse's level: `Warning`, `Error`, `Fatal`. */
  readonly level: string;
  /** The part of ClickHouse that speaks. */
  readonly component: string;
  /** ClickHouse's error code. */
  readonly code: number | undefined;
}

/** One life of the engine. */
export interface EngineProcess {
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  /** True from the moment it is known to have ended. */
  ended(): boolean;
  kill(): void;
  /** What it said last, at most {@link KEPT_LINES} lines. */
  readonly lines: readonly string[];
}

const KEPT_LINES = 50;

/**
 * What the engine may see of our environment: where libraries and temporary files lie. Not our secrets, and
 * not the keys of AI providers, which ClickHouse would find and offer to use.
 */
const PASSED_ON = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'DYLD_FALLBACK_LIBRARY_PATH',
];

const CHILD = fileURLToPath(builtFile('clickhouse/engine-child.js'));

/**
 * Starts one process of the engine.
 *
 * @param library path of the engine's shared library. @param args arguments of `clickhouse local`.
 * @param folder its working folder.
 */
export function launch(
  library: string,
  args: readonly string[],
  folder: string,
  complained: (complaint: Complaint) => void,
): EngineProcess {
  const env = Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
  const child = spawn(process.execPath, [CHILD, library, ...args], {
    cwd: folder,
    env: { ...env, TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  // Only the end of it means anything, and that is for the other side. Unread it would hold back `close`.
  const lifeline = child.stdio[LIFELINE_FD] as Readable;
  lifeline.on('error', () => {}).resume();
  const lines: string[] = [];
  createInterface({ input: child.stderr as Readable }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    const said = /<(Warning|Error|Critical|Fatal)> ([\w/]+)/.exec(line);
    if (said) complained({ level: said[1] ?? '', component: said[2] ?? '', code: codeIn(line) });
  });
  let ended = false;
  const exited = new Promise<Exit>((done) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      ended = true;
      done({ code, signal });
    };
    child.once('close', end);
    child.once('error', (error) => {
      lines.push(String(error));
      end(null, null);
    });
  });
  return { pid: child.pid, exited, ended: () => ended, kill: () => void child.kill('SIGKILL'), lines };
}

/** Loading the parts of a year of daily partitions after a crash is a matter of seconds; a slow disk may need more. */
const START_MS = 120_000;

/**
 * Waits until the engine answers, and answers to our password: another server on that port does not count.
 *
 * @throws EngineError when it ends before, cannot answer, or takes longer than two minutes; it has ended then.
 */
export async function untilReady(engine: EngineProcess, url: string, password: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (engine.ended()) throw startError(await engine.exited, engine.lines);
    // Another server on that port may accept the question and never answer it.
    const fault = await Promise.race([probe(url, password), engine.exited.then(() => 'not_yet' as const)]);
    if (fault === undefined && !engine.ended()) return;
    if (fault === 'out_of_memory' || Date.now() > deadline) {
      engine.kill();
      await engine.exited;
      throw new EngineError(fault === 'out_of_memory' ? fault : 'start_timeout', engine.lines);
    }
    await delay(20);
  }
}

const MEMORY_LIMIT_EXCEEDED = 241;

async function probe(url: string, password: string): Promise<undefined | 'not_yet' | 'out_of_memory'> {
  const { status, code } = await ask(url, password, 'SELECT 1');
  if (status === 200) return undefined;
  return code === MEMORY_LIMIT_EXCEEDED ? 'out_of_memory' : 'not_yet';
}

interface Answer {
  /** 0 = none came. */
  readonly status: number;
  /** ClickHouse's error code. */
  readonly code: number | undefined;
}

/**
 * Runs a statement of the supervision itself; everything else goes through the client. On a connection of its
 * own, closed at once: an orderly shutdown waits for connections that are kept alive, for seconds.
 */
export function ask(url: string, password: string, sql: string): Promise<Answer> {
  return new Promise((done) => {
    const headers = { 'X-ClickHouse-User': ENGINE_USER, 'X-ClickHouse-Key': password };
    const sent = request(url, { method: 'POST', agent: false, headers, timeout: 2000 }, (answer) => {
      const code = answer.headers['x-clickhouse-exception-code'];
      answer.resume().once('close', () => {
        done({ status: answer.statusCode ?? 0, code: code === undefined ? undefined : Number(code) });
      });
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => done({ status: 0, code: undefined }));
    sent.end(sql);
  });
}
