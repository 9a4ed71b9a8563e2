import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { type Count, writeCounts } from './losses.ts';
import { TOLD } from './told.ts';

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

/** Of each id and code of the run what became of it, where that is not what the plan has written down already. */
const outcomes = (replay: boolean) => `
  SELECT change.code AS code, change.source AS source, change.uid AS uid, change.observed AS day, failure.why AS why,
         multiIf(
           out.held = 'superseded' OR failure.is_elsewhere OR chunk.ended = 'superseded', '',
           out.held = 'withdrawn' OR chunk.ended = 'dead', 'unsure',
           why != '', if(change.is_add, 'refused', ''),
           chunk.ended = 'acknowledged' AND ${replay ? 'true' : 'false'}, if(change.is_add, 'add', 'remove'),
           '') AS outcome
  FROM (
    SELECT chunk, number, toString(source) AS source, uid, observed, change.1 AS code, change.2 AS is_add
    FROM kept_delivery_lines
    ARRAY JOIN arrayConcat(arrayMap(each -> (toString(each), true), add),
                           arrayMap(each -> (toString(each), false), remove)) AS change
    WHERE destination = {destination:String} AND run = {run:UInt64}) AS change
  GLOBAL INNER JOIN (${CHUNKS}) AS chunk ON chunk.chunk = change.chunk
  GLOBAL LEFT JOIN (${FAILURES}) AS failure ON failure.chunk = change.chunk AND failure.number = change.number
  GLOBAL LEFT JOIN (${WITHHELD}) AS out
    ON out.chunk = change.chunk AND out.number = change.number AND out.code = change.code`;

/**
 * Brings what became of a run's lines into the log of what the destination was told, and into the waterfall. What
 * never arrived (a dead chunk, an add that was held back) is `unsure`, so that the next run tells it; what the
 * destination did not take is `refused`, and told again when it would be refreshed. It can be called again: when
 * the run ends, and whenever something of it has changed since.
 *
 * @throws ClickHouseError
 */
export async function settle(clickhouse: ClickHouse, ended: Ended, now = new Date()): Promise<void> {
  const { destination, run, replay, segments } = ended;
  await clickhouse.command(
    `INSERT INTO sent_sets (destination, code, source, uid, seq, op, said, told, observed)
     SELECT {destination:String}, code, source, uid, {run:UInt64}, outcome, if(outcome = 'refused', why, ''), today(),
            if(outcome = 'add', day, today())
     FROM (${outcomes(replay)}) WHERE outcome != ''`,
    { destination, run },
    AS_A_WHOLE,
  );
  const rows = await clickhouse.query<{ code: string; reason: string; n: string }>(
    `SELECT toString(code) AS code, multiIf(was = 'unsure', {undelivered:String}, was = 'refused', was_said, '') AS reason,
            count() AS n
     FROM (${TOLD}) WHERE was != 'remove' GROUP BY code, reason ORDER BY code, reason`,
    { destination, undelivered: UNDELIVERED },
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
