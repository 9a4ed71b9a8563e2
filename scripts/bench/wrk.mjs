import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));
/** As many as keep one core busy without a queue that would say more of itself than of the server. */
export const CONNECTIONS = 64;

/**
 * Loads a server on loopback for some seconds, from one core.
 *
 * @param {{url: string, seconds: number, core?: number, file: string, prefix: string, restMs?: number}} options
 *   `core`: the one it is kept on; `file`: requests in halves, written with a NUL behind each; `prefix`: eight
 *   characters that no other run has; `restMs`: how long a connection rests between two requests.
 * @returns {Promise<{requests: number, perSecond: number, p50: number, p99: number, failed: number}>}
 *   latencies in milliseconds.
 */
export async function load({ url, seconds, core, file, prefix, restMs = 0 }) {
  const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '5s', '--latency', '-s', SCRIPT];
  const command = ['wrk', ...options, url, '--', file, prefix, String(restMs)];
  const [program, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const { stdout } = await run(program, args);
  const result = JSON.parse(/^RESULT (.+)$/m.exec(stdout)[1]);
  return { ...result, perSecond: result.requests / result.seconds };
}
