import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './machine.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
/** What `npm start` runs, without npm between us and the server. */
const START = scripts.start.split(' ').slice(1);

/**
 * Starts the product as a user does, `npm start`, on a free port.
 *
 * @param {{folder: string, core?: number, env?: Record<string, string>, key?: string, detached?: boolean}}
 *   options `core`: the core it is kept on; `key`: its admin key; `detached`: in a process group of its own,
 *   where a terminal's Ctrl-C does not reach it.
 * @returns the running server. It is the caller's to stop.
 * @throws Error with what it said where it does not come up.
 */
export async function startNinety({
  folder,
  core,
  env = {},
  key = randomBytes(24).toString('base64url'),
  detached = false,
}) {
  const command = [process.execPath, ...START];
  const [program, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const began = performance.now();
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: '0',
      NINETY_ADMIN_KEY: key,
      NINETY_LOG_LEVEL: 'warn',
      ...env,
      NINETY_DATA: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  let said = '';
  let listening = false;
  const heard = (chunk) => {
    // Once it runs it has nothing to say but faults.
    if (listening) process.stderr.write(chunk);
    else said += chunk;
  };
  child.stdout.setEncoding('utf8').on('data', heard);
  child.stderr.setEncoding('utf8').on('data', heard);
  const url = await new Promise((resolve, reject) => {
    const look = () => {
      const found = /Console\s+(http:\/\/[^\s/]+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', look);
    child.once('exit', () => reject(new Error(said.trim() || 'the server did not start')));
    child.once('error', reject);
  });
  listening = true;
  const startMs = performance.now() - began;

  /** Calls the management API; a body makes it a POST. */
  const ask = async (path, body) => {
    const answer = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  /** The same. @returns what it answers. @throws Error where that is no 2xx. */
  const api = async (path, body) => {
    const { status, text } = await ask(path, body);
    if (status < 200 || status > 299) throw new Error(`${path}: ${status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    url,
    key,
    pid: child.pid,
    /** Milliseconds from the start of the program to its word that it runs. */
    startMs,
    /** The embedded engine's process. */
    enginePid: () => childrenOf(child.pid)[0],
    ask,
    api,
    /** @returns {{stored: number, refused: Record<string, number>}} the server's own counters. */
    counters: async () => countersIn(await (await fetch(`${url}/metrics`)).text()),
    stop: async () => {
      if (hasEnded()) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
    /** Ends it at once; the engine ends with it. */
    kill: () => {
      if (!hasEnded()) child.kill('SIGKILL');
    },
  };
}

/** Prometheus text as the server gives it, added up. */
function countersIn(text) {
  let stored = 0;
  const refused = {};
  for (const [, name, label, value] of text.matchAll(/^(ninety_\w+)\{\w+="([^"]*)"\} (\d+)$/gm)) {
    if (name === 'ninety_hits_stored_total') stored += Number(value);
    if (name === 'ninety_refused_total') refused[label] = Number(value);
  }
  return { stored, refused };
}
