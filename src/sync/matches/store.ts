import { nanoid } from 'nanoid';
import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { sideBySide } from '../../clickhouse/side-by-side.ts';
import type { Lease, Leases } from '../../jobs/lease.ts';
import { kindsOf, linkedSql } from '../../upload/linked.ts';
import { persist } from '../../upload/persist.ts';
import { pieces } from '../../upload/pieces.ts';

/** What an upload's lines came to. */
export interface Stored {
  readonly unknownLines: number;
  readonly unknownIds: number;
  readonly withdrawn: number;
  readonly stored: number;
  readonly deleted: number;
}

export interface StagedMatches {
  /** Under which name its lines stand in `match_lines`. */
  readonly staged: string;
  /** Lines whose id is of a device or a partner. */
  readonly linkedLines: number;
  /** How many of these have no uid. */
  readonly linkedDeletions: number;
  /** Lines whose id is a visitor's. */
  readonly visitorLines: number;
  readonly sources: ReadonlySet<string>;
  /** Milliseconds since 1970: when the matches were told, by which later ones replace earlier ones. */
  readonly time: number;
  /** Called before the first link can be seen. */
  readonly onShow: () => void;
}

/** Steps of a line, as `match_lines` has them. */
export const STEP = { linked: 0, visitor: 1, found: 2, unknown: 3, withdrawn: 4 } as const;

/** Uploads are stored one after another; one of ten million lines takes under a minute. */
const WAIT_MS = 600_000;

/** Others have written among the links of this upload, or the right to write them was lost: nothing of it is seen. */
export class UploadDisplacedError extends Error {
  constructor() {
    super('another upload was being stored at the same time');
    this.name = 'UploadDisplacedError';
  }
}

/**
 * Finds the visitors of an upload's lines and links them with the partners' ids: all at once, or none.
 *
 * The links are written to a table of the same form as `links`, and its parts attached to that one: on each host
 * they are seen from one moment to the next, and what dies before leaves nothing. The hosts of a cluster follow
 * each other within milliseconds. A repeat changes nothing, because links are aggregated by greatest and least.
 *
 * Of a visitor and a partner the last line counts. A link made so has no consent: under which it may leave is the
 * visitor's own. Nor is anybody seen by it: it is kept ninety days from when the visitor was last seen, however often
 * it is uploaded again, and of somebody who was not seen within them, or has withdrawn, nothing is stored.
 *
 * @throws ClickHouseError, LeaseBusyError, UploadDisplacedError
 */
export async function storeMatches(
  clickhouse: ClickHouse,
  leases: Leases,
  upload: StagedMatches,
): Promise<Stored> {
  const { staged } = upload;
  const looked = upload.linkedLines === 0 ? undefined : await lookUp(clickhouse, upload);
  const total = { ...(looked?.counts ?? NOBODY) };
  const lease = await leases.wait('matches', WAIT_MS);
  try {
    await persist(() => empty(clickhouse, lease));
    await sideBySide(pieces(upload.visitorLines + (looked?.visitors ?? 0)), async (piece) => {
      const params = { staged, found: looked?.found ?? '', ...piece };
      await persist(() => writeLinks(clickhouse, params, upload.time, lease));
      if (upload.visitorLines === 0) return;
      const counts = await persist(() => countVisitors(clickhouse, params));
      for (const name of Object.keys(total) as (keyof Stored)[]) total[name] += counts[name];
    });
    if (total.stored > 0) await show(clickhouse, upload, lease);
    await empty(clickhouse, lease).catch(() => undefined);
  } finally {
    await lease.release().catch(() => undefined);
    // Left behind it is gone within a day.
    if (looked !== undefined) await drop(clickhouse, looked.found).catch(() => undefined);
  }
  return total;
}

const NOBODY: Stored = { unknownLines: 0, unknownIds: 0, withdrawn: 0, stored: 0, deleted: 0 };

/** Where the links of an upload are made, and where they are seen. */
const HIDDEN = 'uploaded_links';
const SEEN = 'links';

function expectHeld(lease: Lease): void {
  if (lease.lost()) throw new UploadDisplacedError();
}

/** Also of what an upload left that died. */
async function empty(clickhouse: ClickHouse, lease: Lease): Promise<void> {
  expectHeld(lease);
  await clickhouse.onEachHost(async (host) => {
    await host.command(`TRUNCATE TABLE ${storedTable(HIDDEN, host.cluster)}`);
  });
}

async function show(clickhouse: ClickHouse, { time, onShow }: StagedMatches, lease: Lease): Promise<void> {
  // A statement of an upload whose process died may have run on beyond the end of its lease.
  const [strange] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM ${HIDDEN} WHERE told != fromUnixTimestamp64Milli({time:Int64}, 'UTC')`,
    { time },
  );
  if (Number(strange?.n) > 0) throw new UploadDisplacedError();
  expectHeld(lease);
  onShow();
  await persist(() =>
    clickhouse.onEachHost(async (host) => {
      const [from, to] = [storedTable(HIDDEN, host.cluster), storedTable(SEEN, host.cluster)];
      await host.command(`ALTER TABLE ${to} ATTACH PARTITION tuple() FROM ${from}`);
    }),
  );
}

const LINES = `
  SELECT source, uid, partner, matched, line FROM match_lines
  WHERE upload = {staged:String} AND step = ${STEP.linked} AND node BETWEEN {from:UInt64} AND {to:UInt64}`;

const LINKED = linkedSql(`SELECT source, uid FROM (${LINES})`, '', true);

interface LookedUp {
  /** Under which name it stands in `match_lines`. */
  readonly found: string;
  /** Rows of visitors found. */
  readonly visitors: number;
  readonly counts: Stored;
}

/** Looks up the visitors of all lines that do not name one. What an attempt that failed has found is not looked at. */
const lookUp = (clickhouse: ClickHouse, upload: StagedMatches): Promise<LookedUp> =>
  persist(async () => {
    const found = nanoid();
    const { staged, linkedLines } = upload;
    const kinds = kindsOf(upload.sources);
    await sideBySide(pieces(linkedLines), (piece) =>
      findVisitors(clickhouse, { staged, found, ...piece, ...kinds }),
    );
    const total = { visitors: 0, unknownLines: 0, unknownIds: 0, refusedRows: 0, deletions: 0 };
    for (const piece of pieces(linkedLines)) {
      const counts = await countFound(clickhouse, { found, ...piece });
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += Number(counts[name]);
    }
    const { visitors, unknownLines, unknownIds } = total;
    const no = total.refusedRows === 0 ? { lines: 0, deletions: 0 } : await countWithdrawn(clickhouse, found);
    const stored = linkedLines - unknownLines - no.lines;
    const deleted = upload.linkedDeletions - total.deletions - no.deletions;
    return { found, visitors, counts: { unknownLines, unknownIds, withdrawn: no.lines, stored, deleted } };
  });

async function findVisitors(clickhouse: ClickHouse, params: Params): Promise<void> {
  await clickhouse.command(
    `INSERT INTO match_lines (upload, step, line, source, partner, matched, node)
     SELECT {found:String} AS upload,
            multiIf(linked.known = 0, ${STEP.unknown}, linked.allowed, ${STEP.found}, ${STEP.withdrawn}) AS step,
            staged.line AS line, staged.source AS source, staged.partner AS partner, staged.matched AS matched,
            if(linked.known = 0, cityHash64(staged.source, staged.uid), linked.visitor) AS node
     FROM (${LINES}) AS staged
     LEFT JOIN (SELECT source, uid, visitor, allowed, 1 AS known FROM (${LINKED})) AS linked
       ON linked.source = staged.source AND linked.uid = staged.uid`,
    params,
    AS_A_WHOLE,
  );
}

type Found = 'visitors' | 'unknownLines' | 'unknownIds' | 'refusedRows' | 'deletions';

async function countFound(clickhouse: ClickHouse, params: Params): Promise<Record<Found, string>> {
  const [row] = await clickhouse.query<Record<Found, string>>(
    `SELECT countIf(step = ${STEP.found}) AS visitors,
            countIf(step = ${STEP.unknown}) AS unknownLines,
            uniqExactIf(node, step = ${STEP.unknown}) AS unknownIds,
            countIf(step = ${STEP.withdrawn}) AS refusedRows,
            countIf(step = ${STEP.unknown} AND matched = '') AS deletions
     FROM match_lines
     WHERE upload = {found:String} AND step IN (${STEP.found}, ${STEP.unknown}, ${STEP.withdrawn})
       AND node BETWEEN {from:UInt64} AND {to:UInt64}`,
    params,
  );
  return row!;
}

/** Lines of which every visitor allows nothing; of a device's some may and some may not. */
async function countWithdrawn(clickhouse: ClickHouse, found: string) {
  const rows = 'SELECT line FROM match_lines WHERE upload = {found:String} AND step =';
  const [row] = await clickhouse.query<{ lines: string; deletions: string }>(
    `SELECT uniqExact(line) AS lines, uniqExactIf(line, matched = '') AS deletions FROM match_lines
     WHERE upload = {found:String} AND step = ${STEP.withdrawn}
       AND line NOT IN (${rows} ${STEP.found} AND line IN (${rows} ${STEP.withdrawn}))`,
    { found },
  );
  return { lines: Number(row!.lines), deletions: Number(row!.deletions) };
}

async function drop(clickhouse: ClickHouse, upload: string): Promise<void> {
  await clickhouse.onEachHost(async (host) => {
    await host.command(
      `ALTER TABLE ${storedTable('match_lines', host.cluster)} DROP PARTITION {upload:String}`,
      {
        upload,
      },
    );
  });
}

/** Who is known, and when last seen. */
const KNOWN = `
  SELECT visitor, seen, 1 AS known FROM known_visitors WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64}`;

/** An erased one is hidden until the rows are deleted. */
const ALLOWED = `
  state.known = 1
  AND staged.node NOT IN (SELECT visitor FROM withdrawn_visitors)
  AND staged.node NOT IN (SELECT visitor FROM erased_visitors)`;

/** Who was found for a line is asked once more: an hour may lie between, in which somebody said no. */
async function writeLinks(clickhouse: ClickHouse, params: Params, time: number, lease: Lease): Promise<void> {
  expectHeld(lease);
  await clickhouse.command(
    `INSERT INTO ${HIDDEN} (source, visitor, uid, first, last, told)
     SELECT partner AS source, node AS visitor, matched AS uid, least(seen, told) AS first, first AS last,
            fromUnixTimestamp64Milli({time:Int64}, 'UTC') AS told
     FROM (
       SELECT staged.partner AS partner, staged.node AS node, staged.matched AS matched, state.seen AS seen
       FROM (SELECT node, partner, matched, line FROM match_lines
             WHERE ((upload = {staged:String} AND step = ${STEP.visitor})
                 OR (upload = {found:String} AND step = ${STEP.found}))
               AND node BETWEEN {from:UInt64} AND {to:UInt64}) AS staged
       LEFT JOIN (${KNOWN}) AS state ON state.visitor = staged.node
       WHERE ${ALLOWED}
       ORDER BY node, partner, staged.line DESC LIMIT 1 BY node, partner)`,
    { ...params, time },
    // Its rows are one a link already: aggregating them again cost more than all the rest.
    { ...AS_A_WHOLE, optimize_on_insert: 0 },
  );
}

async function countVisitors(clickhouse: ClickHouse, params: Params): Promise<Stored> {
  const rows = await clickhouse.query<Record<keyof Stored, string>>(
    `SELECT countIf(known = 0) AS unknownLines, uniqExactIf(node, known = 0) AS unknownIds,
            countIf(known = 1 AND NOT allowed) AS withdrawn,
            countIf(allowed) AS stored, countIf(allowed AND deletes) AS deleted
     FROM (
       SELECT staged.node AS node, staged.deletes AS deletes, state.known AS known, ${ALLOWED} AS allowed
       FROM (SELECT node, matched = '' AS deletes FROM match_lines
             WHERE upload = {staged:String} AND step = ${STEP.visitor}
               AND node BETWEEN {from:UInt64} AND {to:UInt64}) AS staged
       LEFT JOIN (${KNOWN}) AS state ON state.visitor = staged.node)`,
    params,
  );
  return countsOf(rows);
}

function countsOf([row]: readonly Record<keyof Stored, string>[]): Stored {
  const { unknownLines, unknownIds, withdrawn, stored, deleted } = row!;
  return {
    unknownLines: Number(unknownLines),
    unknownIds: Number(unknownIds),
    withdrawn: Number(withdrawn),
    stored: Number(stored),
    deleted: Number(deleted),
  };
}
