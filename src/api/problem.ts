import type { Context } from 'hono';
import type { ClickHouseError } from '../clickhouse/errors.ts';

/** Why the API refuses a request, each with its HTTP status: the closed list. */
export const API_REFUSALS = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  bad_json: 400,
  invalid: 400,
  bad_rule: 400,
  secrets_needed: 400,
  bad_cursor: 400,
  bad_format: 400,
  bad_gzip: 400,
  cut_off: 400,
  unknown_source: 400,
  unknown_job: 404,
  cursor_expired: 410,
  exists: 409,
  retired_id: 409,
  conflict: 409,
  in_use: 409,
  version_conflict: 412,
  not_built: 409,
  body_too_large: 413,
  bad_encoding: 415,
  rate_limited: 429,
  too_many_streams: 429,
  too_many_sign_ins: 429,
  busy: 503,
  not_stored: 503,
  clickhouse_unavailable: 503,
  collectors_behind: 503,
  internal: 500,
} as const;

export type ApiRefusal = keyof typeof API_REFUSALS;

/** A refusal on its way to the caller as `application/problem+json` (RFC 9457). */
export class ApiError extends Error {
  readonly reason: ApiRefusal;
  readonly extra: Readonly<Record<string, unknown>>;

  /** @param detail what is wrong and what to do, for a person. */
  constructor(reason: ApiRefusal, detail: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.name = 'ApiError';
    this.reason = reason;
    this.extra = extra;
  }
}

const READ_WHOLE =
  'This cursor is of a log that is no more; read the segment whole and go on from the new cursor.';

/**
 * What the caller is told of an error. Known by name rather than by class, because what a collector process
 * asks of its parent fails over there, and a class does not cross the channel.
 */
export function asApiError(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error.name === 'LeaseBusyError') return new ApiError('busy', `${error.message}; try again.`);
  if (error.name === 'CursorAheadError') return new ApiError('cursor_expired', READ_WHOLE);
  if (error.name === 'CollectorsBehindError') return new ApiError('collectors_behind', error.message);
  if (error.name === 'ClickHouseError' && (error as ClickHouseError).fault === 'unavailable')
    return new ApiError(
      'clickhouse_unavailable',
      'The storage does not answer right now; hits are still taken. Try again.',
    );
  return new ApiError('internal', 'This is a fault of ours; the log has more.');
}

/** Answers with it, and leaves its name for the counter. */
export function sendProblem(c: Context, error: ApiError): Response {
  const status = API_REFUSALS[error.reason];
  const type = typeof error.extra['type'] === 'string' ? error.extra['type'] : error.reason;
  c.set('refused', type);
  return c.body(
    JSON.stringify({
      title: error.reason.replaceAll('_', ' '),
      status,
      detail: error.message,
      ...error.extra,
      type: `urn:ninety:${type}`,
    }),
    status,
    {
      'Content-Type': 'application/problem+json',
      ...(status === 503 ? { 'Retry-After': '5' } : {}),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    },
  );
}
