import type { Rules } from '../collect/collector.ts';
import { checkDeviceId } from '../collect/device-id.ts';
import { domainsOf, isOriginWithin } from '../collect/domains.ts';
import { parametersOf, type Request, type Response, setCookies } from '../collect/door.ts';
import { GIF, gifHeaders } from '../collect/gif.ts';
import type { HitIds } from '../collect/ids.ts';
import type { Optouts } from '../collect/optouts.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import type { VisitorId } from '../identity/visitor.ts';
import type { Site } from '../registry/kinds.ts';
import { html, type Markup, page } from './html.ts';

export interface OptoutOptions {
  readonly rules: () => Pick<Rules, 'siteByKey'>;
  readonly ids: HitIds;
  readonly cookie: VisitorCookie;
  readonly optouts: Optouts;
  /** Counts what could not be done, by its reason. */
  readonly refuse: (reason: Refusal) => void;
}

const RETRY_AFTER_S = 5;

/**
 * `GET /optout?s=KEY&fid=FID&did=ID&dt=TYPE`: marks the browser as opted out, takes its id away, and has what is
 * known of it deleted; so too of the ids named: the first-party id that a site (`s`) knows it by, and a device's.
 * Nothing need be named. What is named and cannot be read is left out, by name.
 *
 * A page for a person, the GIF for a site's tag or an industry page that asks by an image; never a redirect. The
 * mark of an opt-out that a site's tag asked for names that site, which may take it back (see {@link optin}).
 *
 * The answer leaves when the opt-outs are in a file on disk, so they count also while ClickHouse is away. Where
 * they cannot be written the browser is marked all the same, and keeps its id so that it can be said again.
 */
export async function optout(options: OptoutOptions, request: Request, now: number): Promise<Response> {
  // What a browser fetches ahead of a click that may not come is no word of anybody's.
  if (/prefetch|prerender/i.test(request.header('sec-purpose') ?? ''))
    return failed(
      options,
      request,
      'prefetch',
      'Not now',
      html`<p>Open this page yourself to opt out.</p>`,
      [],
    );
  const { cookie, optouts } = options;
  const header = request.header('cookie');
  const visitor = cookie.read(header);
  const named = readNamed(options, request);
  for (const { reason } of named.unread) options.refuse(reason);
  const all = new Set(visitor === undefined ? named.visitors : [visitor, ...named.visitors]);
  const ends = await Promise.all(
    [...all].map((one) => new Promise<Refusal | undefined>((done) => optouts.write(one, now, done))),
  );
  const before = cookie.optedOutThrough(header);
  // Said on a page of ours, or through two sites, it is the person's own word, which no site takes back.
  const isSites = wantsImage(request) && (before === undefined || before === named.siteKey);
  const mark = setCookies(cookie.optOut(request.secure, isSites ? named.siteKey : ''));
  const failure = ends.find((end) => end !== undefined);
  if (failure !== undefined)
    return failed(
      options,
      request,
      failure,
      'Half done',
      html`<p class="state">This browser is marked as opted out, and nothing more is stored of it.</p>
<p>What is known of it could not be taken down for deletion at this moment. Please open this page again in a minute.</p>`,
      [...mark, 'Retry-After', String(RETRY_AFTER_S)],
    );
  return answer(
    request,
    200,
    ['opted_out', ...named.unread.map(({ reason }) => `unread=${reason}`)].join('; '),
    'You have opted out',
    html`<p class="state out">This browser has opted out.</p>
<p>${all.size > 0 ? FORGOTTEN : NOTHING_KNOWN}</p>
${named.unread.map(left)}
<p class="muted">A cookie that names nobody keeps your choice in this browser. If you clear your cookies, or use another browser, please opt out again.</p>
<p><a href="/privacy">What is known of this browser, and opting in again</a></p>`,
    [...mark, ...(visitor === undefined ? [] : setCookies(...cookie.expire(request.secure)))],
  );
}

/** To be tried again, by name. */
function failed(
  { refuse }: OptoutOptions,
  request: Request,
  reason: Refusal,
  title: string,
  body: Markup,
  more: readonly string[],
): Response {
  refuse(reason);
  return answer(request, 503, `refused; reason=${reason}`, title, body, more);
}

const FORGOTTEN =
  'What was known of it is no longer used as of now, leaves our tables with the next daily deletion, and partners who had received it are told to remove it.';
const NOTHING_KNOWN =
  'It sent no cookie of ours, so nothing could be looked up here. Where it blocks cookies of other sites, each site knows it by a cookie of its own: the site’s own opt-out, a no to its consent manager, or clearing its cookies ends that.';

/** An id that was named and cannot be read. */
interface Unread {
  readonly id: 'first-party id' | 'device id';
  readonly reason: Refusal;
}

const left = ({ id, reason }: Unread): Markup =>
  html`<p>The ${id} in this link could not be read, so nothing was done about it. <code>${reason}</code> ${REFUSALS[reason]}</p>
`;

interface Named {
  readonly visitors: readonly VisitorId[];
  /** Key of a site that is registered; empty where there is none. */
  readonly siteKey: string;
  readonly unread: readonly Unread[];
}

function readNamed({ rules, ids }: OptoutOptions, request: Request): Named {
  const query = parametersOf(request);
  const site = rules().siteByKey(query.get('s') ?? '');
  const firstPartyId = query.get('fid') ?? '';
  const deviceId = query.get('did') ?? '';
  const visitors: VisitorId[] = [];
  const unread: Unread[] = [];
  if (firstPartyId !== '') {
    const visitor = site && ids.ofFirstParty({ firstPartyId }, site)?.visitor;
    if (site !== undefined && isForeign(request, site))
      unread.push({ id: 'first-party id', reason: 'foreign_page' });
    else if (visitor === undefined)
      unread.push({ id: 'first-party id', reason: site === undefined ? 'unknown_site' : 'bad_field' });
    else visitors.push(visitor);
  }
  if (deviceId !== '') {
    const device = checkDeviceId(query.get('dt') ?? '', deviceId);
    if (typeof device === 'string') unread.push({ id: 'device id', reason: device });
    else visitors.push(ids.ofDevice(device));
  }
  return { visitors, siteKey: site?.key ?? '', unread };
}

/** Whether another site's page asks: some sites make ids that can be guessed, and nobody opts others' visitors out. */
function isForeign(request: Request, { domains }: Site): boolean {
  const referer = request.header('referer') ?? '';
  return domains.length > 0 && URL.canParse(referer) && !isOriginWithin(referer, domainsOf(domains));
}

function answer(
  request: Request,
  status: number,
  result: string,
  title: string,
  body: Markup,
  more: readonly string[],
): Response {
  return wantsImage(request)
    ? { status, headers: [...gifHeaders(result), ...more], body: GIF }
    : page(status, title, html`<section><h1>${title}</h1>${body}</section>`, more);
}

function wantsImage(request: Request): boolean {
  const destination = request.header('sec-fetch-dest');
  return destination === undefined
    ? /^image\//.test(request.header('accept') ?? '')
    : destination === 'image';
}
