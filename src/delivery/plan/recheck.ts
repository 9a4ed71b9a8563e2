import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { exportedSets } from '../exported-set.ts';
import { codeParams, codeSql, gateOf, passing, type Recipient } from './planning.ts';

/** Why something that was planned is left out of its chunk. */
export const WITHHELD_REASONS = ['withdrawn', 'superseded'] as const;

/**
 * Looks again at chunks that were planned a while ago, and writes down what of them may not leave any more: adds of
 * ids that are not in the exported set now (`withdrawn`), and whatever a later run has told otherwise (`superseded`),
 * because what comes last is what the destination keeps. What was withheld once stays so, so that a version of a chunk
 * is the same for ever; the next plan after {@link settle} tells what is missing.
 *
 * @param recipient as it is now: segments with the builds that readers see now.
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
    readonly recipient: Recipient;
    readonly run: number;
    readonly chunks: readonly number[];
  },
): Promise<ReadonlyMap<number, number>> {
  const of = { destination: recipient.destination, run, chunks };
  if (chunks.length === 0) return new Map();
  const before = await readVersions(clickhouse, of);
  const segments = passing(recipient);
  const { sql: now, params } = exportedSets({
    ...gateOf(recipient, segments),
    visitors: `SELECT visitor FROM links
      WHERE (source IN {partners:Array(String)} OR source IN {devices:Array(String)})
        AND uid GLOBAL IN (SELECT uid FROM (${PLANNED}))`,
  });
  await clickhouse.command(
    `INSERT INTO delivery_withheld (destination, run, chunk, version, number, code, reason, time)
     SELECT {destination:String}, {run:UInt64}, chunk,
            transform(chunk, {chunks:Array(UInt32)}, {versions:Array(UInt32)}, toUInt32(0)), number, code,
            if(is_overtaken, 'superseded', 'withdrawn') AS reason, now64(3, 'UTC')
     FROM (
       SELECT chunk, number, source, uid, change.1 AS code, change.2 AS is_add,
              (code, source, uid) GLOBAL IN (
                SELECT toString(code), toString(source), uid FROM kept_sent_sets
                WHERE destination = {destination:String} AND seq > {run:UInt64}
                  AND said IN ('add', 'refresh', 'remove')
                  AND uid GLOBAL IN (SELECT uid FROM (${PLANNED}))) AS is_overtaken
       FROM (${PLANNED})
       ARRAY JOIN arrayConcat(arrayMap(each -> (toString(each), true), add),
                              arrayMap(each -> (toString(each), false), remove)) AS change)
     WHERE (is_overtaken OR (is_add AND (code, source, uid) GLOBAL NOT IN (
         SELECT ${codeSql('segment')}, source, uid FROM (${now}))))
       AND (chunk, number, code) GLOBAL NOT IN (
         SELECT chunk, number, toString(code) FROM delivery_withheld
         WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk IN {chunks:Array(UInt32)})`,
    {
      ...params,
      ...codeParams(segments),
      ...of,
      versions: chunks.map((chunk) => (before.get(chunk) ?? 0) + 1),
    },
    AS_A_WHOLE,
  );
  return readVersions(clickhouse, of);
}

const PLANNED = `
  SELECT chunk, number, toString(source) AS source, uid, add, remove FROM kept_delivery_lines
  WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk IN {chunks:Array(UInt32)}`;

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
