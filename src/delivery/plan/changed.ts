import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Statement } from '../exported-set.ts';
import { TOO_LONG_S } from '../upkeep/bring-up-to-date.ts';
import { findCandidates, lastDayOf } from '../upkeep/candidates.ts';
import { isChain } from '../upkeep/chain.ts';
import { OFTEN_S } from '../upkeep/heal.ts';
import { leavesAfterDays } from '../upkeep/remove-last-day.ts';
import { isAsideThere, type Moment } from '../upkeep/state.ts';
import type { Work } from '../upkeep/work.ts';
import { heldOf, type Look, ruleOfPlan } from './look.ts';
import { codeParams, type PlanRequest, passing } from './planning.ts';

/**
 * Writes down of which visitors and ids a destination may have to be told something else than it was, since its last
 * plan; as an upkeep of a pulled set does, by the same search.
 *
 * @param before how far that one has looked.
 * @returns whether that is all of them; where not, all must be compared: the first time, by another rule than the last
 *   time, once a day, where everybody is told, where adds leave again that were held back, where what changed is not
 *   known, and where it is too much to look for one by one.
 * @throws ClickHouseError
 */
export async function findChanged(
  clickhouse: ClickHouse,
  work: Work,
  request: PlanRequest,
  moment: Moment,
  before: Look | undefined,
): Promise<boolean> {
  if (before === undefined || request.mode !== 'delta' || before.rule !== ruleOfPlan(request)) return false;
  if (moment.now - before.whole > OFTEN_S || moment.now - before.looked > TOO_LONG_S) return false;
  const held = heldOf(request);
  if (before.held.some((segment) => !held.includes(segment))) return false;
  const asked = passing(request);
  if (asked.length === 0 || request.sources.length === 0) return false;
  // Where somebody was is told by the hits, of which it is not known when they were stored.
  if (request.regions !== undefined || asked.some(({ forbidden }) => forbidden.length > 0)) return false;
  const segments = asked.map(({ id, build }) => ({
    segment: id,
    // Of the same rule are the same segments.
    lastBuild: before.builds.get(id)!,
    build,
  }));
  if (!(await isChain(clickhouse, segments))) return false;
  if (!(await isAsideThere(clickhouse, moment, before))) return false;
  return findCandidates(clickhouse, work, {
    moment,
    before,
    segments,
    sources: request.sources,
    freshDays: request.freshDays,
    logged: toldSince(request, before),
  });
}

/**
 * Ids of which the log itself tells that something is to be said: what is `unsure`, what other runs have told, who has
 * its last days, who is to be told again, and who was not taken so long ago that it is forgotten.
 */
function toldSince(request: PlanRequest, { run, looked }: Look): Statement {
  const segments = passing(request);
  return {
    params: {
      ...codeParams(segments),
      refreshDays: [0, ...segments.map(({ refreshDays }) => refreshDays)],
      destination: request.destination,
      lastRun: run,
      lastDay: lastDayOf(looked),
      days: request.retentionDays,
      leaves: leavesAfterDays(request.retentionDays),
    },
    sql: `
      SELECT uid FROM (
        SELECT uid, argMax(sent.op, (sent.seq, sent.op)) AS newest FROM kept_sent_sets AS sent
        WHERE destination = {destination:String} AND uid GLOBAL IN (
          SELECT uid FROM sent_sets WHERE destination = {destination:String} AND op = 'unsure')
        GROUP BY code, source, uid)
      WHERE newest = 'unsure'
      UNION ALL
      SELECT uid FROM kept_sent_sets
      WHERE destination = {destination:String} AND (
        seq > {lastRun:UInt64}
        OR (op = 'add' AND observed > toDate({lastDay:Date}) - {days:UInt16} AND observed <= today() - {leaves:UInt16})
        OR (op IN ('add', 'refused') AND ${DUE} > toDate({lastDay:Date}) AND ${DUE} <= today()))
      UNION ALL
      SELECT uid FROM sent_sets
      WHERE destination = {destination:String} AND op = 'refused'
        AND observed > toDate({lastDay:Date}) - least(30, {days:UInt16})
        AND observed <= today() - least(30, {days:UInt16})`,
  };
}

/** The day on which an id is to be told again. */
const DUE = `told + transform(toString(code), {codes:Array(String)}, {refreshDays:Array(UInt16)}, toUInt16(0))`;
