import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('bare.mjs', import.meta.url));

/**
 * Starts a server that answers a constant GIF.
 *
 * @param {'node' | 'hono'} kind @param {number} core the one it is kept on.
 * @returns it, running; the caller's to stop. @throws Error where it ends before it listens.
 */
export async function startBare(kind, core) {
  const child = spawn('taskset', ['-c', String(core), process.execPath, SCRIPT, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const port = await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data').then(([text]) => text.trim()),
    exited.then(([code]) => {
      throw new Error(`the bare ${kind} server ended with code ${code}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
