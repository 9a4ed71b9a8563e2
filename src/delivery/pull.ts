import type { Readable } from 'node:stream';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Leases } from '../jobs/lease.ts';
import { type Cursor, CursorAheadError, writeCursor } from './cursor.ts';
import { exportedSet, type Source } from './exported-set.ts';

export const FORMATS = { ndjson: 'JSONEachRow', csv: 'CSVWithNames', tsv: 'TabSeparatedWithNames' } as const;
export type Format = keyof typeof FORMATS;

export interface Pull {
  readonly segment: string;
  /** The build that readers see now. */
  readonly build: number;
  /** The segment's size: below `minAudience` no adds leave. */
  readonly size: number;
  readonly source: Source;
  /** Without one: everyone, as adds. */
  readonly since: Cursor | undefined;
  readonly format: Format;
  readonly minAudience: number;
  readonly abort: AbortSignal;
}

export interface Answer {
  readonly cursor: string;
  readonly lines: Readable;
}

const WAIT_MS = 300_000;

/**
 * Reads a segment under one kind of id, whole or as changes since a cursor.
 *
 * The log of the exported set is first brought up to date (what entered, what left, since the last pull by
 * anybody), then answered from. So a change of membership, a match, a replaced id, a withdrawal and an
 * expiry all become lines in the same way, and a removal is known even when the link behind it is gone.
 *
 * @throws LeaseBusyError where another pull of the same set takes too long; CursorAheadError.
 */
export async function pull(clickhouse: ClickHouse, leases: Leases, request: Pull): Promise<Answer> {
  const { segment, source, since } = request;
  const belowFloor = request.size < request.minAudience;
  const lease = await leases.wait(exportLease(segment, source.id), WAIT_MS);
  const seq = lease.slot;
  try {
    if (since !== undefined && Math.max(since.seq, since.removals) >= seq) throw new CursorAheadError();
    await bringUpToDate(clickhouse, request, seq, belowFloor);
  } finally {
    await lease.release();
  }
  const from = since ?? { seq: 0, removals: 0, issued: Date.now() };
  const params = { segment, source: source.id, seq, since: from.seq, told: from.removals };
  const ops = since === undefined ? ['add'] : belowFloor ? ['remove'] : ['add', 'remove'];
  // A reader below the floor is not told of adds; its place in them stays, so that they come when the floor is
  // passed, and with them whatever was removed below it and is back.
  const place = belowFloor
    ? { seq: from.seq, removals: since === undefined ? 0 : seq, issued: from.issued }
    : { seq, removals: seq, issued: Date.now() };
  const lines = await clickhouse.stream(
    `SELECT uid AS id, op FROM (
       SELECT uid, argMax(kept_exports.op, kept_exports.seq) AS op,
              argMaxIf(kept_exports.op, kept_exports.seq, kept_exports.seq <= {since:UInt64}) AS before,
              countIf(kept_exports.seq <= {since:UInt64}) > 0 AND before = 'add' AS held,
              argMaxIf(kept_exports.op, kept_exports.seq, kept_exports.seq <= {told:UInt64}) AS lately,
              countIf(kept_exports.op = 'remove' AND kept_exports.seq > {since:UInt64} AND kept_exports.seq <= {told:UInt64}) > 0 AS taken
       FROM kept_exports
       WHERE segment = {segment:String} AND source = {source:String} AND kept_exports.seq <= {seq:UInt64}
       GROUP BY uid)
     WHERE op IN {ops:Array(String)} AND if(op = 'add', NOT held OR taken, held AND lately = 'add')
     ${belowFloor && since === undefined ? 'LIMIT 0' : ''}`,
    { ...params, ops },
    FORMATS[request.format],
    request.abort,
  );
  return { cursor: writeCursor({ segment, source: source.id, ...place }), lines };
}

export const exportLease = (segment: string, source: string) => `export/${segment}/${source}`;

/**
 * Appends to the log what differs between it and the set as it is now. An id whose day has moved on is
 * written again as what it is, so that its row lives as long as its newest observation.
 */
async function bringUpToDate(
  clickhouse: ClickHouse,
  request: Pull,
  seq: number,
  belowFloor: boolean,
): Promise<void> {
  const now = exportedSet(request.segment, request.build, request.source);
  await clickhouse.command(
    `INSERT INTO exports
     SELECT {segment:String} AS segment, {source:String} AS source, uid, {seq:UInt64} AS seq,
            if(isNow, 'add', 'remove') AS op, if(isNow, newest, today()) AS observed
     FROM (
       SELECT uid, max(side = 1) AS isNow, max(side = 2) AS wasIn,
              maxIf(day, side = 1) AS newest, maxIf(day, side = 2) AS written
       FROM (
         SELECT uid, 1 AS side, observed AS day FROM (${now.sql})
         UNION ALL
         SELECT uid, 2 AS side, day FROM (
           SELECT uid, argMax(kept_exports.op, kept_exports.seq) AS op, argMax(kept_exports.observed, kept_exports.seq) AS day
           FROM kept_exports WHERE segment = {segment:String} AND source = {source:String} GROUP BY uid)
         WHERE op = 'add')
       GROUP BY uid)
     WHERE (isNow AND (NOT wasIn OR newest > written) ${belowFloor ? 'AND wasIn' : ''}) OR (wasIn AND NOT isNow)`,
    { ...now.params, seq },
  );
}
