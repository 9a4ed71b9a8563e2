import { currentBuilds } from '../../audience/builds.ts';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { cursorLifeDays } from '../cursor.ts';
import { bringUpToDate, TOO_LONG_S } from './bring-up-to-date.ts';
import type { LoggedSet } from './logged-set.ts';
import { readBeginning, readRule } from './state.ts';

/** All of a log is compared so often, in seconds: with a job that runs daily, and not always at the same minute. */
export const OFTEN_S = 20 * 3600;

/**
 * The logs that readers ask for and that were not compared as a whole for a day.
 *
 * @returns those that nobody asked for in a week are left: their next reader has all of it compared.
 * @throws ClickHouseError
 */
export const logsToHeal = (clickhouse: ClickHouse): Promise<Pick<LoggedSet, 'segment' | 'name'>[]> =>
  clickhouse.query(
    `SELECT toString(upkeeps.segment) AS segment, toString(upkeeps.source) AS name FROM upkeeps
     GROUP BY upkeeps.segment, upkeeps.source
     HAVING argMax(upkeeps.build, upkeeps.seq) > 0
        AND max(upkeeps.looked) > now() - ${TOO_LONG_S} AND max(upkeeps.whole) <= now() - ${OFTEN_S}
     ORDER BY segment, name`,
  );

/**
 * Compares all of a set with its log, by the rule of its last upkeep, and lets go of what no reader can ask for any
 * more: rows that were overtaken before the oldest cursor.
 *
 * @param seq greater than that of every upkeep of this set before; the caller holds its lease.
 * @throws ClickHouseError
 */
export async function heal(
  clickhouse: ClickHouse,
  of: Pick<LoggedSet, 'segment' | 'name'>,
  seq: number,
): Promise<void> {
  const { before, retentionDays } = await readBeginning(clickhouse, of);
  if (before === undefined) return;
  const { source, gate } = readRule(before.rule);
  const current = (await currentBuilds(clickhouse, [of.segment])).get(of.segment);
  const build = current === undefined || current.build === 0 ? before.build : current.build;
  await bringUpToDate(clickhouse, { ...of, source, gate, build, belowFloor: before.below }, seq, {
    whole: true,
  });
  await forgetOvertaken(clickhouse, of, retentionDays);
}

async function forgetOvertaken(
  clickhouse: ClickHouse,
  { segment, name }: Pick<LoggedSet, 'segment' | 'name'>,
  retentionDays: number,
): Promise<void> {
  const [row] = await clickhouse.query<{ seq: string }>(
    `SELECT max(seq) AS seq FROM upkeeps
     WHERE segment = {segment:String} AND source = {name:String} AND toDate(looked) < today() - {life:UInt16}`,
    { segment, name, life: cursorLifeDays(retentionDays) },
  );
  const params = { segment, name, seq: Number(row?.seq ?? 0) };
  if (params.seq === 0) return;
  // Of an id all rows lie on one host.
  await clickhouse.onEachHost(async (host) => {
    const table = storedTable('exports', host.cluster);
    const OVERTAKEN = `
      SELECT uid, exports.seq FROM (
        SELECT uid, seq, leadInFrame(seq) OVER (
                 PARTITION BY uid ORDER BY seq ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS later
        FROM {table:Identifier} AS exports WHERE segment = {segment:String} AND source = {name:String}) AS exports
      WHERE later > 0 AND later <= {seq:UInt64}`;
    const [found] = await host.query<{ n: string }>(`SELECT count() AS n FROM (${OVERTAKEN})`, {
      ...params,
      table,
    });
    if (Number(found?.n ?? 0) === 0) return;
    await host.command(
      `DELETE FROM {table:Identifier}
       WHERE segment = {segment:String} AND source = {name:String} AND (uid, seq) IN (${OVERTAKEN})`,
      { ...params, table },
    );
  });
}
