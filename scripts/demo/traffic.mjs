import { setTimeout as sleep } from 'node:timers/promises';
import { BOTS } from './browsers.mjs';
import { cookieOf } from './client.mjs';
import { PARTNER } from './segments.mjs';
import { drawFrom, makeVisitor } from './visitors.mjs';

const VISITORS = 6000;
/** A fast start, so that within a minute there is something to see; then a trickle that may run all day. */
const BURST_S = 25;
const BURST_SESSIONS_A_SECOND = 120;
const STEADY_SESSIONS_A_SECOND = 1.5;
/** Of a machine that cannot keep up nothing more is asked. */
const MOST_SESSIONS = 800;
const TICK_MS = 100;
/** From where people come, and by which campaign of the sites'. */
const ARRIVALS = [
  { referrer: '' },
  { referrer: 'https://www.google.com/' },
  { referrer: 'https://news.google.com/' },
  { referrer: 'https://t.co/' },
  {
    referrer: 'https://l.facebook.com/',
    tags: 'utm_source=facebook&utm_medium=paid_social&utm_campaign=summer',
  },
  { referrer: '', tags: 'utm_source=weekly&utm_medium=email&utm_campaign=weekly' },
];
const CREATIVES = ['summer-banner', 'summer-video'];
/** Milliseconds on a page. */
const READING = { burst: 900, steady: 9_000 };

/**
 * Lets people come to the sites until the signal: sessions of a few pages, with time to read between them.
 *
 * Most page views are handed in as a site's server does it, with its key of scope `collect`, because only so
 * can the demo say from which address a visitor comes without telling the server to trust every local
 * process as a proxy. First visits and cookie matches are a browser's own requests.
 *
 * @param {{http: ReturnType<typeof import('./client.mjs').client>, sites: object[], collectKey: string,
 *   random: object, signal: AbortSignal}} options `sites`: of `SITES`, each with the `key` it got.
 */
export async function sendTraffic({ http, sites, collectKey, random, signal }) {
  const draw = drawFrom(
    Array.from({ length: VISITORS }, () => makeVisitor(random)),
    random,
  );
  const began = performance.now();
  let open = 0;
  let failure;
  while (!signal.aborted) {
    const isBurst = performance.now() - began < BURST_S * 1000;
    const perTick = ((isBurst ? BURST_SESSIONS_A_SECOND : STEADY_SESSIONS_A_SECOND) * TICK_MS) / 1000;
    const due = Math.floor(perTick) + (random.next() < perTick % 1 ? 1 : 0);
    for (let at = 0; at < due && open < MOST_SESSIONS; at++) {
      open++;
      session(draw(), isBurst ? READING.burst : READING.steady)
        .catch((error) => {
          if (!signal.aborted) failure ??= error;
        })
        .finally(() => {
          open--;
        });
    }
    if (failure !== undefined) throw failure;
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }

  async function session(visitor, readingMs) {
    const chance = random.next();
    if (chance < 0.03) return stray(visitor);
    if (visitor.optsOut) return view(visitor, pick(visitor), '', { 'sec-gpc': '1' });
    if (visitor.isMatched && visitor.cookie === undefined && !visitor.wantsAYes) await match(visitor);
    const pages = 1 + Math.floor(random.waiting(2.2));
    const arrival = random.pick(ARRIVALS);
    let { referrer } = arrival;
    for (let page = 0; page < pages && !signal.aborted; page++) {
      const picked = pick(visitor, referrer);
      const tags = page === 0 && arrival.tags !== undefined ? `?${arrival.tags}` : '';
      const shown = { ...picked, url: `${picked.url}${tags}` };
      await view(visitor, shown, referrer);
      referrer = shown.url;
      const reading = random.waiting(readingMs);
      await sleep(reading, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || visitor.wantsAYes) return;
      if (random.next() < 0.4) await attention(visitor, shown, reading);
      if (random.next() < 0.2) await advertise(visitor, shown);
      if (random.next() < 0.02) await hit(visitor, { ...shown, event: 'signup', props: { plan: 'free' } });
    }
  }

  /** An article of a site that interests this person; within a session one stays more often than not. */
  function pick(visitor, from = '') {
    const here = sites.find(({ host }) => from.startsWith(`https://${host}/`));
    const topic = random.next() < 0.9 ? random.weighted(visitor.topics) : undefined;
    const site =
      here !== undefined && random.next() < 0.6
        ? here
        : (sites.find((one) => one.topic === topic) ?? random.pick(sites));
    const [path, title] = random.pick(site.articles);
    const { key, categories, keywords } = site;
    return { site: key, url: `https://${site.host}${path}`, title, categories, keywords };
  }

  /** The browser's own request: the pixel, which gives a visitor the cookie. */
  async function pixel(visitor, { site, url, title, categories = [], keywords = [] }, referrer, headers) {
    const query = new URLSearchParams({ s: site, u: url, t: title, tz: String(visitor.tz) });
    if (referrer !== '') query.set('r', referrer);
    if (categories.length > 0) query.set('c', categories.join());
    if (keywords.length > 0) query.set('k', keywords.join());
    const answer = await http.get(`/p.gif?${query}`, {
      'user-agent': visitor.browser.userAgent,
      'accept-language': visitor.language,
      ...(visitor.cookie === undefined ? {} : { cookie: visitor.cookie }),
      ...headers,
    });
    visitor.cookie = cookieOf(answer) ?? visitor.cookie;
  }

  async function view(visitor, page, referrer, headers = {}) {
    if ('sec-gpc' in headers) return pixel(visitor, page, referrer, headers);
    if (visitor.cookie === undefined && !visitor.wantsAYes) await pixel(visitor, page, referrer, headers);
    else await hit(visitor, { ...page, referrer });
  }

  /** An ad beside the article; one in fifty is clicked, and some of those buy. */
  async function advertise(visitor, page) {
    const ad = { ...page, campaign: 'summer', creative: random.pick(CREATIVES) };
    await hit(visitor, { ...ad, event: 'impression' });
    if (random.next() > 0.02) return;
    await hit(visitor, { ...ad, event: 'click' });
    if (random.next() < 0.3) await hit(visitor, { ...ad, event: 'conversion' });
  }

  function attention(visitor, page, reading) {
    return hit(visitor, {
      ...page,
      event: 'attention',
      // As if read at leisure: the demo's clock runs faster than its readers.
      dwellMs: Math.round(reading * 8),
      scroll: 20 + random.below(81),
    });
  }

  function hit(visitor, said) {
    return http.post(
      '/v1/hits',
      {
        authorization: `Bearer ${collectKey}`,
        ...(visitor.cookie === undefined ? {} : { cookie: visitor.cookie }),
      },
      [
        {
          ...said,
          tz: visitor.tz,
          ip: visitor.address,
          userAgent: visitor.browser.userAgent,
          language: visitor.language,
          firstPartyId: visitor.firstPartyId,
          ...(visitor.device === undefined
            ? {}
            : { deviceId: visitor.device.id, deviceType: visitor.device.type }),
        },
      ],
    );
  }

  async function match(visitor) {
    const query = new URLSearchParams({ bidder: PARTNER.id, uid: visitor.partnerId, f: 'i' });
    const answer = await http.get(`/setuid?${query}`, { 'user-agent': visitor.browser.userAgent });
    visitor.cookie = cookieOf(answer) ?? visitor.cookie;
  }

  /** What comes to every public address: crawlers, pages with a mistyped key, half a URL. */
  async function stray(visitor) {
    const page = pick(visitor);
    const kind = random.weighted({ bot: 6, key: 2, url: 1 });
    if (kind === 'bot')
      await pixel({ ...visitor, browser: { userAgent: random.pick(BOTS) }, cookie: undefined }, page, '', {});
    else if (kind === 'key')
      await pixel({ ...visitor, cookie: undefined }, { ...page, site: 'mistyped' }, '', {});
    else await pixel({ ...visitor, cookie: undefined }, { ...page, url: 'about:blank' }, '', {});
  }
}
