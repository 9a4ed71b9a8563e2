import type { ClickHouseSettings } from '@clickhouse/client';

/**
 * For an `INSERT … SELECT` between Distributed tables: else each shard would count, rank and write what it has alone,
 * and a row would stay on the shard where it was found in the place of going to its own.
 */
export const AS_A_WHOLE = { parallel_distributed_insert_select: '0' } as const satisfies ClickHouseSettings;
