import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { exportedSets } from '../exported-set.ts';
import { REWRITE_DAYS, rewriteSql } from '../rewrite.ts';
import { leavesAfterDays } from '../upkeep/remove-last-day.ts';
import { readMoment } from '../upkeep/state.ts';
import { lookedAt, type Work, withWork, workParams } from '../upkeep/work.ts';
import { findChanged } from './changed.ts';
import { heldOf, readLook, writeLook } from './look.ts';
import { codeParams, codeSql, gateOf, type PlanRequest, passing } from './planning.ts';

/** What a run says of one code. */
export interface Said {
  readonly code: string;
  readonly adds: number;
  readonly removes: number;
  readonly refreshes: number;
  /** Ids that the destination was told are in, with this run. */
  readonly sent: number;
  /** Ids of those that it did not take. */
  readonly refused: number;
}

/** Of a row of the log whether its run tells something of the id, and not only keeps what is known. */
export const SPOKEN = "said IN ('add', 'refresh', 'remove')";

/** What `sent_sets.op` is as a number, as its column has it. */
const OPS = { add: 1, refused: 4 } as const;

/** The newest of what was told of each id, of a destination's published runs. */
export const TOLD = toldOf('true');

/** @param isLooked a condition on `uid`. */
function toldOf(isLooked: string): string {
  return `
  SELECT code, source, uid, argMax(sent.op, (sent.seq, sent.op)) AS was,
         argMax(sent.said, (sent.seq, sent.op)) AS was_said,
         argMax(sent.told, (sent.seq, sent.op)) AS was_told, argMax(sent.observed, (sent.seq, sent.op)) AS was_day
  FROM kept_sent_sets AS sent WHERE destination = {destination:String} AND ${isLooked} GROUP BY code, source, uid`;
}

/** The log as it will be once a run counts: what the view `kept_sent_sets` shows, and that run's rows. */
export const WITH_RUN = `
  SELECT code, source, uid, seq, op, said FROM sent_sets
  WHERE destination = {destination:String}
    AND observed > today() - if(op = 'add', {days:UInt16}, least(30, {days:UInt16}))
    AND (seq = {run:UInt64} OR seq GLOBAL IN (
      SELECT run FROM delivery_runs WHERE destination = {destination:String}))`;

/**
 * What differs between the destination's set as it is now and what it was told: `code`, `source`, `uid`, `op`, `said`,
 * `told`, `observed`, as they stand in `sent_sets`.
 *
 * @param work the ids that are looked at, and who has them; all where not given.
 */
export function differenceSql(
  request: PlanRequest,
  work?: Work,
): { readonly sql: string; readonly params: Params } {
  const segments = request.mode === 'withdraw' ? [] : passing(request);
  // Who is held back of a whole list is gone from where it replaces the one before, and stays elsewhere.
  const full = request.mode === 'full';
  const { sql: now, params } = exportedSets({
    ...gateOf(request, segments),
    ...(work === undefined ? {} : { visitors: work.holders }),
  });
  const isLooked = work === undefined ? 'true' : lookedAt(work);
  return {
    params: {
      ...params,
      ...(work === undefined ? {} : workParams(work)),
      ...codeParams(segments),
      destination: request.destination,
      held: request.mode === 'withdraw' ? [] : heldOf(request),
      refreshDays: [0, ...segments.map(({ refreshDays }) => refreshDays)],
      days: request.retentionDays,
      leaves: leavesAfterDays(request.retentionDays),
    },
    // An id whose newest observation has its last days is told that it is out while there is still a row to tell it by.
    // A removal that was not taken keeps its first day, so that it is told again for thirty days and not for ever.
    sql: `
      SELECT code, source, uid,
             multiIf(NOT is_now, 'remove', is_told, 'add', was = '', '', ${full ? "'unsure'" : 'was'}) AS op,
             multiIf(NOT is_now, 'remove', NOT is_told, '', was = 'add', 'refresh', 'add') AS said,
             if(said IN ('add', 'refresh'), today(), was_told) AS told,
             multiIf(op = 'remove' AND was = 'unsure' AND said_was = 'remove', was_day,
                     op = 'remove' OR op = 'unsure', today(), op = 'refused', was_day, newest) AS observed
      FROM (
        SELECT code, source, uid, max(side = 1) AS is_now, max(can_add) AS may_add,
               max(day_now) AS newest, max(op_was) AS was, max(said_before) AS said_was,
               max(told_was) AS was_told, max(day_was) AS was_day,
               is_now AND may_add AND (
                 ${full ? 'true' : "was IN ('', 'unsure')"}
                 OR was_told <= today() - transform(code, {codes:Array(String)}, {refreshDays:Array(UInt16)}, toUInt16(0))
               ) AS is_told
        FROM (
          SELECT 1 AS side, ${codeSql('segment')} AS code, source, uid, observed AS day_now,
                 toUInt8(NOT has({held:Array(String)}, segment)) AS can_add,
                 '' AS op_was, '' AS said_before, toDate(0) AS told_was, toDate(0) AS day_was
          FROM (${now}) WHERE observed > today() - {leaves:UInt16} AND ${isLooked}
          UNION ALL
          SELECT 2 AS side, toString(code) AS code, toString(source) AS source, uid, toDate(0) AS day_now,
                 toUInt8(0) AS can_add, toString(was) AS op_was, toString(was_said) AS said_before,
                 was_told AS told_was, was_day AS day_was
          FROM (${toldOf(isLooked)}) WHERE was != 'remove')
        GROUP BY code, source, uid)
      WHERE said != '' OR (op = 'unsure' AND was IN ('add', 'refused'))
         OR (was = 'add' AND ${rewriteSql('newest', 'was_day')})
         OR (was = 'unsure' AND was_day <= today() - ${REWRITE_DAYS})`,
  };
}

/**
 * Appends to the log of what the destination was told what differs from the set as it is now, under the run's number:
 * it counts once the run does. Where it is known who can have changed since the last plan, only these are looked at
 * (see {@link findChanged}); the same rule tells of them what it would of all.
 *
 * @returns whether all was compared.
 * @throws ClickHouseError
 */
export async function bringUpToDate(
  clickhouse: ClickHouse,
  request: PlanRequest,
): Promise<{ readonly whole: boolean }> {
  const moment = await readMoment(clickhouse);
  const before = await readLook(clickhouse, request.destination);
  const whole = await withWork(clickhouse, async (work) => {
    const isFound = await findChanged(clickhouse, work, request, moment, before);
    await writeDifference(clickhouse, request, isFound ? work : undefined);
    return !isFound;
  });
  await writeLook(clickhouse, request, moment, whole || before === undefined ? moment.now : before.whole);
  return { whole };
}

async function writeDifference(clickhouse: ClickHouse, request: PlanRequest, work?: Work): Promise<void> {
  const { sql, params } = differenceSql(request, work);
  await clickhouse.command(
    `INSERT INTO sent_sets (destination, code, source, uid, seq, op, said, told, observed)
     SELECT {destination:String}, code, source, uid, {run:UInt64}, op, said, told, observed FROM (${sql})`,
    { ...params, run: request.run },
    AS_A_WHOLE,
  );
}

/** @returns what a run says, and what the destination has with it; by code. @throws ClickHouseError */
export async function readSaid(
  clickhouse: ClickHouse,
  { destination, run, retentionDays }: Pick<PlanRequest, 'destination' | 'run' | 'retentionDays'>,
): Promise<Said[]> {
  const rows = await clickhouse.query<Record<keyof Said, string>>(
    // One number an id tells which of its rows is the newest and what that says: sets of millions are counted so in
    // half the time that it takes to carry along what each row holds.
    `SELECT toString(code) AS code, countIf(now_said = 'add') AS adds, countIf(now_said = 'remove') AS removes,
            countIf(now_said = 'refresh') AS refreshes, countIf(op IN (${OPS.add}, ${OPS.refused})) AS sent,
            countIf(op = ${OPS.refused}) AS refused
     FROM (
       SELECT code, source, uid, bitAnd(max(bitShiftLeft(sent.seq, 3) + toUInt8(sent.op)), 7) AS op,
              anyIf(sent.said, sent.seq = {run:UInt64}) AS now_said
       FROM (${WITH_RUN}) AS sent
       GROUP BY code, source, uid)
     GROUP BY code ORDER BY code`,
    { destination, run, days: retentionDays },
  );
  return rows.map(({ code, ...counts }) => ({
    code,
    adds: Number(counts.adds),
    removes: Number(counts.removes),
    refreshes: Number(counts.refreshes),
    sent: Number(counts.sent),
    refused: Number(counts.refused),
  }));
}
