import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { kindsOf, linkedSql } from '../../upload/linked.ts';
import { persist } from '../../upload/persist.ts';
import { pieces } from '../../upload/pieces.ts';

/** What an upload's lines came to. */
export interface Stored {
  readonly unknownLines: number;
  readonly unknownIds: number;
  readonly withdrawn: number;
  readonly stored: number;
  readonly expired: number;
}

export interface StagedUpload {
  /** Under which name its lines stand in `trait_lines`. */
  readonly staged: string;
  /** Id of its receipt. */
  readonly upload: string;
  readonly lines: number;
  readonly sources: ReadonlySet<string>;
  /** Milliseconds since 1970: the observation, from which the retention counts. */
  readonly time: number;
}

/**
 * Finds the visitors of an upload's lines and stores the traits for them: a visitor's own id, the newest uid
 * that a visitor has with a partner, every visitor seen with a device id and the one that the device alone
 * would be. Who has withdrawn gets none, nor does a visitor by a device that has said no since.
 *
 * A repeat changes nothing: the same rows come of it.
 *
 * @throws ClickHouseError; some of it may be stored then.
 */
export async function store(clickhouse: ClickHouse, upload: StagedUpload): Promise<Stored> {
  const total = { unknownLines: 0, unknownIds: 0, withdrawn: 0, stored: 0, expired: 0 };
  const kinds = kindsOf(upload.sources);
  for (const range of pieces(upload.lines)) {
    const params = { staged: upload.staged, ...range, ...kinds };
    await persist(() => storePiece(clickhouse, upload, params));
    const counts = await persist(() => countPiece(clickhouse, upload, params));
    for (const name of Object.keys(total) as (keyof Stored)[]) total[name] += counts[name];
  }
  return total;
}

async function storePiece(clickhouse: ClickHouse, { upload, time }: StagedUpload, params: Params) {
  await clickhouse.command(
    `INSERT INTO traits (trait, visitor, time, expires, source, upload)
     SELECT staged.trait AS trait, linked.visitor AS visitor, fromUnixTimestamp64Milli({time:Int64}, 'UTC') AS time,
            argMax(staged.expires, staged.line) AS expires, argMax(staged.source, staged.line) AS source,
            {upload:String} AS upload
     FROM (${LINES}) AS staged
     INNER JOIN (SELECT DISTINCT source, uid, visitor FROM (${LINKED}) WHERE allowed) AS linked
       ON linked.source = staged.source AND linked.uid = staged.uid
     GROUP BY trait, visitor`,
    { ...params, upload, time },
    AS_A_WHOLE,
  );
}

async function countPiece(clickhouse: ClickHouse, { time }: StagedUpload, params: Params): Promise<Stored> {
  const [row] = await clickhouse.query<Record<keyof Stored, string>>(
    `SELECT countIf(found.known = 0) AS unknownLines,
            uniqExactIf((staged.source, staged.uid), found.known = 0) AS unknownIds,
            countIf(found.known = 1 AND NOT found.open) AS withdrawn,
            countIf(found.open) AS stored,
            countIf(found.open AND staged.expires BETWEEN 1 AND {now:UInt32}) AS expired
     FROM (${LINES}) AS staged
     LEFT JOIN (SELECT source, uid, 1 AS known, max(allowed) AS open FROM (${LINKED}) GROUP BY source, uid) AS found
       ON found.source = staged.source AND found.uid = staged.uid`,
    { ...params, now: Math.floor(time / 1000) },
  );
  const { unknownLines, unknownIds, withdrawn, stored, expired } = row!;
  return {
    unknownLines: Number(unknownLines),
    unknownIds: Number(unknownIds),
    withdrawn: Number(withdrawn),
    stored: Number(stored),
    expired: Number(expired),
  };
}

/** Of a line only what the look-up needs, read by the hash in its order. */
const LINES = `
  SELECT source, uid, trait, expires, line FROM trait_lines
  WHERE upload = {staged:String} AND cityHash64(uid) BETWEEN {from:UInt64} AND {to:UInt64}`;

const IDS = `SELECT source, uid FROM (${LINES})`;

/** With the visitors who are named as such. */
const LINKED = linkedSql(
  IDS,
  `SELECT 'visitor' AS source, toString(visitor) AS uid, visitor, 1 AS said
   FROM kept_consents
   WHERE visitor IN (SELECT toUInt64OrZero(uid) FROM (${LINES}) WHERE source = 'visitor')`,
);
