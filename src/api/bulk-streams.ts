import type { Readable } from 'node:stream';
import type { MiddlewareHandler } from 'hono';
import type { Backend } from './backend.ts';
import type { Env } from './http.ts';
import { ApiError, sendProblem } from './problem.ts';
import { isBulk } from './rate-limit.ts';

/** So that one reader does not take what others want to read by. */
const OF_A_KEY = 4;
/** A reader that takes nothing for so long has gone or does not mean to read. */
const STILL_MS = 180_000;
/** When who has too many may look whether one of them has ended. */
const RETRY_AFTER_S = 10;

export interface BulkStreamsOptions extends Pick<Backend, 'tally' | 'log'> {
  /** @default 180,000: milliseconds in which a reader must take something of what there is. */
  readonly stillMs?: number;
  /**
   * Bulk streams at once, of all keys together. Each holds one of the sixteen connections to ClickHouse, which jobs and
   * everybody else need too.
   */
  readonly most: number;
}

/** Hands over what is answered: it counts until it is closed, and is ended where its reader takes nothing. */
export type HoldStream = (out: Readable) => void;

/**
 * Bounds the bulk streams that one key, and that all of them have under way, and how long one may stand still. A route hands over what it
 * answers by `c.get('hold')`, after it has been made a body; without it the request counts until it is answered.
 *
 * HEAD is no method of theirs: its answer would be read from ClickHouse, and nobody would read it.
 */
export function bulkStreams({
  tally,
  log,
  most,
  stillMs = STILL_MS,
}: BulkStreamsOptions): MiddlewareHandler<Env> {
  let all = 0;
  const underWay = new Map<string, number>();
  const begin = (who: string): (() => void) => {
    underWay.set(who, (underWay.get(who) ?? 0) + 1);
    all += 1;
    return () => {
      all -= 1;
      const left = underWay.get(who)! - 1;
      if (left === 0) underWay.delete(who);
      else underWay.set(who, left);
    };
  };
  const stalled = () => {
    tally.count('api', '', 'stream_stalled', Date.now());
    log.warn({ minutes: stillMs / 60_000 }, 'a bulk stream was ended, because its reader took nothing');
  };

  return async (c, next) => {
    const { method, path } = c.req;
    if ((method !== 'GET' && method !== 'HEAD') || !isBulk('GET', path)) return next();
    if (method === 'HEAD') {
      c.header('Allow', 'GET');
      return sendProblem(c, new ApiError('method_not_allowed', 'Here is only GET.'));
    }
    const caller = c.get('caller');
    if (caller === undefined) return next();
    const isTooMany =
      (underWay.get(caller.id) ?? 0) >= OF_A_KEY
        ? `A key has at most ${OF_A_KEY} bulk streams at once; end one first.`
        : all >= most
          ? `There are ${most} bulk streams under way, and no more at once; ask again when one has ended.`
          : undefined;
    if (isTooMany !== undefined) {
      tally.count('api', '', 'too_many_streams', Date.now());
      c.header('Retry-After', String(RETRY_AFTER_S));
      return sendProblem(c, new ApiError('too_many_streams', isTooMany));
    }
    const end = begin(caller.id);
    let isHeld = false;
    c.set('hold', (out) => {
      isHeld = true;
      out.once('close', end);
      endWhenStill(out, stillMs, stalled);
    });
    try {
      await next();
    } finally {
      if (!isHeld) end();
    }
  };
}

/** Where nothing is there to be taken it is ClickHouse that is waited for, and not the reader. */
function endWhenStill(out: Readable, stillMs: number, stalled: () => void): void {
  let moved = Date.now();
  out.on('data', () => {
    moved = Date.now();
  });
  const look = setInterval(() => {
    if (out.readableLength === 0) moved = Date.now();
    if (Date.now() - moved < stillMs) return;
    stalled();
    out.destroy(new Error('the reader took nothing for too long'));
  }, stillMs / 6);
  look.unref();
  out.once('close', () => clearInterval(look));
}
