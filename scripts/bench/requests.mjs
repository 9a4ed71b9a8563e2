import { BROWSERS } from '../demo/browsers.mjs';
import { addressIn, PLACES } from '../demo/places.mjs';
import { randomFrom } from '../demo/random.mjs';
import { SITES } from '../demo/sites.mjs';
import { consentString } from './consent.mjs';

const ID_ALPHABET = 'abcdefghijklmnopqrstuv0123456789';
/** Countries by their share of visitors; DE, FR, GB and ES want a yes, and their visitors bring one. */
const COUNTRIES = { US: 40, CA: 6, IN: 12, JP: 6, AU: 5, MX: 4, DE: 10, FR: 7, GB: 8, ES: 2 };
const WANT_A_YES = new Set(['DE', 'FR', 'GB', 'ES']);
/** CMPs round the moment of a choice to the day, so that many visitors share a string, but far from all. */
const CONSENT_STRINGS = 300;

/**
 * Requests for the pixel as the tag sends them, byte for byte, each cut in two where its hit id belongs: a
 * page view's id is never the same twice.
 *
 * @param {{count: number, visitors: number, vendor: number, siteKey: string, host: string,
 *   cookieOf: (visitor: number) => string | undefined}} options `cookieOf`: the `Cookie` header's value, or
 *   undefined for a browser that brings none.
 * @returns {[string, string][]}
 */
export function pixelRequests({ count, visitors, vendor, siteKey, host, cookieOf }) {
  const random = randomFrom(90);
  const consents = Array.from({ length: CONSENT_STRINGS }, (_, day) => consentString({ day, vendor }));
  const people = Array.from({ length: visitors }, (_, number) => {
    const country = random.weighted(COUNTRIES);
    return {
      country,
      address: addressIn(country, random),
      browser: BROWSERS[number % BROWSERS.length],
      cookie: cookieOf(number),
      firstPartyId: random.text(20, ID_ALPHABET),
      consent: WANT_A_YES.has(country) ? random.pick(consents) : undefined,
    };
  });
  return Array.from({ length: count }, () => {
    const person = random.pick(people);
    const place = PLACES[person.country];
    const site = random.pick(SITES);
    const [path, title] = random.pick(site.articles);
    const url = `https://${site.host}${path}${random.next() < 0.2 ? '?utm_source=newsletter&utm_medium=email' : ''}`;
    const parameters = {
      fid: person.firstPartyId,
      u: url,
      r: random.next() < 0.5 ? 'https://www.google.com/' : `https://${site.host}/`,
      t: title,
      c: site.categories?.join(),
      k: site.keywords.join(),
      tz: String(place.tz),
      ...(person.consent === undefined ? {} : { gdpr: '1', gdpr_consent: person.consent }),
    };
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given).toString().replaceAll('+', '%20');
    return [
      `GET /p.gif?s=${siteKey}&e=pageview&id=`,
      `&${query} HTTP/1.1\r\n${[
        `Host: ${host}`,
        'Connection: keep-alive',
        `X-Forwarded-For: ${person.address}`,
        `User-Agent: ${person.browser.userAgent}`,
        'Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
        'Sec-Fetch-Site: cross-site',
        'Sec-Fetch-Mode: no-cors',
        'Sec-Fetch-Dest: image',
        `Referer: https://${site.host}/`,
        'Accept-Encoding: gzip, deflate, br, zstd',
        `Accept-Language: ${place.language}`,
        ...(person.cookie === undefined ? [] : [`Cookie: ${person.cookie}`]),
      ].join('\r\n')}\r\n\r\n`,
    ];
  });
}
