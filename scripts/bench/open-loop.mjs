import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('open-loop-client.mjs', import.meta.url));

/**
 * Starts a client that asks at a rate of its own, whatever the answers take, as people do who know nothing of each
 * other. It is a process, so that nothing else that a benchmark does is in its way.
 *
 * @param {string} file JSON of the requests, an array of `{path, headers}`.
 * @param {number} core the one it is kept on.
 * @returns it, running; the caller's to stop.
 */
export async function startOpenLoop(file, core) {
  const child = spawn('taskset', ['-c', String(core), process.execPath, SCRIPT, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const heard = () =>
    Promise.race([
      once(child, 'message').then(([message]) => message),
      exited.then(([code]) => {
        throw new Error(`the client ended with code ${code}`);
      }),
    ]);
  await heard();
  return {
    pid: child.pid,
    /**
     * @param {{url: string, perSecond: number, seconds: number, wanted: string}} load `wanted`: what the body of an
     *   answer matches that is as it should be, a regular expression.
     * @returns {Promise<{answers: number, failed: number, p50: number, p95: number, p99: number, most: number,
     *   fromDueP99: number, lateP99: number}>} milliseconds, from the moment at which a request was sent to the end of
     *   its answer; `lateP99`: to the former from the moment at which its turn was; `fromDueP99`: from that one to the
     *   end; `failed`: without an answer, or with another.
     */
    load: (load) => {
      child.send(load);
      return heard();
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await exited;
    },
  };
}
