import type { Allowed } from '../consent/decide.ts';
import type { PageMemory } from './page.ts';
import type { Source } from './sources.ts';

/** Where a hit came from: the pixel, a page's or server's POST, or an imported log. */
export type Origin = 'pixel' | 'api' | 'import';

/**
 * One observation as it was handed in, under the long names of `POST /v1/hits`; every value still text
 * from outside, none checked. `undefined` = not given.
 */
export interface HitInput {
  /** Of a page that was read before under the very same values: what came of it. */
  memory?: PageMemory | undefined;
  site?: string | undefined;
  event?: string | undefined;
  url?: string | undefined;
  referrer?: string | undefined;
  title?: string | undefined;
  categories?: readonly string[] | undefined;
  keywords?: readonly string[] | undefined;
  dwellMs?: number | undefined;
  scroll?: number | undefined;
  deviceId?: string | undefined;
  deviceType?: string | undefined;
  firstPartyId?: string | undefined;
  tz?: number | undefined;
  hitId?: string | undefined;
  campaign?: string | undefined;
  creative?: string | undefined;
  /** A flat object, or its JSON text. */
  props?: unknown;
  gdpr?: string | undefined;
  gdprConsent?: string | undefined;
  gpp?: string | undefined;
  gppSid?: string | undefined;
  usPrivacy?: string | undefined;
}

/** A part of a hit that other hits share: it is encoded once. */
export interface Shared {
  /** Its columns, which the encoder alone writes and reads. */
  columns?: string | undefined;
}

type PageColumns = 'url' | 'path' | 'title' | 'categories' | 'confidences' | 'keywords';
type PlaceColumns = 'country' | 'region' | 'network';
type AgentColumns = 'device' | 'os' | 'browser';

/** One observation with the parts that are remembered where they are made: pages, referrers, places, agents. */
export interface HitInParts
  extends Omit<Hit, PageColumns | 'referrer' | 'referrerHost' | PlaceColumns | AgentColumns> {
  page: Pick<Hit, PageColumns> & Shared;
  referrer: { readonly referrer: string; readonly host: string } & Shared;
  place: Pick<Hit, PlaceColumns> & Shared;
  agent: Pick<Hit, AgentColumns> & Shared;
}

/** One observation as it is stored: checked, scrubbed, enriched; the columns of the table `hits`. */
export interface Hit {
  /** Milliseconds since 1970. */
  time: number;
  /** UInt64. */
  visitor: bigint;
  /** UInt64; a repeat of a hit carries the same one. */
  hit: bigint;
  /** Id of the site, not its key. */
  site: string;
  event: string;
  origin: Origin;
  /** Without query (but for the allow-list) and fragment. */
  url: string;
  /** Of the URL, starting with a slash. */
  path: string;
  title: string;
  referrer: string;
  referrerHost: string;
  categories: readonly string[];
  /** Of each category how sure it is, in percent, as the text of an array: `[100,82]`. */
  confidences: string;
  keywords: readonly string[];
  dwellMs: number;
  /** Percent. */
  scroll: number;
  /** ISO 3166-1 alpha-2, or empty where not known. */
  country: string;
  /** ISO 3166-2, or empty. */
  region: string;
  /** ISO 639-1, or empty. */
  language: string;
  device: string;
  os: string;
  browser: string;
  /** Minutes east of UTC. */
  tz: number;
  /** The /24 or /48 of the address, as text. */
  network: string;
  deviceType: string;
  deviceId: string;
  /** UInt64: the visitor that the device id alone would be; 0 without one. */
  deviceVisitor: bigint;
  /** UInt64: the visitor that the site's first-party id alone would be; 0 without one, or where it is the visitor itself. */
  firstParty: bigint;
  /** UInt64: keyed hash of the address; 0 where none may be made. */
  household: bigint;
  allowed: Allowed;
  /** Empty for an event in the midst of a visit, which comes from nowhere. */
  source: Source | '';
  /** The campaign that showed the ad, or that led to the page. */
  campaign: string;
  /** The ad that was shown or clicked. */
  creative: string;
  /** What the page says beside, by name. */
  props: Readonly<Record<string, string>>;
}
