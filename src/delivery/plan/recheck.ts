import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { exportedSets } from '../exported-set.ts';
import { codeParams, codeSql, gateOf, isHeldBack, type PlanRequest, passing } from './planning.ts';
import { SPOKEN } from './told.ts';

/** Why something that was planned is left out of its chunk. */
export const WITHHELD_REASONS = ['withdrawn', 'held_back', 'superseded'] as const;

/** Whom lines are for, as it is now: segments with the builds that readers see now. */
export type Rechecked = Omit<PlanRequest, 'run' | 'mode' | 'bySegment' | 'lines' | 'retentionDays'>;

/**
 * Looks again at chunks that were planned a while ago, and writes down what of them may not leave any more: whoever is
 * not in the exported set now (`withdrawn`), adds to a segment of which none leave now (`held_back`), and whatever a
 * later run has told otherwise (`superseded`), because what comes last is what the destination keeps. Who is told all
 * segments of an id keeps the last line of it: there any later word on the id overtakes the whole line. Nobody's data is
 * deleted there of whom a later run has told that he is in something. What was
 * withheld once stays so, so that a version of a chunk is the same for ever; the next plan after {@link settle} tells
 * what is missing.
 *
 * @returns the version of each chunk now: 0 = nothing of it is withheld.
 * @throws ClickHouseError
 */
export async function recheck(
  clickhouse: ClickHouse,
  {
    recipient,
    run,
    chunks,
  }: {
    readonly recipient: Rechecked;
    readonly run: number;
    readonly chunks: readonly number[];
  },
): Promise<ReadonlyMap<number, number>> {
  const of = { destination: recipient.destination, run, chunks };
  if (chunks.length === 0) return new Map();
  const before = await readVersions(clickhouse, of);
  const segments = passing(recipient);
  const held = segments.filter((segment) => isHeldBack(segment, recipient.minAudience));
  const { sql: now, params } = exportedSets({
    ...gateOf(recipient, segments),
    visitors: `SELECT visitor FROM links
      WHERE (source IN {partners:Array(String)} OR source IN {devices:Array(String)})
        AND uid GLOBAL IN (SELECT uid FROM (${PLANNED}))`,
  });
  const overtaken = recipient.tells === 'all' ? 'source, uid' : 'code, source, uid';
  await clickhouse.command(
    `INSERT INTO delivery_withheld (destination, run, chunk, version, number, code, reason, time)
     SELECT {destination:String}, {run:UInt64}, chunk,
            transform(chunk, {chunks:Array(UInt32)}, {versions:Array(UInt32)}, toUInt32(0)), number, code,
            multiIf(is_overtaken, 'superseded', word = 'add' AND has({heldCodes:Array(String)}, code), 'held_back',
                    'withdrawn') AS reason,
            now64(3, 'UTC')
     FROM (
       SELECT chunk, number, source, uid, change.1 AS code, change.2 AS word,
              if(word = 'forget',
                (source, uid) GLOBAL IN (SELECT source, uid FROM (${TOLD_SINCE}) WHERE said != 'remove'),
                (${overtaken}) GLOBAL IN (SELECT ${overtaken} FROM (${TOLD_SINCE}))) AS is_overtaken
       FROM (${PLANNED})
       ARRAY JOIN arrayConcat(
         arrayMap(each -> (toString(each), 'add'), add),
         arrayMap(each -> (toString(each), 'remove'), remove),
         arrayMap(each -> (toString(each), 'in'), arrayFilter(each -> NOT has(add, each), all)),
         if(erased, [('', 'forget')], [])) AS change)
     WHERE (is_overtaken OR (word NOT IN ('remove', 'forget') AND (code, source, uid, word) GLOBAL NOT IN (
         SELECT ${codeSql('segment')}, source, uid,
                arrayJoin(if(has({heldSegments:Array(String)}, segment), ['in'], ['in', 'add']))
         FROM (${now}))))
       AND (chunk, number, code) GLOBAL NOT IN (
         SELECT chunk, number, toString(code) FROM delivery_withheld
         WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk IN {chunks:Array(UInt32)})`,
    {
      ...params,
      ...codeParams(segments),
      ...of,
      heldSegments: held.map(({ id }) => id),
      heldCodes: held.map(({ code }) => code),
      versions: chunks.map((chunk) => (before.get(chunk) ?? 0) + 1),
    },
    AS_A_WHOLE,
  );
  return readVersions(clickhouse, of);
}

const PLANNED = `
  SELECT chunk, number, toString(source) AS source, uid, add, remove, all, erased FROM kept_delivery_lines
  WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk IN {chunks:Array(UInt32)}`;

const TOLD_SINCE = `
  SELECT toString(code) AS code, toString(source) AS source, uid, toString(said) AS said FROM kept_sent_sets
  WHERE destination = {destination:String} AND seq > {run:UInt64} AND ${SPOKEN}
    AND uid GLOBAL IN (SELECT uid FROM (${PLANNED}))`;

async function readVersions(
  clickhouse: ClickHouse,
  of: { readonly destination: string; readonly run: number; readonly chunks: readonly number[] },
): Promise<ReadonlyMap<number, number>> {
  const rows = await clickhouse.query<{ chunk: number; version: number }>(
    `SELECT chunk, max(version) AS version FROM delivery_withheld
     WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk IN {chunks:Array(UInt32)}
     GROUP BY chunk`,
    of,
  );
  const found = new Map(rows.map(({ chunk, version }) => [chunk, version]));
  return new Map(of.chunks.map((chunk) => [chunk, found.get(chunk) ?? 0]));
}
