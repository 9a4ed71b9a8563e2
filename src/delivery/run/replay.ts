import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { writeChunks } from './chunks.ts';
import type { Planned } from './courier.ts';
import { DEAD_CHUNKS, DEAD_LINES, type Dead, isDead, takeOut } from './failures.ts';
import { firstStep, LAST_STEPS } from './moment.ts';
import { type RunRow, readRun, type ToldSegment } from './runs.ts';
import type { Sender } from './send-run.ts';

/** Which dead letters. */
export interface ReplayOf {
  /** Only of this run. */
  readonly run?: number | undefined;
}

/** Dead letters that were there at a moment. */
function chosen(of: ReplayOf): Dead {
  const ofRun = of.run === undefined ? '' : 'run = {of:UInt64} AND ';
  const before = (time: string) => `${ofRun}${time} <= fromUnixTimestamp64Milli({at:Int64})`;
  return { chunks: before('since'), lines: before('failed') };
}

/**
 * Plans to tell again what was not taken: of each id one line, with what the destination was last told of it, so that
 * what a later run has overtaken is not told.
 *
 * @param at milliseconds since 1970: what is dead by then.
 * @throws ClickHouseError
 */
export async function planReplay(
  { courier, target, lease }: Sender,
  of: ReplayOf,
  at: number,
): Promise<Planned> {
  const { clickhouse } = courier;
  const { destination, type, settings } = target;
  const size = type.limits(settings).lines;
  const params = {
    destination: destination.id,
    run: lease.slot,
    of: of.run ?? 0,
    at,
    size,
  };
  await clickhouse.command(
    `INSERT INTO delivery_lines (destination, run, chunk, number, source, uid, add, remove, all, erased, observed, time)
     ${lines(of, type.bySegment, type.tells === 'all')}`,
    params,
    AS_A_WHOLE,
  );
  await clickhouse.command(REQUESTS, params, AS_A_WHOLE);
  const chunks = await clickhouse.query<{
    chunk: number;
    count: string;
    code: string;
    adds: string;
    removes: string;
  }>(
    `SELECT chunk, count() AS count, any(arrayConcat(add, remove)[1]) AS code, sum(length(add)) AS adds,
            sum(length(remove)) AS removes
     FROM delivery_lines WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY chunk ORDER BY chunk`,
    params,
  );
  await writeChunks(
    clickhouse,
    chunks.map(({ chunk, count, code }) => ({
      destination: destination.id,
      run: lease.slot,
      chunk,
      step: firstStep(lease.slot),
      version: 0,
      key: '',
      code: type.bySegment ? code : '',
      state: 'planned',
      count: Number(count),
      attempt: 0,
      reason: '',
      detail: '',
      remembered: '',
      accepted: 0,
      failed: 0,
      counted: {},
      next: 0,
      begun: 0,
    })),
  );
  const sum = (numbers: readonly string[]) => numbers.reduce((total, n) => total + Number(n), 0);
  return {
    segments: await toldSegments(clickhouse, of, params),
    chunks: chunks.length,
    lines: sum(chunks.map(({ count }) => count)),
    adds: sum(chunks.map(({ adds }) => adds)),
    removes: sum(chunks.map(({ removes }) => removes)),
    refreshes: 0,
  };
}

/**
 * A line for each id, or each of its codes, cut into chunks; numbers begin with 1 for chunks and with 0 for lines. Of a
 * code that an id has in several dead letters the newest counts, and only where it is not otherwise by now.
 */
function lines(of: ReplayOf, bySegment: boolean, tellsAll: boolean): string {
  const dead = `
    SELECT source, uid, change.1 AS code, argMax(change.2, line.run) AS is_add, min(line.observed) AS oldest,
           max(line.erased) AS gone
    FROM kept_delivery_lines AS line
    ARRAY JOIN arrayConcat(arrayMap(code -> (toString(code), true), line.add),
                           arrayMap(code -> (toString(code), false), line.remove),
                           -- Also of whom it is asked to delete nothing but his id is told.
                           if(line.erased, [('', false)], [])) AS change
    WHERE line.destination = {destination:String}
      AND ${isDead(chosen(of))}
    GROUP BY source, uid, code`;
  const told = `
    SELECT source, uid, toString(kept_sent_sets.code) AS code,
           toString(argMax(kept_sent_sets.op, (kept_sent_sets.seq, kept_sent_sets.op))) AS op
    FROM kept_sent_sets
    WHERE destination = {destination:String} AND (source, uid) GLOBAL IN (SELECT source, uid FROM (${dead}))
    GROUP BY source, uid, code`;
  const now = `
    SELECT source, uid, min(oldest) AS observed,
           arraySort(groupArrayIf(code, is_dead AND is_add AND op IN ('add', 'refused', 'unsure'))) AS add,
           arraySort(groupArrayIf(code, code != '' AND is_dead AND NOT is_add AND op NOT IN ('add', 'refused'))) AS remove,
           ${tellsAll ? "arraySort(groupArrayIf(code, op IN ('add', 'refused') OR (is_dead AND is_add AND op = 'unsure')))" : 'emptyArrayString()'} AS all,
           max(gone) AND countIf(op IN ('add', 'refused')) = 0 AND empty(add) AS erased
    FROM (
      SELECT source, uid, code, max(side = 1) AS is_dead, max(word) AS is_add, max(op) AS op, min(oldest) AS oldest,
             max(gone) AS gone
      FROM (
        SELECT source, uid, code, 1 AS side, is_add AS word, '' AS op, oldest, gone FROM (${dead})
        UNION ALL
        SELECT source, uid, code, 2 AS side, false AS word, op, today() AS oldest, false AS gone FROM (${told}))
      GROUP BY source, uid, code)
    GROUP BY source, uid`;
  const perLine = bySegment
    ? `SELECT source, uid, observed, change.1 AS code, if(change.2, [change.1], []) AS add,
              if(change.2, [], [change.1]) AS remove, all, erased
       FROM (${now}) AS now
       ARRAY JOIN arrayConcat(arrayMap(code -> (code, true), now.add),
                              arrayMap(code -> (code, false), now.remove)) AS change`
    : `SELECT source, uid, observed, '' AS code, add, remove, all, erased FROM (${now})`;
  // Each code begins a chunk of its own.
  const placed = `
    SELECT *, row_number() OVER (PARTITION BY code ORDER BY source, uid) - 1 AS place
    FROM (${perLine}) WHERE notEmpty(add) OR notEmpty(remove) OR erased`;
  return `
    SELECT {destination:String}, {run:UInt64}, dense_rank() OVER (ORDER BY code, intDiv(place, {size:UInt32})),
           place % {size:UInt32}, source, uid, add, remove, all, erased, observed, now64(3, 'UTC')
    FROM (${placed})`;
}

/** What was asked for with lines that are told again, in whichever run. */
const REQUESTS = `
  INSERT INTO subject_requests (destination, run, source, uid, kind, untaken, time)
  SELECT DISTINCT {destination:String}, {run:UInt64}, source, uid, kind, false, now64(3, 'UTC') FROM subject_requests
  WHERE destination = {destination:String} AND (toString(source), uid) GLOBAL IN (
    SELECT toString(source), uid FROM delivery_lines
    WHERE destination = {destination:String} AND run = {run:UInt64} AND erased)`;

/** What the codes of the runs stood for; the newer run's word counts. */
async function toldSegments(
  clickhouse: ClickHouse,
  of: ReplayOf,
  params: { readonly destination: string },
): Promise<ToldSegment[]> {
  const dead = chosen(of);
  const runs = await clickhouse.query<{ run: string }>(
    `SELECT DISTINCT run FROM (
       SELECT run FROM (${DEAD_CHUNKS}) WHERE ${dead.chunks}
       UNION ALL SELECT run FROM (${DEAD_LINES}) WHERE ${dead.lines}) ORDER BY run`,
    params,
  );
  const told = new Map<string, ToldSegment>();
  for (const { run } of runs) {
    const row = await readRun(clickhouse, params.destination, Number(run));
    for (const segment of row?.segments ?? []) told.set(segment.code, segment);
  }
  return [...told.values()];
}

/**
 * Takes what a replay has taken up out of the dead letters. Once its run counts, so that a crash before it leaves them
 * there; it can be done again.
 *
 * @throws ClickHouseError
 */
export async function finishReplay(clickhouse: ClickHouse, replay: RunRow, step: number): Promise<void> {
  const of = JSON.parse(replay.detail) as ReplayOf;
  await takeOut(clickhouse, chosen(of), {
    destination: replay.destination,
    run: replay.run,
    of: of.run ?? 0,
    at: replay.planned,
    step: step + LAST_STEPS,
  });
}
