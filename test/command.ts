import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ADMIN_KEY } from './server-process.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** How a command ended, and all it said. */
export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `ninety` as a person starts it. Only what is named here reaches it from the environment. */
export function startNinety(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly said: Promise<Said> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env['PATH'] ?? '', NINETY_ENGINE_MEMORY_MB: '1024', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  const said = Promise.all([closed, text(child.stdout), text(child.stderr)]).then(([[code], out, err]) => ({
    code,
    out,
    err,
  }));
  return { child, said };
}

/** @param input what is piped in; nothing where not given. */
export function ninety(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: string | Buffer = '',
): Promise<Said> {
  const { child, said } = startNinety(args, env);
  // A command that ends before it has read everything closes the pipe.
  child.stdin?.on('error', () => undefined).end(input);
  return said;
}

/** Options by which a command speaks to a server of a test. */
export const at = (url: string): string[] => ['--url', url, '--key', ADMIN_KEY];
