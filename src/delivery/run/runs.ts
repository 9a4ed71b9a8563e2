import type { ClickHouse } from '../../clickhouse/client.ts';
import { iso } from '../../clickhouse/time.ts';
import type { Told } from '../destination.ts';
import { readLapses } from './lapsed.ts';
import { moment } from './moment.ts';

/** Why a run was made. */
export const CAUSES = ['cron', 'change', 'manual', 'resync', 'withdraw', 'replay'] as const;
export type Cause = (typeof CAUSES)[number];

/** `planned`: something of it is to be sent still. */
export type RunState = 'planned' | 'done';

/** A segment as a run tells of it. */
export type ToldSegment = Told & { readonly id: string };

/** A run as it stands. */
export interface RunRow {
  readonly destination: string;
  readonly run: number;
  readonly state: RunState;
  readonly cause: Cause;
  readonly mode: 'full' | 'delta';
  /** Milliseconds since 1970. */
  readonly planned: number;
  readonly segments: readonly ToldSegment[];
  readonly chunks: number;
  readonly lines: number;
  readonly adds: number;
  readonly removes: number;
  readonly refreshes: number;
  /** Of a replay: what it replays, as JSON. */
  readonly detail: string;
}

const COLUMNS = `destination, run, max(delivery_runs.step) AS newest,
  argMax(delivery_runs.state, delivery_runs.step) AS state, any(delivery_runs.cause) AS cause,
  any(delivery_runs.mode) AS mode, toUnixTimestamp64Milli(any(delivery_runs.planned)) AS planned,
  any(delivery_runs.segments) AS segments, any(delivery_runs.chunks) AS chunks, any(delivery_runs.lines) AS lines,
  any(delivery_runs.adds) AS adds, any(delivery_runs.removes) AS removes,
  any(delivery_runs.refreshes) AS refreshes, any(delivery_runs.detail) AS detail`;

type Stored = { readonly [K in Exclude<keyof RunRow, 'state' | 'cause' | 'mode'>]: string } & Pick<
  RunRow,
  'state' | 'cause' | 'mode'
>;

const runRow = (row: Stored): RunRow => ({
  destination: row.destination,
  run: Number(row.run),
  state: row.state,
  cause: row.cause,
  mode: row.mode,
  planned: Number(row.planned),
  segments: JSON.parse(row.segments) as ToldSegment[],
  chunks: Number(row.chunks),
  lines: Number(row.lines),
  adds: Number(row.adds),
  removes: Number(row.removes),
  refreshes: Number(row.refreshes),
  detail: row.detail,
});

/** Runs of a destination, the newest first. @param before only older ones than this. */
export async function listRuns(
  clickhouse: ClickHouse,
  destination: string,
  { before = Number.MAX_SAFE_INTEGER, limit }: { readonly before?: number; readonly limit: number },
): Promise<RunRow[]> {
  const rows = await clickhouse.query<Stored>(
    `SELECT ${COLUMNS} FROM delivery_runs
     WHERE destination = {destination:String} AND run < {before:UInt64}
     GROUP BY destination, run ORDER BY run DESC LIMIT {limit:UInt32}`,
    { destination, before, limit },
  );
  return rows.map(runRow);
}

/** Of a run, whether it has ended; without its segments, of which it may have thousands. */
export type RunEnd = Pick<RunRow, 'run' | 'state' | 'planned'>;

/**
 * Runs of a destination that were planned after a moment, but for replays, the oldest first.
 *
 * @param since milliseconds since 1970.
 */
export async function runsSince(
  clickhouse: ClickHouse,
  destination: string,
  since: number,
  limit: number,
): Promise<RunEnd[]> {
  const rows = await clickhouse.query<{ run: string; state: RunState; planned: string }>(
    `SELECT run, argMax(delivery_runs.state, delivery_runs.step) AS state,
            toUnixTimestamp64Milli(any(delivery_runs.planned)) AS planned
     FROM delivery_runs
     WHERE destination = {destination:String} AND delivery_runs.planned > fromUnixTimestamp64Milli({since:Int64})
       AND cause != 'replay'
     GROUP BY run ORDER BY run LIMIT {limit:UInt32}`,
    { destination, since, limit },
  );
  return rows.map(({ run, state, planned }) => ({ run: Number(run), state, planned: Number(planned) }));
}

/** Destinations that were told of somebody by a run that was planned up to a moment. @param by milliseconds since 1970. */
export async function toldBy(clickhouse: ClickHouse, by: number): Promise<ReadonlySet<string>> {
  const rows = await clickhouse.query<{ destination: string }>(
    `SELECT DISTINCT destination FROM delivery_runs
     WHERE adds + refreshes > 0 AND planned <= fromUnixTimestamp64Milli({by:Int64})`,
    { by },
  );
  return new Set(rows.map(({ destination }) => destination));
}

export async function readRun(
  clickhouse: ClickHouse,
  destination: string,
  run: number,
): Promise<RunRow | undefined> {
  const rows = await clickhouse.query<Stored>(
    `SELECT ${COLUMNS} FROM delivery_runs
     WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY destination, run`,
    { destination, run },
  );
  return rows.map(runRow)[0];
}

/** Runs of which something is to be sent still, the oldest first. */
export async function unfinishedRuns(clickhouse: ClickHouse, destination: string): Promise<RunRow[]> {
  const rows = await clickhouse.query<Stored>(
    `SELECT ${COLUMNS} FROM delivery_runs WHERE destination = {destination:String}
     GROUP BY destination, run HAVING state != 'done' ORDER BY run`,
    { destination },
  );
  return rows.map(runRow);
}

/** The newest run of each destination, and when it was last told everything. Times are milliseconds since 1970. */
export interface LastRun {
  readonly run: number;
  /** Of the newest that is no replay: that tells only what was told before. */
  readonly cause: Cause;
  /** Of the same. */
  readonly planned: number;
  /** Of the newest full run; 0 = there was none. */
  readonly fullPlanned: number;
  /** Runs of which something is to be sent still. */
  readonly unfinished: number;
  /** And those of them that tell everything. */
  readonly unfinishedFull: number;
  /** When a chunk was last given up because its lines are kept no longer; 0 = never. */
  readonly lapsed: number;
}

/** Whether all that a destination was told is being taken back, which goes on also where it is switched off. */
export const isWithdrawing = (last: LastRun | undefined): boolean =>
  last !== undefined && last.cause === 'withdraw' && last.unfinished > 0;

/** By destination. */
export async function lastRuns(clickhouse: ClickHouse): Promise<Map<string, LastRun>> {
  const [rows, lapses] = await Promise.all([
    clickhouse.query<
      { destination: string; cause: Cause } & Record<Exclude<keyof LastRun, 'cause' | 'lapsed'>, string>
    >(
      `SELECT destination, max(each.run) AS run, argMaxIf(each.cause, each.run, each.cause != 'replay') AS cause,
              maxIf(each.planned, each.cause != 'replay') AS planned,
              maxIf(each.planned, each.mode = 'full') AS fullPlanned, countIf(each.state != 'done') AS unfinished,
              countIf(each.state != 'done' AND each.mode = 'full') AS unfinishedFull
       FROM (SELECT ${COLUMNS} FROM delivery_runs GROUP BY destination, run) AS each GROUP BY destination`,
    ),
    readLapses(clickhouse),
  ]);
  return new Map(
    rows.map((row) => [
      row.destination,
      {
        run: Number(row.run),
        cause: row.cause,
        planned: Number(row.planned),
        fullPlanned: Number(row.fullPlanned),
        unfinished: Number(row.unfinished),
        unfinishedFull: Number(row.unfinishedFull),
        lapsed: lapses.get(row.destination) ?? 0,
      },
    ]),
  );
}

/** Writes a run as it stands now. The first row makes its plan count. @param step greater than before. */
export async function writeRun(clickhouse: ClickHouse, run: RunRow, step: number): Promise<void> {
  const { planned, segments, ...rest } = run;
  const row = { ...rest, step, segments: JSON.stringify(segments), planned: moment(planned) };
  await clickhouse.insert('delivery_runs', [{ ...row, time: moment(Date.now()) }]);
}

/** What became of a run's lines. */
export interface RunOutcome {
  /** Chunks by state. */
  readonly chunks: Readonly<Record<string, number>>;
  /** Lines that the destination took. */
  readonly accepted: number;
  /** ISO 8601: when the last chunk was acknowledged; null = none is. */
  readonly acknowledged: string | null;
}

/** By run number. */
export async function runOutcomes(
  clickhouse: ClickHouse,
  destination: string,
  runs: readonly number[],
): Promise<Map<number, RunOutcome>> {
  const rows = await clickhouse.query<{
    run: string;
    states: Record<string, string>;
    accepted: string;
    acknowledged: string;
  }>(
    `SELECT run, sumMap(map(toString(state), toUInt64(1))) AS states, sum(taken) AS accepted,
            maxIf(last, state = 'acknowledged') AS acknowledged
     FROM (
       SELECT run, chunk, argMax(delivery_chunks.state, delivery_chunks.step) AS state,
              argMax(delivery_chunks.accepted, delivery_chunks.step) AS taken,
              argMax(delivery_chunks.time, delivery_chunks.step) AS last
       FROM delivery_chunks
       WHERE destination = {destination:String} AND run IN {runs:Array(UInt64)} GROUP BY run, chunk)
     GROUP BY run`,
    { destination, runs },
  );
  return new Map(
    rows.map(({ run, states, accepted, acknowledged }) => [
      Number(run),
      {
        chunks: Object.fromEntries(Object.entries(states).map(([state, n]) => [state, Number(n)])),
        accepted: Number(accepted),
        acknowledged: states['acknowledged'] === undefined ? null : iso(acknowledged),
      },
    ]),
  );
}
