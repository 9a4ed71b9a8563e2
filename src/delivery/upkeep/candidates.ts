import type { ClickHouse } from '../../clickhouse/client.ts';
import { visitorIdSql } from '../../identity/visitor.ts';
import type { Statement } from '../exported-set.ts';
import type { Source } from '../gate/rows.ts';
import { BETWEEN, type Rebuilt, rebuiltParams } from './chain.ts';
import type { Moment } from './state.ts';
import type { Work } from './work.ts';

/**
 * What an upkeep looks at lies so far behind the moment at which the one before began, in seconds. A row counts as
 * stored (`landed`) when its statement began, and is seen when it ends: no statement of ours runs longer than ten
 * minutes, and clocks of one cluster's hosts are no five minutes apart.
 */
export const OVERLAP_S = 900;

/** Comparing all of it costs less than looking for those, where there are more of them than one in so many. */
const ONE_IN = 4;
/** So few are looked for however small the set is. */
const FEW = 10_000;

/** Whose changes are looked for, and since when. */
export interface Sought {
  readonly moment: Moment;
  /** What was found at the last look, and when it began: seconds since 1970, by the clock of ClickHouse. */
  readonly before: { readonly looked: number; readonly aside: number };
  readonly segments: readonly Rebuilt[];
  /** Either our visitors alone, or ids of others. */
  readonly sources: readonly Source[];
  /** A partner's id counts so many days after it was last confirmed. */
  readonly freshDays: number | undefined;
  /** A SELECT of `uid`: what the log itself has of which it may say something else by now. */
  readonly logged: Statement;
}

/** @returns the day, `2026-01-31`, up to which days had run out at a look. */
export const lastDayOf = (looked: number): string => isoDay(looked - OVERLAP_S);

/**
 * Writes down of which visitors and ids it may not be as the log says any more.
 *
 * Nobody is missed: in and out of the exported set come a visitor and an id by something that is stored, and what was
 * stored is found by when it was, not by when it was observed (`landed`, `stored`, numbers of builds and of rows of
 * the log); or by a day that runs out, and these are the days since the last look. A whole comparison, once a day,
 * sets right what a part that was deleted early, or a replica that lags, has hidden.
 *
 * @returns whether they are few enough; where not, nothing that was written is of use.
 * @throws ClickHouseError
 */
export async function findCandidates(
  clickhouse: ClickHouse,
  work: Work,
  { moment, before, segments, sources, freshDays, logged }: Sought,
): Promise<boolean> {
  const { now, retentionDays, aside } = moment;
  const from = before.looked - OVERLAP_S;
  const built = rebuiltParams(segments);
  const [{ members = 0, uploads = 0 } = {}] = await clickhouse.query<{ members: string; uploads: string }>(
    `SELECT (SELECT count() FROM members
             WHERE build IN {builds:Array(UInt64)} AND segment IN {rebuilt:Array(String)}) AS members,
            (SELECT toUnixTimestamp(min(match_uploads.started)) FROM match_uploads
             WHERE match_uploads.time >= fromUnixTimestamp({from:UInt32})) AS uploads`,
    { ...built, from },
  );
  const limit = Math.max(FEW, Math.floor(Number(members) / ONE_IN));
  const params = {
    ...logged.params,
    ...built,
    sources: sources.map(({ id }) => id),
    partners: sources.filter(({ kind }) => kind === 'partner').map(({ id }) => id),
    lastAside: before.aside,
    aside,
    now,
    from,
    // The links of an upload are stored out of sight, and seen all at once at its end.
    linksFrom: Number(uploads) === 0 ? from : Math.min(from, Number(uploads) - OVERLAP_S),
    lastDay: lastDayOf(before.looked),
    days: retentionDays,
    freshDays: freshDays ?? 0,
    limit: limit + 1,
  };
  const dayPassed = lastDayOf(before.looked) < isoDay(now);
  const linked = !sources.some(({ kind }) => kind === 'visitor');
  const fresh = freshDays !== undefined && params.partners.length > 0;
  const ranOut = (column: string) =>
    `toDate(${column}) > toDate({lastDay:Date}) - {days:UInt16} AND toDate(${column}) <= today() - {days:UInt16}`;
  const visitors = [
    `SELECT visitor FROM kept_member_changes WHERE ${BETWEEN}`,
    'SELECT visitor FROM consents WHERE landed >= fromUnixTimestamp({from:UInt32})',
    `SELECT visitor FROM erasures
     WHERE toDate(time) > today() - {days:UInt16}
       AND (stored >= fromUnixTimestamp({from:UInt32})
         OR (SELECT max(erasure_batches.time) FROM erasure_batches) >= fromUnixTimestamp({from:UInt32}))`,
    ...(dayPassed ? [`SELECT visitor FROM consents WHERE ${ranOut('time')}`] : []),
    ...(linked
      ? [
          `SELECT visitor FROM links
           WHERE source IN {sources:Array(String)} AND landed >= fromUnixTimestamp({linksFrom:UInt32})`,
          `SELECT visitor FROM set_aside WHERE ${ASIDE} AND visitor != 0`,
        ]
      : [`SELECT reinterpretAsUInt64(reverse(tryBase64URLDecode(uid))) AS visitor FROM (${logged.sql})`]),
    ...(linked && dayPassed
      ? [`SELECT visitor FROM links WHERE source IN {sources:Array(String)} AND ${ranOut('last')}`]
      : []),
    ...(fresh
      ? [
          `SELECT visitor FROM links
           WHERE source IN {partners:Array(String)}
             AND last > fromUnixTimestamp({from:UInt32}) - toIntervalDay({freshDays:UInt16})
             AND last <= fromUnixTimestamp({now:UInt32}) + ${OVERLAP_S} - toIntervalDay({freshDays:UInt16})`,
        ]
      : []),
  ];
  const found = await work.add(
    'changed',
    `SELECT DISTINCT visitor FROM (${visitors.join(' UNION ALL ')}) LIMIT {limit:UInt64}`,
    params,
  );
  if (found > limit) return false;
  // A device is somebody of its own, whose word counts for those whom it was seen with.
  if (sources.some(({ kind }) => kind === 'device'))
    await work.add(
      'changed',
      `SELECT DISTINCT visitor FROM links
       WHERE source IN {sources:Array(String)} AND own GLOBAL IN (${work.changed}) AND visitor GLOBAL NOT IN (${work.changed})`,
      params,
    );
  const uids = linked
    ? `SELECT uid FROM links
       WHERE source IN {sources:Array(String)} AND uid != '' AND visitor GLOBAL IN (${work.changed})
       UNION ALL ${logged.sql}
       UNION ALL SELECT uid FROM kept_unlinked_uids
       WHERE source IN {sources:Array(String)} AND time >= fromUnixTimestamp({from:UInt32})
       UNION ALL SELECT uid FROM set_aside WHERE ${ASIDE} AND visitor = 0`
    : `SELECT ${visitorIdSql('visitor')} AS uid FROM (${work.changed})`;
  const ids = await work.add('ids', `SELECT DISTINCT uid FROM (${uids}) LIMIT {limit:UInt64}`, {
    ...params,
    limit: 2 * params.limit,
  });
  if (ids >= 2 * params.limit) return false;
  await work.add(
    'holders',
    linked
      ? `SELECT DISTINCT visitor FROM links
         WHERE source IN {sources:Array(String)} AND cityHash64(uid) GLOBAL IN (SELECT cityHash64(uid) FROM (${work.ids}))`
      : work.changed,
    params,
  );
  return true;
}

/** What is set aside in one of two builds, and not in the other. */
const ASIDE = `
  source IN {sources:Array(String)} AND {aside:UInt64} != {lastAside:UInt64} AND (source, visitor, uid) GLOBAL IN (
    SELECT source, visitor, uid FROM set_aside
    WHERE source IN {sources:Array(String)} AND build IN ({aside:UInt64}, {lastAside:UInt64})
    GROUP BY source, visitor, uid HAVING uniqExact(build) = 1)`;

const isoDay = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10);
