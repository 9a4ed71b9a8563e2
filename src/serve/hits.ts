import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, may } from '../api/keys.ts';
import type { ApiRefusal } from '../api/problem.ts';
import { BODY_LIMIT, batch, problem, RETRY_AFTER_S } from '../collect/batch.ts';
import type { Trust } from '../collect/batch-hit.ts';
import type { Collector } from '../collect/collector.ts';
import { browser, type Response } from '../collect/door.ts';
import { HitStream, type StreamReport } from '../collect/hit-stream.ts';
import { LineSplitter } from '../collect/line-splitter.ts';
import { REFUSALS, type Refusal } from '../collect/refusal.ts';
import { BodyError, type Encoding, encodingOf, longBody, readBody } from './body.ts';
import { corsOf } from './cors.ts';
import { FAULT, guarded, type HttpOptions, incomingRequest, send } from './exchange.ts';

/**
 * `POST /v1/hits`, and the preflight that a page's JSON needs. The pages of registered sites may read the answer
 * and send the cookie with JSON; any other page's beacon of plain text arrives all the same, unread.
 */
export function hits(
  options: HttpOptions,
  collector: Collector,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { headers: cors, preflight } = corsOf(options, incoming);
  const answer = (response: Response) =>
    send(outgoing, { ...response, headers: [...response.headers, ...cors] });
  if (incoming.method === 'OPTIONS') return send(outgoing, { status: 204, headers: preflight, body: '' });
  const decline = (status: number, reason: ApiRefusal, detail: string, ...more: string[]) => {
    options.refuse(reason);
    const response = problem(status, reason, detail);
    answer({ ...response, headers: [...response.headers, ...more] });
  };
  if (incoming.method !== 'POST')
    return decline(405, 'method_not_allowed', 'POST hits here.', 'Allow', 'POST, OPTIONS');
  const authorization = incoming.headers.authorization;
  const caller = options.caller(authorization);
  if (authorization !== undefined && (caller === undefined || !may(caller, 'collect'))) {
    const unknown = caller === undefined;
    return decline(
      unknown ? 401 : 403,
      unknown ? 'unauthorized' : 'forbidden',
      'A key of scope collect is needed; without a key, send no Authorization header.',
    );
  }
  const encoding = encodingOf(incoming);
  if (encoding === undefined)
    return decline(
      415,
      'bad_encoding',
      'Content-Encoding may be gzip, or left out.',
      'Accept-Encoding',
      'gzip',
    );
  const trust = trustOf(caller, incoming);
  if (trust !== 'browser' && NDJSON.test(incoming.headers['content-type'] ?? '')) {
    void stream(options, collector, incoming, outgoing, trust, encoding, cors);
    return;
  }
  readBody(incoming, encoding, BODY_LIMIT, (body) => {
    if (body instanceof BodyError && body.fault === 'body_too_large')
      return refuseBody(incoming, outgoing, options.refuse, cors);
    if (body instanceof BodyError) {
      options.refuse('bad_encoding');
      return answerEarly(incoming, outgoing, withHeaders(problem(400, 'bad_encoding', DAMAGED), cors));
    }
    guarded(options, outgoing, () =>
      batch(
        collector,
        options.cookie,
        incomingRequest(incoming, options),
        body,
        trust,
        Date.now(),
        options.refuse,
        answer,
      ),
    );
  });
}

/** Nobody's answer may be kept for somebody else (RFC 9110, 12.5.5), whoever asks. */
/** One hit a line, under the names that are in use for it. */
const NDJSON = /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines)\s*(?:;|$)/i;
const DAMAGED = 'The body is not what its Content-Encoding says, or breaks off.';
const RETRY_LATER = ['Retry-After', String(RETRY_AFTER_S)] as const;

/**
 * A body of any size from a server of the operator's. The answer comes when its last line is on disk; where
 * it cannot come so far, it says how many lines were taken.
 */
async function stream(
  options: HttpOptions,
  collector: Collector,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  trust: Trust,
  encoding: Encoding,
  cors: readonly string[],
): Promise<void> {
  const { refuse } = options;
  const answer = (response: Response, ...more: string[]) =>
    answerEarly(incoming, outgoing, withHeaders(response, [...more, ...cors]));
  try {
    const sender = browser(options.cookie, incomingRequest(incoming, options), Date.now(), 'api', true);
    const taking = new HitStream({ collector, sender, trust, refuse, now: Date.now });
    const broken = await takeAll(taking, longBody(incoming, encoding));
    await taking.settled();
    const report = taking.report();
    if (taking.failure !== undefined)
      return answer(problem(503, taking.failure, goOn(report), { ...report }), ...RETRY_LATER);
    if (broken === undefined) return answer(accepted(report));
    // Nobody is there to be answered. What was taken is kept.
    if (broken.fault === 'aborted') return;
    const [status, reason] =
      broken.fault === 'stalled' ? ([408, 'request_timeout'] as const) : ([400, 'bad_encoding'] as const);
    refuse(reason);
    answer(problem(status, reason, `${REFUSALS[reason]} ${goOn(report)}`, { ...report }));
  } catch (error) {
    options.fault(error);
    if (outgoing.headersSent) outgoing.destroy();
    else answer(FAULT);
  }
}

/** @returns why it did not come to the end of the body. */
async function takeAll(taking: HitStream, body: AsyncIterable<string>): Promise<BodyError | undefined> {
  const lines = new LineSplitter();
  const take = async (some: readonly (string | undefined)[]) => {
    for (const line of some) {
      const room = taking.take(line);
      if (room !== undefined) await room;
      if (taking.failure !== undefined) return;
    }
  };
  try {
    for await (const piece of body) {
      await take(lines.push(piece));
      if (taking.failure !== undefined) return undefined;
    }
    await take(lines.end());
    return undefined;
  } catch (error) {
    if (error instanceof BodyError) return error;
    throw error;
  }
}

const goOn = ({ taken, again }: StreamReport) =>
  `The first ${taken} lines were taken${again.length > 0 ? `, but for the ${again.length} listed under again` : ''}; go on behind them.`;

function accepted({ accepted, refused, refusedByReason }: StreamReport): Response {
  const body = JSON.stringify({ accepted, refused, refusedByReason });
  const headers = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
  return { status: 202, headers: [...headers, 'Content-Length', String(Buffer.byteLength(body))], body };
}

const withHeaders = (response: Response, more: readonly string[]): Response => ({
  ...response,
  headers: [...response.headers, ...more],
});

/** How long, and how much, a sender may go on sending what is thrown away. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 8 * 2 ** 20;

/**
 * Answers while the body may still be coming. The rest of it is read and thrown away for a while: closing a
 * connection on unread bytes resets it, and the answer may be lost with it (RFC 9112, 9.6).
 */
function answerEarly(incoming: IncomingMessage, outgoing: ServerResponse, response: Response): void {
  if (outgoing.destroyed) return;
  if (incoming.complete) return send(outgoing, response);
  outgoing.writeHead(response.status, [...response.headers, 'Connection', 'close']);
  outgoing.write(response.body);
  const end = () => {
    clearTimeout(late);
    outgoing.end();
  };
  const late = setTimeout(end, LINGER_MS);
  let thrownAway = 0;
  incoming
    .once('end', end)
    .once('close', end)
    .on('data', (bytes: Buffer) => {
      thrownAway += bytes.length;
      if (thrownAway > LINGER_BYTES) end();
    })
    // Whoever read it before may have paused it, or be about to.
    .unpipe()
    .resume();
}

/** Refuses a body that is too large, in whatever the request asked for. */
export function refuseBody(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  refuse: (reason: Refusal) => void,
  cors: readonly string[] = [],
): void {
  refuse('body_too_large');
  const response = problem(413, 'body_too_large', `At most ${BODY_LIMIT} bytes a request.`);
  answerEarly(incoming, outgoing, withHeaders(response, cors));
}

/**
 * What the key allows. The import command says by a header what its hits are; only an administrator's key may.
 */
function trustOf(caller: Caller | undefined, incoming: IncomingMessage): Trust {
  if (caller === undefined) return 'browser';
  const says = incoming.headers['ninety-import'];
  if (says === undefined || !may(caller, 'admin')) return 'server';
  if (says === 'file') return says;
  return says === 'given' ? 'import-given' : 'import';
}
