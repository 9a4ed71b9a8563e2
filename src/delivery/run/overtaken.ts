import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { SPOKEN } from '../plan/told.ts';
import type { RunName } from './chunks.ts';
import { countDeadLetters, DEAD_CHUNKS, type Dead, isDead, takeOut } from './failures.ts';
import { forgetLines } from './forget-lines.ts';
import { LAST_STEPS } from './moment.ts';

/** Runs that have come to their end, the one at whose end it is asked among them. */
const ENDED = `
  SELECT run FROM delivery_runs WHERE destination = {destination:String}
  GROUP BY run HAVING argMax(delivery_runs.state, delivery_runs.step) = 'done' OR run = {run:UInt64}`;

/** Lines in dead letters. Of a run that goes on what did not arrive is in no log before its end. */
const LETTERS = `
  SELECT line.run AS run, line.chunk AS chunk, line.number AS number, toString(line.source) AS source,
         line.uid AS uid, line.erased AS erased, arrayMap(code -> toString(code), arrayConcat(line.add, line.remove)) AS codes
  FROM kept_delivery_lines AS line
  WHERE line.destination = {destination:String} AND line.run GLOBAL IN (${ENDED})
    AND ${isDead({ chunks: 'true', lines: 'true' })}`;

/** The run that told last of an id and a code, where that has ended and the destination took it. */
const TOLD = `
  SELECT toString(code) AS code, toString(source) AS source, uid, maxIf(sent.seq, ${SPOKEN}) AS spoke,
         argMax(toString(sent.op), (sent.seq, sent.op)) AS stands
  FROM kept_sent_sets AS sent
  WHERE destination = {destination:String} AND uid GLOBAL IN (SELECT uid FROM (${LETTERS}))
  GROUP BY code, source, uid
  HAVING stands IN ('add', 'remove') AND spoke GLOBAL IN (${ENDED})`;

/** The same of what people asked for, each kind of it. */
const ASKED = `
  SELECT source, uid, min(taken) AS spoke
  FROM (
    SELECT source, uid, kind, maxIf(asked_by, NOT is_untaken) AS taken
    FROM (
      SELECT toString(subject_requests.source) AS source, uid, toString(kind) AS kind, subject_requests.run AS asked_by,
             max(untaken) AS is_untaken
      FROM subject_requests
      WHERE destination = {destination:String} AND subject_requests.run GLOBAL IN (${ENDED})
        AND uid GLOBAL IN (SELECT uid FROM (${LETTERS}))
      GROUP BY source, uid, kind, asked_by)
    GROUP BY source, uid, kind)
  GROUP BY source, uid`;

/**
 * Lines of which everything has been told by a later run. Who was told to be in something since is not to be deleted
 * any more.
 */
const OVERTAKEN = `
  SELECT letter.run AS run, letter.chunk AS chunk, letter.number AS number
  FROM (
    SELECT run, chunk, number, source, uid, arrayJoin(if(erased, arrayPushBack(codes, ''), codes)) AS code
    FROM (${LETTERS})) AS letter
  GLOBAL LEFT JOIN (
    SELECT code, source, uid, max(spoke) AS spoke
    FROM (
      SELECT arrayJoin(if(stands = 'add', [code, ''], [code])) AS code, source, uid, spoke FROM (${TOLD})
      UNION ALL SELECT '' AS code, source, uid, spoke FROM (${ASKED}))
    GROUP BY code, source, uid) AS since
    ON since.code = letter.code AND since.source = letter.source AND since.uid = letter.uid
  GROUP BY run, chunk, number HAVING min(since.spoke > letter.run)`;

const DEAD: Dead = {
  chunks: `(run, chunk) GLOBAL IN (SELECT run, chunk FROM (${OVERTAKEN}))`,
  lines: `(run, chunk, number) GLOBAL IN (${OVERTAKEN})`,
};

/**
 * Takes out of the dead letters what the destination has heard of since: a line whose ids and codes, or their opposite,
 * a later run has told and it has taken. Of a dead chunk the lines that are left are dead letters of their own from
 * then on. Killed anywhere, it can be done again.
 *
 * @param run that has come to its end, with its lines still there and the log settled.
 * @param step the first that the holder of the lease has.
 * @throws ClickHouseError
 */
export async function takeOutOvertaken(
  clickhouse: ClickHouse,
  { destination, run }: RunName,
  step: number,
): Promise<void> {
  if ((await countDeadLetters(clickhouse, destination)).size === 0) return;
  const params = { destination, run, step: step + LAST_STEPS };
  const overtaken = await clickhouse.query<{ run: string }>(
    `SELECT DISTINCT run FROM (${OVERTAKEN})`,
    params,
  );
  if (overtaken.length === 0) return;
  await clickhouse.command(
    `INSERT INTO delivery_failures (destination, run, chunk, number, attempt, reason, detail, retry, chunk_to, run_to, time)
     SELECT dead.destination, dead.run, dead.chunk, line.number, 1, dead.why, dead.what, false, 0, 0, dead.since
     FROM kept_delivery_lines AS line
     GLOBAL INNER JOIN (SELECT * FROM (${DEAD_CHUNKS}) WHERE ${DEAD.chunks}) AS dead
       ON dead.run = line.run AND dead.chunk = line.chunk
     WHERE line.destination = {destination:String}
       AND (line.run, line.chunk, line.number) GLOBAL NOT IN (${OVERTAKEN})`,
    params,
    AS_A_WHOLE,
  );
  await takeOut(clickhouse, DEAD, params);
  for (const row of overtaken)
    if (Number(row.run) !== run) await forgetLines(clickhouse, { destination, run: Number(row.run) });
}
