import { signals, verdict } from './consent.ts';
import { cookie, randomId } from './id.ts';
import { RETENTION_S, URL_LIMIT } from './limits.ts';
import { labels, type Parameters, script } from './page.ts';
import { ALLOWED } from './verdict.ts';

/**
 * Sends a hit, with the consent signals and the ids that the verdict allows.
 *
 * Attention, outbound clicks and a word taken back may be the last that happens on the page, or must tell where
 * they come from: they go by beacon where the browser takes it, without a body. All else goes by image, so that
 * hits arrive in the order in which they were sent.
 *
 * @param parameters in the order in which they are dear; an `id` among them replaces the hit id.
 * @param path of the collector, at the origin that the tag came from.
 */
export const send = (e: string, parameters?: Parameters, path = 'p.gif') => {
  const url = new URL(`/${path}?${signals()}`, script.src) as URL & string;
  const query = url.searchParams;
  const may = verdict();
  const known = cookie();
  // The id of this browser: kept or made where that is allowed, removed where it is refused, else left as it is.
  // Where it is removed it goes once more; else only as the browser has kept it, so that no id is sent that the
  // next page cannot repeat.
  const kept = may % ALLOWED ? known : cookie(known || randomId(), may && RETENTION_S);
  Object.entries({
    s: labels.site,
    e,
    id: randomId(),
    fid: may ? kept : known,
    ...(parameters as Record<string, string | undefined>),
  }).forEach(([name, value], place) => {
    if (/[^{}]/.test(value || '')) query.append(name, value!);
    // What the CMP said, whose the hit is and what it is always go; of the rest each goes whole or not at all,
    // because half of it says something else.
    if (place > 3 && url.href.length > URL_LIMIT) query.delete(name);
  });
  if (!(/attention|outbound|optin/.test(e) && navigator.sendBeacon?.(url))) new Image().src = url;
};
