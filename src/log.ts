import { type Logger, pino } from 'pino';

/**
 * Structured lines on standard error. What goes in is chosen field by field by the caller: never an address,
 * an id of a visitor or device, a URL with its query, or a row.
 */
export const makeLog = (level: string): Logger =>
  pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );

/** What of an unexpected error may be logged: its kind and place. Its message may quote what somebody sent. */
export const faultOf = (error: unknown): { error: string; at: readonly string[] } =>
  error instanceof Error
    ? {
        error: error.name,
        at: (error.stack ?? '')
          .split('\n')
          .filter((line) => /^\s+at /.test(line))
          .map((line) => line.trim()),
      }
    : { error: typeof error, at: [] };
