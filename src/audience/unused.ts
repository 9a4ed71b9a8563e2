import type { ClickHouse } from '../clickhouse/client.ts';
import { dropPartitions, SPARED_S } from '../clickhouse/partitions.ts';
import { storedTable } from '../clickhouse/schema.ts';

/** What a build of many segments looks up. */
const LOOKED_UP = ['build_questions', 'build_thresholds', 'build_drivers', 'build_clauses'];

/**
 * Drops what was looked up while building, and the partitions of builds that no pointer names, nor named a while ago.
 * The pointers of deleted segments go first: each would keep a whole build, with the members of all the others.
 *
 * @param build the number of the one that ends, whose lease is held.
 * @throws ClickHouseError
 */
export async function dropUnused(clickhouse: ClickHouse, build: number): Promise<void> {
  await forgetDeleted(clickhouse);
  const named = await clickhouse.query<{ build: string }>(
    `SELECT DISTINCT arrayJoin([
       maxIf(builds.build, builds.state = 'built'),
       maxIf(builds.build, builds.state = 'built' AND builds.time <= now64(3) - ${SPARED_S})]) AS build
     FROM builds GROUP BY segment`,
  );
  const spared = new Set(named.map((row) => Number(row.build)));
  await clickhouse.onEachHost(async (host) => {
    await dropPartitions(host, 'members', (one) => one < build && !spared.has(one), SPARED_S);
    for (const table of LOOKED_UP) await dropPartitions(host, table, (one) => one <= build, 0);
  });
}

/** Segments named in one statement: an id may be long, and a parameter may not. */
const NAMED = 1_000;

/** Not at once: somebody who found the pointer a moment before the segment was deleted reads its members still. */
async function forgetDeleted(clickhouse: ClickHouse): Promise<void> {
  const deleted = await clickhouse.query<{ segment: string }>(
    `SELECT DISTINCT segment FROM builds WHERE segment IN (
       SELECT id FROM objects WHERE kind = 'segment' GROUP BY id
       HAVING argMax(objects.deleted, objects.version) AND max(objects.time) <= now64(3) - ${SPARED_S})`,
  );
  if (deleted.length === 0) return;
  const segments = deleted.map(({ segment }) => segment);
  await clickhouse.onEachHost(async (host) => {
    for (let from = 0; from < segments.length; from += NAMED)
      await host.command(
        'DELETE FROM {stored:Identifier} WHERE segment IN {segments:Array(String)}',
        { stored: storedTable('builds', host.cluster), segments: segments.slice(from, from + NAMED) },
        { lightweight_deletes_sync: '2' },
      );
  });
}
