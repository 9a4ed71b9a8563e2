import type { ClickHouse } from '../../clickhouse/client.ts';
import type { DeliveryReason } from '../destination.ts';
import { moment } from './moment.ts';

/**
 * - `planned`: not tried yet.
 * - `sending`: a try has begun, of which nothing is known: under way, or cut off.
 * - `waiting`: for its next try.
 * - `acknowledged`: the destination has it.
 * - `dead`: it is not tried any more by itself.
 * - `superseded`: it was dead or nothing of it was left, and what it had to tell is in a later run.
 */
export type ChunkState = 'planned' | 'sending' | 'waiting' | 'acknowledged' | 'dead' | 'superseded';

/** Neither taken nor given up. */
export const OPEN: readonly ChunkState[] = ['planned', 'sending', 'waiting'];

/** A chunk as it stands. Times are milliseconds since 1970. */
export interface ChunkRow {
  readonly destination: string;
  readonly run: number;
  readonly chunk: number;
  /** Of its rows the one with the greatest counts. */
  readonly step: number;
  /** Grows when something is withheld of it. */
  readonly version: number;
  readonly key: string;
  /** Of the one segment it is of, where the destination is told segment by segment. */
  readonly code: string;
  readonly state: ChunkState;
  /** Lines as planned. */
  readonly count: number;
  /** Tries so far. */
  readonly attempt: number;
  readonly reason: DeliveryReason | '';
  readonly detail: string;
  /** What the last try wrote down for the next. */
  readonly remembered: string;
  readonly accepted: number;
  readonly failed: number;
  /** Lines not taken by reason, of which nobody said which. */
  readonly counted: Readonly<Record<string, number>>;
  readonly next: number;
  /** When it was first tried; 0 = never. */
  readonly begun: number;
}

type Stored = Omit<
  ChunkRow,
  'run' | 'step' | 'count' | 'accepted' | 'failed' | 'counted' | 'next' | 'begun'
> & {
  readonly run: string;
  readonly newest: string;
  readonly count: string;
  readonly accepted: string;
  readonly failed: string;
  readonly counted: Readonly<Record<string, string>>;
  readonly next: string;
  readonly begun: string;
};

const NEWEST = [
  'version',
  'key',
  'code',
  'state',
  'count',
  'attempt',
  'reason',
  'detail',
  'remembered',
  'accepted',
  'failed',
  'counted',
]
  .map((column) => `argMax(delivery_chunks.${column}, delivery_chunks.step) AS ${column}`)
  .join(', ');

/** Each chunk's newest row; `where` says of which. */
const chunksWhere = (where: string) => `
  SELECT destination, run, chunk, max(delivery_chunks.step) AS newest, ${NEWEST},
         toUnixTimestamp64Milli(argMax(delivery_chunks.next, delivery_chunks.step)) AS next,
         toUnixTimestamp64Milli(minIf(delivery_chunks.time, delivery_chunks.state = 'sending')) AS begun
  FROM delivery_chunks WHERE ${where} GROUP BY destination, run, chunk`;

const chunkRow = ({
  run,
  newest,
  count,
  accepted,
  failed,
  counted,
  next,
  begun,
  ...rest
}: Stored): ChunkRow => ({
  ...rest,
  run: Number(run),
  step: Number(newest),
  count: Number(count),
  accepted: Number(accepted),
  failed: Number(failed),
  counted: Object.fromEntries(Object.entries(counted).map(([reason, n]) => [reason, Number(n)])),
  next: Number(next),
  begun: Number(begun),
});

/** A destination's run. */
export interface RunName {
  readonly destination: string;
  readonly run: number;
}

/**
 * Chunks of a run that are to be tried, in their order.
 *
 * @param by those whose turn has come by then; milliseconds since 1970.
 */
export async function dueChunks(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
  by: number,
  limit: number,
): Promise<ChunkRow[]> {
  const rows = await clickhouse.query<Stored>(
    `${chunksWhere('destination = {destination:String} AND run = {run:UInt64}')}
     HAVING state IN {open:Array(String)} AND next <= {by:Int64} ORDER BY chunk LIMIT {limit:UInt32}`,
    { destination, run, open: OPEN, by, limit },
  );
  return rows.map(chunkRow);
}

/** Some chunks of a run, the first by number, each as it stands. @param after the last one of the page before. */
export async function listChunks(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
  after: number,
  limit: number,
): Promise<ChunkRow[]> {
  const rows = await clickhouse.query<Stored>(
    `${chunksWhere('destination = {destination:String} AND run = {run:UInt64} AND chunk > {after:Int64}')}
     ORDER BY chunk LIMIT {limit:UInt32}`,
    { destination, run, after, limit },
  );
  return rows.map(chunkRow);
}

/** When the earliest chunk of a run that is open is to be tried; undefined = none is open. */
export async function nextTry(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
): Promise<number | undefined> {
  const [row] = await clickhouse.query<{ open: string; earliest: string }>(
    `SELECT count() AS open, min(next) AS earliest FROM (
       ${chunksWhere('destination = {destination:String} AND run = {run:UInt64}')})
     WHERE state IN {open:Array(String)}`,
    { destination, run, open: OPEN },
  );
  return row === undefined || row.open === '0' ? undefined : Number(row.earliest);
}

/** When a chunk of the destination was begun last; 0 = not in the last hour. Milliseconds since 1970. */
export async function lastBegun(clickhouse: ClickHouse, destination: string): Promise<number> {
  const [row] = await clickhouse.query<{ last: string }>(
    `SELECT toUnixTimestamp64Milli(max(delivery_chunks.time)) AS last FROM delivery_chunks
     WHERE destination = {destination:String} AND state = 'sending' AND time > now64(3, 'UTC') - INTERVAL 1 HOUR`,
    { destination },
  );
  return Number(row?.last ?? 0);
}

/** When another run of the destination last sent something, or heard of it; 0 = none did. Milliseconds since 1970. */
export async function lastSentByOthers(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
): Promise<number> {
  const [row] = await clickhouse.query<{ last: string }>(
    `SELECT toUnixTimestamp64Milli(max(delivery_chunks.time)) AS last FROM delivery_chunks
     WHERE destination = {destination:String} AND run != {run:UInt64}
       AND state IN ('sending', 'waiting', 'acknowledged')`,
    { destination, run },
  );
  return Number(row?.last ?? 0);
}

/** Writes chunks as they stand now; each must have a step of its own, greater than before. */
export async function writeChunks(clickhouse: ClickHouse, chunks: readonly ChunkRow[]): Promise<void> {
  const time = moment(Date.now());
  await clickhouse.insert(
    'delivery_chunks',
    chunks.map(({ begun: _, next, ...chunk }) => ({ ...chunk, next: moment(next), time })),
  );
}
