import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask, type TestEngine } from './engine.ts';

export const ADMIN_KEY = 'admin-key-of-a-test-0123456789';
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const TELL_MEMORY = fileURLToPath(new URL('tell-memory.cjs', import.meta.url));
const BROWSER =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

/** How a command ended, and all it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** `ninety serve` as an operator starts it: a process of its own, told everything by its environment. */
export interface ServerProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The child that holds ClickHouse. @throws Error where there is none right now. */
  readonly enginePid: () => number;
  /** Address and site key of the banner. @throws Error with all that was said when it ends before. */
  readonly banner: () => Promise<{ url: string; siteKey: string }>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /**
   * Megabytes that it holds once garbage is thrown away, buffers among them. What the system counts as its memory
   * depends on when V8 last threw garbage away, and tells of growth only where it is large.
   */
  readonly heldMb: () => Promise<number>;
}

/** Only what is named here reaches the process, so that a setting of the developer's shell cannot. */
export function startServer(
  data: string,
  env: Readonly<Record<string, string>> = {},
  main = MAIN,
): ServerProcess {
  const child = spawn(process.execPath, ['--require', TELL_MEMORY, main, 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      NINETY_DATA: data,
      NINETY_ADMIN_KEY: ADMIN_KEY,
      NINETY_ENGINE_MEMORY_MB: '1024',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = endOf(child).then((how) => ({ ...how, out, err }));
  return {
    pid: child.pid!,
    ended,
    enginePid: () => {
      const pid = childrenOf(child.pid!).find((id) => commandLine(id).includes('engine-child'));
      if (pid === undefined) throw new Error('the server has no engine right now');
      return pid;
    },
    banner: async () => {
      for (let running = true; ; ) {
        const url = /Console\s+(http:\S+?)\/\n/.exec(out)?.[1];
        const siteKey = /Site key\s+(\S+)\n/.exec(out)?.[1];
        if (url !== undefined && siteKey !== undefined) return { url, siteKey };
        if (!running) throw new Error(`the server ended while starting: ${out}${err}`);
        await Promise.race([sleep(20), ended.then(() => (running = false))]);
      }
    },
    signal: (signal) => void child.kill(signal),
    heldMb: async () => {
      const told = () => [...out.matchAll(/^Holds (\d+) bytes\n/gm)];
      const before = told().length;
      child.kill('SIGUSR2');
      for (let running = true; running; ) {
        const bytes = told()[before]?.[1];
        if (bytes !== undefined) return Number(bytes) / 2 ** 20;
        await Promise.race([sleep(20), ended.then(() => (running = false))]);
      }
      throw new Error(`the server ended when it was asked what it holds: ${err}`);
    },
  };
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

/** Ids of the processes that a process has started and that have not ended; Linux only. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && parentOf(Number(entry)) === pid)
    .map(Number);
}

/** The name of the command stands in brackets and may hold anything; the parent is the second field after it. */
function parentOf(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2];
  return parent === undefined ? undefined : Number(parent);
}

/** Command and arguments of a process, empty where there is none. */
export const commandLine = (pid: number) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

/** A process that ended between two looks has no files any more. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process of that id is there and is no zombie. */
export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 1).split(' ')[1] !== 'Z';
}

/** Returns once the process is gone. */
export async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await sleep(20);
}

/** Numbered hits over keep-alive connections, until told to end. */
export interface Load {
  /** Numbers that were answered as stored. */
  readonly acknowledged: number[];
  /** Any other answer that came whole: a number and what was said. */
  readonly refused: string[];
  /** Ends the load when the requests under way are through. */
  readonly end: () => Promise<void>;
}

const CONNECTIONS = 8;

/**
 * Sends hits whose keyword is `n<number>`, each number once, as a browser does.
 *
 * @param numbers gives the next number.
 */
export function sendNumbers(url: string, siteKey: string, numbers: () => number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const acknowledged: number[] = [];
  const refused: string[] = [];
  let sending = true;
  const one = (n: number) =>
    new Promise<boolean>((answered) => {
      const page = encodeURIComponent('https://news.example/football/cup');
      const sent = get(
        `${url}/p.gif?s=${siteKey}&u=${page}&k=n${n}`,
        { agent, headers: { 'User-Agent': BROWSER } },
        (answer) => {
          answer.on('error', () => answered(false)).on('close', () => answered(answer.complete));
          answer.resume();
          answer.once('end', () => {
            const result = String(answer.headers['ninety-result']);
            if (answer.statusCode === 200 && result === 'stored') acknowledged.push(n);
            else refused.push(`${n}: ${answer.statusCode} ${result}`);
          });
        },
      );
      sent.on('error', () => answered(false));
    });
  const connection = async () => {
    while (sending) {
      // A server that is gone stays gone: asking on at once would only burn the processor.
      if (!(await one(numbers()))) await sleep(50);
      else await sleep(1);
    }
  };
  const connections = Array.from({ length: CONNECTIONS }, connection);
  return {
    acknowledged,
    refused,
    end: async () => {
      sending = false;
      await Promise.all(connections);
      agent.destroy();
    },
  };
}

/** The engine of a data folder, reached beside the server that runs it. */
export function engineOf(data: string): TestEngine {
  const { enginePassword } = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as {
    enginePassword: string;
  };
  const port = /<http_port>(\d+)</.exec(readFileSync(join(data, 'engine', 'config.xml'), 'utf8'))?.[1];
  return { url: `http://127.0.0.1:${port}`, user: 'ninety', password: enginePassword };
}

/** How often each number is in a table, by the rows that lie there. */
export async function countNumbers(
  engine: TestEngine,
  table: 'hits' | 'features',
  database = 'ninety',
): Promise<Map<number, number>> {
  const keyword =
    table === 'hits' ? "arrayFirst(k -> k LIKE 'n%', keywords)" : "if(kind = 'keyword', value, '')";
  const answer = await ask(
    engine,
    `SELECT toUInt32OrZero(substring(${keyword} AS word, 2)) AS n, count() FROM ${database}.${table}
     WHERE word LIKE 'n%' GROUP BY n FORMAT TabSeparated`,
  );
  return new Map(
    answer
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t').map(Number) as [number, number]),
  );
}

/** Returns when everything acknowledged before the call can be queried; asks again while ClickHouse is away. */
export async function flush(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/v1/jobs/segments/run?wait=1`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_KEY}` },
    });
    const said = await answer.text();
    if (answer.status === 200) return;
    if (answer.status !== 503) throw new Error(`${answer.status} ${said}`);
    await sleep(200);
  }
}
