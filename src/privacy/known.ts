import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';

/** What is stored of one visitor, as far as a person would ask. */
export interface Known {
  readonly hits: number;
  /** ISO 8601; undefined where there is no hit. */
  readonly firstSeen: string | undefined;
  readonly lastSeen: string | undefined;
  /** ISO 3166-1. */
  readonly countries: readonly string[];
  /** By number of hits, at most {@link LONGEST}. */
  readonly categories: readonly string[];
  /** Ids of the segments whose current build has the visitor. */
  readonly segments: readonly string[];
  /** Partners' ids and types of device ids under which the visitor is known elsewhere. */
  readonly links: readonly string[];
  /** `provider:name`: what others said of the visitor and still holds, at most {@link LONGEST}. */
  readonly traits: readonly string[];
  /** Ids of the IAB Audience Taxonomy, the highest score first, at most {@link LONGEST}. */
  readonly interests: readonly string[];
  /** What the visitor counts as, declared by others or inferred. */
  readonly demographics: readonly Demographic[];
  readonly consent: Consent | undefined;
}

export interface Demographic {
  readonly attribute: string;
  readonly value: string;
  readonly declared: boolean;
}

/** The newest word on consent. */
export interface Consent {
  readonly time: string;
  readonly withdrawn: boolean;
  /** As in `Allowed`. */
  readonly purposes: number;
  readonly partners: readonly string[];
}

const LONGEST = 30;

/**
 * Reads what the views show of a visitor; of one whose erasure is asked for that is nothing.
 *
 * @param visitor UInt64.
 * @throws ClickHouseError
 */
export async function readKnown(clickhouse: ClickHouse, visitor: bigint): Promise<Known> {
  const params = { visitor, longest: LONGEST };
  const [[seen], categories, segments, links, traits, interests, demographics, [consent]] = await Promise.all(
    [
      clickhouse.query<{ hits: string; first: string; last: string; countries: string[] }>(
        `SELECT uniqExact(hit) AS hits, min(kept_hits.time) AS first, max(kept_hits.time) AS last,
              arraySort(groupUniqArrayIf(country, country != '')) AS countries
       FROM kept_hits WHERE visitor = {visitor:UInt64}`,
        params,
      ),
      clickhouse.query<{ category: string }>(
        `SELECT category FROM kept_hits ARRAY JOIN categories AS category
       WHERE visitor = {visitor:UInt64}
       GROUP BY category ORDER BY uniqExact(hit) DESC, category LIMIT {longest:UInt16}`,
        params,
      ),
      clickhouse.query<{ segment: string }>(
        `SELECT DISTINCT segment FROM kept_members
       WHERE visitor = {visitor:UInt64} AND (segment, build) GLOBAL IN (
         SELECT segment, maxIf(builds.build, builds.state = 'built') FROM builds GROUP BY segment)
       ORDER BY segment`,
        params,
      ),
      clickhouse.query<{ source: string }>(
        `SELECT source FROM seen_links WHERE visitor = {visitor:UInt64}
       GROUP BY source HAVING argMax(seen_links.uid, (seen_links.told, seen_links.uid = '')) != '' ORDER BY source`,
        params,
      ),
      clickhouse.query<{ trait: string }>(
        'SELECT trait FROM kept_traits WHERE visitor = {visitor:UInt64} ORDER BY trait LIMIT {longest:UInt16}',
        params,
      ),
      clickhouse.query<{ interest: string }>(
        `SELECT interest FROM kept_interests WHERE visitor = {visitor:UInt64}
       ORDER BY score DESC, interest LIMIT {longest:UInt16}`,
        params,
      ),
      // A label counts from the moment it came; the job brings what is inferred.
      clickhouse.query<{ attribute: string; value: string; declared: number }>(
        `SELECT attribute, argMax(said, sure) AS value, max(sure) AS declared FROM (
         SELECT attribute, value AS said, 1 AS sure FROM kept_labels WHERE visitor = {visitor:UInt64}
         UNION ALL
         SELECT attribute, value AS said, 0 AS sure FROM kept_demographics
         WHERE visitor = {visitor:UInt64} AND decided AND NOT declared)
       GROUP BY attribute ORDER BY attribute`,
        params,
      ),
      clickhouse.query<{ time: string; withdrawn: number; purposes: number; partners: string[] }>(
        // A refusal outlives an erasure, a yes does not.
        `SELECT time, withdrawn, purposes, partners FROM kept_consents
       WHERE visitor = {visitor:UInt64}
         AND (withdrawn OR visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors))`,
        params,
      ),
    ],
  );
  const hits = Number(seen?.hits ?? 0);
  return {
    hits,
    firstSeen: hits === 0 ? undefined : iso(seen!.first),
    lastSeen: hits === 0 ? undefined : iso(seen!.last),
    countries: seen?.countries ?? [],
    categories: categories.map(({ category }) => category),
    segments: segments.map(({ segment }) => segment),
    links: links.map(({ source }) => source),
    traits: traits.map(({ trait }) => trait),
    interests: interests.map(({ interest }) => interest),
    demographics: demographics.map((row) => ({ ...row, declared: row.declared === 1 })),
    consent: consent && {
      time: iso(consent.time),
      withdrawn: consent.withdrawn === 1,
      purposes: consent.purposes,
      partners: consent.partners,
    },
  };
}
