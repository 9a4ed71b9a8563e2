import { currentBuilds } from '../audience/builds.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { type FreshnessState, freshnessOf } from './freshness.ts';
import {
  MAX_POINTS,
  pointSql,
  pointsOf,
  type Range,
  rangeParams,
  type ShownRange,
  shownRange,
  withinSql,
} from './range.ts';

/** Segments of one report: each is a line of a chart, and more are no more readable. */
export const MAX_SEGMENTS = 100;
/** Points of all segments together. */
const MAX_SIZES = 30_000;

export interface SegmentSize {
  /** ISO 8601: the beginning of the point. */
  readonly time: string;
  /** Of the last build in it. */
  readonly size: number;
  readonly version: number;
  /** Over all builds in it, against the one before each; null = not known of any. */
  readonly added: number | null;
  readonly removed: number | null;
}

export interface SegmentSizes {
  readonly segment: string;
  readonly name: string;
  /** As readers see it now; null = not built yet. */
  readonly size: number | null;
  readonly asOf: string | null;
  readonly state: FreshnessState;
  readonly reason?: string;
  /** Oldest first; of a time without a build there is none. */
  readonly points: readonly SegmentSize[];
}

export interface SegmentsReport extends ShownRange {
  readonly segments: readonly SegmentSizes[];
}

/** Of a segment, what its report needs of the registry. */
export interface ReportedSegment {
  readonly id: string;
  readonly name: string;
  readonly version: number;
}

/** @returns a sentence where the range has too many points for so many segments. */
export function tooManySizes(range: Range, segments: number): string | undefined {
  const points = pointsOf(range).length * segments;
  return points > MAX_SIZES && points > MAX_POINTS
    ? `That are ${points} points, and a report has at most ${MAX_SIZES}; ask for fewer segments or a longer step.`
    : undefined;
}

/**
 * How segments' sizes went over time, beside what they are now.
 *
 * @param segments at most {@link MAX_SEGMENTS}. @param lateMs as `freshnessOf` has it.
 * @throws ClickHouseError
 */
export async function segmentSizes(
  clickhouse: ClickHouse,
  range: Range,
  segments: readonly ReportedSegment[],
  lateMs: number,
): Promise<SegmentsReport> {
  const ids = segments.map(({ id }) => id);
  const [builds, rows] = await Promise.all([
    currentBuilds(clickhouse, ids),
    clickhouse.query<{
      segment: string;
      at: number;
      size: string;
      version: number;
      added: string | null;
      removed: string | null;
    }>(
      `SELECT segment, ${pointSql('as_of', range.step)} AS at, argMax(builds.size, builds.build) AS size,
              argMax(builds.version, builds.build) AS version, sum(builds.added) AS added,
              sum(builds.removed) AS removed
       FROM builds WHERE state = 'built' AND segment IN {ids:Array(String)} AND ${withinSql('as_of')}
       GROUP BY segment, at ORDER BY segment, at`,
      { ids, ...rangeParams(range) },
    ),
  ]);
  const points = new Map<string, SegmentSize[]>(ids.map((id) => [id, []]));
  for (const { segment, at, size, version, added, removed } of rows)
    points.get(segment)?.push({
      time: new Date(at * 1000).toISOString(),
      size: Number(size),
      version,
      added: added === null ? null : Number(added),
      removed: removed === null ? null : Number(removed),
    });
  return {
    ...shownRange(range),
    segments: segments.map(({ id, name, version }) => {
      const build = builds.get(id);
      const { state, reason } = freshnessOf(build, version, lateMs);
      return {
        segment: id,
        name,
        size: build?.size ?? null,
        asOf: build?.asOf ?? null,
        state,
        ...(reason === undefined ? {} : { reason }),
        points: points.get(id)!,
      };
    }),
  };
}
