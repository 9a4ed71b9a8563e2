import type { ClickHouse } from '../../clickhouse/client.ts';

/** A segment of which two builds are compared: the one at the last look, and the one that readers see now. */
export interface Rebuilt {
  readonly segment: string;
  readonly lastBuild: number;
  readonly build: number;
}

/**
 * Whether it is known of each build of some segments since one who came and went with it.
 *
 * @throws ClickHouseError
 */
export async function isChain(clickhouse: ClickHouse, segments: readonly Rebuilt[]): Promise<boolean> {
  if (segments.some(({ lastBuild, build }) => build < lastBuild)) return false;
  const rebuilt = segments.filter(({ lastBuild, build }) => build > lastBuild);
  if (rebuilt.length === 0) return true;
  const rows = await clickhouse.query<{ of_segment: string; unknown: string; newest: string }>(
    `SELECT toString(builds.segment) AS of_segment, countIf(builds.added IS NULL) AS unknown,
            max(builds.build) AS newest
     FROM builds WHERE state = 'built' AND ${BETWEEN} GROUP BY of_segment`,
    rebuiltParams(rebuilt),
  );
  const bySegment = new Map(rows.map((row) => [row.of_segment, row]));
  return rebuilt.every(({ segment, build }) => {
    const row = bySegment.get(segment);
    return row !== undefined && Number(row.unknown) === 0 && Number(row.newest) === build;
  });
}

/** Of a table with `segment` and `build` the rows of builds after the last look. */
export const BETWEEN = `segment IN {rebuilt:Array(String)}
  AND build > transform(toString(segment), {rebuilt:Array(String)}, {lastBuilds:Array(UInt64)}, toUInt64(0))
  AND build <= transform(toString(segment), {rebuilt:Array(String)}, {builds:Array(UInt64)}, toUInt64(0))`;

/** Parameters of {@link BETWEEN}. */
export const rebuiltParams = (segments: readonly Rebuilt[]) => ({
  rebuilt: segments.map(({ segment }) => segment),
  lastBuilds: segments.map(({ lastBuild }) => lastBuild),
  builds: segments.map(({ build }) => build),
});
