import type { Response } from '../collect/door.ts';
import { GIF, gifHeaders } from '../collect/gif.ts';
import type { Refusal } from '../collect/refusal.ts';
import { isRefusal, resultOf, type SyncOutcome, sentenceOf } from './outcome.ts';

/** How the answer is shown: `i` a 1×1 image, `b` an empty page. */
export type Form = 'i' | 'b';

/** As Prebid Server names them, and as words. */
const FORMS: Readonly<Record<string, Form>> = { i: 'i', b: 'b', image: 'i', blank: 'b' };

/** @returns the form that a request asks for; '' = none; undefined = one that there is not. */
export function readForm(query: URLSearchParams): Form | '' | undefined {
  const asked = (query.get('f') ?? query.get('format') ?? '').toLowerCase();
  if (asked === '') return '';
  return Object.hasOwn(FORMS, asked) ? FORMS[asked] : undefined;
}

/** How Prebid Server answers what is refused; whatever is not here is a no of the visitor or the law: 451. */
const STATUS: Partial<Record<Refusal, number>> = {
  unknown_partner: 400,
  unknown_site: 400,
  bad_json: 400,
  bad_field: 400,
  bad_uid: 400,
  bad_redirect: 400,
  no_sync_url: 404,
  // As Prebid Server's own opt-out cookie is answered.
  opted_out: 401,
  // Nothing went wrong for who asks: there is nothing to be kept, or to be deleted.
  no_cookie: 200,
  no_partner_id: 200,
  loop: 200,
  journal_full: 503,
  journal_failed: 503,
};

const RETRY_AFTER_S = 5;

/**
 * What a browser is answered.
 *
 * @param cookies Set-Cookie headers, names and values in turn.
 * @param status of a refusal where it is another than usual.
 */
export function answer(
  outcome: SyncOutcome,
  form: Form,
  cookies: readonly string[] = [],
  status = isRefusal(outcome) ? (STATUS[outcome] ?? 451) : 200,
): Response {
  const result = resultOf(outcome);
  if (status !== 200) return text(status, `${sentenceOf(outcome)}\n`, result, cookies);
  if (form === 'i') return { status, headers: [...gifHeaders(result), ...cookies], body: GIF };
  return { status, headers: [...headersOf(HTML, 0, result), ...cookies], body: '' };
}

export const HTML = 'text/html; charset=utf-8';

/** A sentence in plain text, as Prebid Server tells what is wrong. */
export function text(status: number, body: string, result: string, more: readonly string[] = []): Response {
  const headers = headersOf('text/plain; charset=utf-8', Buffer.byteLength(body), result);
  const later = status === 503 ? ['Retry-After', String(RETRY_AFTER_S)] : [];
  return { status, headers: [...headers, ...later, ...more], body };
}

export function json(value: unknown, result: string, more: readonly string[] = []): Response {
  const body = JSON.stringify(value);
  const headers = headersOf('application/json; charset=utf-8', Buffer.byteLength(body), result);
  return { status: 200, headers: [...headers, ...more], body };
}

/** To somewhere that was checked. */
export const redirect = (location: string, result: string, more: readonly string[]): Response => ({
  status: 302,
  headers: ['Location', location, ...headersOf(undefined, 0, result), ...more],
  body: '',
});

/** The parameter by which a request tells that it was sent back once to bring the cookie that it was given. */
export const ASKED_ONCE = 'b';

/**
 * Once more to the same place, with the cookies that it was given. The reference is relative, because a cookie is of
 * the host by which the browser came, which may be another than the one that is configured.
 */
export function onceMore(url: string, cookies: readonly string[]): Response {
  const query = url.indexOf('?');
  const before = query === -1 || query === url.length - 1 ? '' : `${url.slice(query + 1)}&`;
  return redirect(`?${encoded(before)}${ASKED_ONCE}=1`, 'asked once more', cookies);
}

/** Of the bytes that a request line may hold a header takes fewer; of a URL each character is a byte. */
const encoded = (text: string): string =>
  text.replace(/[^!-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

export const headersOf = (type: string | undefined, length: number, result: string): string[] => [
  ...(type === undefined ? [] : ['Content-Type', type]),
  'Content-Length',
  String(length),
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Cross-Origin-Resource-Policy',
  'cross-origin',
  'Ninety-Result',
  result,
];
