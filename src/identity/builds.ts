import type { ClickHouse } from '../clickhouse/client.ts';
import { dropPartitions } from '../clickhouse/partitions.ts';
import { pointersOf } from '../clickhouse/pointers.ts';

/** What the job makes, each visible by a pointer of its own; of `links` there is but the summary. */
export type Kind = 'set_aside' | 'links' | 'clusters';

const POINTERS = pointersOf<Kind>('identity');
export const { publish, published } = POINTERS;

/**
 * Drops the partitions of builds that no pointer names, nor named a while ago, and all of what an earlier run left
 * half done.
 *
 * @param current the build of this run, which holds the lease: nobody else works on an earlier one.
 * @throws ClickHouseError
 */
export async function dropUnused(clickhouse: ClickHouse, current: number): Promise<void> {
  for (const table of ['set_aside', 'clusters'] as const)
    await POINTERS.dropUnused(clickhouse, table, (kind) => kind === table, current);
  await clickhouse.onEachHost((host) => dropPartitions(host, 'cluster_work', (build) => build < current, 0));
}

/** Drops a step of a build's work on every host. @throws ClickHouseError */
export async function dropStep(clickhouse: ClickHouse, build: number, step: number): Promise<void> {
  await clickhouse.onEachHost((host) =>
    dropPartitions(host, 'cluster_work', (of, at) => of === build && at === step, 0),
  );
}

/** Drops all of a build's work on every host. @throws ClickHouseError */
export async function dropWork(clickhouse: ClickHouse, build: number): Promise<void> {
  await clickhouse.onEachHost((host) => dropPartitions(host, 'cluster_work', (of) => of === build, 0));
}
