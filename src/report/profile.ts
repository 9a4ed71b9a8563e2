import { NODE_BY_ID } from '../audience/taxonomy/audience.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { readKnown } from '../privacy/known.ts';

/** What an operator is shown of one visitor. */
export interface Profile {
  readonly hits: number;
  /** ISO 8601; null where there is no hit. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** The day (UTC) on which nothing is left of the visitor unless seen again; null where there is nothing. */
  readonly expires: string | null;
  readonly countries: readonly string[];
  readonly categories: readonly string[];
  /** Ids of the segments whose current build has the visitor. */
  readonly segments: readonly string[];
  /** Partners and types of device ids under which the visitor is known elsewhere, without those ids. */
  readonly links: readonly string[];
  readonly traits: readonly string[];
  /** The highest score first. */
  readonly interests: readonly { readonly id: string; readonly name: string; readonly score: number }[];
  readonly demographics: readonly ProfileClass[];
  readonly consent: {
    readonly time: string;
    readonly withdrawn: boolean;
    /** Of the TCF. */
    readonly purposes: readonly number[];
    readonly partners: readonly string[];
  } | null;
  /** Newest first, at most {@link SHOWN_HITS}. */
  readonly recent: readonly ProfileHit[];
}

export interface ProfileClass {
  readonly attribute: string;
  readonly value: string;
  /** Calibrated, 0 to 1. */
  readonly probability: number;
  readonly declared: boolean;
  /** What the visitor counts as. */
  readonly decided: boolean;
}

export interface ProfileHit {
  /** ISO 8601. */
  readonly time: string;
  /** Id. */
  readonly site: string;
  readonly event: string;
  readonly path: string;
  readonly title: string;
  readonly categories: readonly string[];
  readonly country: string;
  readonly device: string;
}

const SHOWN_HITS = 50;
const SHOWN_INTERESTS = 30;
const DAY_MS = 86_400_000;

/**
 * Reads what the views show of a visitor; of one whose erasure is asked for that is nothing.
 *
 * @param visitor UInt64.
 * @throws ClickHouseError
 */
export async function readProfile(
  clickhouse: ClickHouse,
  visitor: bigint,
  retentionDays: number,
): Promise<Profile> {
  const params = { visitor, hits: SHOWN_HITS, interests: SHOWN_INTERESTS };
  const [known, recent, interests, demographics] = await Promise.all([
    readKnown(clickhouse, visitor),
    clickhouse.query<Omit<ProfileHit, 'time'> & { at: string }>(
      `SELECT toString(any(kept_hits.time)) AS at, any(site) AS site, any(event) AS event, any(path) AS path,
              any(title) AS title, any(categories) AS categories, any(country) AS country, any(device) AS device
       FROM kept_hits WHERE visitor = {visitor:UInt64} GROUP BY hit ORDER BY at DESC LIMIT {hits:UInt16}`,
      params,
    ),
    clickhouse.query<{ interest: string; score: number }>(
      `SELECT interest, score FROM kept_interests WHERE visitor = {visitor:UInt64}
       ORDER BY score DESC, interest LIMIT {interests:UInt16}`,
      params,
    ),
    clickhouse.query<{
      attribute: string;
      value: string;
      probability: number;
      declared: boolean | number;
      decided: boolean | number;
    }>(
      `SELECT attribute, value, probability, declared, decided FROM kept_demographics
       WHERE visitor = {visitor:UInt64} ORDER BY attribute, probability DESC, value`,
      params,
    ),
  ]);
  const { consent, firstSeen, lastSeen, hits, countries, categories, segments, links, traits } = known;
  return {
    hits,
    firstSeen: firstSeen ?? null,
    lastSeen: lastSeen ?? null,
    expires: lastSeen === undefined ? null : dayAfter(lastSeen, retentionDays),
    countries,
    categories,
    segments,
    links,
    traits,
    interests: interests.map(({ interest, score }) => ({
      id: interest,
      name: NODE_BY_ID.get(interest)?.name ?? interest,
      score,
    })),
    demographics: demographics.map(({ attribute, value, probability, declared, decided }) => ({
      attribute,
      value,
      probability,
      declared: Boolean(declared),
      decided: Boolean(decided),
    })),
    consent:
      consent === undefined
        ? null
        : {
            time: consent.time,
            withdrawn: consent.withdrawn,
            // Bit p - 1 is purpose p.
            purposes: Array.from({ length: 16 }, (_, bit) => bit + 1).filter(
              (purpose) => consent.purposes & (1 << (purpose - 1)),
            ),
            partners: consent.partners,
          },
    recent: recent.map(({ at, site, event, path, title, categories: about, country, device }) => ({
      time: iso(at),
      site,
      event,
      path,
      title,
      categories: about,
      country,
      device,
    })),
  };
}

/** Rows of a day leave together, so many days after it. */
const dayAfter = (moment: string, days: number) =>
  new Date(Date.parse(`${moment.slice(0, 10)}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
