import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { truncate } from '../collect/address.ts';
import type { Request } from '../collect/door.ts';
import { Recent } from '../recent.ts';
import { Allowance, type Left } from './allowance.ts';
import type { Env } from './http.ts';
import { ApiError, type ApiRefusal, sendProblem } from './problem.ts';

export interface RateLimitOptions {
  /** Requests of one key a minute; 0 = as many as there are. */
  readonly perMinute: number;
  /** The request as the front door reads it, its proxies resolved. */
  readonly request: (incoming: HttpBindings['incoming']) => Pick<Request, 'address'>;
  /** @default the clock: milliseconds since 1970. */
  readonly now?: () => number;
}

/** Callers and addresses that are counted at once; beyond that those who have not come for longest start anew. */
const REMEMBERED = 10_000;
/** What streams a whole segment or takes a whole file keeps the machine busy for seconds, so there is less of it. */
const BULK_SHARE = 10;
/** A person who mistypes a key needs a few; to guess one of 24 characters this many would take ages. */
const FAILED_SIGN_INS = 60;

const BULK: readonly (readonly [method: string, path: RegExp])[] = [
  ['GET', /^\/v1\/segments\/[^/]+\/members(\/|$)/],
  ['GET', /^\/v1\/export(\/|$)/],
  ['GET', /^\/v1\/models\/[^/]+\/scores$/],
  ['POST', /^\/v1\/(traits|matches|labels)$/],
];

/**
 * Bounds what one key asks of the management API, bulk streams apart from all else, and how often keys that there are
 * not can be tried from one address. The counts are this process's.
 *
 * An answer tells what is left (draft-ietf-httpapi-ratelimit-headers-10), and a refusal when to come again.
 */
export function rateLimit({ perMinute, request, now = Date.now }: RateLimitOptions): MiddlewareHandler<Env> {
  const requests = new Allowance('requests', perMinute, REMEMBERED);
  const bulk = new Allowance('bulk', Math.ceil(perMinute / BULK_SHARE), REMEMBERED);
  const signIns = new Allowance('failed-sign-ins', FAILED_SIGN_INS, REMEMBERED);
  /** Keys that have come from an address before: they go on while somebody there tries others. */
  const known = new Recent<string, true>(REMEMBERED);

  /** @returns what is left of the tries, where there are none left. */
  const triedTooOften = (c: Context<Env>): Left | undefined => {
    if (c.req.header('authorization') === undefined) return undefined;
    const from = placeOf(request((c.env as unknown as HttpBindings).incoming).address);
    const caller = c.get('caller');
    const key = caller && `${from} ${caller.id}`;
    if (key !== undefined && known.get(key)) return undefined;
    // The right key is refused too, else whoever guesses would learn that it is.
    const left = signIns.look(from, now());
    if (left.remaining === 0) return left;
    if (key === undefined) signIns.take(from, now());
    else known.set(key, true);
    return undefined;
  };

  return async (c, next) => {
    const tried = triedTooOften(c);
    if (tried !== undefined)
      return refused(c, tried, 'too_many_sign_ins', 'Too many wrong keys came from this address.');
    const caller = c.get('caller');
    if (caller === undefined || perMinute === 0) return next();
    const allowance = isBulk(c.req.method, c.req.path) ? bulk : requests;
    const left = allowance.take(caller.id, now());
    if (left === undefined) {
      const none = allowance.look(caller.id, now());
      tell(c, allowance, none);
      return refused(
        c,
        none,
        'rate_limited',
        `At most ${allowance.quota} ${UNITS[allowance.name]} a minute.`,
      );
    }
    await next();
    tell(c, allowance, left);
  };
}

const UNITS: Readonly<Record<string, string>> = {
  requests: 'requests of a key',
  bulk: 'bulk streams of a key',
};

/** Whether a request streams a whole segment or takes a whole file. */
export const isBulk = (method: string, path: string): boolean =>
  BULK.some(([one, pattern]) => one === method && pattern.test(path));

/** Of IPv6 the network, for one machine has as many addresses in it as it likes. */
const placeOf = (address: string) => (address.includes(':') ? truncate(address) : address);

function tell(c: Context<Env>, { name, quota, windowS }: Allowance, { remaining, resetS }: Left): void {
  c.header('RateLimit-Policy', `"${name}";q=${quota};w=${windowS}`);
  c.header('RateLimit', `"${name}";r=${remaining};t=${resetS}`);
}

function refused(c: Context<Env>, { resetS }: Left, reason: ApiRefusal, why: string): Response {
  c.header('Retry-After', String(resetS));
  return sendProblem(c, new ApiError(reason, `${why} Try again in ${resetS} s.`));
}
