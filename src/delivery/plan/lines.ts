import { StringDecoder } from 'node:string_decoder';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { Line } from '../destination.ts';
import type { PlanRequest } from './planning.ts';
import { type Said, WITH_RUN } from './told.ts';

const LEFT = `
  SELECT uid FROM sent_sets WHERE destination = {destination:String} AND seq = {run:UInt64} AND said = 'remove'`;

/**
 * Whether an id is to be deleted: it was of somebody who was erased, and with this run it is in nothing any more, also
 * for nobody else who has it. Links of the erased are deleted sooner or later, and then their ids are kept apart.
 */
const ERASED = `
  (source, uid) GLOBAL IN (
    SELECT toString(source), uid FROM kept_unlinked_uids WHERE uid GLOBAL IN (${LEFT})
    UNION ALL
    SELECT toString(source), uid FROM links
    WHERE visitor GLOBAL IN (SELECT visitor FROM erased_visitors) AND uid GLOBAL IN (${LEFT}))
  AND (source, uid) GLOBAL NOT IN (
    SELECT source, uid FROM (
      SELECT code, toString(source) AS source, uid, argMax(sent.op, (sent.seq, sent.op)) AS stands
      FROM (${WITH_RUN}) AS sent WHERE uid GLOBAL IN (${LEFT}) GROUP BY code, source, uid)
    WHERE stands IN ('add', 'refused'))`;

/** A chunk of a run, without what was withheld of it up to a version. */
export interface ChunkOfRun {
  readonly destination: string;
  readonly run: number;
  readonly chunk: number;
  /** 0 = as it was planned. */
  readonly version: number;
}

/** Numbers of chunks count from here. */
const FIRST = 1;

const CHANGES = `
  SELECT toString(source) AS source, uid,
         arraySort(groupArrayIf(toString(code), said != 'remove')) AS add,
         arraySort(groupArrayIf(toString(code), said = 'remove')) AS remove,
         emptyArrayString() AS all, min(observed) AS observed
  FROM sent_sets WHERE destination = {destination:String} AND seq = {run:UInt64} AND said != ''`;

/** Of who changed, also what did not. */
const ALL = `
  SELECT toString(source) AS source, uid,
         arraySort(groupArrayIf(toString(code), now_said IN ('add', 'refresh'))) AS add,
         arraySort(groupArrayIf(toString(code), now_said = 'remove')) AS remove,
         arraySort(groupArrayIf(toString(code), op IN ('add', 'refused'))) AS all, today() AS observed
  FROM (
    SELECT code, source, uid, argMax(sent.op, (sent.seq, sent.op)) AS op,
           anyIf(sent.said, sent.seq = {run:UInt64}) AS now_said
    FROM (${WITH_RUN}) AS sent
    WHERE uid GLOBAL IN (
      SELECT uid FROM sent_sets WHERE destination = {destination:String} AND seq = {run:UInt64} AND said != '')
    GROUP BY code, source, uid)
  GROUP BY source, uid HAVING notEmpty(add) OR notEmpty(remove)`;

/**
 * Writes what a run says as lines of one id each, and the first row of each chunk of them.
 *
 * @param said by code, as {@link readSaid} has it.
 * @returns how many there are.
 * @throws ClickHouseError
 */
export async function writeLines(
  clickhouse: ClickHouse,
  request: PlanRequest,
  said: readonly Said[],
): Promise<{ readonly chunks: number; readonly lines: number }> {
  const { destination, run, lines: size } = request;
  const spoken = said.filter(({ adds, removes, refreshes }) => adds + removes + refreshes > 0);
  if (spoken.length === 0) return { chunks: 0, lines: 0 };
  const placed = request.bySegment ? ofOneSegment(spoken, size) : together(request.tells);
  const params = { destination, run, size, days: request.retentionDays, ...placed.params };
  await clickhouse.command(
    `INSERT INTO delivery_lines (destination, run, chunk, number, source, uid, add, remove, all, erased, observed, time)
     SELECT {destination:String}, {run:UInt64}, chunk, number, source, uid, add, remove, all,
            ${request.forgets === true ? ERASED : 'false'}, observed, now64(3, 'UTC')
     FROM (${placed.sql})`,
    params,
    AS_A_WHOLE,
  );
  await clickhouse.command(
    `INSERT INTO delivery_chunks (destination, run, chunk, step, version, code, state, count, next, time)
     SELECT destination, run, chunk, 0, 0, ${request.bySegment ? 'any(arrayConcat(add, remove)[1])' : "''"},
            'planned', count(), now64(3, 'UTC'), now64(3, 'UTC')
     FROM delivery_lines WHERE destination = {destination:String} AND run = {run:UInt64}
     GROUP BY destination, run, chunk`,
    params,
    AS_A_WHOLE,
  );
  const [row] = await clickhouse.query<{ chunks: string; lines: string }>(
    `SELECT count() AS chunks, sum(count) AS lines FROM delivery_chunks
     WHERE destination = {destination:String} AND run = {run:UInt64} AND step = 0`,
    params,
  );
  return { chunks: Number(row!.chunks), lines: Number(row!.lines) };
}

/** Lines get their places in the order in which they come: once they are written it is the order. */
const together = (tells: PlanRequest['tells']) => ({
  params: {},
  sql: `
    SELECT ${FIRST} + intDiv(place, {size:UInt32}) AS chunk, place % {size:UInt32} AS number,
           source, uid, add, remove, all, observed
    FROM (SELECT *, rowNumberInAllBlocks() AS place
          FROM (${tells === 'all' ? ALL : `${CHANGES} GROUP BY source, uid`}))`,
});

/** Each code's chunks come behind those of the codes before it. */
function ofOneSegment(spoken: readonly Said[], size: number) {
  let next = FIRST;
  const first = spoken.map(({ adds, removes, refreshes }) => {
    const own = next;
    next += Math.ceil((adds + removes + refreshes) / size);
    return own;
  });
  return {
    params: { spoken: spoken.map(({ code }) => code), first },
    sql: `
      SELECT transform(of_code, {spoken:Array(String)}, {first:Array(UInt32)}, toUInt32(0))
               + intDiv(place, {size:UInt32}) AS chunk,
             place % {size:UInt32} AS number, source, uid, add, remove, all, observed
      FROM (SELECT *, row_number() OVER (PARTITION BY of_code) - 1 AS place
            FROM (SELECT *, arrayConcat(add, remove)[1] AS of_code FROM (${CHANGES} GROUP BY code, source, uid)))`,
  };
}

/** Lines as they leave: without what is withheld, and without those of which nothing is left. */
export const LINES = `
  SELECT line.number AS number, line.source AS source, line.uid AS uid,
         arrayFilter(code -> NOT has(out.codes, code), line.add) AS add,
         arrayFilter(code -> NOT has(out.codes, code), line.remove) AS remove,
         arrayFilter(code -> NOT has(out.codes, code), line.all) AS all,
         line.erased AND empty(out.codes) AS erased
  FROM (
    SELECT number, erased, toString(source) AS source, uid, CAST(add, 'Array(String)') AS add,
           CAST(remove, 'Array(String)') AS remove, CAST(all, 'Array(String)') AS all
    FROM kept_delivery_lines
    WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk = {chunk:UInt32}) AS line
  GLOBAL LEFT JOIN (
    SELECT number, groupUniqArray(toString(code)) AS codes FROM delivery_withheld
    WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk = {chunk:UInt32}
      AND version <= {version:UInt32} AND version > 0
    GROUP BY number) AS out ON out.number = line.number
  WHERE notEmpty(add) OR notEmpty(remove)
  ORDER BY number`;

/**
 * The lines of a chunk in the order of their numbers, the same with each call for the same version. What is withheld
 * is left out, and a line of which nothing is left; the others keep their numbers.
 *
 * @throws ClickHouseError; half of a chunk is never taken for all of it.
 */
export async function* readLines(clickhouse: ClickHouse, of: ChunkOfRun): AsyncGenerator<Line> {
  const stream = await clickhouse.stream(LINES, { ...of }, 'JSONEachRow');
  const decoder = new StringDecoder('utf8');
  let rest = '';
  // By line feeds alone: what else `node:readline` takes for an end of line may stand in a code.
  for await (const bytes of stream as AsyncIterable<Buffer>) {
    const rows = (rest + decoder.write(bytes)).split('\n');
    rest = rows.pop() ?? '';
    for (const row of rows) yield JSON.parse(row) as Line;
  }
}
