import type { ClickHouse } from '../clickhouse/client.ts';
import { dropPartitions, SPARED_S } from '../clickhouse/partitions.ts';
import type { Lease, Leases } from '../jobs/lease.ts';
import type { RunResult } from '../jobs/ledger.ts';
import type { Merge } from '../registry/kinds.ts';
import { compile } from './rule/compile.ts';
import type { ResolvedRule } from './rule/rule.ts';
import { countsSql, type SizeByVia, sized, sizeOf } from './size.ts';

/** A segment with its rule ready to run, or why it cannot. */
export interface Buildable {
  readonly id: string;
  readonly version: number;
  readonly rule: ResolvedRule | { readonly refused: string };
  /** @default 'visitor' */
  readonly merge?: Merge;
}

/** How long a build waits for another one to end before it gives up. */
const WAIT_MS = 600_000;

/**
 * Builds segments: each membership is written under the number of this run's lease and becomes visible at
 * once by its pointer, or not at all. A segment that fails keeps its last membership and says why.
 *
 * @param segments read after the lease is held, so that the newest rules count.
 */
export async function buildSegments(
  clickhouse: ClickHouse,
  leases: Leases,
  segments: () => readonly Buildable[] | Promise<readonly Buildable[]>,
): Promise<RunResult> {
  const lease = await leases.wait('segments', WAIT_MS);
  try {
    const asOf = new Date();
    const built: Record<string, number> = {};
    const failed: Record<string, string> = {};
    let rowsRead = 0;
    let bytesRead = 0;
    for (const segment of await segments()) {
      const started = Date.now();
      const outcome = await fill(clickhouse, lease, segment, asOf);
      if (lease.lost()) throw new Error('the lease was lost to another run; nothing more is published');
      await publish(clickhouse, lease, segment, asOf, outcome, Date.now() - started);
      if ('reason' in outcome) failed[segment.id] = outcome.reason;
      else {
        built[segment.id] = sizeOf(outcome.sizeByVia);
        rowsRead += outcome.rowsRead;
        bytesRead += outcome.bytesRead;
      }
    }
    await dropUnused(clickhouse, lease.slot);
    return { result: { build: lease.slot, asOf: asOf.toISOString(), built, failed }, rowsRead, bytesRead };
  } finally {
    await lease.release();
  }
}

/**
 * Counts who a rule would have, by the very query that a build runs.
 *
 * @returns the exact numbers of visitors at `asOf`.
 */
export async function estimate(
  clickhouse: ClickHouse,
  rule: ResolvedRule,
  asOf: Date,
  merge: Merge = 'visitor',
): Promise<SizeByVia> {
  const { sql, params } = membersOf(rule, merge, asOf);
  const [row] = await clickhouse.query<SizeByVia>(`SELECT ${countsSql} FROM (${sql})`, params);
  return sized(row);
}

/**
 * Who a rule has: a SELECT of `visitor`, `seen` and `via`. Who has withdrawn is in no segment, whatever its rule,
 * nor brings in others: of clusters and households he is no part.
 */
function membersOf(
  rule: ResolvedRule,
  merge: Merge,
  asOf: Date,
): { sql: string; params: Record<string, unknown> } {
  const { sql, params } = compile(rule, asOf, merge);
  return {
    sql: `SELECT visitor, seen, ${merge === 'visitor' ? "'own' AS via" : 'via'} FROM (${sql}) WHERE visitor NOT IN (SELECT visitor FROM withdrawn_visitors)`,
    params,
  };
}

type Filled = { sizeByVia: SizeByVia; rowsRead: number; bytesRead: number } | { reason: string };

async function fill(clickhouse: ClickHouse, lease: Lease, segment: Buildable, asOf: Date): Promise<Filled> {
  if ('refused' in segment.rule) return { reason: segment.rule.refused };
  const { sql, params } = membersOf(segment.rule, segment.merge ?? 'visitor', asOf);
  const named = { ...params, build: lease.slot, segment: segment.id };
  try {
    const cost = await clickhouse.command(
      `INSERT INTO members (build, segment, visitor, seen, via)
       SELECT {build:UInt64} AS build, {segment:String} AS segment, visitor, seen, via FROM (${sql})`,
      named,
    );
    const [row] = await clickhouse.query<SizeByVia>(
      `SELECT ${countsSql} FROM kept_members WHERE build = {build:UInt64} AND segment = {segment:String}`,
      named,
    );
    return { sizeByVia: sized(row), rowsRead: cost.rowsRead, bytesRead: cost.bytesRead };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function publish(
  clickhouse: ClickHouse,
  lease: Lease,
  segment: Buildable,
  asOf: Date,
  outcome: Filled,
  tookMs: number,
): Promise<void> {
  const failed = 'reason' in outcome;
  await clickhouse.insert(
    'builds',
    [
      {
        segment: segment.id,
        build: lease.slot,
        state: failed ? 'failed' : 'built',
        version: segment.version,
        as_of: asOf.toISOString(),
        size: failed ? 0 : sizeOf(outcome.sizeByVia),
        size_by_via: failed ? {} : outcome.sizeByVia,
        took_ms: tookMs,
        reason: failed ? outcome.reason : '',
        time: new Date().toISOString(),
      },
    ],
    `build/${segment.id}/${lease.slot}`,
  );
}

/** Drops the partitions of builds that no pointer names, nor named a while ago. */
async function dropUnused(clickhouse: ClickHouse, current: number): Promise<void> {
  const named = await clickhouse.query<{ build: string }>(
    `SELECT DISTINCT arrayJoin([
       maxIf(builds.build, builds.state = 'built'),
       maxIf(builds.build, builds.state = 'built' AND builds.time <= now64(3) - ${SPARED_S})]) AS build
     FROM builds GROUP BY segment`,
  );
  const spared = new Set(named.map((row) => Number(row.build)));
  await clickhouse.onEachHost((host) =>
    dropPartitions(host, 'members', (build) => build < current && !spared.has(build), SPARED_S),
  );
}
