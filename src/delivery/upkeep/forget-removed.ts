import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { cursorLifeDays } from '../cursor.ts';

const OF_THE_LOG = 'segment = {segment:String} AND source = {name:String}';

/** Of one host's log: old removals, and what they have taken back. The day is a parameter, as mutations want it. */
const FORGOTTEN = `
  SELECT exports.uid AS uid, exports.seq AS seq, exports.op AS op FROM {table:Identifier} AS exports
  INNER JOIN (
    SELECT uid, max(removed.seq) AS until FROM {table:Identifier} AS removed
    WHERE ${OF_THE_LOG} AND op = 'remove' AND observed < {before:Date} GROUP BY uid
  ) AS gone ON gone.uid = exports.uid
  WHERE ${OF_THE_LOG} AND exports.seq <= gone.until`;

interface Log {
  readonly segment: string;
  readonly name: string;
  readonly before: string;
}

/**
 * Lets go of ids whose removal is older than every cursor that readers may still come with: of the removal, and of the
 * adds before it. The adds go first, because what is newest of an id counts, and an add that was left alone would hand
 * it out again.
 *
 * Needs no lease: an upkeep writes behind these rows, and to it the id is out whether it sees them or not.
 *
 * @returns rows deleted.
 * @throws ClickHouseError
 */
export async function forgetRemoved(clickhouse: ClickHouse, retentionDays: number): Promise<number> {
  const life = cursorLifeDays(retentionDays);
  let rows = 0;
  // Of an id all rows lie on one host.
  await clickhouse.onEachHost(async (host) => {
    const table = storedTable('exports', host.cluster);
    const logs = await host.query<Log>(
      `SELECT DISTINCT toString(exports.segment) AS segment, toString(source) AS name,
              toString(today() - {life:UInt16}) AS before
       FROM {table:Identifier} AS exports
       WHERE op = 'remove' AND observed < today() - {life:UInt16} ORDER BY segment, name`,
      { table, life },
    );
    for (const log of logs) {
      const params = { table, segment: log.segment, name: log.name, before: log.before };
      for (const op of ['add', 'remove']) {
        const [found] = await host.query<{ n: string }>(
          `SELECT countIf(op = {op:String}) AS n FROM (${FORGOTTEN})`,
          { ...params, op },
        );
        const n = Number(found?.n ?? 0);
        if (n === 0) continue;
        await host.command(
          `DELETE FROM {table:Identifier}
           WHERE ${OF_THE_LOG} AND op = {op:String} AND (uid, seq) IN (SELECT uid, seq FROM (${FORGOTTEN}))`,
          { ...params, op },
        );
        rows += n;
      }
    }
  });
  return rows;
}
