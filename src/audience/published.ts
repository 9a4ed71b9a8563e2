import type { ClickHouse } from '../clickhouse/client.ts';
import { dropPartitions, SPARED_S } from '../clickhouse/partitions.ts';
import { iso } from '../clickhouse/time.ts';

/** What the audience jobs make, each visible by a pointer of its own. */
export type Kind = 'features' | 'interests' | `demographics/${string}` | `lookalikes/${string}`;

/** What readers see of a kind. */
export interface Published {
  readonly build: number;
  /** ISO 8601: the moment that it was made for. */
  readonly asOf: string;
  /** ISO 8601: when it became visible. */
  readonly builtAt: string;
  readonly tookMs: number;
  readonly summary: unknown;
}

/**
 * Makes a build visible.
 *
 * @param build number of the lease that it was made under.
 * @param summary counts and figures, nobody's id; any JSON.
 * @throws ClickHouseError
 */
export async function publish(
  clickhouse: ClickHouse,
  kind: Kind,
  build: number,
  asOf: Date,
  summary: unknown,
): Promise<void> {
  const now = new Date();
  await clickhouse.insert(
    'audience_builds',
    [
      {
        kind,
        build,
        as_of: asOf.toISOString(),
        took_ms: now.getTime() - asOf.getTime(),
        summary: JSON.stringify(summary),
        time: now.toISOString(),
      },
    ],
    `audience/${kind}/${build}`,
  );
}

/** The visible build of each kind, where there is one. @throws ClickHouseError */
export async function published(clickhouse: ClickHouse): Promise<ReadonlyMap<Kind, Published>> {
  const rows = await clickhouse.query<{
    kind: Kind;
    build: string;
    as_of: string;
    took_ms: number;
    summary: string;
    time: string;
  }>(
    `SELECT kind, max(pointer.build) AS build, argMax(pointer.as_of, pointer.build) AS as_of,
            argMax(pointer.took_ms, pointer.build) AS took_ms, argMax(pointer.summary, pointer.build) AS summary,
            argMax(pointer.time, pointer.build) AS time
     FROM audience_builds AS pointer GROUP BY kind`,
  );
  return new Map(
    rows.map((row) => [
      row.kind,
      {
        build: Number(row.build),
        asOf: iso(row.as_of),
        builtAt: iso(row.time),
        tookMs: row.took_ms,
        summary: JSON.parse(row.summary) as unknown,
      },
    ]),
  );
}

/**
 * Drops what no pointer names, nor named a while ago, of a table that has one partition a build.
 *
 * @param table partitioned by `build`.
 * @param kinds whose pointers name its builds.
 * @param current the build of this run, which holds the lease: nobody else works on an earlier one.
 * @throws ClickHouseError
 */
export async function dropUnused(
  clickhouse: ClickHouse,
  table: string,
  kinds: (kind: Kind) => boolean,
  current: number,
): Promise<void> {
  const rows = await clickhouse.query<{ kind: Kind; build: string }>(
    `SELECT DISTINCT kind, arrayJoin([
       max(pointer.build), maxIf(pointer.build, pointer.time <= now64(3) - ${SPARED_S})]) AS build
     FROM audience_builds AS pointer GROUP BY kind`,
  );
  const spared = new Set(rows.filter((row) => kinds(row.kind)).map((row) => Number(row.build)));
  await clickhouse.onEachHost((host) =>
    dropPartitions(host, table, (build) => build < current && !spared.has(build), SPARED_S),
  );
}
