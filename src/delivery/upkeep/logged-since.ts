import type { Statement } from '../exported-set.ts';
import { lastDayOf } from './candidates.ts';
import type { LoggedSet } from './logged-set.ts';
import { leavesAfterDays } from './remove-last-day.ts';
import type { Upkept } from './state.ts';

/** @returns a SELECT of `uid`: of rows that others have written into a log, and of those whose last days have come. */
export const loggedSince = (
  { segment, name }: Pick<LoggedSet, 'segment' | 'name'>,
  { looked, seq }: Pick<Upkept, 'looked' | 'seq'>,
  retentionDays: number,
): Statement => ({
  params: {
    segment,
    name,
    lastSeq: seq,
    lastDay: lastDayOf(looked),
    days: retentionDays,
    leaves: leavesAfterDays(retentionDays),
  },
  sql: `
    SELECT uid FROM exports
    WHERE segment = {segment:String} AND source = {name:String} AND seq > {lastSeq:UInt64}
    UNION ALL
    SELECT uid FROM exports
    WHERE segment = {segment:String} AND source = {name:String} AND op = 'add'
      AND observed > toDate({lastDay:Date}) - {days:UInt16} AND observed <= today() - {leaves:UInt16}`,
});
