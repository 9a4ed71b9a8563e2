import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { DeliveryReason } from '../destination.ts';
import { type Count, writeCounts } from './losses.ts';
import { SPOKEN, TOLD } from './told.ts';

/** A run that has come to its end, with its lines still there. */
export interface Ended {
  readonly destination: string;
  readonly run: number;
  /** Whether it told again what had not been taken, by lines that no plan has made. */
  readonly replay: boolean;
  /** What each code stands for; a code without a segment has no waterfall. */
  readonly segments: readonly { readonly id: string; readonly code: string }[];
}

/** Of what the destination has of a segment, what was never heard of again, as the reason of a loss. */
export const UNDELIVERED = 'undelivered';
/** And what is in another run that has not come to its end. */
export const WAITING = 'waiting';

const WAITING_ADDS = `
  SELECT code, source, uid FROM kept_sent_sets
  WHERE destination = {destination:String} AND said = 'add' AND seq GLOBAL IN (
    SELECT run FROM delivery_runs WHERE destination = {destination:String} AND run != {run:UInt64}
    GROUP BY run HAVING argMax(delivery_runs.state, delivery_runs.step) != 'done')`;

const CHUNKS = `
  SELECT chunk, argMax(rows.state, rows.step) AS ended, argMax(rows.version, rows.step) AS final
  FROM delivery_chunks AS rows WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY chunk`;

/** The newest word on each line; one that was put into another chunk or run is told of there. */
const FAILURES = `
  SELECT chunk, number, argMax(rows.reason, rows.attempt) AS why,
         (max(rows.chunk_to) > 0 OR max(rows.run_to) > 0) AS is_elsewhere
  FROM delivery_failures AS rows
  WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY chunk, number`;

const WITHHELD = `
  SELECT chunk, number, toString(code) AS code, any(rows.reason) AS held
  FROM delivery_withheld AS rows
  WHERE destination = {destination:String} AND run = {run:UInt64} GROUP BY chunk, number, code`;

/** Why a removal is not taken and nothing is left to take back: who does not know an id has it in no segment. */
export const NOT_THERE = ['unknown_id', 'bad_id'] as const satisfies readonly DeliveryReason[];

/**
 * Of each id and code of the run what became of it, where that is not what the plan has written down already. `kept`
 * are codes that a line has because the destination is told all.
 */
const outcomes = (replay: boolean) => `
  SELECT * FROM (
    SELECT change.code AS code, change.source AS source, change.uid AS uid, change.observed AS day,
           change.kind AS kind, failure.why AS why,
           multiIf(
             out.held = 'superseded' OR failure.is_elsewhere, '',
             out.held NOT IN ('', 'superseded'), 'unsure',
             change.kind = 'kept' OR chunk.ended = 'superseded', '',
             chunk.ended = 'dead', 'unsure',
             why != '' AND change.kind = 'add', 'refused',
             why != '' AND NOT has({notThere:Array(String)}, why), 'unsure',
             chunk.ended = 'acknowledged' AND ${replay ? 'true' : 'false'}, change.kind,
             '') AS outcome
    FROM (
      SELECT chunk, number, toString(source) AS source, uid, observed, change.1 AS code, change.2 AS kind
      FROM kept_delivery_lines
      ARRAY JOIN arrayConcat(
        arrayMap(each -> (toString(each), 'add'), add),
        arrayMap(each -> (toString(each), 'remove'), remove),
        arrayMap(each -> (toString(each), 'kept'),
                 arrayFilter(each -> NOT has(add, each) AND NOT has(remove, each), all))) AS change
      WHERE destination = {destination:String} AND run = {run:UInt64}) AS change
    GLOBAL INNER JOIN (${CHUNKS}) AS chunk ON chunk.chunk = change.chunk
    GLOBAL LEFT JOIN (${FAILURES}) AS failure ON failure.chunk = change.chunk AND failure.number = change.number
    GLOBAL LEFT JOIN (${WITHHELD}) AS out
      ON out.chunk = change.chunk AND out.number = change.number AND out.code = change.code)
  WHERE outcome != ''`;

/** What the log says of these ids by now, which a later run may have written. */
const logged = (replay: boolean) => `
  SELECT code, source, uid, max(sent.seq) AS newest,
         max(sent.seq > {run:UInt64} AND ${SPOKEN}) AS is_told_since,
         argMax(sent.said, (sent.seq, sent.op)) AS was_said, argMax(sent.observed, (sent.seq, sent.op)) AS was_day
  FROM kept_sent_sets AS sent
  WHERE destination = {destination:String} AND uid GLOBAL IN (SELECT uid FROM (${outcomes(replay)}))
  GROUP BY code, source, uid`;

/**
 * Brings what became of a run's lines into the log of what the destination was told, and into the waterfall. What
 * never arrived (a dead chunk, an add that was held back, a removal that was not taken) is `unsure`, so that the next
 * run tells it, a removal for thirty days since it was told first; an add that was not taken is `refused`, and told
 * again when it would be refreshed, or once that is forgotten. What a later run has told of an id stands; where
 * that has only kept what it found, this is the newer word. It can be called again: when the run ends, and whenever
 * something of it has changed since.
 *
 * @throws ClickHouseError
 */
export async function settle(clickhouse: ClickHouse, ended: Ended, now = new Date()): Promise<void> {
  const { destination, run, replay, segments } = ended;
  await clickhouse.command(
    `INSERT INTO sent_sets (destination, code, source, uid, seq, op, said, told, observed)
     SELECT {destination:String}, became.code, became.source, became.uid,
            if(log.is_told_since OR log.newest < {run:UInt64}, {run:UInt64}, log.newest), became.outcome,
            multiIf(became.outcome = 'refused', became.why, became.kind = 'remove', 'remove',
                    became.outcome = 'add', 'add', ''),
            today(),
            multiIf(became.outcome = 'add', became.day,
                    became.kind = 'remove' AND log.was_said = 'remove', log.was_day, today())
     FROM (${outcomes(replay)}) AS became
     GLOBAL LEFT JOIN (${logged(replay)}) AS log
       ON log.code = became.code AND log.source = became.source AND log.uid = became.uid`,
    { destination, run, notThere: NOT_THERE },
    AS_A_WHOLE,
  );
  const rows = await clickhouse.query<{ code: string; reason: string; n: string }>(
    `SELECT toString(code) AS code,
            multiIf(was = 'unsure', {undelivered:String}, was = 'refused', was_said,
                    (code, source, uid) GLOBAL IN (${WAITING_ADDS}), {waiting:String}, '') AS reason,
            count() AS n
     FROM (${TOLD}) WHERE was != 'remove' GROUP BY code, reason ORDER BY code, reason`,
    { destination, run, undelivered: UNDELIVERED, waiting: WAITING },
  );
  const byCode = new Map<string, typeof rows>();
  for (const row of rows) byCode.set(row.code, [...(byCode.get(row.code) ?? []), row]);
  const counts = segments
    .filter(({ id }) => id !== '')
    .flatMap(({ id, code }): Count[] => {
      const own = byCode.get(code) ?? [];
      const none = own.some(({ reason }) => reason === '') ? [] : [{ reason: '', n: '0' }];
      return [...own, ...none].map(({ reason, n }) => ({
        segment: id,
        stage: 'accepted',
        reason,
        n: Number(n),
      }));
    });
  await writeCounts(clickhouse, ended, counts, now);
}
