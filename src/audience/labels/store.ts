import { nanoid } from 'nanoid';
import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { sideBySide } from '../../clickhouse/side-by-side.ts';
import { kindsOf, linkedSql } from '../../upload/linked.ts';
import { persist } from '../../upload/persist.ts';
import { PIECE, pieces } from '../../upload/pieces.ts';
import { dropLines } from '../../upload/staging.ts';
import { TAKEN_BACK } from './label.ts';

/** What an upload's lines came to. */
export interface Stored {
  readonly unknownLines: number;
  readonly unknownIds: number;
  readonly withdrawn: number;
  readonly conflict: number;
  /** Numbers of the first lines in conflict. */
  readonly conflicts: readonly number[];
  readonly stored: number;
  /** Of these, lines that take back what the source said. */
  readonly takenBack: number;
}

export interface StagedLabels {
  /** Under which name its lines stand in `label_lines`. */
  readonly staged: string;
  /** Id of its receipt. */
  readonly upload: string;
  /** Who declares them. */
  readonly source: string;
  readonly lines: number;
  /** Number of the last of them in what was sent. */
  readonly lastLine: number;
  readonly sources: ReadonlySet<string>;
  /** Whether one of its lines takes back what the source said. */
  readonly takesBack: boolean;
  /** Milliseconds since 1970: when it was told, by which later labels replace earlier ones. */
  readonly time: number;
}

/** Steps of a line, as `label_lines` has them. */
export const STEP = { given: 0, found: 1, unknown: 2, withdrawn: 3, conflict: 4 } as const;

/** Numbers of lines in conflict that a receipt holds. */
const KEPT_LINES = 100;

/**
 * Finds the visitors of an upload's lines and stores the labels for them: a visitor's own id, the newest uid that a
 * visitor has with a partner, every visitor seen with a device id and, where that one was seen, the one that the device
 * alone would be. Who allows no profile gets none, nor does a visitor by a device that has said no since; what was said
 * is taken back of these too, as they may allow one again.
 *
 * Of whom two lines of it say different things under one attribute, also by different ids, it says nothing.
 *
 * Nobody is seen by an upload: a label is kept ninety days from when its visitor was last seen, however often it is
 * told again. A repeat changes nothing: the same rows come of it.
 *
 * @throws ClickHouseError; some of it may be stored then.
 */
export async function storeLabels(clickhouse: ClickHouse, upload: StagedLabels): Promise<Stored> {
  if (upload.lines === 0) return NOTHING;
  const { found, visitors } = await lookUp(clickhouse, upload);
  try {
    const { source, time } = upload;
    await sideBySide(pieces(visitors), async (piece) => {
      await persist(() => writeConflicts(clickhouse, { found, ...piece }));
      await persist(() => writeLabels(clickhouse, { found, source, time, upload: upload.upload, ...piece }));
    });
    return await persist(() => count(clickhouse, upload, found));
  } finally {
    // Left behind it is gone within a day.
    await dropLines(clickhouse, 'label_lines', found).catch(() => undefined);
  }
}

const NOTHING: Stored = {
  unknownLines: 0,
  unknownIds: 0,
  withdrawn: 0,
  conflict: 0,
  conflicts: [],
  stored: 0,
  takenBack: 0,
};

const LINES = `
  SELECT source, uid, attribute, value, line FROM label_lines
  WHERE upload = {staged:String} AND step = ${STEP.given} AND node BETWEEN {from:UInt64} AND {to:UInt64}`;

/** With the visitors who are named as such. Who is to be erased is hidden until the rows are deleted. */
const LINKED = linkedSql(
  `SELECT source, uid FROM (${LINES})`,
  `SELECT 'visitor' AS source, toString(visitor) AS uid, visitor, 1 AS said
   FROM known_visitors
   WHERE visitor IN (SELECT toUInt64OrZero(uid) FROM (${LINES}) WHERE source = 'visitor')
     AND visitor NOT IN (SELECT visitor FROM erased_visitors)`,
  true,
  'unprofiled_visitors',
);

/** Looks up the visitors of all lines. What an attempt that failed has found is not looked at. */
const lookUp = (clickhouse: ClickHouse, upload: StagedLabels): Promise<{ found: string; visitors: number }> =>
  persist(async () => {
    const found = nanoid();
    const { staged } = upload;
    const kinds = kindsOf(upload.sources);
    await sideBySide(pieces(upload.lines), (piece) =>
      clickhouse.command(FIND, { staged, found, ...piece, ...kinds }, AS_A_WHOLE).then(() => undefined),
    );
    const [row] = await clickhouse.query<{ n: string }>(
      `SELECT count() AS n FROM label_lines WHERE upload = {found:String} AND step = ${STEP.found}`,
      { found },
    );
    return { found, visitors: Number(row!.n) };
  });

const FIND = `
  INSERT INTO label_lines (upload, step, line, attribute, value, node)
  SELECT {found:String} AS upload,
         multiIf(linked.known = 0, ${STEP.unknown}, linked.allowed OR staged.value = '${TAKEN_BACK}', ${STEP.found},
                 ${STEP.withdrawn}) AS step,
         staged.line AS line, staged.attribute AS attribute, staged.value AS value,
         if(linked.known = 0, cityHash64(staged.source, staged.uid), linked.visitor) AS node
  FROM (${LINES}) AS staged
  LEFT JOIN (SELECT DISTINCT source, uid, visitor, allowed, 1 AS known FROM (${LINKED})) AS linked
    ON linked.source = staged.source AND linked.uid = staged.uid`;

/** What was found about visitors, a range of them at a time: all that is said of one lies in one piece. */
const FOUND = `
  SELECT node, attribute, value, line FROM label_lines
  WHERE upload = {found:String} AND step = ${STEP.found} AND node BETWEEN {from:UInt64} AND {to:UInt64}`;

async function writeConflicts(clickhouse: ClickHouse, params: Params): Promise<void> {
  await clickhouse.command(
    `INSERT INTO label_lines (upload, step, line, attribute, node)
     SELECT {found:String} AS upload, ${STEP.conflict} AS step, arrayJoin(lines) AS line, attribute, node FROM (
       SELECT node, attribute, groupArray(found.line) AS lines FROM (${FOUND}) AS found
       GROUP BY node, attribute HAVING min(found.value) != max(found.value))`,
    params,
    AS_A_WHOLE,
  );
}

/** Who was found for a line is asked once more: an hour may lie between, in which somebody said no. */
async function writeLabels(clickhouse: ClickHouse, params: Params): Promise<void> {
  await clickhouse.command(
    `INSERT INTO labels (attribute, visitor, source, value, time, last, upload)
     SELECT said.attribute AS attribute, said.node AS visitor, {source:String} AS source, said.only AS value,
            fromUnixTimestamp64Milli({time:Int64}, 'UTC') AS time, state.seen AS last, {upload:String} AS upload
     FROM (
       SELECT node, attribute, min(found.value) AS only FROM (${FOUND}) AS found
       GROUP BY node, attribute HAVING only = max(found.value)) AS said
     INNER JOIN (
       SELECT visitor, seen FROM known_visitors WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64}) AS state
       ON state.visitor = said.node
     WHERE (said.only = '${TAKEN_BACK}' OR said.node NOT IN (SELECT visitor FROM unprofiled_visitors))
       AND said.node NOT IN (SELECT visitor FROM erased_visitors)`,
    params,
    AS_A_WHOLE,
  );
}

async function count(clickhouse: ClickHouse, upload: StagedLabels, found: string): Promise<Stored> {
  let [unknownLines, unknownIds, left] = [0, 0, 0];
  for (const piece of pieces(upload.lines)) {
    const [row] = await clickhouse.query<{ lines: string; ids: string; left: string }>(
      `SELECT countIf(step = ${STEP.unknown}) AS lines, uniqExactIf(node, step = ${STEP.unknown}) AS ids,
              countIf(step IN (${STEP.withdrawn}, ${STEP.conflict})) AS left
       FROM label_lines
       WHERE upload = {found:String} AND step IN (${STEP.unknown}, ${STEP.withdrawn}, ${STEP.conflict})
         AND node BETWEEN {from:UInt64} AND {to:UInt64}`,
      { found, ...piece },
    );
    unknownLines += Number(row!.lines);
    unknownIds += Number(row!.ids);
    left += Number(row!.left);
  }
  let [withdrawn, conflict, takenBack] = [0, 0, 0];
  const conflicts: number[] = [];
  const isAsked = left > 0 || upload.takesBack;
  for (let first = 1; isAsked && first <= upload.lastLine; first += PIECE) {
    const [row] = await clickhouse.query<ByLine>(BY_LINE, { found, first, last: first + PIECE - 1 });
    withdrawn += Number(row!.withdrawn);
    conflict += Number(row!.conflict);
    takenBack += Number(row!.takenBack);
    conflicts.push(...row!.conflicts.slice(0, KEPT_LINES - conflicts.length).map(Number));
  }
  const stored = upload.lines - unknownLines - withdrawn - conflict;
  return { unknownLines, unknownIds, withdrawn, conflict, conflicts, stored, takenBack };
}

interface ByLine {
  readonly withdrawn: string;
  readonly conflict: string;
  readonly takenBack: string;
  readonly conflicts: readonly string[];
}

/**
 * Lines of which nothing is stored for any visitor (of a device's some may, of the others some not), and those that
 * take something back.
 */
const BY_LINE = `
  SELECT countIf(visitors = 0) AS withdrawn, countIf(visitors > 0 AND visitors = disagreeing) AS conflict,
         countIf(back AND visitors > disagreeing) AS takenBack,
         arraySlice(arraySort(groupArrayIf(line, visitors > 0 AND visitors = disagreeing)), 1, ${KEPT_LINES}) AS conflicts
  FROM (
    SELECT line, uniqExactIf(node, step = ${STEP.found}) AS visitors,
           uniqExactIf(node, step = ${STEP.conflict}) AS disagreeing,
           countIf(step = ${STEP.found} AND value = '${TAKEN_BACK}') > 0 AS back
    FROM label_lines
    WHERE upload = {found:String} AND step IN (${STEP.found}, ${STEP.withdrawn}, ${STEP.conflict})
      AND line BETWEEN {first:UInt64} AND {last:UInt64}
    GROUP BY line HAVING countIf(step != ${STEP.found}) > 0 OR back)`;
