import type { Readable } from 'node:stream';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Leases } from '../jobs/lease.ts';
import { type Cursor, CursorAheadError } from './cursor.ts';
import type { Source } from './exported-set.ts';
import { type Floors, floorsAt } from './floors.ts';
import { Account, type Passed } from './formats/account.ts';
import { EMPTY, type Encoding } from './formats/encoding.ts';
import { FORMATS, type Format, idIn } from './formats/formats.ts';
import { isHeldBack } from './plan/planning.ts';
import { bringUpToDate } from './upkeep/bring-up-to-date.ts';
import { changes, type Place, type ToldSet } from './upkeep/changes.ts';
import type { LoggedSet } from './upkeep/logged-set.ts';

/** A set that is pulled, as it stands now. */
export interface PulledSet extends Omit<LoggedSet, 'belowFloor'> {
  /** The segment's size: below the floor no adds leave. */
  readonly size: number;
  /** Whether its members were made by another rule than that of the gate: then no adds leave either. */
  readonly ruleChanged?: boolean | undefined;
}

/** How an answer is read. */
export interface Reading {
  /** Without one: everyone, as adds. */
  readonly since?: Cursor | undefined;
  /** The cursor of an answer that broke off: the same is read once more, as the log stood then. */
  readonly at?: Cursor | undefined;
  /** With it: the last line of which the reader has all; what comes behind it is read. */
  readonly after?: Place | undefined;
  readonly format: Format;
  readonly encoding?: Encoding | undefined;
  readonly minAudience: number;
  /** Ends what is under way. */
  readonly abort: AbortSignal;
}

/** What is pulled together. All sets are under one lease, so that they have one place in time. */
export interface Pulled {
  readonly sets: readonly PulledSet[];
  /** What the cursor is of. */
  readonly of: Pick<Cursor, 'segment' | 'source'>;
  /** ISO 8601: the moment for which the rules were asked, where it is one. */
  readonly asOf?: string | null | undefined;
}

/** What an answer had, told when it is through: in its trailers and in the manifest. */
export interface Receipt {
  /** Of the answer as it went out, packed where it was. */
  readonly bytes: number;
  readonly sha256: Buffer;
  /** Lines, without a head; rows of a Parquet file. */
  readonly count: number;
}

export interface Answer {
  readonly cursor: Cursor;
  /** ISO 8601; undefined where the rules were not asked for one moment. */
  readonly asOf: string | undefined;
  readonly lines: Readable;
}

const WAIT_MS = 300_000;

/**
 * Reads exported sets, whole or as changes since a cursor.
 *
 * The log of the sets is first brought up to date (what entered, what left, since the last pull by anybody), then
 * answered from. So a change of membership, a match, a replaced id, a withdrawal and an expiry all become lines in the
 * same way, and a removal is known even when the link behind it is gone.
 *
 * A line of the log is not changed once it is written, and the cursor tells up to which upkeep an answer reads. So an
 * answer that broke off is gone on with from there (`at`, `after`): lines come in one order, that of segment, kind of
 * id and id, each by its bytes, and what is behind a line is what the first answer would have had behind it, whatever
 * happened since.
 *
 * @param receipt called when the last line is through, before the stream ends.
 * @throws LeaseBusyError where another pull of the same sets takes too long; CursorAheadError; ClickHouseError.
 */
export async function pullSets(
  clickhouse: ClickHouse,
  leases: Leases,
  { sets, of, asOf }: Pulled,
  reading: Reading,
  receipt: (receipt: Receipt) => void = () => undefined,
): Promise<Answer> {
  const { since, at, after, format, encoding, abort } = reading;
  const isBelow = (set: PulledSet) => isHeldBack(set, reading.minAudience);
  const cursor: Cursor = at ?? {
    ...of,
    seq: await upkeep(clickhouse, leases, of, sets, isBelow, since),
    asOf: asOf == null ? 0 : Date.parse(asOf),
    issued: Date.now(),
  };
  const then = at && (await floorsAt(clickhouse, at));
  if (then?.size === 0 && sets.length > 0) throw new CursorAheadError();
  const before = since && (await floorsAt(clickhouse, since));
  const told = sets.map(
    (set): ToldSet => ({
      segment: set.segment,
      name: set.name,
      since: since?.seq ?? 0,
      // Of whom it was told adds is known where it was told adds at all.
      again: before !== undefined && before.wasBelow(set) !== false,
      ops: opsOf(set, isBelow(set), since !== undefined, then),
    }),
  );
  const { sql, params } = changes({ sets: told, seq: cursor.seq, after });
  const { whole, rest, text } = FORMATS[format];
  const head = after === undefined ? (text?.head ?? 0) : 0;
  const countSets = async () => {
    const [row] = await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM (${sql})`, params);
    return Number(row?.n ?? 0);
  };
  const ended = async ({ bytes, sha256, lines }: Passed) => {
    // Of what ClickHouse has packed nobody here sees the lines; the log says how many there were.
    const count = countsLines ? lines - head : await countSets();
    receipt({ bytes, sha256, count });
  };
  const countsLines = text !== undefined && encoding === undefined;
  const id = idIn(format);
  const bytes = await clickhouse.stream(
    `SELECT ${of.segment === '' ? OF_WHICH : ''} ${id.sql} AS id, toString(op) AS op FROM (${sql})`,
    { ...params, ...id.params },
    after === undefined ? whole : rest,
    abort,
    encoding,
  );
  const lines = new Account(countsLines, encoding === undefined ? NOTHING : EMPTY[encoding], ended);
  bytes.once('error', (error) => lines.destroy(error));
  lines.once('close', () => bytes.destroy());
  bytes.pipe(lines);
  return {
    cursor,
    asOf: cursor.asOf === 0 ? undefined : new Date(cursor.asOf).toISOString(),
    lines,
  };
}

/** @param then how the sets stood when the answer that is gone on with began. */
function opsOf(set: PulledSet, isBelow: boolean, isDelta: boolean, then: Floors | undefined): ToldSet['ops'] {
  const wasBelow = then === undefined ? isBelow : then.wasBelow(set);
  // It came later, and was not in that answer.
  if (wasBelow === undefined) return [];
  const isTold = !isBelow && !wasBelow && set.build !== undefined;
  return [...(isTold ? (['add'] as const) : []), ...(isDelta ? (['remove'] as const) : [])];
}

const NOTHING = Buffer.alloc(0);
/** Of all that a destination may have; behind the slash of a set's name stands under which ids it is. */
const OF_WHICH = "segment, splitByChar('/', source)[-1] AS `as`,";

/** @returns the number of the upkeep. */
async function upkeep(
  clickhouse: ClickHouse,
  leases: Leases,
  of: Pulled['of'],
  sets: readonly PulledSet[],
  isBelow: (set: PulledSet) => boolean,
  since: Cursor | undefined,
): Promise<number> {
  const lease = await leases.wait(exportLease(of.segment, of.source), WAIT_MS);
  try {
    const seq = lease.slot;
    if (since !== undefined && since.seq >= seq) throw new CursorAheadError();
    for (const set of sets) await bringUpToDate(clickhouse, { ...set, belowFloor: isBelow(set) }, seq);
    return seq;
  } finally {
    await lease.release();
  }
}

/** @returns the lease under which the log of a set is written: all sets of a destination have one. */
export const exportLease = (segment: string, name: string): string => {
  const slash = name.indexOf('/');
  return slash === -1 ? `export/${segment}/${name}` : `exports/${name.slice(0, slash)}`;
};

/** A pull of one segment under one kind of id. */
export interface Pull extends Omit<Reading, 'after'> {
  readonly segment: string;
  /** The build that readers see now; undefined: nobody may leave any more. */
  readonly build: number | undefined;
  readonly size: number;
  /** As of a {@link PulledSet}. */
  readonly ruleChanged?: boolean | undefined;
  readonly source: Source;
  /** What holds beside consent. */
  readonly gate?: LoggedSet['gate'] | undefined;
  /** Of the log, where it is not the source's. */
  readonly name?: string | undefined;
  readonly asOf?: string | null | undefined;
  /** The last id of which the reader has the line. */
  readonly after?: string | undefined;
}

/** {@link pullSets} of one segment under one kind of id: lines of `id` and `op`. */
export function pull(
  clickhouse: ClickHouse,
  leases: Leases,
  request: Pull,
  receipt?: (receipt: Receipt) => void,
): Promise<Answer> {
  const {
    segment,
    build,
    size,
    ruleChanged,
    source,
    gate = {},
    name = source.id,
    asOf,
    after,
    ...reading
  } = request;
  return pullSets(
    clickhouse,
    leases,
    {
      of: { segment, source: name },
      asOf,
      sets: [{ segment, name, build, size, ruleChanged, source, gate }],
    },
    { ...reading, after: after === undefined ? undefined : { segment, name, uid: after } },
    receipt,
  );
}
