import type { ClickHouse } from '../../clickhouse/client.ts';
import { dropPartitions } from '../../clickhouse/partitions.ts';

/** Steps of a run, each a partition of `lookalike_work`; the schema tells what they hold. */
export const ASKED = 0;
export const MEMBERS = 1;
export const DRAWN = 2;
export const SCORED = 3;

/** SQL of the rows of run `{build:UInt64}` at a step, from the name of the table on. */
export const workAt = (step: number): string =>
  `lookalike_work AS work WHERE work.build = {build:UInt64} AND work.step = ${step}`;

/** Drops what this run and those before it have left. @throws ClickHouseError */
export const dropWork = (clickhouse: ClickHouse, current: number): Promise<void> =>
  clickhouse.onEachHost((host) => dropPartitions(host, 'lookalike_work', (build) => build <= current, 0));
