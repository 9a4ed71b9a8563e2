import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_LIMIT } from '../collect/batch.ts';
import type { Response } from '../collect/door.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { text } from '../sync/answer.ts';
import { cookieSync } from '../sync/cookie-sync.ts';
import { BodyError, type Encoding, encodingOf, readBody } from './body.ts';
import { corsOf } from './cors.ts';
import { guarded, type HttpOptions, incomingRequest, send } from './exchange.ts';
import { refuseBody } from './hits.ts';

/** Three hundred bidders, three strings of consent and their filters come to half of this. */
const COOKIE_SYNC_LIMIT = 65_536;

/**
 * `POST /cookie_sync`, and the preflight that a page's JSON needs. The pages of registered sites may read the answer
 * and send their cookie with it, as they may at `/v1/hits`.
 */
export function cookieSyncRoute(
  options: HttpOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { headers: cors, preflight } = corsOf(options, incoming);
  const respond = (response: Response) =>
    send(outgoing, { ...response, headers: [...response.headers, ...cors] });
  const decline = (status: number, reason: Refusal | 'method_not_allowed', ...more: string[]) => {
    options.refuse(reason);
    respond(
      text(status, `${SENTENCES[reason] ?? REFUSALS.bad_request}\n`, `refused; reason=${reason}`, more),
    );
  };
  if (incoming.method === 'OPTIONS') return send(outgoing, { status: 204, headers: preflight, body: '' });
  if (incoming.method !== 'POST') return decline(405, 'method_not_allowed', 'Allow', 'POST, OPTIONS');
  const encoding: Encoding | undefined = encodingOf(incoming);
  if (encoding === undefined) return decline(415, 'bad_encoding', 'Accept-Encoding', 'gzip');
  // Read further than it is taken: who sends a little too much can be answered without cutting the connection.
  readBody(incoming, encoding, BODY_LIMIT, (body) => {
    if (body instanceof BodyError && body.fault === 'body_too_large')
      return refuseBody(incoming, outgoing, options.refuse, cors);
    if (body instanceof BodyError) return decline(400, 'bad_encoding', 'Connection', 'close');
    if (Buffer.byteLength(body) > COOKIE_SYNC_LIMIT) return decline(413, 'body_too_large');
    guarded(options, outgoing, () =>
      cookieSync(options.sync, incomingRequest(incoming, options), body, Date.now(), respond),
    );
  });
}

const SENTENCES: Readonly<Record<string, string>> = {
  method_not_allowed: 'POST a request for syncs here.',
  bad_encoding: REFUSALS.bad_encoding,
  body_too_large: `At most ${COOKIE_SYNC_LIMIT} bytes a request.`,
};
