import type { Config } from '../config.ts';

/** What the shell is told. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * - `usage`: the options do not go together, or a value is none.
 * - `interrupted`: Ctrl-C or SIGTERM.
 * - `no_api`: the server that was found does not speak the API.
 * - `not_found`: what an option names does not exist.
 * - `not_written`: a file cannot be written.
 * - `not_finished`: only a part was done, and what was done has been said already.
 */
export type CommandFault = 'usage' | 'interrupted' | 'no_api' | 'not_found' | 'not_written' | 'not_finished';

/** Why a command ends without having done its work; the message says what to do. */
export class CommandError extends Error {
  readonly reason: CommandFault;

  constructor(reason: CommandFault, message: string) {
    super(message);
    this.name = 'CommandError';
    this.reason = reason;
  }
}

const exitCode = (error: unknown): number => {
  if (!(error instanceof CommandError)) return EXIT.failed;
  if (error.reason === 'usage') return EXIT.usage;
  return error.reason === 'interrupted' ? EXIT.interrupted : EXIT.failed;
};

/** Faults of this program; any other class of error was made to tell a person something. */
const BUGS = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError', 'ReferenceError']);

/** Ends with what is wrong on standard error: one message for a person, never a stack trace for a known fault. */
export function fail(error: unknown): never {
  const known = error instanceof Error && !BUGS.has(error.name);
  const text = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\n  ${text.replaceAll('\n', '\n  ')}\n\n`);
  process.exit(exitCode(error));
}

/** Does a command's work and ends the process: open connections and timers would keep it for a while. */
export async function finish(work: () => Promise<void>): Promise<never> {
  try {
    await work();
  } catch (error) {
    fail(error);
  }
  process.exit(EXIT.done);
}

/** Loaded here only: most commands ask a server, and need no settings of their own. */
export async function configOrExit(): Promise<Config> {
  const { readConfig } = await import('../config.ts');
  try {
    return readConfig(process.env);
  } catch (error) {
    fail(error);
  }
}
