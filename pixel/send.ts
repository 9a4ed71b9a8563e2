import { signals, verdict } from './consent.ts';
import { firstPartyId, randomId } from './id.ts';
import { URL_LIMIT } from './limits.ts';
import { endpoint, labels, type Parameters } from './page.ts';

/**
 * Sends a hit, with the consent signals and the ids that the verdict allows.
 *
 * Attention and outbound clicks may be the last that happens on the page: they go by beacon where the browser
 * takes it, without a body. All else goes by image, so that hits arrive in the order in which they were sent.
 *
 * @param view hit id of a page view, which may be sent again; anything else gets an id of its own.
 */
export function send(e: string, parameters?: Parameters, view?: string): void {
  const given = Object.entries({
    s: labels.site,
    e,
    id: view || randomId(),
    fid: firstPartyId(verdict()),
    ...parameters,
  }).filter((entry) => /[^{}]/.test((entry[1] || '') as string));
  // The signals stand first, because cut they would say something else.
  const url = `${endpoint}?${signals()}&${new URLSearchParams(given as [string, string][])}`.slice(
    0,
    URL_LIMIT,
  );
  if (!(/attention|outbound/.test(e) && navigator.sendBeacon?.(url))) new Image().src = url;
}
