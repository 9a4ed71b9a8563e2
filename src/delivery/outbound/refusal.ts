import { DeliveryError } from '../destination.ts';
import type { Reply } from '../outbound.ts';

/**
 * What an answer other than 2xx says of a chunk (RFC 9110, 15).
 *
 * @param detail what the destination told beside, where that is known to hold neither id nor secret.
 */
export function refusedBy(reply: Reply, now: Date, detail = ''): DeliveryError {
  const { status } = reply;
  const text = detail === '' ? `status ${status}` : `status ${status}: ${detail}`;
  const once = { retry: false };
  const again = { retry: true, afterMs: retryAfterMs(reply.headers, now) };
  if (status === 401) return new DeliveryError('unauthorized', text, once);
  if (status === 403) return new DeliveryError('forbidden', text, once);
  if (status === 408) return new DeliveryError('timed_out', text, again);
  if (status === 413) return new DeliveryError('too_large', text, once);
  if (status === 425 || status === 429) return new DeliveryError('rate_limited', text, again);
  if (status >= 500) return new DeliveryError('unavailable', text, again);
  return new DeliveryError('rejected', text, once);
}

/**
 * Reads `Retry-After` in both its forms, seconds and a date (RFC 9110, 10.2.3).
 *
 * @param headers with names in lower case. @returns milliseconds from now, at least 0; undefined where it is missing
 *   or cannot be read.
 */
export function retryAfterMs(headers: Reply['headers'], now: Date): number | undefined {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}
