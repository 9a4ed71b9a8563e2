import type { ClickHouse } from './client.ts';
import { dropPartitions, SPARED_S } from './partitions.ts';
import { iso } from './time.ts';

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

/** By which the builds of a room's jobs become visible: of each kind the newest row's build is what readers see. */
export interface Pointers<Kind extends string> {
  /**
   * Makes a build visible.
   *
   * @param build number of the lease that it was made under.
   * @param summary counts and figures, nobody's id; any JSON.
   * @throws ClickHouseError
   */
  readonly publish: (
    clickhouse: ClickHouse,
    kind: Kind,
    build: number,
    asOf: Date,
    summary: unknown,
  ) => Promise<void>;
  /** The visible build of each kind, where there is one. @throws ClickHouseError */
  readonly published: (clickhouse: ClickHouse) => Promise<ReadonlyMap<Kind, Published>>;
  /**
   * Drops what no pointer names, nor named a while ago, of a table that has one partition a build.
   *
   * @param table partitioned by `build`.
   * @param kinds whose pointers name its builds.
   * @param current the build of this run, which holds the lease: nobody else works on an earlier one.
   * @throws ClickHouseError
   */
  readonly dropUnused: (
    clickhouse: ClickHouse,
    table: string,
    kinds: (kind: Kind) => boolean,
    current: number,
  ) => Promise<void>;
}

/** @param room whose pointers stand in the table `<room>_builds`. */
export function pointersOf<Kind extends string>(room: 'identity' | 'audience'): Pointers<Kind> {
  const table = `${room}_builds`;
  return {
    async publish(clickhouse, kind, build, asOf, summary) {
      const now = new Date();
      const row = {
        kind,
        build,
        as_of: asOf.toISOString(),
        took_ms: now.getTime() - asOf.getTime(),
        summary: JSON.stringify(summary),
        time: now.toISOString(),
      };
      await clickhouse.insert(table, [row], `${room}/${kind}/${build}`);
    },
    async published(clickhouse) {
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
         FROM ${table} AS pointer GROUP BY kind`,
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
    },
    async dropUnused(clickhouse, built, kinds, current) {
      const rows = await clickhouse.query<{ kind: Kind; build: string }>(
        `SELECT DISTINCT kind, arrayJoin([
           max(pointer.build), maxIf(pointer.build, pointer.time <= now64(3) - ${SPARED_S})]) AS build
         FROM ${table} AS pointer GROUP BY kind`,
      );
      const spared = new Set(rows.filter((row) => kinds(row.kind)).map((row) => Number(row.build)));
      await clickhouse.onEachHost((host) =>
        dropPartitions(host, built, (build) => build < current && !spared.has(build), SPARED_S),
      );
    },
  };
}
