import type { ClickHouse } from '../../clickhouse/client.ts';
import { SPARED_S } from '../../clickhouse/partitions.ts';
import { writeLines } from './lines.ts';
import { type Count, countsOf, type Fates, readFates, writeCounts } from './losses.ts';
import type { PlanRequest } from './planning.ts';
import { bringUpToDate, readSaid, type Said } from './told.ts';

/** A plan took longer than the builds it reads are kept: what it found may be half of them. Nothing of it counts. */
export class BuildsGoneError extends Error {
  constructor() {
    super('the plan took longer than builds are kept; the next run plans anew');
    this.name = 'BuildsGoneError';
  }
}

/** What a run is to tell; it counts once the run is written down in `delivery_runs`. */
export interface Planned {
  readonly chunks: number;
  readonly lines: number;
  /** Segments of ids, so that a line with three codes counts three times. */
  readonly adds: number;
  readonly removes: number;
  readonly refreshes: number;
  /** By code: what is said of it, and what the destination has with that. */
  readonly said: readonly Said[];
  /** Whether all was compared to find it, and not what had changed alone. */
  readonly whole: boolean;
}

/**
 * Plans a run: brings the log of what the destination was told up to date with its set as it is now, writes what
 * differs as lines in chunks, and the numbers of the waterfall. A plan that is cut off counts for nothing, and the
 * next finds the same difference again.
 *
 * @param request its `run` is greater than that of every run before; one plan at a time for a destination.
 * @throws ClickHouseError, BuildsGoneError
 */
export async function plan(clickhouse: ClickHouse, request: PlanRequest): Promise<Planned> {
  const began = performance.now();
  const { whole } = await bringUpToDate(clickhouse, request);
  const fates = request.mode === 'withdraw' ? [] : await readFates(clickhouse, request);
  if (performance.now() - began > SPARED_S * 1000) throw new BuildsGoneError();
  const said = await readSaid(clickhouse, request);
  const written = await writeLines(clickhouse, request, said);
  await writeCounts(clickhouse, request, countsOfRun(request, fates, said));
  const sum = (name: 'adds' | 'removes' | 'refreshes') => said.reduce((total, each) => total + each[name], 0);
  return { ...written, adds: sum('adds'), removes: sum('removes'), refreshes: sum('refreshes'), said, whole };
}

/** Also of segments that the destination does not get any more, as long as something is taken back. */
export function countsOfRun(request: PlanRequest, fates: readonly Fates[], said: readonly Said[]): Count[] {
  const byCode = new Map(said.map((each) => [each.code, each]));
  const bySegment = new Map(fates.map((each) => [each.segment, each]));
  return request.segments.flatMap((asked) => {
    const own = byCode.get(asked.code) ?? NOTHING_SAID;
    const changes = [
      ['added', own.adds],
      ['removed', own.removes],
      ['refreshed', own.refreshes],
    ] as const;
    return [
      ...countsOf(bySegment.get(asked.id), asked, own.sent, request.minAudience),
      ...changes.map(([stage, n]) => ({ segment: asked.id, stage, reason: '', n })),
    ];
  });
}

const NOTHING_SAID = { adds: 0, removes: 0, refreshes: 0, sent: 0 };
