import type { Params } from '../../clickhouse/client.ts';
import type { Statement } from '../exported-set.ts';
import { grouped } from '../grouped.ts';

/** What a reader is told of one set. */
export interface ToldSet {
  readonly segment: string;
  readonly name: string;
  /** The upkeep up to which it was told before; 0 = nothing yet. */
  readonly since: number;
  /** Of which of the adds up to `since` it has, nothing is known: it was below the floor. All come again. */
  readonly again: boolean;
  readonly ops: readonly ('add' | 'remove')[];
}

/** A line of an answer. */
export interface Place {
  readonly segment: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What readers are to be told of sets, as their log stood at `seq`: of each id the newest op, where it is not what
 * they had at `since`. In the order of segment, name and uid, each by its bytes, so that the same answer can be read
 * twice, and gone on with behind any of its lines.
 *
 * A reader who has nothing yet gets the log as it lies, of each id the newest row. One who has something is told from
 * the rows since: the first of an id's says whether it was in before. Where that is not known (`unknown`) it is told
 * all the same, which changes nothing at a reader who has it already.
 *
 * @param after the line behind which to go on.
 * @returns a SELECT of `segment`, `source` (the set's name), `uid` and `op`.
 */
export function changes(of: {
  readonly sets: readonly ToldSet[];
  readonly seq: number;
  readonly after?: Place | undefined;
}): Statement {
  const { seq, after } = of;
  const told = of.sets.filter(({ ops }) => ops.length > 0);
  const everything = told.filter(({ since, again }) => since === 0 && !again);
  const rest = told.filter((set) => !everything.includes(set));
  const alike = grouped(rest, ({ since, again, ops }) => `${since} ${again} ${ops.join()}`);
  const parts = [
    ...(everything.length > 0 ? [newest('all', everything)] : []),
    // What is told is one for all of a part, so that of sets, of which there may be thousands, names alone are bound:
    // parameters go in the request's line. And the whole history is read of those sets alone of which it must be.
    ...[...alike.values()].map((sets, place) => since(`since${place}`, sets)),
  ];
  if (parts.length === 0) return NOTHING;
  const isInOrder = rest.length === 0;
  const place = after && { afterSegment: after.segment, afterName: after.name, afterUid: after.uid };
  const sql = parts
    .map((part) => part.sql(`seq <= {seq:UInt64} ${after === undefined ? '' : `AND ${BEHIND}`}`))
    .join(' UNION ALL ');
  return {
    params: Object.assign({ seq, ...place }, ...parts.map(({ params }) => params)) as Params,
    sql: `
      SELECT toString(of_segment) AS segment, toString(name) AS source, uid, op
      FROM (${isInOrder ? sql : `SELECT * FROM (${sql}) ORDER BY of_segment, name, uid`})`,
  };
}

const NOTHING: Statement = {
  params: {},
  sql: "SELECT '' AS segment, '' AS source, '' AS uid, 'add' AS op WHERE false",
};

/** As the key of the log is compared, so that what lies before is not read. */
const BEHIND = `(segment > {afterSegment:String} OR (segment = {afterSegment:String} AND (
  source > {afterName:String} OR (source = {afterName:String} AND uid > {afterUid:String}))))`;

interface Part {
  readonly params: Params;
  readonly sql: (condition: string) => string;
}

/** Rows of sets; `name` tells the parameters of one part from those of another. */
function ofSets(name: string, sets: readonly ToldSet[]): { params: Params; sql: string } {
  const segments = [...new Set(sets.map(({ segment }) => segment))];
  const byName = grouped(sets, (set) => set.name);
  if (sets.length === segments.length * byName.size)
    return {
      params: { [`${name}_segments`]: segments, [`${name}_names`]: [...byName.keys()] },
      sql: `segment IN {${name}_segments:Array(String)} AND source IN {${name}_names:Array(String)}`,
    };
  const each = [...byName].map(([of, own], place) => ({
    params: { [`${name}_${place}_name`]: of, [`${name}_${place}`]: own.map(({ segment }) => segment) },
    sql: `(source = {${name}_${place}_name:String} AND segment IN {${name}_${place}:Array(String)})`,
  }));
  return {
    params: Object.assign({}, ...each.map(({ params }) => params)) as Params,
    sql: `(${each.map(({ sql }) => sql).join(' OR ')})`,
  };
}

/**
 * The newest row of each id, in the order in which the log lies, and the newest of its rows first: nothing is held but
 * a row and the one before it, where a grouping took three times as long. The limit, which is none, is there because a
 * sorting may otherwise be left out as soon as something else is sorted around it.
 */
function newest(name: string, sets: readonly ToldSet[]): Part {
  const { params, sql } = ofSets(name, sets);
  return {
    params,
    sql: (condition) => `
      SELECT of_segment, name, uid, op FROM (
        SELECT of_segment, name, uid, op,
               uid = lagInFrame(uid) OVER one_before AND name = lagInFrame(name) OVER one_before
                 AND of_segment = lagInFrame(of_segment) OVER one_before AS is_overtaken
        FROM (SELECT segment AS of_segment, source AS name, uid, op FROM kept_exports WHERE ${sql} AND ${condition}
              ORDER BY segment, source, uid, seq DESC LIMIT 18446744073709551615)
        WINDOW one_before AS (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))
      WHERE NOT is_overtaken AND op = 'add'`,
  };
}

/** @param sets of one `since`, one `again` and the same ops. */
function since(name: string, sets: readonly ToldSet[]): Part {
  const { params, sql } = ofSets(name, sets);
  const { since, again, ops } = sets[0]!;
  const isTold = (op: 'add' | 'remove') => String(ops.includes(op));
  const isNew = `kept_exports.seq > {${name}:UInt64}`;
  return {
    params: { ...params, [name]: since },
    sql: (condition) => `
      SELECT of_segment, name, uid, op FROM (
        SELECT segment AS of_segment, source AS name, uid, argMax(kept_exports.op, kept_exports.seq) AS op,
               argMinIf(kept_exports.was, kept_exports.seq, ${isNew}) AS before, countIf(${isNew}) > 0 AS is_new
        FROM kept_exports
        WHERE ${sql} ${again ? '' : `AND ${isNew}`} AND ${condition}
        GROUP BY segment, source, uid)
      WHERE if(op = 'add', ${isTold('add')} ${again ? '' : "AND is_new AND before != 'in'"},
               ${isTold('remove')} AND is_new AND before != 'out')`,
  };
}
