import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';
export const REQUESTS = 20_000;
export const VISITORS = 4_000;
export const VENDOR = 755;
/** Browsers that bring no cookie: a first visit, or one that keeps none. */
export const FRESH = 0.1;

/** What a server needs that is to take this traffic: it comes from everywhere, through a proxy. */
export const ENV = { NINETY_TRUST_PROXY: '127.0.0.1', NINETY_GVL_ID: String(VENDOR) };

/** Makes a site. @returns {Promise<string>} its key. */
export const siteOf = async (ninety) => (await ninety.api('/v1/sites', { name: 'Bench', domains: [] })).key;

/**
 * The benchmark's visitors on a site.
 *
 * @param {string} siteKey @param {(visitor: number) => string | undefined} [cookieOf] nobody has one where it is
 *   left out.
 * @returns {import('./requests.mjs').Traffic}
 */
export const trafficOn = (siteKey, cookieOf = () => undefined) => ({
  count: REQUESTS,
  visitors: VISITORS,
  vendor: VENDOR,
  siteKey,
  host: 'collect.example',
  cookieOf,
});

/**
 * Gives each visitor but the fresh ones a cookie in the one way there is: by a first hit.
 *
 * @returns {Promise<(string | undefined)[]>} `Cookie` headers, by visitor.
 */
export async function cookies(ninety, siteKey) {
  const all = [];
  for (let number = 0; number < VISITORS; number++) {
    if ((number + 0.5) / VISITORS < FRESH) {
      all.push(undefined);
      continue;
    }
    const answer = await fetch(`${ninety.url}/p.gif?s=${siteKey}&u=https%3A%2F%2Ffirst.example%2F`, {
      headers: { 'user-agent': BROWSER, 'accept-language': 'en' },
    });
    const cookie = answer.headers.get('set-cookie')?.split(';')[0];
    if (cookie === undefined) throw new Error(`no cookie came: ${answer.headers.get('ninety-result')}`);
    all.push(cookie);
  }
  return all;
}

/**
 * Writes requests where the load script finds them.
 *
 * @param {[string, string][]} requests each cut in two where its hit id belongs.
 * @returns {Promise<{file: string, bytes: number}>} `bytes`: of a request on average.
 */
export async function writeRequests(folder, name, requests) {
  const file = join(folder, name);
  await writeFile(file, requests.flatMap(([head, tail]) => [head, '\0', tail, '\0']).join(''));
  const bytes = requests.reduce((sum, [head, tail]) => sum + head.length + tail.length, 0);
  return { file, bytes: Math.round(bytes / requests.length) };
}
