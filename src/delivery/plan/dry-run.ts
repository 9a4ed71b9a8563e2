import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Line } from '../destination.ts';
import { type Count, readFates } from './losses.ts';
import { countsOfRun } from './plan.ts';
import type { PlanRequest } from './planning.ts';
import { differenceSql, type Said, TOLD } from './told.ts';

/** What a run would tell. */
export interface DryRun {
  readonly said: readonly Said[];
  /** As the waterfall would have them. */
  readonly counts: readonly Count[];
  /** Of the first ids in their order, as many as asked for. */
  readonly lines: readonly Line[];
}

/**
 * What {@link plan} would plan, and plans nothing.
 *
 * @param first how many lines to show.
 * @throws ClickHouseError
 */
export async function dryRun(clickhouse: ClickHouse, request: PlanRequest, first = 10): Promise<DryRun> {
  const { sql, params } = differenceSql(request);
  const key = request.bySegment ? 'code, source, uid' : 'source, uid';
  const [rows, lines, fates] = [
    await clickhouse.query<Record<keyof Said, string>>(
      `SELECT code, countIf(said = 'add') AS adds, countIf(said = 'remove') AS removes,
              countIf(said = 'refresh') AS refreshes,
              countIf(if(op = '', was, op) IN ('add', 'refused')) AS sent,
              countIf(if(op = '', was, op) = 'refused') AS refused
       FROM (
         SELECT code, source, uid, max(each.was) AS was, max(each.op) AS op, max(each.said) AS said FROM (
           SELECT code, source, uid, '' AS was, toString(op) AS op, said FROM (${sql})
           UNION ALL
           SELECT toString(code) AS code, toString(source) AS source, uid, toString(was) AS was, '' AS op, '' AS said
           FROM (${TOLD})) AS each
         GROUP BY code, source, uid)
       GROUP BY code ORDER BY code`,
      params,
    ),
    await clickhouse.query<Omit<Line, 'number' | 'all'>>(
      `SELECT source, uid, arraySort(groupArrayIf(code, said != 'remove')) AS add,
              arraySort(groupArrayIf(code, said = 'remove')) AS remove
       FROM (${sql}) WHERE said != '' GROUP BY ${key} ORDER BY ${key} LIMIT {first:UInt32}`,
      { ...params, first },
    ),
    request.mode === 'withdraw' ? [] : await readFates(clickhouse, request),
  ];
  const said = rows.map(({ code, ...n }) => ({
    code,
    adds: Number(n.adds),
    removes: Number(n.removes),
    refreshes: Number(n.refreshes),
    sent: Number(n.sent),
    refused: Number(n.refused),
  }));
  const held = request.tells === 'all' ? await readHeld(clickhouse, request.destination, lines) : new Map();
  return {
    said,
    counts: countsOfRun(request, fates, said),
    lines: lines.map((line, number) => ({
      ...line,
      number,
      all:
        request.tells === 'all'
          ? [...new Set<string>([...(held.get(`${line.source}/${line.uid}`) ?? []), ...line.add])]
              .filter((code) => !line.remove.includes(code))
              .sort()
          : [],
    })),
  };
}

/** What the destination has of some ids by now. */
async function readHeld(
  clickhouse: ClickHouse,
  destination: string,
  lines: readonly { readonly source: string; readonly uid: string }[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await clickhouse.query<{ source: string; uid: string; codes: string[] }>(
    `SELECT toString(source) AS source, uid, groupArray(toString(code)) AS codes
     FROM (${TOLD}) WHERE was IN ('add', 'refused') AND uid IN {uids:Array(String)} GROUP BY source, uid`,
    { destination, uids: lines.map(({ uid }) => uid) },
  );
  return new Map(rows.map(({ source, uid, codes }) => [`${source}/${uid}`, codes]));
}
