import { problem } from '../collect/batch.ts';
import type { Request, Response } from '../collect/door.ts';
import { REFUSALS } from '../collect/refusal.ts';
import { askingPage, me } from '../delivery/me/me.ts';
import { FAULT, type HttpOptions } from './exchange.ts';

const METHODS = 'GET, OPTIONS';

/**
 * `GET /v1/me` and its preflight. Only the pages of the site whose key is named may read the answer, each under its own
 * origin, because what is told is of the browser whose cookie came.
 *
 * @param respond called once, later; after a no that came along is in a file on disk.
 */
export function meRoute(
  { me: door, refuse, fault }: Pick<HttpOptions, 'me' | 'refuse' | 'fault'>,
  request: Request,
  respond: (response: Response) => void,
): void {
  if (request.method !== 'GET' && request.method !== 'OPTIONS') {
    refuse('method_not_allowed');
    const no = problem(405, 'method_not_allowed', `Here is only ${METHODS}.`);
    return respond({ ...no, headers: [...no.headers, 'Allow', METHODS] });
  }
  const asking = askingPage(door.sync, request);
  if (typeof asking === 'string') {
    refuse(asking);
    const no = problem(403, asking, REFUSALS[asking]);
    return respond({ ...no, headers: [...no.headers, ...VARY] });
  }
  const cors = corsOf(asking.origin);
  if (request.method === 'OPTIONS')
    return respond({ status: 204, headers: [...cors, ...PREFLIGHT], body: '' });
  void me(door, request, asking.site, Date.now())
    .then(({ told, nothing, cookies }) => {
      if (nothing !== undefined) refuse(nothing);
      return answer(JSON.stringify(told), resultOf(nothing), [...cors, ...cookies]);
    })
    .catch((error: unknown) => {
      fault(error);
      return FAULT;
    })
    .then(respond);
}

/** Also of an answer without `Origin`: a cache must not give it to another page. */
const VARY = ['Vary', 'Origin'] as const;
const PREFLIGHT = ['Access-Control-Allow-Methods', 'GET', 'Access-Control-Max-Age', '86400'] as const;

/** A page needs the result to see why it was told nothing. */
const corsOf = (origin: string | undefined): readonly string[] =>
  origin === undefined
    ? VARY
    : [
        ...VARY,
        'Access-Control-Allow-Origin',
        origin,
        'Access-Control-Allow-Credentials',
        'true',
        'Access-Control-Expose-Headers',
        'Ninety-Result',
      ];

const resultOf = (nothing: string | undefined) => (nothing === undefined ? 'ok' : `empty; reason=${nothing}`);

const answer = (body: string, result: string, more: readonly string[]): Response => ({
  status: 200,
  headers: [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    // Whoever may read it asks by CORS; as a script or an image it is nobody's.
    'Cross-Origin-Resource-Policy',
    'same-origin',
    'Ninety-Result',
    result,
    ...more,
  ],
  body,
});
