import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { type SizeByVia, sized } from './size.ts';

/** The membership that is visible of a segment, and what came after it. */
export interface Build {
  readonly segment: string;
  /** Number of the build that readers see; 0 = none yet. */
  readonly build: number;
  /** Version of the segment that was built. */
  readonly version: number;
  /** ISO 8601: the moment the rule was evaluated for. */
  readonly asOf: string | null;
  readonly size: number | null;
  /** Of these how many are members by which merge rule. */
  readonly sizeByVia: SizeByVia | null;
  /** Why the newest attempt failed, where it did. */
  readonly failure: string | null;
  /** ISO 8601: the moment that the newest attempt was for, built or failed. */
  readonly attempted: string;
}

/** What was read of all segments, and what the table was then. */
interface Known {
  readonly pointer: string;
  readonly builds: Map<string, Build>;
}

const known = new WeakMap<ClickHouse, Known>();

/**
 * The current build of each segment, of all or of those named.
 *
 * Of all it is read once for each build that is published: of a thousand segments built hourly for ninety days the
 * table has two million rows, to read which takes seconds, and whoever watches asks every few seconds.
 */
export async function currentBuilds(
  clickhouse: ClickHouse,
  segments?: readonly string[],
): Promise<ReadonlyMap<string, Build>> {
  if (segments !== undefined) return readBuilds(clickhouse, segments);
  // Read first: what is published between the two is read again the next time.
  const pointer = await readPointer(clickhouse);
  const last = known.get(clickhouse);
  if (last?.pointer === pointer) return last.builds;
  const builds = await readBuilds(clickhouse);
  known.set(clickhouse, { pointer, builds });
  return builds;
}

/** Another for each build: its number is greater than all before it, or there are more rows of it. */
async function readPointer(clickhouse: ClickHouse): Promise<string> {
  const [row] = await clickhouse.query<{ newest: string; n: string }>(
    'SELECT max(builds.build) AS newest, count() AS n FROM builds',
  );
  return `${row?.newest}/${row?.n}`;
}

async function readBuilds(clickhouse: ClickHouse, segments?: readonly string[]): Promise<Map<string, Build>> {
  const asked = segments === undefined ? '' : 'WHERE segment IN {segments:Array(String)}';
  const rows = await clickhouse.query<{
    segment: string;
    build: string;
    version: number;
    as_of: string;
    size: string;
    size_by_via: Record<string, string>;
    last_state: 'built' | 'failed';
    last_reason: string;
    last_as_of: string;
  }>(
    `SELECT segment,
            maxIf(builds.build, builds.state = 'built') AS build,
            argMaxIf(builds.version, builds.build, builds.state = 'built') AS version,
            argMaxIf(builds.as_of, builds.build, builds.state = 'built') AS as_of,
            argMaxIf(builds.size, builds.build, builds.state = 'built') AS size,
            argMaxIf(builds.size_by_via, builds.build, builds.state = 'built') AS size_by_via,
            argMax(builds.state, builds.build) AS last_state,
            argMax(builds.reason, builds.build) AS last_reason,
            argMax(builds.as_of, builds.build) AS last_as_of
     FROM builds
     WHERE (segment, builds.build) GLOBAL IN (
       SELECT segment, arrayJoin([built, newest]) FROM (
         SELECT segment, maxIf(builds.build, builds.state = 'built') AS built, max(builds.build) AS newest
         FROM builds ${asked} GROUP BY segment))
     GROUP BY segment`,
    segments ? { segments } : {},
  );
  return new Map(
    rows.map((row) => {
      const build = Number(row.build);
      return [
        row.segment,
        {
          segment: row.segment,
          build,
          version: row.version,
          asOf: build === 0 ? null : iso(row.as_of),
          size: build === 0 ? null : Number(row.size),
          // Of a build that was made before there were merge rules no parts are written down.
          sizeByVia: build === 0 ? null : sized({ own: row.size, ...row.size_by_via }),
          failure: row.last_state === 'failed' ? row.last_reason : null,
          attempted: iso(row.last_as_of),
        },
      ];
    }),
  );
}

/** What a segment once was. */
export interface PastBuild {
  /** ISO 8601. */
  readonly asOf: string;
  readonly size: number;
  readonly version: number;
  /** Against the build before it; null = there was none, or it is not known any more. */
  readonly added: number | null;
  readonly removed: number | null;
}

/** Sizes over time and who came and went between, oldest first. */
export async function buildHistory(
  clickhouse: ClickHouse,
  segment: string,
  limit: number,
): Promise<PastBuild[]> {
  const rows = await clickhouse.query<{
    as_of: string;
    size: string;
    version: number;
    added: string | null;
    removed: string | null;
  }>(
    `SELECT as_of, size, version, added, removed FROM builds
     WHERE segment = {segment:String} AND state = 'built' ORDER BY build DESC LIMIT {limit:UInt32}`,
    { segment, limit },
  );
  const countOf = (text: string | null) => (text === null ? null : Number(text));
  return rows
    .map((row) => ({
      asOf: iso(row.as_of),
      size: Number(row.size),
      version: row.version,
      added: countOf(row.added),
      removed: countOf(row.removed),
    }))
    .reverse();
}
