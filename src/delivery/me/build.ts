import { currentBuilds } from '../../audience/builds.ts';
import { EVERYBODY, OF_SLICE, type Slice, sliceParams, slicesAt } from '../../audience/bulk/slice.ts';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { pointersOf } from '../../clickhouse/pointers.ts';
import { Spent } from '../../clickhouse/spent.ts';
import { expectHeld, type Leases } from '../../jobs/lease.ts';
import type { RunResult } from '../../jobs/ledger.ts';
import type { Registry } from '../../registry/registry.ts';
import { gateBuild } from '../gate/build.ts';
import { readPast } from '../gate/past.ts';
import { type BuiltSegment, rowParts, SAYS } from '../gate/rows.ts';
import { originsOf } from '../plan/plans.ts';
import { PAGE_ALLOWS, pageSegments } from './page-segments.ts';

/** What profiles are made from. */
export interface ProfileSources {
  readonly clickhouse: ClickHouse;
  readonly leases: Leases;
  readonly registry: Registry;
  readonly minAudience: number;
  /** @default what fits well into memory */
  readonly membershipsASlice?: number;
}

const { publish, published, dropUnused } = pointersOf<'profiles'>('audience');

/** What a build was made of: by it the next one is known to be due, and its rows are read. */
export interface ProfilesSummary {
  /** Ids; a row names places in this list. */
  readonly segments: readonly string[];
  /** The newest build of any segment. */
  readonly newest: number;
  readonly minAudience: number;
}

const WAIT_MS = 300_000;
/** Each stands in memory while they are put together. */
const MEMBERSHIPS_A_SLICE = 4_000_000;
const VISITORS = 2n ** 64n;
/** As many as a row can name: of a number there are two bytes. */
const MOST_SEGMENTS = 65_535;

/** More segments may leave for pages than a profile can hold. */
export class TooManySegmentsError extends Error {
  readonly reason = 'too_many_segments';

  constructor(count: number) {
    super(
      `Profiles of pages hold ${MOST_SEGMENTS} segments, and ${count} may leave: label those that no page needs.`,
    );
    this.name = 'TooManySegmentsError';
  }
}

/**
 * Writes a profile of every visitor who is in a segment that pages may be told of: all of them become visible at
 * once, or the last ones stay.
 *
 * @throws ClickHouseError, LeaseBusyError, LeaseLostError, TooManySegmentsError
 */
export async function buildProfiles(from: ProfileSources): Promise<RunResult> {
  const { clickhouse, leases, registry, minAudience } = from;
  const lease = await leases.wait('profiles', WAIT_MS);
  try {
    const asOf = new Date();
    const build = lease.slot;
    const builds = await currentBuilds(clickhouse);
    const past = await readPast(clickhouse, registry, builds.values());
    const origins = originsOf(registry);
    const told: BuiltSegment[] = [];
    let memberships = 0;
    for (const segment of pageSegments(registry).keys()) {
      const built = builds.get(segment);
      if (built === undefined || built.build === 0 || !built.size || built.size < minAudience) continue;
      const verdict = gateBuild(segment, built, PAGE_ALLOWS, origins, registry, past);
      if (verdict.ruleChanged || verdict.refused.length > 0) continue;
      told.push({ segment, build: built.build, forbidden: verdict.forbidden });
      memberships += built.size;
    }
    if (told.length > MOST_SEGMENTS) throw new TooManySegmentsError(told.length);
    const spent = new Spent();
    for (const slice of told.length === 0 ? [] : slicesOf(memberships, from.membershipsASlice)) {
      await expectHeld(lease);
      spent.add(await fill(clickhouse, build, told, slice));
    }
    await expectHeld(lease);
    const summary: ProfilesSummary = {
      segments: told.map(({ segment }) => segment),
      newest: newestOf(builds.values()),
      minAudience,
    };
    await publish(clickhouse, 'profiles', build, asOf, summary);
    await dropUnused(clickhouse, 'profiles', (kind) => kind === 'profiles', build);
    return { result: { build, segments: told.length, memberships }, ...spent.read };
  } finally {
    await lease.release();
  }
}

/**
 * Whether memberships were published since the profiles were made of them.
 *
 * @throws ClickHouseError
 */
export async function profilesAreDue({
  clickhouse,
  minAudience,
}: Pick<ProfileSources, 'clickhouse' | 'minAudience'>): Promise<boolean> {
  const [builds, last] = await Promise.all([currentBuilds(clickhouse), published(clickhouse)]);
  const newest = newestOf(builds.values());
  const made = last.get('profiles')?.summary as ProfilesSummary | undefined;
  return newest > 0 && (made?.newest !== newest || made.minAudience !== minAudience);
}

/** A part of the job that delivers; no id of a destination has a colon. */
export const PROFILES_PART = 'pages:profiles';

/**
 * What pages are told and what destinations are, both brought up to date; neither keeps the other from being done.
 *
 * @throws what the first of them that failed says, after both have ended.
 */
export async function withProfiles(
  from: ProfileSources,
  deliver: () => Promise<RunResult>,
): Promise<RunResult> {
  const [profiles, delivered] = await Promise.allSettled([buildProfiles(from), deliver()]);
  if (delivered.status === 'rejected') throw delivered.reason;
  if (profiles.status === 'rejected') throw profiles.reason;
  const spent = new Spent();
  spent.add(profiles.value);
  spent.add(delivered.value);
  return { result: { ...delivered.value.result, profiles: profiles.value.result }, ...spent.read };
}

function newestOf(builds: Iterable<{ readonly build: number }>): number {
  let newest = 0;
  for (const { build } of builds) newest = Math.max(newest, build);
  return newest;
}

/** Visitors are numbers by chance, so equal ranges hold as many. */
function slicesOf(memberships: number, ofASlice = MEMBERSHIPS_A_SLICE): Slice[] {
  const count = Math.ceil(memberships / ofASlice);
  if (count <= 1) return [EVERYBODY];
  const width = VISITORS / BigInt(count);
  return slicesAt(Array.from({ length: count - 1 }, (_, place) => width * BigInt(place + 1)));
}

const IN_BUILDS = 'build IN {builds:Array(UInt64)}';

function fill(clickhouse: ClickHouse, build: number, told: readonly BuiltSegment[], slice: Slice) {
  const ofSlice = slice === EVERYBODY ? 'true' : OF_SLICE;
  // Where somebody was seen is looked up in the hits: in those of the slice alone.
  const looksAtPlaces = slice !== EVERYBODY && told.some(({ forbidden = [] }) => forbidden.length > 0);
  const { params, members, consents, inPlace } = rowParts({
    segments: told,
    sources: [{ kind: 'visitor', id: 'visitor' }],
    ...(looksAtPlaces
      ? { visitors: `SELECT visitor FROM kept_members WHERE ${IN_BUILDS} AND ${ofSlice}` }
      : {}),
  });
  return clickhouse.command(
    `INSERT INTO profiles (build, visitor, segments, seen)
     SELECT {profiles:UInt64}, visitor, arraySort(groupArray(member.place)), min(member.seen)
     FROM (
       SELECT toUInt16(transform(segment, {segments:Array(String)}, {places:Array(UInt16)}, toUInt16(0))) AS place,
              visitor, seen
       FROM (${members})
       WHERE ${ofSlice} AND ${inPlace}
         AND visitor GLOBAL IN (SELECT visitor FROM (${consents}) WHERE says = ${SAYS.yes} AND ${ofSlice})) AS member
     GROUP BY visitor`,
    { ...params, ...sliceParams(slice), profiles: build, places: told.map((_, place) => place) },
    AS_A_WHOLE,
  );
}
