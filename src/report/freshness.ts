import { type Build, currentBuilds } from '../audience/builds.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { metricText } from './metrics.ts';

/**
 * How a segment stands: `fresh` as it is, `building` where a first or a changed one is not built yet, `stale` where
 * readers have an older one because a build failed or has not come, `failed` where there is none for them.
 */
export type FreshnessState = 'fresh' | 'building' | 'stale' | 'failed';

export interface Freshness {
  readonly state: FreshnessState;
  /** Why it is stale or failed. */
  readonly reason?: string;
  /** Since the moment that what readers see is of; null = they see nothing yet. */
  readonly ageSeconds: number | null;
}

const LATE = 'late: no run of the job segments has come to an end for too long; GET /v1/jobs says why';

/**
 * @param version of the segment as it is now. @param lateMs how old a build may be before it is late.
 * @param now milliseconds since 1970.
 */
export function freshnessOf(
  build: Build | undefined,
  version: number,
  lateMs: number,
  now = Date.now(),
): Freshness {
  if (build === undefined) return { state: 'building', ageSeconds: null };
  const { asOf, failure } = build;
  if (asOf === null)
    return failure === null
      ? { state: 'building', ageSeconds: null }
      : { state: 'failed', reason: failure, ageSeconds: null };
  const ageMs = now - Date.parse(asOf);
  const ageSeconds = Math.max(0, Math.round(ageMs / 1000));
  if (failure !== null) return { state: 'stale', reason: failure, ageSeconds };
  if (ageMs > lateMs) return { state: 'stale', reason: LATE, ageSeconds };
  return { state: build.version === version ? 'fresh' : 'building', ageSeconds };
}

/**
 * The freshness of segments as Prometheus text: of each, and how many there are in each state.
 *
 * @throws ClickHouseError
 */
export async function freshnessText(
  clickhouse: ClickHouse,
  segments: readonly { readonly id: string; readonly version: number }[],
  lateMs: number,
): Promise<string> {
  const builds = await currentBuilds(clickhouse);
  const all = segments.map(({ id, version }) => ({ id, ...freshnessOf(builds.get(id), version, lateMs) }));
  const states: readonly FreshnessState[] = ['fresh', 'building', 'stale', 'failed'];
  return [
    metricText(
      'ninety_segment_age_seconds',
      all.flatMap(({ id, ageSeconds }) => (ageSeconds === null ? [] : [[[id], ageSeconds] as const])),
    ),
    metricText(
      'ninety_segment_stale',
      all.map(({ id, state }) => [[id], state === 'stale' || state === 'failed' ? 1 : 0]),
    ),
    metricText(
      'ninety_segments',
      states.map((state) => [[state], all.filter((one) => one.state === state).length]),
    ),
  ].join('');
}
