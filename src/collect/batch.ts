import type { VisitorCookie } from '../identity/cookie.ts';
import { parseJson } from '../json-object.ts';
import { readHit, senderOf, type Trust } from './batch-hit.ts';
import type { Collector, Outcome } from './collector.ts';
import { browser, cookieHeaders, type Request, type Response } from './door.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

export const BODY_LIMIT = 1_048_576;
export const HITS_LIMIT = 1_000;
/** After this many seconds a full journal may have room again. */
export const RETRY_AFTER_S = 5;

/**
 * `POST /v1/hits`: an array, one object, or NDJSON. Every hit ends on its own; one that is refused leaves
 * the others be.
 *
 * @param trust what the request's key allows it to say.
 * @param refuse counts what never became a hit.
 * @param respond called once, when every stored hit is in a file on disk.
 */
export function batch(
  collector: Collector,
  cookie: VisitorCookie,
  request: Request,
  body: string,
  trust: Trust,
  now: number,
  refuse: (reason: Refusal) => void,
  respond: (response: Response) => void,
): void {
  const items = readItems(body);
  if (items === 'bad_json') {
    refuse(items);
    return respond(
      problem(400, items, 'The body must be a JSON array of hits, one hit, or one hit a line (NDJSON).'),
    );
  }
  if (items === 'too_many_hits') {
    refuse(items);
    return respond(problem(413, items, `At most ${HITS_LIMIT} hits a request.`));
  }
  const sender = browser(cookie, request, now, 'api', true);
  const refused: { index: number; reason: Refusal }[] = [];
  let waiting = items.length;
  // What the last hit of the request asks for, whichever is in its file first.
  let cookieOf = -1;
  let set: readonly string[] | undefined;
  const finish = () => {
    refused.sort((a, b) => a.index - b.index);
    const response = answer(items.length - refused.length, refused);
    respond({ ...response, setCookie: trust === 'browser' ? set : undefined });
  };
  if (waiting === 0) return finish();
  const take = (item: unknown, index: number) => {
    const end = (outcome: Outcome) => {
      if (!outcome.stored) refused.push({ index, reason: outcome.reason });
      const asked = cookieHeaders(cookie, outcome, sender);
      if (asked !== undefined && index > cookieOf) {
        cookieOf = index;
        set = asked;
      }
      waiting--;
      if (waiting === 0) finish();
    };
    const read = readHit(item, trust);
    if (read === 'bad_json') {
      refuse(read);
      return end({ stored: false, reason: read, forget: false });
    }
    collector.collect(read.hit, senderOf(read.hit, sender, trust), end, read.fault);
  };
  for (const { index, item } of items) take(item, index);
}

/**
 * 202, also where hits were refused; 503 where nothing was kept because the journal takes nothing, so that
 * the sender tries the whole again. One that lost a part so is told which, because all again would double the rest.
 */
function answer(accepted: number, refused: readonly { index: number; reason: Refusal }[]): Response {
  const failure = refused.find(({ reason }) => reason === 'journal_full' || reason === 'journal_failed');
  const later = failure === undefined ? [] : ['Retry-After', String(RETRY_AFTER_S)];
  if (failure !== undefined && accepted === 0) {
    const response = problem(503, failure.reason, REFUSALS[failure.reason], { accepted, refused });
    return { ...response, headers: [...response.headers, ...later] };
  }
  const text = JSON.stringify({ accepted, refused });
  return {
    status: 202,
    headers: [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(text)),
      'Cache-Control',
      'no-store',
      ...later,
    ],
    body: text,
  };
}

/** What is to be a hit, and its place in the array, or the number of its line from 0. */
interface Item {
  readonly index: number;
  readonly item: unknown;
}

function readItems(body: string): readonly Item[] | 'bad_json' | 'too_many_hits' {
  const text = body.trim();
  const whole = parseJson(text);
  if (whole !== undefined) {
    const items = Array.isArray(whole) ? (whole as unknown[]) : [whole];
    return items.length > HITS_LIMIT ? 'too_many_hits' : items.map((item, index) => ({ index, item }));
  }
  if (text.startsWith('[')) return 'bad_json';
  const items: Item[] = [];
  let index = 0;
  for (let from = 0; from <= body.length; index++) {
    const end = body.indexOf('\n', from);
    const line = body.slice(from, end === -1 ? body.length : end).trim();
    from = end === -1 ? body.length + 1 : end + 1;
    if (line === '') continue;
    // Not one more is read: half a million lines that are no JSON would hold up everybody for seconds.
    if (items.length === HITS_LIMIT) return 'too_many_hits';
    items.push({ index, item: parseJson(line) });
  }
  return items.some(({ item }) => item !== undefined) ? items : 'bad_json';
}

/**
 * An error of the API as RFC 9457 has it, with the reason as its type.
 *
 * @param extra members beside the standard ones.
 */
export function problem(
  status: number,
  reason: string,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Response {
  const text = JSON.stringify({
    type: `urn:ninety:${reason}`,
    title: reason.replaceAll('_', ' '),
    status,
    detail,
    ...extra,
  });
  return {
    status,
    headers: [
      'Content-Type',
      'application/problem+json',
      'Content-Length',
      String(Buffer.byteLength(text)),
      'Cache-Control',
      'no-store',
    ],
    body: text,
  };
}
