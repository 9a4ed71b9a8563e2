import type { ClickHouse } from '../../clickhouse/client.ts';
import { findCandidates } from './candidates.ts';
import { isChain } from './chain.ts';
import { writeDifference } from './difference.ts';
import type { LoggedSet } from './logged-set.ts';
import { loggedSince } from './logged-since.ts';
import { type Beginning, isAsideThere, readBeginning, ruleOf, writeUpkept } from './state.ts';
import { withWork } from './work.ts';

/** What may have changed is looked for by what is kept this long at most, in seconds. */
export const TOO_LONG_S = 7 * 86_400;

/** How an upkeep was made. */
export interface Upkeep {
  /** Whether all of the set was compared with all of the log. */
  readonly whole: boolean;
  /** Rows that were written to the log. */
  readonly written: number;
}

/**
 * Appends to the log what differs between it and the set as it is now. An id whose day has moved on by a week is
 * written again as what it is, so that its row lives as long as its newest observation.
 *
 * Where it is known since when, only who can have changed is looked at (see {@link findCandidates}); the same rule
 * tells of these what it would of all. All is compared the first time, by another rule than the last time, where what
 * changed is not known, and where it is too much to look for one by one.
 *
 * @param seq greater than that of every upkeep of this set before; the caller holds its lease.
 * @param options `whole`: all is compared in any case.
 * @throws ClickHouseError; what is in the log then is looked at again.
 */
export async function bringUpToDate(
  clickhouse: ClickHouse,
  set: LoggedSet,
  seq: number,
  { whole = false }: { readonly whole?: boolean } = {},
): Promise<Upkeep> {
  const beginning = await readBeginning(clickhouse, set);
  const rule = ruleOf(set, beginning.retentionDays);
  const written = whole ? undefined : await writeChanged(clickhouse, set, seq, beginning, rule);
  const { now, aside, asideRows, before } = beginning;
  const upkeep: Upkeep =
    written === undefined
      ? { whole: true, written: await writeDifference(clickhouse, set, seq, beginning.retentionDays) }
      : { whole: false, written };
  await writeUpkept(clickhouse, set, {
    seq,
    build: set.build ?? 0,
    rule,
    aside,
    asideRows,
    below: set.belowFloor,
    looked: now,
    whole: upkeep.whole ? now : (before?.whole ?? 0),
  });
  return upkeep;
}

/** @returns rows that were written to the log; undefined where all must be compared. */
async function writeChanged(
  clickhouse: ClickHouse,
  set: LoggedSet,
  seq: number,
  beginning: Beginning,
  rule: string,
): Promise<number | undefined> {
  const { before, now } = beginning;
  const { build, gate, belowFloor } = set;
  if (build === undefined || before === undefined || before.build === 0) return undefined;
  if (before.rule !== rule || (before.below && !belowFloor)) return undefined;
  // Where the job that compares all daily did not run, a reader waits for it once a week.
  if (now - Math.min(before.looked, before.whole) > TOO_LONG_S) return undefined;
  // Where somebody was is told by the hits, of which it is not known when they were stored.
  if (gate.regions !== undefined || (gate.forbidden ?? []).length > 0) return undefined;
  const segments = [{ segment: set.segment, lastBuild: before.build, build }];
  if (!(await isChain(clickhouse, segments))) return undefined;
  if (!(await isAsideThere(clickhouse, beginning, before))) return undefined;
  return withWork(clickhouse, async (work) => {
    const few = await findCandidates(clickhouse, work, {
      moment: beginning,
      before,
      segments,
      sources: [set.source],
      freshDays: gate.freshDays,
      logged: loggedSince(set, before, beginning.retentionDays),
    });
    return few ? writeDifference(clickhouse, set, seq, beginning.retentionDays, work) : undefined;
  });
}
