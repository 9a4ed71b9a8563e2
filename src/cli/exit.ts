import { type Config, ConfigError, readConfig } from '../config.ts';

/** Ends with what is wrong on standard error: one message for a person, never a stack trace for a known fault. */
export function fail(error: unknown): never {
  const known =
    error instanceof Error &&
    error.name !== 'Error' &&
    error.name !== 'TypeError' &&
    error.name !== 'RangeError';
  const text = known
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\n  ${text.replaceAll('\n', '\n  ')}\n\n`);
  process.exit(1);
}

export function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) fail(error);
    throw error;
  }
}
