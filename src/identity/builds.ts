import type { ClickHouse } from '../clickhouse/client.ts';
import { dropPartitions, SPARED_S } from '../clickhouse/partitions.ts';
import { iso } from '../clickhouse/time.ts';

/** What the job makes, each visible by a pointer of its own; of `links` there is but the summary. */
export type Kind = 'set_aside' | 'links' | 'clusters';

/** What readers see of a kind. */
export interface Published {
  readonly build: number;
  /** ISO 8601: when the run began to look. */
  readonly asOf: string;
  /** ISO 8601: when it became visible. */
  readonly builtAt: string;
  readonly tookMs: number;
  readonly summary: unknown;
}

/** Makes a build visible. @throws ClickHouseError */
export async function publish(
  clickhouse: ClickHouse,
  kind: Kind,
  build: number,
  asOf: Date,
  summary: unknown,
): Promise<void> {
  const now = new Date();
  await clickhouse.insert(
    'identity_builds',
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
    `identity/${kind}/${build}`,
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
     FROM identity_builds AS pointer GROUP BY kind`,
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
 * Drops the partitions of builds that no pointer names, nor named a while ago, and all of what an earlier run left
 * half done.
 *
 * @param current the build of this run, which holds the lease: nobody else works on an earlier one.
 * @throws ClickHouseError
 */
export async function dropUnused(clickhouse: ClickHouse, current: number): Promise<void> {
  const rows = await clickhouse.query<{ kind: Kind; build: string }>(
    `SELECT DISTINCT kind, arrayJoin([
       max(pointer.build), maxIf(pointer.build, pointer.time <= now64(3) - ${SPARED_S})]) AS build
     FROM identity_builds AS pointer GROUP BY kind`,
  );
  const spared = (kind: Kind) => new Set(rows.filter((row) => row.kind === kind).map((row) => row.build));
  await clickhouse.onEachHost(async (host) => {
    for (const kind of ['set_aside', 'clusters'] as const) {
      const keep = spared(kind);
      await dropPartitions(host, kind, (build) => build < current && !keep.has(String(build)), SPARED_S);
    }
    await dropPartitions(host, 'cluster_work', (build) => build < current, 0);
  });
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
