import { nanoid } from 'nanoid';
import { GIF, type Request, type Response } from '../collect/door.ts';
import { encodeOptout } from '../collect/encode.ts';
import type { VisitorCookie } from '../identity/cookie.ts';
import { suppressionHash, type VisitorId, visitorNumber } from '../identity/visitor.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalRefusal } from '../journal/name.ts';
import { html, page } from './html.ts';
import type { Suppressions } from './suppressions.ts';

export interface OptoutOptions {
  readonly journal: Pick<Journal, 'appendAsync'>;
  readonly cookie: VisitorCookie;
  readonly suppressions: Pick<Suppressions, 'has' | 'add'>;
  readonly secret: string;
  /** Told what could not be kept on disk beside the journal. */
  readonly fault: (error: unknown) => void;
}

const RETRY_AFTER_S = 5;

/**
 * `GET /optout`: marks the browser as opted out, takes its id away, and has what is known of it deleted.
 * A page for a person, the GIF for an industry page that asks by an image; never a redirect.
 *
 * The answer leaves when the opt-out is in a file on disk, so it counts also while ClickHouse is away. Where
 * it cannot be written the browser is marked all the same, and keeps its id so that it can be said again.
 */
export async function optout(options: OptoutOptions, request: Request, now: number): Promise<Response> {
  // What a browser fetches ahead of a click that may not come is no word of anybody's.
  if (/prefetch|prerender/i.test(request.header('sec-purpose') ?? ''))
    return answer(request, 503, 'Not now', html`<p>Open this page yourself to opt out.</p>`, []);
  const { cookie } = options;
  const visitor = cookie.read(request.header('cookie'));
  const mark = ['Set-Cookie', cookie.optOut(request.secure)];
  const failed = visitor === undefined ? undefined : await forget(options, visitor, now);
  if (failed !== undefined)
    return answer(
      request,
      503,
      'Half done',
      html`<p class="state">This browser is marked as opted out, and nothing more is stored of it.</p>
<p>What is known of it could not be taken down for deletion at this moment. Please open this page again in a minute.</p>`,
      [...mark, 'Retry-After', String(RETRY_AFTER_S)],
    );
  const forgotten = visitor === undefined ? [] : ['Set-Cookie', cookie.expire(request.secure)];
  return answer(
    request,
    200,
    'You have opted out',
    html`<p class="state out">This browser has opted out.</p>
<p>${
      visitor === undefined
        ? 'It sent no cookie of ours, so nothing could be looked up here. Where it blocks cookies of other sites, each site knows it by a cookie of its own: say no there, or clear that site’s cookies.'
        : 'What was known of it is no longer used as of now, leaves our tables with the next daily deletion, and partners who had received it are told to remove it.'
    }</p>
<p class="muted">A cookie that names nobody keeps your choice in this browser. If you clear your cookies, or use another browser, please opt out again.</p>
<p><a href="/privacy">What is known of this browser, and opting in again</a></p>`,
    [...mark, ...forgotten],
  );
}

/** Returns once the opt-out is in the journal. @returns why it is not, where it is not. */
async function forget(
  { journal, suppressions, secret, fault }: OptoutOptions,
  visitor: VisitorId,
  now: number,
): Promise<JournalRefusal | undefined> {
  if (suppressions.has(visitor)) return undefined;
  const hash = suppressionHash(secret, visitor);
  const line = encodeOptout(now, visitorNumber(visitor), hash, nanoid());
  const failed = await journal.appendAsync('optouts', line);
  // The journal has it: what the file beside it lacks comes back from ClickHouse.
  if (failed === undefined) await suppressions.add(hash).catch(fault);
  return failed;
}

function answer(
  request: Request,
  status: number,
  title: string,
  body: Parameters<typeof page>[2],
  more: readonly string[],
): Response {
  if (wantsImage(request)) {
    return {
      status,
      headers: [
        'Content-Type',
        'image/gif',
        'Content-Length',
        String(GIF.length),
        'Cache-Control',
        'no-store',
        'Cross-Origin-Resource-Policy',
        'cross-origin',
        ...more,
      ],
      body: GIF,
    };
  }
  return page(status, title, html`<section><h1>${title}</h1>${body}</section>`, more);
}

function wantsImage(request: Request): boolean {
  const destination = request.header('sec-fetch-dest');
  return destination === undefined
    ? /^image\//.test(request.header('accept') ?? '')
    : destination === 'image';
}
