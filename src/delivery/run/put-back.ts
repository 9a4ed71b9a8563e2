import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { backoffMs } from './backoff.ts';
import { type RunName, writeChunks } from './chunks.ts';
import { failuresWhere } from './failures.ts';

/** Lines of a run that may be taken later and are in no chunk of their own yet. */
const PENDING = `
  SELECT * FROM (${failuresWhere('destination = {destination:String} AND run = {run:UInt64}')})
  WHERE retry AND chunk_to = 0 AND run_to = 0`;
/** What each chunk of a run is of, where the destination is told segment by segment. */
const CODES = `
  SELECT chunk, any(delivery_chunks.code) AS of_code FROM delivery_chunks
  WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY chunk`;

/**
 * Puts the lines of a run that were not taken, and may be later, together into chunks of their own.
 *
 * Killed anywhere, it is done again without a line lost or told twice: new lines are nobody's until a failure names
 * their chunk, and a chunk that failures name gets its row by the next call, if it has none.
 *
 * @param size lines of a chunk at most. @param step of the new chunks' rows.
 * @returns whether the run has new chunks.
 * @throws ClickHouseError
 */
export async function putBack(
  clickhouse: ClickHouse,
  name: RunName,
  size: number,
  step: number,
): Promise<boolean> {
  const params = { destination: name.destination, run: name.run };
  const codes = await clickhouse.query<{ of_code: string }>(
    `SELECT DISTINCT of_code FROM (${PENDING}) AS pending INNER JOIN (${CODES}) AS of USING (chunk)`,
    params,
  );
  for (const { of_code } of codes) await moveLines(clickhouse, name, of_code, size);
  return addChunks(clickhouse, name, step);
}

async function moveLines(clickhouse: ClickHouse, name: RunName, code: string, size: number): Promise<void> {
  const params = {
    destination: name.destination,
    run: name.run,
    code,
    size,
    base: await free(clickhouse, name),
  };
  const placed = `
    SELECT chunk, number, tried, reason, detail, {base:UInt32} + intDiv(place, {size:UInt32}) AS to_chunk,
           place % {size:UInt32} AS to_number
    FROM (
      SELECT chunk, number, tried, reason, detail, row_number() OVER (ORDER BY chunk, number) - 1 AS place
      FROM (${PENDING}) AS pending INNER JOIN (${CODES}) AS of USING (chunk) WHERE of_code = {code:String})`;
  await clickhouse.command(
    `INSERT INTO delivery_lines (destination, run, chunk, number, source, uid, add, remove, all, erased, observed, time)
     SELECT line.destination, line.run, placed.to_chunk, placed.to_number, line.source, line.uid, line.add,
            line.remove, line.all, line.erased, line.observed, line.time
     FROM kept_delivery_lines AS line
     GLOBAL INNER JOIN (${placed}) AS placed ON placed.chunk = line.chunk AND placed.number = line.number
     WHERE line.destination = {destination:String} AND line.run = {run:UInt64}`,
    params,
    AS_A_WHOLE,
  );
  await clickhouse.command(
    `INSERT INTO delivery_failures (destination, run, chunk, number, attempt, reason, detail, retry, chunk_to, time)
     SELECT {destination:String}, {run:UInt64}, chunk, number, tried, reason, detail, true, to_chunk, now64(3, 'UTC')
     FROM (${placed})`,
    params,
    AS_A_WHOLE,
  );
}

/** The first number that no chunk of the run has, nor lines that were written for one. */
async function free(clickhouse: ClickHouse, { destination, run }: RunName): Promise<number> {
  const where = 'WHERE destination = {destination:String} AND run = {run:UInt64}';
  const [row] = await clickhouse.query<{ newest: number }>(
    `SELECT max(newest) AS newest FROM (
       SELECT max(chunk) AS newest FROM delivery_lines ${where}
       UNION ALL SELECT max(chunk) AS newest FROM delivery_chunks ${where}
       UNION ALL SELECT max(chunk_to) AS newest FROM delivery_failures ${where})`,
    { destination, run },
  );
  return (row?.newest ?? 0) + 1;
}

/** Writes the first row of each chunk that failures name and that has none. */
async function addChunks(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
  step: number,
): Promise<boolean> {
  const rows = await clickhouse.query<{ to_chunk: number; of_code: string; lines: string; times: number }>(
    `SELECT to_chunk, any(of_code) AS of_code, count() AS lines, max(tried) AS times
     FROM (
       SELECT chunk, tried, chunk_to AS to_chunk
       FROM (${failuresWhere('destination = {destination:String} AND run = {run:UInt64}')})
       WHERE chunk_to > 0) AS failed
     INNER JOIN (${CODES}) AS of USING (chunk)
     WHERE to_chunk NOT IN (SELECT chunk FROM (${CODES}))
     GROUP BY to_chunk ORDER BY to_chunk`,
    { destination, run },
  );
  if (rows.length === 0) return false;
  await writeChunks(
    clickhouse,
    rows.map(({ to_chunk, of_code, lines, times }) => ({
      destination,
      run,
      chunk: to_chunk,
      step,
      version: 0,
      key: '',
      code: of_code,
      state: 'planned',
      count: Number(lines),
      attempt: 0,
      reason: '',
      detail: '',
      remembered: '',
      accepted: 0,
      failed: 0,
      counted: {},
      next: Date.now() + backoffMs(times),
      begun: 0,
    })),
  );
  return true;
}
