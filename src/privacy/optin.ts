import { ApiError } from '../api/problem.ts';
import type { Rules } from '../collect/collector.ts';
import { domainsOf, isOriginWithin } from '../collect/domains.ts';
import { parametersOf, type Request, type Response, setCookies } from '../collect/door.ts';
import type { VisitorCookie } from '../identity/cookie.ts';

export interface OptinOptions {
  readonly rules: () => Pick<Rules, 'siteByKey'>;
  readonly cookie: VisitorCookie;
  readonly publicUrl: () => string;
}

/**
 * `POST /optin`: takes back this browser's opt-out. The old ids stay opted out for ever; the next hit gives a new
 * one, where the law allows.
 *
 * A person does so by the button on `/privacy`. With `?s=KEY` it is a site's tag that does, from a page of that
 * site, and it takes back no more than what was said through the same site: else any site could undo what a
 * person has told us, or another site.
 *
 * @throws ApiError `forbidden`.
 */
export function optin({ rules, cookie, publicUrl }: OptinOptions, request: Request): Response {
  const key = parametersOf(request).get('s');
  const back = setCookies(cookie.optIn(request.secure), ...cookie.expire(request.secure));
  if (key === null) {
    if (!isOwnOrigin(request, publicUrl()))
      throw new ApiError('forbidden', 'Opting in works by the button on /privacy only.');
    return done(303, ['Location', '/privacy', ...back]);
  }
  const site = rules().siteByKey(key);
  if (site === undefined || !isOriginWithin(request.header('origin') ?? '', domainsOf(site.domains)))
    throw new ApiError('forbidden', 'A site opts in from its own pages only.');
  const through = cookie.optedOutThrough(request.header('cookie'));
  if (through !== undefined && through !== key)
    throw new ApiError('forbidden', 'This opt-out was not said through the site; /privacy takes it back.');
  return done(204, through === undefined ? [] : back);
}

const done = (status: number, more: readonly string[]): Response => ({
  status,
  headers: ['Cache-Control', 'no-store', ...more],
  body: '',
});

/**
 * Whether a form was sent from a page of ours: browsers name the page's origin with every POST. Where no public
 * URL is set a server has several names (localhost, its address); the one it was called by is meant.
 */
function isOwnOrigin(request: Request, publicUrl: string): boolean {
  const origin = request.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { host, origin: named } = new URL(origin);
  return named === new URL(publicUrl).origin || host === request.header('host');
}
