import { currentBuilds } from '../audience/builds.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/** By what a segment is told from everyone. */
export type ProfileKind = 'country' | 'device' | 'browser' | 'hour' | 'category' | 'demographic';

/** How common something is among the members, and among everyone. */
export interface ProfileLine {
  readonly value: string;
  /** Members of whom it is known within the retention. */
  readonly members: number;
  /** Visitors of whom it is. */
  readonly everyone: number;
  /** `members` of all members, `everyone` of everyone. */
  readonly share: number;
  readonly shareOfEveryone: number;
  /** 100 = as common as among everyone, 200 = twice as common. */
  readonly index: number;
}

/** What sets a segment apart. Somebody with several values, as of hours, is counted with each. */
export interface SegmentProfile {
  readonly segment: string;
  /** ISO 8601: of the build whose members are told of; null = there is none yet. */
  readonly asOf: string | null;
  /** ISO 8601. */
  readonly countedAt: string;
  readonly members: number;
  readonly everyone: number;
  /** Of each kind those that most members have, at most {@link SHOWN}. */
  readonly kinds: Readonly<Record<ProfileKind, readonly ProfileLine[]>>;
}

const SHOWN = 24;
/** The one line of everybody. */
const ALL = 'all';

/** Which visitor has what, of each kind. */
const KNOWN: Readonly<Record<ProfileKind | typeof ALL, string>> = {
  all: "SELECT visitor, '' AS value FROM kept_hits",
  country: 'SELECT visitor, toString(country) AS value FROM kept_hits',
  device: 'SELECT visitor, toString(device) AS value FROM kept_hits',
  browser: 'SELECT visitor, toString(browser) AS value FROM kept_hits',
  hour: 'SELECT visitor, toString(hour) AS value FROM kept_hits',
  category:
    "SELECT visitor, toString(kept_features.value) AS value FROM kept_features WHERE kept_features.kind = 'category'",
  demographic: `SELECT visitor, concat(attribute, ': ', kept_demographics.value) AS value
                FROM kept_demographics WHERE decided`,
};

/** A grouping by visitor spills to disk, which DISTINCT does not. */
const sqlOf = (kind: keyof typeof KNOWN) => `
  SELECT value, count() AS everyone,
         countIf(visitor GLOBAL IN (
           SELECT visitor FROM kept_members WHERE segment = {segment:String} AND build = {build:UInt64})) AS own
  FROM (SELECT visitor, value FROM (${KNOWN[kind]})
        WHERE visitor GLOBAL NOT IN (SELECT visitor FROM withdrawn_visitors)
        GROUP BY visitor, value)
  GROUP BY value ORDER BY own DESC, everyone DESC, value LIMIT {shown:UInt16}`;

/**
 * Holds the members of a segment's visible build against everyone, exactly: reads a few columns of every hit, so it is
 * asked when somebody wants to know.
 *
 * @throws ClickHouseError
 */
export async function segmentProfile(clickhouse: ClickHouse, segment: string): Promise<SegmentProfile> {
  const build = (await currentBuilds(clickhouse, [segment])).get(segment);
  const [clock] = await clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
  const params = { segment, build: build?.build ?? 0, shown: SHOWN };
  const counted = (kind: keyof typeof KNOWN) =>
    clickhouse.query<{ value: string; everyone: string; own: string }>(sqlOf(kind), params);
  const [total] = await counted(ALL);
  const members = Number(total?.own ?? 0);
  const everyone = Number(total?.everyone ?? 0);
  const linesOf = async (kind: ProfileKind) =>
    (await counted(kind))
      .filter(({ value }) => value !== '')
      .map((row) => lineOf(row.value, Number(row.own), Number(row.everyone), members, everyone));
  return {
    segment,
    asOf: build?.asOf ?? null,
    countedAt: iso(clock!.now),
    members,
    everyone,
    kinds: {
      // One after the other: each groups everybody, which is held once at a time.
      country: await linesOf('country'),
      device: await linesOf('device'),
      browser: await linesOf('browser'),
      hour: await linesOf('hour'),
      category: await linesOf('category'),
      demographic: await linesOf('demographic'),
    },
  };
}

function lineOf(value: string, own: number, all: number, members: number, everyone: number): ProfileLine {
  const share = members === 0 ? 0 : own / members;
  const shareOfEveryone = everyone === 0 ? 0 : all / everyone;
  return {
    value,
    members: own,
    everyone: all,
    share,
    shareOfEveryone,
    index: shareOfEveryone === 0 ? 0 : Math.round((100 * share) / shareOfEveryone),
  };
}
