import { nanoid } from 'nanoid';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { cursorLifeDays } from '../delivery/cursor.ts';
import { visitorIdSql } from '../identity/visitor.ts';

const DAY_MS = 86_400_000;
/** Whatever the retention was meanwhile. */
const LONGEST_CURSOR_DAYS = cursorLifeDays(Number.POSITIVE_INFINITY);

/** One step of an erasure: done at a moment, or what it waits for. */
export interface Step {
  readonly step: 'hide' | 'suppress' | 'delete' | 'purge' | 'deliver';
  readonly state: 'done' | 'waiting';
  /** ISO 8601; null while it waits. */
  readonly at: string | null;
  /** Of a deletion: where, and how many rows. */
  readonly table?: string;
  readonly rows?: number;
  /** Of a delivery: the segment that was handed out under our own ids. */
  readonly segment?: string;
  /** Of a delivery: the destination that was told of it, or may have been; neither: all who pull under other ids. */
  readonly destination?: string;
  readonly detail: string;
}

/** What was asked for and how far it has come. */
export interface Erasure {
  readonly id: string;
  /** Of our own tables; each `deliver` step tells for itself whether others have let go of it. */
  readonly state: 'waiting' | 'done';
  readonly origin: 'api' | 'optout';
  readonly requestedAt: string;
  /** How many visitors it is for: a device or partner id may have been seen with several. */
  readonly visitors: number;
  readonly steps: readonly Step[];
}

/**
 * Asks for visitors to be deleted: no view shows them from now on, and the next batch deletes what was
 * observed up to now. Something observed later is a new beginning, shown once the batch has run.
 *
 * @param visitors UInt64 each, at least one.
 * @returns the request's id.
 * @throws ClickHouseError
 */
export async function requestErasure(clickhouse: ClickHouse, visitors: readonly bigint[]): Promise<string> {
  const erasure = nanoid();
  await clickhouse.command(
    `INSERT INTO erasures
     SELECT {erasure:String} AS erasure, arrayJoin({visitors:Array(UInt64)}) AS visitor,
            fromUnixTimestamp64Milli({time:Int64}) AS time, now64(3, 'UTC') AS stored, 'api' AS origin, false AS suppressed`,
    { erasure, visitors, time: Date.now() },
  );
  return erasure;
}

interface Request {
  origin: 'api' | 'optout';
  requested: string;
  stored: string;
  visitors: string[];
}

/**
 * The receipt of an erasure.
 *
 * @returns undefined where there is no such request, or it is past the retention.
 * @throws ClickHouseError
 */
export async function readErasure(clickhouse: ClickHouse, id: string): Promise<Erasure | undefined> {
  const [request] = await clickhouse.query<Request>(
    `SELECT any(erasures.origin) AS origin, min(erasures.time) AS requested, max(erasures.stored) AS stored,
            groupUniqArray(toString(erasures.visitor)) AS visitors
     FROM erasures WHERE erasure = {id:String} GROUP BY erasure`,
    { id },
  );
  if (request === undefined) return undefined;
  const params = {
    stored: request.stored,
    requested: request.requested,
    visitors: request.visitors.map(BigInt),
  };
  const [[batch], rows, exported] = await Promise.all([
    clickhouse.query<{ names: string[]; time: string; purged: string }>(
      `SELECT names, time, purged FROM erasure_batches
       WHERE horizon >= {stored:DateTime64(3, 'UTC')} ORDER BY batch LIMIT 1`,
      params,
    ),
    clickhouse.query<{ name: string; rows: string }>(
      `SELECT name, sum(erasure_steps.rows) AS rows FROM erasure_steps
       WHERE visitor IN {visitors:Array(UInt64)} AND time >= {requested:DateTime64(3, 'UTC')} GROUP BY name`,
      params,
    ),
    clickhouse.query<{ segment: string; op: 'add' | 'remove'; observed: string }>(
      `SELECT segment, argMax(kept_exports.op, kept_exports.seq) AS op, max(kept_exports.observed) AS observed
       FROM kept_exports
       WHERE source = 'visitor' AND uid IN (SELECT ${visitorIdSql('arrayJoin({visitors:Array(UInt64)})')})
       GROUP BY segment ORDER BY segment`,
      params,
    ),
  ]);
  const deleted = new Map(rows.map((row) => [row.name, Number(row.rows)]));
  return {
    id,
    state: batch === undefined ? 'waiting' : 'done',
    origin: request.origin,
    requestedAt: iso(request.requested),
    visitors: request.visitors.length,
    steps: [
      {
        step: 'hide',
        state: 'done',
        at: iso(request.stored),
        detail: 'No count, segment, export or page shows it any more.',
      },
      ...(request.origin === 'optout' ? [suppressed(iso(request.stored))] : []),
      ...deletions(batch, deleted),
      batch === undefined ? WAITING_PURGE : purged(iso(batch.purged)),
      ...exported.map(delivery),
      pulled(request.stored),
    ],
  };
}

const suppressed = (at: string): Step => ({
  step: 'suppress',
  state: 'done',
  at,
  detail: 'Remembered as a keyed hash, without end; collectors store nothing of it.',
});

function deletions(
  batch: { names: string[]; time: string } | undefined,
  deleted: ReadonlyMap<string, number>,
): Step[] {
  if (batch === undefined)
    return [
      {
        step: 'delete',
        state: 'waiting',
        at: null,
        detail: 'By the next daily batch; POST /v1/jobs/expire/run runs one now.',
      },
    ];
  return batch.names.map((table) => ({
    step: 'delete',
    state: 'done',
    at: iso(batch.time),
    table,
    rows: deleted.get(table) ?? 0,
    detail:
      table === 'consents' ? 'A refusal is kept until the retention ends; all else is deleted.' : 'Deleted.',
  }));
}

const WAITING_PURGE: Step = {
  step: 'purge',
  state: 'waiting',
  at: null,
  detail: 'The deleted rows leave the disk at the end of the batch.',
};

const purged = (at: string): Step => ({
  step: 'purge',
  state: 'done',
  at,
  detail: 'The parts that held deleted rows were written anew without them.',
});

function delivery({ segment, op, observed }: { segment: string; op: string; observed: string }): Step {
  const told = op === 'remove';
  return {
    step: 'deliver',
    state: told ? 'done' : 'waiting',
    at: told ? `${observed}T00:00:00.000Z` : null,
    segment,
    detail: told
      ? 'Written as a removal; readers learn of it by their cursors.'
      : 'A removal at the next read.',
  };
}

/**
 * Of whoever pulls under other ids than ours nobody keeps who has read what; but once no cursor from before it was
 * hidden is good any more, all have read the removal or must read the whole set anew.
 *
 * @param stored since when no set has it, as ClickHouse writes it.
 */
function pulled(stored: string): Step {
  const over = new Date(Date.parse(iso(stored)) + LONGEST_CURSOR_DAYS * DAY_MS).toISOString();
  const isOver = Date.parse(over) <= Date.now();
  return {
    step: 'deliver',
    state: isOver ? 'done' : 'waiting',
    at: isOver ? over : null,
    detail: isOver
      ? 'Whoever pulled it under a partner’s or device’s id has read the removal since, or must read the whole set anew.'
      : `Whoever pulled it under a partner’s or device’s id gets a removal at the next read; who has not read until ${over.slice(0, 10)} must read the whole set anew. The log that this takes keeps the id until the day after.`,
  };
}
