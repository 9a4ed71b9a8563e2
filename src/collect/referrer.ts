import { isIP } from 'node:net';
import { truncate } from './address.ts';
import { scrubUrl } from './scrub.ts';

/** Where a visitor came from, as it may be stored; both empty where that is nowhere else. */
export interface Referrer {
  readonly referrer: string;
  /** Host name without port, lower case. */
  readonly host: string;
}

const NOWHERE: Referrer = { referrer: '', host: '' };

/**
 * Scrubs a referrer as a page's URL. One on the page's own host tells nothing that the earlier hit did not
 * tell, and one that cannot be read tells nothing at all: both are empty, never a refusal. A host that is
 * an address is cut like any address: unlike the page's own it may be a person's machine.
 *
 * @param referrer the `r` parameter or document.referrer, as it came.
 * @param ownHost host name of the page, in lower case, without port.
 */
export function scrubReferrer(referrer: string, ownHost: string): Referrer {
  if (referrer === '') return NOWHERE;
  const scrubbed = scrubUrl(referrer);
  if (typeof scrubbed === 'string' || scrubbed.host === ownHost) return NOWHERE;
  const address = scrubbed.host.replace(/^\[|\]$/g, '');
  if (isIP(address) === 0) return { referrer: scrubbed.url, host: scrubbed.host };
  const network = truncate(address).replace(/\/\d+$/, '');
  const host = network.includes(':') ? `[${network}]` : network;
  return { referrer: scrubbed.url.replace(scrubbed.host, host), host };
}
