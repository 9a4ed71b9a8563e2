import { StringDecoder } from 'node:string_decoder';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import type { Line } from '../destination.ts';
import type { PlanRequest } from './planning.ts';
import { REQUESTED, writeSubjectRequests } from './subject-requests.ts';
import { type Said, WITH_RUN } from './told.ts';

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
  const forgets = request.forgets === true;
  if (forgets) await writeSubjectRequests(clickhouse, request);
  if (spoken.length === 0 && !forgets) return { chunks: 0, lines: 0 };
  const placed = request.bySegment ? ofOneSegment(spoken, size) : together(request.tells, forgets);
  const params = { destination, run, size, days: request.retentionDays, ...placed.params };
  await clickhouse.command(
    `INSERT INTO delivery_lines (destination, run, chunk, number, source, uid, add, remove, all, erased, observed, time)
     SELECT {destination:String}, {run:UInt64}, chunk, number, source, uid, add, remove, all,
            ${forgets ? `(source, uid) GLOBAL IN (${REQUESTED})` : 'false'}, observed, now64(3, 'UTC')
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

/**
 * Lines get their places in the order in which they come: once they are written it is the order. Whom the destination is
 * asked to delete, and has nothing else to hear of, has an empty one.
 */
const together = (tells: PlanRequest['tells'], forgets: boolean) => {
  const changed = tells === 'all' ? ALL : `${CHANGES} GROUP BY source, uid`;
  const lines = `
    ${changed}
    UNION ALL
    SELECT DISTINCT source, uid, emptyArrayString() AS add, emptyArrayString() AS remove, emptyArrayString() AS all,
           today() AS observed
    FROM (${REQUESTED}) WHERE (source, uid) GLOBAL NOT IN (
      SELECT toString(source), uid FROM sent_sets
      WHERE destination = {destination:String} AND seq = {run:UInt64} AND said != ''
        AND uid GLOBAL IN (SELECT uid FROM (${REQUESTED})))`;
  return {
    params: {},
    sql: `
      SELECT ${FIRST} + intDiv(place, {size:UInt32}) AS chunk, place % {size:UInt32} AS number,
             source, uid, add, remove, all, observed
      FROM (SELECT *, rowNumberInAllBlocks() AS place FROM (${forgets ? lines : changed}))`,
  };
};

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

/** Whether a line's id has a request of a kind; of other runs than its own a line has none. */
const requested = (kind: 'deletion' | 'opt_out') => `
         line.erased AND empty(out.codes) AND (line.source, line.uid) GLOBAL IN (
           SELECT source, uid FROM (${REQUESTED} AND kind = '${kind}'))`;

/** Lines as they leave: without what is withheld, and without those of which nothing is left. */
export const LINES = `
  SELECT line.number AS number, line.source AS source, line.uid AS uid,
         arrayFilter(code -> NOT has(out.codes, code), line.add) AS add,
         arrayFilter(code -> NOT has(out.codes, code), line.remove) AS remove,
         arrayFilter(code -> NOT has(out.codes, code), line.all) AS all,
         ${requested('deletion')} AS erased, ${requested('opt_out')} AS optedOut
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
  WHERE notEmpty(add) OR notEmpty(remove) OR erased OR optedOut
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
