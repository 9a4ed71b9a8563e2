import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { NOT_THERE } from './settle.ts';
import { SPOKEN, WITH_RUN } from './told.ts';

/**
 * Ids whose people asked for their deletion, or opted out. Links of the erased are deleted sooner or later, and then
 * their ids are kept apart.
 */
const ASKED = `
  SELECT toString(source) AS source, uid, if(opted_out, 'opt_out', 'deletion') AS kind FROM kept_unlinked_uids
  UNION DISTINCT
  SELECT toString(link.source) AS source, link.uid AS uid, if(request.suppressed, 'opt_out', 'deletion') AS kind
  FROM (
    SELECT source, uid, arrayJoin([visitor, own]) AS person FROM links
    WHERE uid != '' AND (visitor GLOBAL IN (SELECT visitor FROM erased_visitors)
      OR own GLOBAL IN (SELECT visitor FROM erased_visitors))) AS link
  GLOBAL INNER JOIN (
    SELECT DISTINCT visitor, suppressed FROM erasures
    WHERE visitor GLOBAL IN (SELECT visitor FROM erased_visitors)) AS request ON request.visitor = link.person`;

/**
 * Of these ids the ones that the log of a destination has, and that are in nothing with the run, also for nobody else
 * who has them; `told` is the last run by which it heard of one.
 */
const LOGGED = `
  SELECT source, uid, max(spoke) AS told
  FROM (
    SELECT code, toString(source) AS source, uid, argMax(sent.op, (sent.seq, sent.op)) AS stands,
           greatest(min(sent.seq), maxIf(sent.seq, sent.${SPOKEN})) AS spoke
    FROM (${WITH_RUN}) AS sent WHERE uid GLOBAL IN (SELECT uid FROM (${ASKED})) GROUP BY code, source, uid)
  GROUP BY source, uid HAVING countIf(stands IN ('add', 'refused')) = 0`;

/**
 * Finds what a destination is to be asked for with a run, for people who were erased or opted out: of every id that it
 * was told of since it was last asked the same, whether the id left its segments with this run or before. Counts once
 * the run does.
 *
 * @throws ClickHouseError
 */
export async function writeSubjectRequests(
  clickhouse: ClickHouse,
  of: { readonly destination: string; readonly run: number; readonly retentionDays: number },
): Promise<void> {
  await clickhouse.command(
    `INSERT INTO subject_requests (destination, run, source, uid, kind, untaken, time)
     SELECT {destination:String}, {run:UInt64}, asked.source, asked.uid, asked.kind, false, now64(3, 'UTC')
     FROM (${ASKED}) AS asked
     GLOBAL INNER JOIN (${LOGGED}) AS log ON log.source = asked.source AND log.uid = asked.uid
     GLOBAL LEFT JOIN (
       SELECT toString(kept_subject_requests.source) AS source, uid, toString(kind) AS kind,
              max(kept_subject_requests.run) AS before
       FROM kept_subject_requests WHERE destination = {destination:String} GROUP BY source, uid, kind
     ) AS last ON last.source = asked.source AND last.uid = asked.uid AND last.kind = asked.kind
     WHERE last.before < log.told`,
    { destination: of.destination, run: of.run, days: of.retentionDays },
    AS_A_WHOLE,
  );
}

/** Ids with a request in a run. */
export const REQUESTED = `
  SELECT toString(source) AS source, uid FROM subject_requests
  WHERE destination = {destination:String} AND run = {run:UInt64} AND NOT untaken`;

/**
 * Writes down what of a run's requests the destination did not take, so that the next run asks again. Before the run's
 * lines are dropped; it can be called again.
 *
 * @throws ClickHouseError
 */
export async function settleSubjectRequests(
  clickhouse: ClickHouse,
  { destination, run }: { readonly destination: string; readonly run: number },
): Promise<void> {
  const chunks = `
    SELECT chunk FROM delivery_chunks WHERE destination = {destination:String} AND run = {run:UInt64}
    GROUP BY chunk HAVING argMax(delivery_chunks.state, delivery_chunks.step) = 'dead'`;
  const failures = `
    SELECT chunk, number FROM delivery_failures WHERE destination = {destination:String} AND run = {run:UInt64}
    GROUP BY chunk, number
    HAVING max(chunk_to) = 0 AND max(run_to) = 0
       AND NOT has({notThere:Array(String)}, argMax(delivery_failures.reason, delivery_failures.attempt))`;
  await clickhouse.command(
    `INSERT INTO subject_requests (destination, run, source, uid, kind, untaken, time)
     SELECT destination, run, source, uid, kind, true, now64(3, 'UTC')
     FROM (SELECT DISTINCT destination, run, source, uid, kind FROM subject_requests
           WHERE destination = {destination:String} AND run = {run:UInt64})
     WHERE (toString(source), uid) GLOBAL IN (
       SELECT toString(source), uid FROM kept_delivery_lines
       WHERE destination = {destination:String} AND run = {run:UInt64} AND erased
         AND (chunk GLOBAL IN (${chunks}) OR (chunk, number) GLOBAL IN (${failures})))`,
    { destination, run, notThere: NOT_THERE },
    AS_A_WHOLE,
  );
}
