import type { ClickHouse } from '../clickhouse/client.ts';
import { type Judgement, type Open, verdictBy } from './kinds.ts';
import { HISTORY_HOURS, unusual } from './usual.ts';

const HOUR_S = 3600;
/** An older build is told of already, or is stale, and then told of as such. */
const CURRENT_S = 2 * HOUR_S;

/**
 * Looks at the newest build of each segment, against those of its rule as it is now: under another it was another
 * segment, and an alert of that one ends. Between two builds a segment has the size of the first.
 *
 * @param segments ids. @param now milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function judgeSizes(
  clickhouse: ClickHouse,
  segments: readonly string[],
  open: Open,
  now: number,
): Promise<Judgement> {
  const hour = Math.floor(now / 1000 / HOUR_S) * HOUR_S;
  const { findings, judged } = await unusual(
    clickhouse,
    SERIES,
    { segments, current: Math.floor(now / 1000) - CURRENT_S },
    hour,
    open,
    (value, { low, high, median }) => `${value} visitors; usual are ${low} to ${high}, mostly ${median}`,
  );
  const unchanged = await unchangedSince(clickhouse, segments, open);
  return { kind: 'segment_size', verdictOf: verdictBy(unchanged, judged), findings };
}

/** The segments, without those whose rule has changed since the alert of them opened. */
async function unchangedSince(
  clickhouse: ClickHouse,
  segments: readonly string[],
  open: Open,
): Promise<string[]> {
  const alerted = segments.filter((id) => open.has(id));
  if (alerted.length === 0) return [...segments];
  const rows = await clickhouse.query<{ id: string; changed: string }>(
    `SELECT id, toUnixTimestamp64Milli(changed) AS changed FROM (${RULED})`,
    { segments: alerted },
  );
  const changed = new Map(rows.map(({ id, changed: time }) => [id, Number(time)]));
  return segments.filter((id) => !open.has(id) || (changed.get(id) ?? 0) <= open.get(id)!);
}

/** Since which version, and when, each segment has the rule that it has. */
const RULED = `
  SELECT id, max(version) AS since, argMax(time, version) AS changed FROM (
    SELECT id, version, time, rule,
           lagInFrame(rule) OVER (PARTITION BY id ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
    FROM (
      SELECT id, version, time, cityHash64(JSONExtractRaw(body, 'rule'), JSONExtractRaw(body, 'merge')) AS rule
      FROM objects WHERE kind = 'segment' AND id IN {segments:Array(String)} LIMIT 1 BY id, version))
  WHERE rule != before GROUP BY id`;

const SERIES = `
  SELECT subject, argMax(size, hour) AS value, toUInt32(min(hour)) AS first,
         arrayFill(one -> NOT isNaN(one),
           groupArrayInsertAt(nan, ${HISTORY_HOURS})(toFloat64(size), toUInt32(intDiv(hour - {from:UInt32}, ${HOUR_S})))) AS series
  FROM (
    SELECT toString(builds.segment) AS subject, toUnixTimestamp(toStartOfHour(builds.as_of)) AS hour,
           argMax(builds.size, builds.build) AS size, max(builds.as_of) AS newest
    FROM builds
    GLOBAL INNER JOIN (${RULED}) AS ruled ON ruled.id = builds.segment
    WHERE builds.state = 'built' AND builds.as_of >= toDateTime({from:UInt32}, 'UTC') AND builds.version >= ruled.since
    GROUP BY subject, hour)
  GROUP BY subject HAVING max(newest) >= toDateTime({current:UInt32}, 'UTC')`;
