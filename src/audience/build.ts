import type { ClickHouse } from '../clickhouse/client.ts';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { type Read, Spent } from '../clickhouse/spent.ts';
import { expectHeld, type Lease, type Leases } from '../jobs/lease.ts';
import type { RunResult } from '../jobs/ledger.ts';
import type { Merge } from '../registry/kinds.ts';
import { whyFailed } from './build-failure.ts';
import { currentBuilds } from './builds.ts';
import { type Changes, writeChanges } from './bulk/changes.ts';
import { cutVisitors } from './bulk/fill.ts';
import { fillByHalves } from './bulk/groups.ts';
import { type Asked, isShared } from './bulk/plan.ts';
import { withLookalikes } from './lookalikes/build.ts';
import { compile, compileUndated } from './rule/compile.ts';
import type { ResolvedRule } from './rule/rule.ts';
import { countsSql, type SizeByVia, sized, sizeOf } from './size.ts';
import { dropUnused } from './unused.ts';

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

/** Fewer are built one by one: what they ask for may lie together, and a pass over everything takes longer. */
const TOGETHER_FROM = 8;

/** What a build is of. */
interface Build {
  readonly clickhouse: ClickHouse;
  readonly number: number;
  readonly asOf: Date;
  readonly lease: Lease;
}

/** How it went with a segment: undefined = its members are written. */
type Outcomes = Map<string, { readonly tookMs: number; readonly reason?: string }>;

/**
 * Builds segments: the memberships are written under the number of this run's lease, and become visible together and
 * at once by their pointers, or not at all. A segment that fails keeps its last membership and says why, and so do
 * all where the run itself fails and ClickHouse is there to write it down. Many are found together, in few passes over
 * the hits.
 *
 * @param segments read before the lease is held, for the look-alikes that they need, and after, so that the newest
 *   rules count.
 * @throws ClickHouseError, LeaseBusyError, LeaseLostError; readers see the members that they saw before.
 */
export async function buildSegments(
  clickhouse: ClickHouse,
  leases: Leases,
  segments: () => readonly Buildable[] | Promise<readonly Buildable[]>,
): Promise<RunResult> {
  // Before the lease is held: to train takes minutes, for which no other build is to wait. What fails is tried again.
  await withLookalikes(clickhouse, leases, await segments(), new Date()).catch(() => undefined);
  const lease = await leases.wait('segments', WAIT_MS);
  try {
    const build: Build = { clickhouse, number: lease.slot, asOf: new Date(), lease };
    const wanted = await segments();
    const result = await buildAll(build, leases, wanted).catch(async (error: unknown) => {
      const reason = whyFailed(error);
      // The run has failed either way; where this cannot be written down, the ledger may still have it.
      if (reason !== undefined) await publishFailure(build, wanted, reason).catch(() => undefined);
      throw error;
    });
    await dropUnused(clickhouse, build.number);
    return result;
  } finally {
    await lease.release();
  }
}

async function buildAll(build: Build, leases: Leases, asked: readonly Buildable[]): Promise<RunResult> {
  const { clickhouse, number, asOf } = build;
  const wanted = await withLookalikes(clickhouse, leases, asked, asOf);
  const before = await currentBuilds(clickhouse, idsOf(wanted));
  const { outcomes, ...filled } = await fillAll(build, wanted);
  await expectHeld(build.lease);
  const succeeded = wanted.filter(({ id }) => outcomes.get(id)?.reason === undefined);
  const sizes = await sizesOf(build);
  const compared = await writeChanges(
    clickhouse,
    number,
    new Map(succeeded.flatMap(({ id }) => lastOf(before.get(id)?.build).map((last) => [id, last]))),
  );
  await expectHeld(build.lease);
  await publish(build, wanted, outcomes, sizes, compared.changes);
  return {
    result: {
      build: number,
      asOf: asOf.toISOString(),
      built: Object.fromEntries(succeeded.map(({ id }) => [id, sizeOf(sizes.get(id) ?? sized())])),
      failed: Object.fromEntries(
        wanted.flatMap(({ id }) => {
          const reason = outcomes.get(id)?.reason;
          return reason === undefined ? [] : [[id, reason]];
        }),
      ),
    },
    rowsRead: filled.rowsRead + compared.rowsRead,
    bytesRead: filled.bytesRead + compared.bytesRead,
  };
}

async function publishFailure(build: Build, wanted: readonly Buildable[], reason: string): Promise<void> {
  await expectHeld(build.lease);
  const outcomes: Outcomes = new Map(wanted.map(({ id }) => [id, { tookMs: 0, reason }]));
  await publish(build, wanted, outcomes, new Map(), new Map());
}

const idsOf = (segments: readonly Buildable[]) => segments.map(({ id }) => id);
const lastOf = (build: number | undefined) => (build === undefined || build === 0 ? [] : [build]);

/**
 * Counts who a rule would have, by the very query that a build runs but for when they were seen.
 *
 * @returns the exact numbers of visitors at `asOf`.
 */
export async function estimate(
  clickhouse: ClickHouse,
  rule: ResolvedRule,
  asOf: Date,
  merge: Merge = 'visitor',
): Promise<SizeByVia> {
  const { sql, params } = compileUndated(rule, asOf, merge);
  const via = merge === 'visitor' ? ", 'own' AS via" : '';
  const [row] = await clickhouse.query<SizeByVia>(
    `SELECT ${countsSql} FROM (SELECT *${via} FROM (${sql}) WHERE ${NOT_WITHDRAWN})`,
    params,
  );
  return sized(row);
}

/**
 * Who has withdrawn is in no segment, whatever its rule, nor brings in others: of clusters and households he is no part.
 */
const NOT_WITHDRAWN = 'visitor NOT IN (SELECT visitor FROM withdrawn_visitors)';

/** Writes the members of all, together as far as they can be asked together. */
async function fillAll(
  build: Build,
  wanted: readonly Buildable[],
): Promise<Read & { readonly outcomes: Outcomes }> {
  const outcomes: Outcomes = new Map();
  const runnable = wanted.filter((segment): segment is Runnable => {
    if (!('refused' in segment.rule)) return true;
    outcomes.set(segment.id, { tookMs: 0, reason: segment.rule.refused });
    return false;
  });
  const shared = runnable.filter(({ rule, merge = 'visitor' }) => merge === 'visitor' && isShared(rule));
  const together = shared.length < TOGETHER_FROM ? [] : shared;
  const { left, ...read } = await fillTogether(build, together, outcomes);
  const alone = new Set([
    ...runnable.filter((segment) => !together.includes(segment)).map(({ id }) => id),
    ...left,
  ]);
  const spent = new Spent();
  spent.add(read);
  for (const segment of runnable) {
    if (!alone.has(segment.id) || build.lease.lost()) continue;
    spent.add(await fillAlone(build, segment, outcomes));
  }
  return { outcomes, ...spent.read };
}

type Runnable = Buildable & { readonly rule: ResolvedRule };

async function fillTogether(
  { clickhouse, number, asOf, lease }: Build,
  together: readonly Asked[],
  outcomes: Outcomes,
): Promise<Read & { readonly left: readonly string[] }> {
  if (together.length === 0) return { left: [], rowsRead: 0, bytesRead: 0 };
  const began = performance.now();
  const { left, ...read } = await fillByHalves(clickhouse, together, {
    build: number,
    asOf,
    cut: await cutVisitors(clickhouse),
    goesOn: () => !lease.lost(),
  });
  // One pass was for all of them.
  const tookMs = Math.round(performance.now() - began);
  for (const { id } of together) outcomes.set(id, { tookMs });
  return { left: left.map(({ id }) => id), ...read };
}

async function fillAlone(
  { clickhouse, number, asOf }: Build,
  { id, rule, merge = 'visitor' }: Runnable,
  outcomes: Outcomes,
): Promise<Read> {
  const { sql, params } = compile(rule, asOf, merge);
  const via = merge === 'visitor' ? "'own' AS via" : 'via';
  const began = performance.now();
  const tookMs = () => Math.round(performance.now() - began);
  try {
    const cost = await clickhouse.command(
      `INSERT INTO members (build, segment, visitor, seen, via)
       SELECT {build:UInt64} AS build, {segment:String} AS segment, visitor, seen, ${via}
       FROM (${sql}) WHERE ${NOT_WITHDRAWN}`,
      { ...params, build: number, segment: id },
    );
    outcomes.set(id, { tookMs: tookMs() });
    return cost;
  } catch (error) {
    const reason = error instanceof ClickHouseError ? whyFailed(error) : undefined;
    // Without an answer no other would have one either, and none of them is to blame.
    if (reason === undefined) throw error;
    outcomes.set(id, { tookMs: tookMs(), reason });
    return { rowsRead: 0, bytesRead: 0 };
  }
}

async function sizesOf({ clickhouse, number }: Build): Promise<ReadonlyMap<string, SizeByVia>> {
  const rows = await clickhouse.query<SizeByVia & { segment: string }>(
    `SELECT segment, ${countsSql} FROM kept_members WHERE build = {build:UInt64} GROUP BY segment`,
    { build: number },
  );
  return new Map(rows.map(({ segment, ...counts }) => [segment, sized(counts)]));
}

/** All pointers in one insert: it is there, or it is not. */
async function publish(
  { clickhouse, number, asOf }: Build,
  wanted: readonly Buildable[],
  outcomes: Outcomes,
  sizes: ReadonlyMap<string, SizeByVia>,
  changes: ReadonlyMap<string, Changes>,
): Promise<void> {
  const time = new Date().toISOString();
  const pointers = wanted.map(({ id, version }) => {
    const { tookMs, reason } = outcomes.get(id)!;
    const size = sizes.get(id) ?? sized();
    const common = { segment: id, build: number, version, as_of: asOf.toISOString(), took_ms: tookMs, time };
    return reason === undefined
      ? { ...common, state: 'built', size: sizeOf(size), size_by_via: size, ...(changes.get(id) ?? NEW) }
      : { ...common, state: 'failed', size: 0, size_by_via: {}, reason };
  });
  if (pointers.length > 0) await clickhouse.insert('builds', pointers, `build/${number}`);
}

/** There was no build before. */
const NEW = { added: null, removed: null };
