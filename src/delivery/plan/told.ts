import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { exportedSets } from '../exported-set.ts';
import { codeParams, codeSql, gateOf, isHeldBack, type PlanRequest, passing } from './planning.ts';

/**
 * An add is written anew when its day has moved on so far, not with each day: of millions of ids that are seen daily
 * there would be as many rows a day. The row that is a few days short is looked at by `keepLastDay` before it ends.
 */
const REWRITE_DAYS = 7;

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

/** The newest of what was told of each id, of a destination's published runs. */
export const TOLD = `
  SELECT code, source, uid, argMax(sent.op, (sent.seq, sent.op)) AS was,
         argMax(sent.said, (sent.seq, sent.op)) AS was_said,
         argMax(sent.told, (sent.seq, sent.op)) AS was_told, argMax(sent.observed, (sent.seq, sent.op)) AS was_day
  FROM kept_sent_sets AS sent WHERE destination = {destination:String} GROUP BY code, source, uid`;

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
 */
export function differenceSql(request: PlanRequest): { readonly sql: string; readonly params: Params } {
  const segments = request.mode === 'withdraw' ? [] : passing(request);
  // Who is held back of a whole list is gone from where it replaces the one before, and stays elsewhere.
  const full = request.mode === 'full';
  const { sql: now, params } = exportedSets(gateOf(request, segments));
  return {
    params: {
      ...params,
      ...codeParams(segments),
      destination: request.destination,
      held: segments.filter((each) => isHeldBack(each, request.minAudience)).map(({ id }) => id),
      refreshDays: [0, ...segments.map(({ refreshDays }) => refreshDays)],
      days: request.retentionDays,
    },
    // An id whose newest observation has its last day is told that it is out while there is still a row to tell it by.
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
          FROM (${now}) WHERE observed > today() - ({days:UInt16} - 1)
          UNION ALL
          SELECT 2 AS side, toString(code) AS code, toString(source) AS source, uid, toDate(0) AS day_now,
                 toUInt8(0) AS can_add, toString(was) AS op_was, toString(was_said) AS said_before,
                 was_told AS told_was, was_day AS day_was
          FROM (${TOLD}) WHERE was != 'remove')
        GROUP BY code, source, uid)
      WHERE said != '' OR (op = 'unsure' AND was IN ('add', 'refused'))
         OR (was = 'add' AND newest > was_day
             AND (newest >= was_day + ${REWRITE_DAYS} OR was_day <= today() - ({days:UInt16} - ${REWRITE_DAYS} - 1)))
         OR (was = 'unsure' AND was_day <= today() - ${REWRITE_DAYS})`,
  };
}

/**
 * Appends to the log of what the destination was told what differs from the set as it is now, under the run's number:
 * it counts once the run does.
 *
 * @throws ClickHouseError
 */
export async function bringUpToDate(clickhouse: ClickHouse, request: PlanRequest): Promise<void> {
  const { sql, params } = differenceSql(request);
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
    `SELECT toString(code) AS code, countIf(now_said = 'add') AS adds, countIf(now_said = 'remove') AS removes,
            countIf(now_said = 'refresh') AS refreshes, countIf(is_in) AS sent, countIf(op = 'refused') AS refused
     FROM (
       SELECT code, source, uid, argMax(sent.op, (sent.seq, sent.op)) AS op, op IN ('add', 'refused') AS is_in,
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
