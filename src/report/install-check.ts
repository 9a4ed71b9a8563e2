import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { STORED } from './tally.ts';

/** What came from a site since a moment: whether its tag works, and if not, why. */
export interface InstallCheck {
  readonly site: string;
  /** ISO 8601: a minute's beginning, because refusals are counted by the minute. */
  readonly since: string;
  /** Distinct hits. */
  readonly stored: number;
  /** The newest of them; null = none. */
  readonly last: {
    readonly time: string;
    readonly event: string;
    readonly path: string;
    readonly title: string;
    readonly categories: readonly string[];
    readonly country: string;
    readonly device: string;
    readonly browser: string;
  } | null;
  /** Most first. Of a key that is no site's nobody knows whose it was to be: those are told too. */
  readonly refused: readonly {
    readonly reason: string;
    readonly sentence: string;
    /** What to change. */
    readonly advice: string;
    readonly n: number;
  }[];
}

/** What whoever pastes a tag can do about it. Of other reasons the sentence says all. */
const ADVICE: Readonly<Partial<Record<Refusal, string>>> = {
  unknown_site: 'Copy the tag again from this page: its data-site must be this site’s key, whole.',
  foreign_page: 'Add the host of the page to the site’s domains, or take the tag off that page.',
  bot: 'Open the page with an ordinary browser: headless ones and tools are taken for crawlers.',
  prefetch: 'Open the page itself; what a browser fetches ahead does not count.',
  opted_out: 'This browser has opted out: opt in again at /privacy, or use another browser.',
  visitor_refused:
    'The page’s consent platform reported a no: answer yes in its dialog, then load the page again.',
  sale_opt_out:
    'The browser or the page sends an opt-out of sale (GPC, US Privacy or GPP): try one that does not.',
  consent_missing:
    'The law of this visitor’s country wants a yes: load the consent platform before the tag, and answer its dialog.',
  country_unknown:
    'The address is of no known country. On a machine of your own set NINETY_LOCAL_REGION; behind a proxy, NINETY_TRUST_PROXY.',
  no_vendor_id: 'Set NINETY_GVL_ID to your vendor id in the Global Vendor List, and start the server again.',
  no_vendor_consent:
    'Answer yes for this vendor in the consent dialog; it must be among the platform’s vendors.',
  no_purpose_store: 'Answer yes to storing on the device in the consent dialog.',
  no_purpose_profile: 'Answer yes to building a profile in the consent dialog.',
  url_missing: 'Give the page’s address in u, or let the page send a Referer (see its Referrer-Policy).',
  bad_url: 'Open the page over http or https; a file of this machine has no address that counts.',
  no_id: 'Allow cookies for this address, or give the tag a first-party id.',
  journal_full: 'The collector’s disk quota is used up: see the overview, then try again.',
};

/**
 * Looks what a site's tag has brought since a moment.
 *
 * @param since milliseconds since 1970.
 * @throws ClickHouseError
 */
export async function installCheck(
  clickhouse: ClickHouse,
  site: string,
  since: number,
): Promise<InstallCheck> {
  const from = Math.floor(since / 60_000) * 60;
  const [[count], [last], refused] = await Promise.all([
    clickhouse.query<{ stored: string }>(
      `SELECT uniqExact(hit) AS stored FROM kept_hits
       WHERE site = {site:String} AND time >= fromUnixTimestamp({from:UInt32})`,
      { site, from },
    ),
    clickhouse.query<NonNullable<InstallCheck['last']>>(
      `SELECT toString(time) AS time, event, path, title, categories, country, device, browser FROM kept_hits
       WHERE site = {site:String} AND kept_hits.time >= fromUnixTimestamp({from:UInt32})
       ORDER BY kept_hits.time DESC LIMIT 1`,
      { site, from },
    ),
    clickhouse.query<{ reason: string; n: string }>(
      `SELECT reason, sum(kept_tallies.n) AS n FROM kept_tallies
       WHERE room = 'collect' AND (site = {site:String} OR site = '' AND reason = 'unknown_site')
         AND reason != {stored:String} AND time >= fromUnixTimestamp({from:UInt32})
       GROUP BY reason ORDER BY n DESC, reason`,
      { site, from, stored: STORED },
    ),
  ]);
  return {
    site,
    since: new Date(from * 1000).toISOString(),
    stored: Number(count?.stored ?? 0),
    last: last === undefined ? null : { ...last, time: iso(last.time) },
    refused: refused.map(({ reason, n }) => ({
      reason,
      sentence: Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as Refusal] : '',
      advice: ADVICE[reason as Refusal] ?? '',
      n: Number(n),
    })),
  };
}
