import { BROWSERS } from '../demo/browsers.mjs';
import { addressIn, PLACES } from '../demo/places.mjs';
import { randomFrom } from '../demo/random.mjs';
import { SITES } from '../demo/sites.mjs';
import { consentString } from './consent.mjs';

/** Characters of a hit id as the load script makes them. */
const ID_LENGTH = 20;
const ID_ALPHABET = 'abcdefghijklmnopqrstuv0123456789';
/** Countries by their share of visitors: where absence of a no allows, and where a yes is wanted. */
const COUNTRIES = { US: 55, CA: 8, IN: 16, JP: 8, AU: 7, MX: 6 };
const WANT_A_YES = { DE: 37, FR: 26, GB: 30, ES: 7 };
/** CMPs round the moment of a choice to the day, so that many visitors share a string, but far from all. */
const CONSENT_STRINGS = 300;

/**
 * @typedef {{count: number, visitors: number, siteKey: string, host: string, vendor: number,
 *   consent?: boolean, hints?: boolean, cookieOf: (visitor: number) => string | undefined}} Traffic
 *   `cookieOf`: the `Cookie` header's value, or undefined for a browser that brings none; `consent`: visitors
 *   of countries that want a yes, each with a TC string for `vendor`; `hints`: browsers with Client Hints.
 */

/** Page views, one after another. @param {Traffic} traffic */
export function* views({ count, visitors, vendor, consent = false, cookieOf }) {
  const random = randomFrom(90);
  const consents = Array.from({ length: CONSENT_STRINGS }, (_, day) => consentString({ day, vendor }));
  const people = Array.from({ length: visitors }, (_, number) => {
    const country = random.weighted(consent ? WANT_A_YES : COUNTRIES);
    return {
      place: PLACES[country],
      address: addressIn(country, random),
      browser: BROWSERS[number % BROWSERS.length],
      cookie: cookieOf(number),
      firstPartyId: random.text(20, ID_ALPHABET),
      consent: consent ? random.pick(consents) : undefined,
    };
  });
  for (let made = 0; made < count; made++) {
    const site = random.pick(SITES);
    const [path, title] = random.pick(site.articles);
    const query = random.next() < 0.2 ? '?utm_source=newsletter&utm_medium=email' : '';
    const referrer = random.next() < 0.5 ? 'https://www.google.com/' : `https://${site.host}/`;
    yield { person: random.pick(people), site, title, url: `https://${site.host}${path}${query}`, referrer };
  }
}

/** Of a browser that asks for an image, as lines. */
export const headers = ({ person, site }, host, hints) => [
  `Host: ${host}`,
  'Connection: keep-alive',
  `X-Forwarded-For: ${person.address}`,
  `User-Agent: ${person.browser.userAgent}`,
  ...(hints ? clientHints(person.browser.userAgent) : []),
  'Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
  'Sec-Fetch-Site: cross-site',
  'Sec-Fetch-Mode: no-cors',
  'Sec-Fetch-Dest: image',
  `Referer: https://${site.host}/`,
  'Accept-Encoding: gzip, deflate, br, zstd',
  `Accept-Language: ${person.place.language}`,
  ...(person.cookie === undefined ? [] : [`Cookie: ${person.cookie}`]),
];

/** The low-entropy Client Hints of a Chromium; others send none. */
function clientHints(userAgent) {
  const version = /Chrome\/(\d+)/.exec(userAgent)?.[1];
  if (version === undefined) return [];
  const brand = /Edg\//.test(userAgent) ? 'Microsoft Edge' : 'Google Chrome';
  const mobile = /Mobile/.test(userAgent);
  const system = [
    ['Android', /Android/],
    ['Windows', /Windows/],
    ['macOS', /Mac OS X/],
    ['Chrome OS', /CrOS/],
  ].find(([, form]) => form.test(userAgent))?.[0];
  return [
    `sec-ch-ua: "${brand}";v="${version}", "Chromium";v="${version}", "Not.A/Brand";v="24"`,
    `sec-ch-ua-mobile: ?${mobile ? 1 : 0}`,
    `sec-ch-ua-platform: "${system ?? 'Linux'}"`,
  ];
}

/**
 * Page views as `sendBeacon` brings them in batches: `POST /v1/hits`, all of one visitor, each request cut in
 * two where the hit id of its first hit belongs.
 *
 * @param {Traffic & {size: number}} traffic `count` requests of `size` hits.
 * @returns {[string, string][]}
 */
export function batchRequests({ size, ...traffic }) {
  const all = [...views({ ...traffic, count: traffic.count * size })];
  return Array.from({ length: traffic.count }, (_, number) => {
    const first = all[number * size];
    const hits = all.slice(number * size, (number + 1) * size).map(({ site, title, url, referrer }) => ({
      hitId: '',
      site: traffic.siteKey,
      event: 'pageview',
      url,
      title,
      referrer,
      categories: site.categories,
      keywords: site.keywords,
      firstPartyId: first.person.firstPartyId,
      tz: first.person.place.tz,
    }));
    const [before, ...after] = JSON.stringify(hits).split('"hitId":""');
    const head = `${before}"hitId":"`;
    const tail = `"${after.join('"hitId":""')}`;
    const length = Buffer.byteLength(head) + ID_LENGTH + Buffer.byteLength(tail);
    const lines = [
      ...headers(first, traffic.host, false),
      'Content-Type: text/plain',
      `Content-Length: ${length}`,
    ];
    return [`POST /v1/hits HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${head}`, tail];
  });
}

/**
 * Requests for the pixel as the tag sends them, byte for byte, each cut in two where its hit id belongs: a
 * page view's id is never the same twice.
 *
 * @param {Traffic} traffic
 * @returns {[string, string][]}
 */
export function pixelRequests(traffic) {
  return Array.from(views(traffic), (view) => {
    const { person, site, title, url, referrer } = view;
    const parameters = {
      fid: person.firstPartyId,
      u: url,
      r: referrer,
      t: title,
      c: site.categories?.join(),
      k: site.keywords.join(),
      tz: String(person.place.tz),
      ...(person.consent === undefined ? {} : { gdpr: '1', gdpr_consent: person.consent }),
    };
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given).toString().replaceAll('+', '%20');
    const lines = headers(view, traffic.host, traffic.hints);
    return [
      `GET /p.gif?s=${traffic.siteKey}&e=pageview&id=`,
      `&${query} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
    ];
  });
}
