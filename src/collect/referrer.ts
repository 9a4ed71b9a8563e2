import { isIP } from 'node:net';
import { Recent } from '../recent.ts';
import { truncate } from './address.ts';
import { detached } from './detached.ts';
import { domainsOf, liesWithin, namesOf } from './domains.ts';
import type { Shared } from './hit.ts';
import { scrubUrl } from './scrub.ts';
import { type Source, sourceOfApp, sourceOfHost } from './sources.ts';

/** Where a visitor came from, as it may be stored. */
export interface Referrer extends Shared {
  /** Scrubbed; empty where that is nowhere else, or cannot be read. */
  readonly referrer: string;
  /** Host name without port, lower case; empty like the above. */
  readonly host: string;
  readonly source: Exclude<Source, 'campaign'>;
}

export const DIRECT: Referrer = { referrer: '', host: '', source: 'direct', columns: undefined };
const OWN: Referrer = { referrer: '', host: '', source: 'internal', columns: undefined };

/** A referrer that was read, with what tells whether it is one of the page's own site. */
interface Known {
  readonly ownHost: string;
  /** The host and the hosts above it. */
  readonly within: readonly string[];
  readonly elsewhere: Referrer;
  readonly inside: Referrer;
}

/** By the referrer as it came: many visitors come from few pages. */
const referrers = new Recent<string, Known>(5_000);
/** Characters of a referrer that is remembered; a longer one is read anew each time. */
const MAX_REMEMBERED = 1_024;

/**
 * Scrubs a referrer as a page's URL, and tells what kind of place it is. One on the page's own host tells
 * nothing that the earlier hit did not tell, and one that cannot be read tells nothing at all: both are empty,
 * never a refusal. A host that is an address is cut like any address: unlike the page's own it may be a
 * person's machine.
 *
 * @param referrer the `r` parameter or document.referrer, as it came; `android-app://` counts as what the app is.
 * @param host host name of the page, in lower case, without port.
 * @param domains those of the page's site; what lies below one is the site's too.
 */
export function readReferrer(referrer: string, host: string, domains: readonly string[]): Referrer {
  if (referrer === '') return DIRECT;
  let known = referrers.get(referrer);
  if (known === undefined) {
    known = read(referrer);
    if (referrer.length <= MAX_REMEMBERED) referrers.set(detached(referrer), known);
  }
  if (known.ownHost === host) return OWN;
  return isInside(known, host, domains) ? known.inside : known.elsewhere;
}

/**
 * Who moves within a site was led nowhere, whatever tags its links have; else the tags say more than the
 * referrer. That somebody came directly only a page view can say: other events have no referrer as a rule.
 *
 * @param tagged what the tags in the page's address say; empty without.
 * @returns empty for an event in the midst of a visit.
 */
export const sourceOf = ({ source }: Referrer, tagged: Source | '', isPageView: boolean): Source | '' =>
  source === 'internal' ? source : tagged || (isPageView || source !== 'direct' ? source : '');

const nowhere = (source: Referrer['source']): Known => {
  const elsewhere: Referrer = { ...DIRECT, source };
  return { ownHost: '', within: [], elsewhere, inside: elsewhere };
};
const UNREADABLE = nowhere('direct');
const APP = /^(?:android|ios)-app:\/\/([\w.-]{1,200})/i;

function read(referrer: string): Known {
  const app = APP.exec(referrer)?.[1];
  if (app !== undefined) return nowhere(sourceOfApp(app) ?? 'referral');
  const scrubbed = scrubUrl(referrer);
  if (typeof scrubbed === 'string') return UNREADABLE;
  const ownHost = scrubbed.host;
  const elsewhere: Referrer = {
    ...withoutAddress(scrubbed.url, ownHost),
    source: sourceOfHost(ownHost) ?? 'referral',
    columns: undefined,
  };
  return { ownHost, within: namesOf(ownHost), elsewhere, inside: { ...elsewhere, source: 'internal' } };
}

function withoutAddress(url: string, ownHost: string): { referrer: string; host: string } {
  const address = ownHost.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return { referrer: url, host: ownHost };
  const network = truncate(address).replace(/\/\d+$/, '');
  const host = network.includes(':') ? `[${network}]` : network;
  return { referrer: url.replace(ownHost, host), host };
}

/**
 * A host below or above the page's is of the same site, unless it is known to be something else: who comes to
 * `a.tumblr.com` from `tumblr.com` comes from a social network.
 */
function isInside({ ownHost, within, elsewhere }: Known, host: string, domains: readonly string[]): boolean {
  if (domains.length > 0 && liesWithin(within, domainsOf(domains))) return true;
  if (elsewhere.source !== 'referral' || !ownHost.includes('.')) return false;
  const site = host.startsWith('www.') ? host.slice(4) : host;
  return within.includes(site) || (host.endsWith(ownHost) && host.at(-ownHost.length - 1) === '.');
}
