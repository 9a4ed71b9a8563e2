import { headers, views } from './requests.mjs';

/** Characters of the id that the load script makes. */
const ID_LENGTH = 20;

const consentOf = ({ consent }) => (consent === undefined ? '' : `&gdpr=1&gdpr_consent=${consent}`);

/**
 * Answers of partners, each request cut in two where their id for the browser belongs: a new one each time.
 *
 * @param {import('./requests.mjs').Traffic & {partners: string[]}} traffic
 * @returns {[string, string][]}
 */
export function setuidRequests({ partners, ...traffic }) {
  return Array.from(views(traffic), (view, number) => [
    `GET /setuid?bidder=${partners[number % partners.length]}&f=i${consentOf(view.person)}&uid=`,
    ` HTTP/1.1\r\n${headers(view, traffic.host, false).join('\r\n')}\r\n\r\n`,
  ]);
}

/**
 * Requests for syncs as Prebid.js makes them, each cut in two where its `uuid` belongs.
 *
 * @param {import('./requests.mjs').Traffic & {partners: string[], bidders: number}} traffic `bidders`: how many
 *   of the partners a page has.
 * @returns {[string, string][]}
 */
export function cookieSyncRequests({ partners, bidders, ...traffic }) {
  return Array.from(views(traffic), (view, number) => {
    const { person, site } = view;
    const asked = Array.from({ length: bidders }, (_, at) => partners[(number + at) % partners.length]);
    const every = { bidders: '*', filter: 'include' };
    const [before, after] = JSON.stringify({
      uuid: '',
      bidders: asked,
      account: '1',
      filterSettings: { iframe: every, image: every },
      limit: 5,
      ...(person.consent === undefined ? {} : { gdpr: 1, gdpr_consent: person.consent }),
    }).split('"uuid":""');
    const head = `${before}"uuid":"`;
    const tail = `"${after}`;
    const lines = [
      ...headers(view, traffic.host, false),
      `Origin: https://${site.host}`,
      'Content-Type: text/plain',
      `Content-Length: ${head.length + ID_LENGTH + tail.length}`,
    ];
    return [`POST /cookie_sync HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${head}`, tail];
  });
}
