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
