import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { DeliveryReason, FailedLine } from '../destination.ts';
import { MAX_PUT_BACK } from './backoff.ts';
import type { ChunkRow, RunName } from './chunks.ts';
import { moment } from './moment.ts';

const ROWS_AT_ONCE = 10_000;
/** A destination's own sentence; more of it tells nobody more. */
const DETAIL_CHARACTERS = 300;

/** Each line's newest failure; `where` says of which. `chunk_to` and `run_to` are where it went from there. */
export const failuresWhere = (where: string) => `
  SELECT destination, run, chunk, number, max(delivery_failures.attempt) AS tried,
         argMax(delivery_failures.reason, delivery_failures.attempt) AS reason,
         argMax(delivery_failures.detail, delivery_failures.attempt) AS detail,
         argMax(delivery_failures.retry, delivery_failures.attempt) AS retry,
         max(delivery_failures.chunk_to) AS chunk_to, max(delivery_failures.run_to) AS run_to,
         max(delivery_failures.time) AS failed
  FROM delivery_failures WHERE ${where} GROUP BY destination, run, chunk, number`;

/**
 * Writes down which lines of a chunk were not taken. Also where a chunk is sent twice, because the first answer was
 * not heard, each line stands there once.
 *
 * @param putBack how often these lines were put back before.
 */
export async function writeFailures(
  clickhouse: ClickHouse,
  { destination, run, chunk }: Pick<ChunkRow, 'destination' | 'run' | 'chunk'>,
  failed: readonly FailedLine[],
  putBack: number,
): Promise<void> {
  const time = moment(Date.now());
  for (let from = 0; from < failed.length; from += ROWS_AT_ONCE) {
    const rows = failed.slice(from, from + ROWS_AT_ONCE).map(({ number, reason, detail, retry }) => ({
      destination,
      run,
      chunk,
      number,
      attempt: putBack + 1,
      reason,
      detail: detail.slice(0, DETAIL_CHARACTERS),
      retry: retry && putBack < MAX_PUT_BACK,
      time,
    }));
    await clickhouse.insert('delivery_failures', rows);
  }
}

/** How often the lines of a run's chunks were put back, by chunk; 0 times where it is not there. */
export async function putBackTimes(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
): Promise<Map<number, number>> {
  const rows = await clickhouse.query<{ chunk_to: number; times: number }>(
    `SELECT chunk_to, max(attempt) AS times FROM delivery_failures
     WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk_to > 0 GROUP BY chunk_to`,
    { destination, run },
  );
  return new Map(rows.map(({ chunk_to, times }) => [chunk_to, times]));
}

/** A line, or a whole chunk, that a destination did not take and that is not tried any more by itself. */
export interface DeadLetter {
  readonly run: number;
  readonly chunk: number;
  /** Place of the line in the chunk; null = all of the chunk. */
  readonly number: number | null;
  readonly lines: number;
  readonly reason: DeliveryReason;
  readonly detail: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Of chunks and lines that were given up, and that no replay has taken up and no later run has told. */
export const DEAD_CHUNKS = `
  SELECT destination, run, chunk, argMax(delivery_chunks.state, delivery_chunks.step) AS state,
         argMax(delivery_chunks.count, delivery_chunks.step) AS lines,
         argMax(delivery_chunks.reason, delivery_chunks.step) AS why,
         argMax(delivery_chunks.detail, delivery_chunks.step) AS what,
         argMax(delivery_chunks.code, delivery_chunks.step) AS of_code,
         argMax(delivery_chunks.time, delivery_chunks.step) AS since
  FROM delivery_chunks WHERE destination = {destination:String}
  GROUP BY destination, run, chunk HAVING state = 'dead'`;
export const DEAD_LINES = `
  SELECT * FROM (${failuresWhere('destination = {destination:String}')})
  WHERE NOT retry AND chunk_to = 0 AND run_to = 0`;

/** Which dead letters: conditions on rows of {@link DEAD_CHUNKS} and {@link DEAD_LINES}. */
export interface Dead {
  readonly chunks: string;
  readonly lines: string;
}

/** A condition on rows `line` of `kept_delivery_lines`: whether they are in dead letters, each of a chunk's included. */
export const isDead = ({ chunks, lines }: Dead): string => `
  ((line.run, line.chunk) GLOBAL IN (SELECT run, chunk FROM (${DEAD_CHUNKS}) WHERE ${chunks})
    OR (line.run, line.chunk, line.number) GLOBAL IN (SELECT run, chunk, number FROM (${DEAD_LINES}) WHERE ${lines}))`;

/**
 * Takes dead letters out of them, because a run tells what they had to, or has told it. It can be done again.
 *
 * @param params of the conditions, with `destination`, the `run` that is the reason, and a `step` after every one that
 * a chunk can have.
 * @throws ClickHouseError
 */
export async function takeOut(
  clickhouse: ClickHouse,
  { chunks, lines }: Dead,
  params: Params & RunName & { readonly step: number },
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO delivery_failures (destination, run, chunk, number, attempt, reason, detail, retry, chunk_to, run_to, time)
     SELECT destination, run, chunk, number, tried, reason, detail, retry, 0, {run:UInt64}, now64(3, 'UTC')
     FROM (${DEAD_LINES}) WHERE ${lines}`,
    params,
    AS_A_WHOLE,
  );
  await clickhouse.command(
    `INSERT INTO delivery_chunks (destination, run, chunk, step, code, state, count, reason, detail, time)
     SELECT destination, run, chunk, {step:UInt64}, of_code, 'superseded', lines, why, what, now64(3, 'UTC')
     FROM (${DEAD_CHUNKS}) WHERE ${chunks}`,
    params,
    AS_A_WHOLE,
  );
}

/** The dead letters of a destination, the newest first. */
export async function listDeadLetters(
  clickhouse: ClickHouse,
  destination: string,
  limit: number,
): Promise<DeadLetter[]> {
  const rows = await clickhouse.query<{
    run: string;
    chunk: number;
    number: number | null;
    lines: string;
    reason: DeliveryReason;
    detail: string;
    time: string;
  }>(
    `SELECT run, chunk, number, lines, reason, detail, toUnixTimestamp64Milli(since) AS time FROM (
       SELECT run, chunk, CAST(NULL, 'Nullable(UInt32)') AS number, lines, why AS reason, what AS detail, since
       FROM (${DEAD_CHUNKS})
       UNION ALL
       SELECT run, chunk, toNullable(number) AS number, toUInt64(1) AS lines, reason, detail, failed AS since
       FROM (${DEAD_LINES}))
     ORDER BY since DESC, run DESC, chunk, number LIMIT {limit:UInt32}`,
    { destination, limit },
  );
  return rows.map((row) => ({
    ...row,
    run: Number(row.run),
    lines: Number(row.lines),
    time: Number(row.time),
  }));
}

/** How many lines of each of a destination's runs are dead, by run and reason. */
export async function countDeadLetters(
  clickhouse: ClickHouse,
  destination: string,
): Promise<Map<number, Record<string, number>>> {
  const rows = await clickhouse.query<{ run: string; reasons: Record<string, string> }>(
    `SELECT run, sumMap(map(reason, lines)) AS reasons FROM (
       SELECT run, toString(why) AS reason, lines FROM (${DEAD_CHUNKS})
       UNION ALL
       SELECT run, toString(reason) AS reason, toUInt64(1) AS lines FROM (${DEAD_LINES}))
     GROUP BY run`,
    { destination },
  );
  return new Map(
    rows.map(({ run, reasons }) => [
      Number(run),
      Object.fromEntries(Object.entries(reasons).map(([reason, n]) => [reason, Number(n)])),
    ]),
  );
}
