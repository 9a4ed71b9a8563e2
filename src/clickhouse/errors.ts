import { ClickHouseError as ServerError } from '@clickhouse/client';

/**
 * What went wrong between us and ClickHouse.
 * - `unavailable`: no answer, or one that says "not now" (overload, memory, a shard away): trying again can help.
 * - `refused`: the statement or its data were understood and refused: the same again is refused again.
 */
export type ClickHouseFault = 'unavailable' | 'refused';

/**
 * A failed statement. The server's own message can hold pieces of rows, so it is neither enumerable nor
 * part of `message`: logs and answers never show it.
 */
export class ClickHouseError extends Error {
  readonly fault: ClickHouseFault;
  /** ClickHouse's error code (`SELECT * FROM system.errors`), where it answered. */
  readonly code: number | undefined;
  /** What there was too little of, where that is what went wrong. */
  readonly shortage: 'memory' | 'time' | undefined;
  declare readonly raw: string;

  constructor(fault: ClickHouseFault, what: string, code: number | undefined, raw: string) {
    super(
      code === undefined
        ? `ClickHouse ${what} failed: no answer`
        : `ClickHouse ${what} failed: error ${code}`,
    );
    this.name = 'ClickHouseError';
    this.fault = fault;
    this.code = code;
    this.shortage = code === undefined ? undefined : SHORTAGES.get(code);
    Object.defineProperty(this, 'raw', { value: raw, enumerable: false });
  }
}

/**
 * By ClickHouse's ErrorCodes.cpp: MEMORY_LIMIT_EXCEEDED and CANNOT_ALLOCATE_MEMORY, TIMEOUT_EXCEEDED and TOO_SLOW.
 */
const SHORTAGES: ReadonlyMap<number, 'memory' | 'time'> = new Map([
  [241, 'memory'],
  [173, 'memory'],
  [159, 'time'],
  [160, 'time'],
]);

/**
 * Codes of ClickHouse's ErrorCodes.cpp under which the same statement may succeed later: time-outs, lost
 * peers, too many parts or queries, a query of the same name, memory, read-only and shutting-down tables,
 * settings of a moment.
 */
const PASSING = new Set([
  3, 74, 75, 76, 87, 95, 96, 159, 160, 164, 198, 202, 209, 210, 216, 225, 236, 241, 242, 243, 244, 252, 279,
  285, 297, 319, 394, 415, 424, 425, 439, 473, 499, 516, 519, 574, 677, 700, 745, 999,
]);

/**
 * @param what the statement in two or three words ("insert into hits"), for the message.
 * @returns the same error as a {@link ClickHouseError}.
 */
export function asClickHouseError(error: unknown, what: string): ClickHouseError {
  if (error instanceof ClickHouseError) return error;
  if (error instanceof ServerError) {
    const code = Number(error.code);
    return new ClickHouseError(PASSING.has(code) ? 'unavailable' : 'refused', what, code, error.message);
  }
  return new ClickHouseError(
    'unavailable',
    what,
    undefined,
    error instanceof Error ? error.message : String(error),
  );
}
