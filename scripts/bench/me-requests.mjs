import { headers, views } from './requests.mjs';

/**
 * Requests for what a page may know of its browser, as a page makes them.
 *
 * @param {import('./requests.mjs').Traffic} traffic
 * @returns {{path: string, headers: Record<string, string>}[]}
 */
export const meRequests = (traffic) =>
  Array.from(views(traffic), (view) => {
    const { cookie } = view.person;
    return {
      path: `/v1/me?s=${traffic.siteKey}`,
      headers: Object.fromEntries([
        ...headers(view, traffic.host, false).map((line) => line.split(/: (.*)/, 2)),
        // Behind those of an image, in whose place they stand.
        ['Accept', '*/*'],
        ['Sec-Fetch-Mode', 'cors'],
        ['Sec-Fetch-Dest', 'empty'],
        ['Origin', `https://${view.site.host}`],
        ...(cookie === undefined ? [] : [['Cookie', cookie]]),
      ]),
    };
  });
