import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Observed, Uploaded, World, Written } from './evaluate.testing.ts';
import { parseRule } from './parse.ts';
import { resolve } from './resolve.ts';
import type { ResolvedRule, Rule } from './rule.ts';

const DAY = 86_400_000;

/** @throws Error where the rule is not understood. */
export function read(json: unknown): Rule {
  const parsed = parseRule(json);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.rule;
}

/** A segment's rule ready to run. @throws Error where it is refused. */
export function resolvedAs({ rule, merge }: Written, segments: ReadonlyMap<string, Written>): ResolvedRule {
  const lookup = (id: string) => {
    const segment = segments.get(id);
    return segment && { rule: read(segment.rule), merge: segment.merge };
  };
  const got = resolve(read(rule), lookup, undefined, merge);
  if (!got.ok) throw new Error(got.message);
  return got.rule;
}

/** What is stored of a world, and nothing else. */
export class Stored {
  readonly #clickhouse: ClickHouse;
  readonly #plain: Observed;
  readonly #asOf: number;

  /** @param asOf milliseconds since 1970; where no time is given a hit is of a day before. */
  constructor(clickhouse: ClickHouse, asOf: number) {
    this.#clickhouse = clickhouse;
    this.#asOf = asOf;
    this.#plain = {
      time: asOf - DAY,
      visitor: 1n,
      hit: 1n,
      site: 's1',
      event: 'pageview',
      path: '/',
      title: '',
      referrer: '',
      referrerHost: '',
      categories: [],
      keywords: [],
      dwellMs: 0,
      country: '',
      region: '',
      language: '',
      device: 'desktop',
      os: '',
      browser: '',
      source: 'direct',
      campaign: '',
      creative: '',
      tz: 0,
    };
  }

  /** A hit with everything that is stored of it. */
  filled(hit: Partial<Observed>): Observed {
    return { ...this.#plain, ...hit };
  }

  async hits(hits: readonly Partial<Observed>[]): Promise<void> {
    await this.#clickhouse.command('TRUNCATE TABLE features');
    const rows = hits.map((given) => {
      const { visitor, hit, time, referrerHost, dwellMs, ...rest } = this.filled(given);
      return {
        ...rest,
        visitor: String(visitor),
        hit: String(hit),
        time: new Date(time).toISOString(),
        referrer_host: referrerHost,
        dwell_ms: dwellMs,
      };
    });
    await this.#replace('hits', rows);
  }

  async traits(
    uploaded: readonly (Pick<Uploaded, 'visitor' | 'trait'> & Partial<Uploaded>)[],
  ): Promise<void> {
    const rows = uploaded.map(({ visitor, trait, time = this.#asOf, expires }) => ({
      visitor: String(visitor),
      trait,
      time: new Date(time).toISOString(),
      expires: expires === undefined ? 0 : Math.floor(expires / 1000),
    }));
    await this.#replace('traits', rows);
  }

  /** Clusters as the newest build of them, households as links. */
  async bonds({ clusters, households }: Pick<World, 'clusters' | 'households'>): Promise<void> {
    const last = new Date(this.#asOf).toISOString();
    await this.#replace('identity_builds', [{ kind: 'clusters', build: 1, as_of: last, time: last }]);
    await this.#replace(
      'clusters',
      [...clusters].map(([visitor, cluster]) => ({
        build: 1,
        visitor: String(visitor),
        cluster: String(cluster),
        last,
      })),
    );
    await this.#replace(
      'links',
      households.map(([visitor, household]) => ({
        source: 'household',
        visitor: String(visitor),
        uid: String(household),
        first: last,
        last,
      })),
    );
  }

  /** What the jobs have made of visitors, each kind as its newest build. */
  async known({ scores, classes, places }: Pick<World, 'scores' | 'classes' | 'places'>): Promise<void> {
    const last = new Date(this.#asOf).toISOString();
    const row = { build: 1, last };
    const kinds = [
      'interests',
      ...new Set(classes.map(({ attribute }) => `demographics/${attribute}`)),
      ...new Set(places.map(({ seed }) => `lookalikes/${seed}`)),
    ];
    await this.#replace(
      'audience_builds',
      kinds.map((kind) => ({ kind, build: 1, as_of: last, time: last, summary: '{}' })),
    );
    const rowsOf = (known: readonly { readonly visitor: bigint }[]) =>
      known.map(({ visitor, ...rest }) => ({ ...row, ...rest, visitor: String(visitor) }));
    await this.#replace('interests', rowsOf(scores));
    await this.#replace('demographics', rowsOf(classes));
    await this.#replace('lookalikes', rowsOf(places));
  }

  async #replace(table: string, rows: readonly object[]): Promise<void> {
    await this.#clickhouse.command(`TRUNCATE TABLE ${table}`);
    if (rows.length > 0) await this.#clickhouse.insert(table, rows);
  }
}
