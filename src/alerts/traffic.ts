import { join } from 'node:path';
import type { ClickHouse } from '../clickhouse/client.ts';
import { collectorsBehind } from '../journal/marks.ts';
import { waitingFiles } from '../journal/waiting.ts';
import { STORED } from '../report/tally.ts';
import { type Judgement, type Open, verdictBy } from './kinds.ts';
import { HISTORY_HOURS, unusual } from './usual.ts';

const HOUR_MS = 3_600_000;
/** After its end an hour is counted once what collectors hold back has come. */
const SETTLED_MS = 5 * 60_000;
/** Counters are in the journal within seconds of what they count. */
const TALLIED_MS = 60_000;
/** A collector that is not heard of for so long, by who can hear, is gone. */
const GONE_MS = 10 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** The last hour that is over, at a moment in milliseconds since 1970; seconds since 1970. */
export const lastHour = (now: number): number =>
  (Math.floor((now - SETTLED_MS) / HOUR_MS) * HOUR_MS - HOUR_MS) / 1000;

/**
 * Whether all that was counted in an hour has come: nothing of it waits in the journal of this server, and every
 * collector has shipped since. One that is not heard of any more is waited for only as long as it may be that nobody
 * could be heard.
 *
 * @param hour seconds since 1970. @param data the folder of this server's journal.
 * @param steadyMs for how long ClickHouse has answered here.
 * @throws ClickHouseError; what the file system says.
 */
export async function hasArrived(
  clickhouse: ClickHouse,
  hour: number,
  data: string,
  steadyMs: number,
): Promise<boolean> {
  const over = hour * 1000 + HOUR_MS;
  const waiting = await waitingFiles(join(data, 'journal'));
  if (waiting.some(({ oldest }) => oldest !== null && Date.parse(oldest) < over + TALLIED_MS)) return false;
  const heardWithinMs = steadyMs < GONE_MS ? DAY_MS : GONE_MS;
  return (
    (await collectorsBehind(clickhouse, new Date(over).toISOString(), heardWithinMs / 1000)).length === 0
  );
}

/**
 * Looks at the last whole hour of each site: at the hits that were acknowledged, a repeat counted again, because those
 * are there for every hour without a look at the hits themselves.
 *
 * @param sites ids. @param now milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function judgeTraffic(
  clickhouse: ClickHouse,
  sites: readonly string[],
  open: Open,
  now: number,
): Promise<Judgement> {
  const hour = lastHour(now);
  const { findings, judged } = await unusual(
    clickhouse,
    SERIES,
    { sites, stored: STORED },
    hour,
    open,
    (value, { low, high, median }) =>
      `${value} hits from ${new Date(hour * 1000).toISOString()} for an hour; usual are ${low} to ${high}, mostly ${median}`,
  );
  return { kind: 'site_traffic', verdictOf: verdictBy(sites, judged), findings };
}

const SERIES = `
  SELECT site AS subject, sumIf(n, hour = {hour:UInt32}) AS value, toUInt32(min(hour)) AS first,
         groupArrayInsertAt(0, ${HISTORY_HOURS})(n, toUInt32(intDiv(hour - {from:UInt32}, 3600))) AS series
  FROM (
    SELECT toString(kept_tallies.site) AS site, toUnixTimestamp(toStartOfHour(kept_tallies.time)) AS hour,
           sum(kept_tallies.n) AS n
    FROM kept_tallies
    WHERE room = 'collect' AND reason = {stored:String} AND site IN {sites:Array(String)}
      AND time >= toDateTime({from:UInt32}, 'UTC') AND time < toDateTime({hour:UInt32} + 3600, 'UTC')
    GROUP BY site, hour)
  GROUP BY site`;
