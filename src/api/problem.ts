import type { Context } from 'hono';

/** Why the API refuses a request, each with its HTTP status: the closed list. */
export const API_REFUSALS = {
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  bad_json: 400,
  invalid: 400,
  bad_rule: 400,
  bad_cursor: 400,
  bad_format: 400,
  unknown_source: 400,
  unknown_job: 404,
  cursor_expired: 410,
  exists: 409,
  conflict: 409,
  in_use: 409,
  not_built: 409,
  body_too_large: 413,
  busy: 503,
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

export function sendProblem(c: Context, error: ApiError): Response {
  const status = API_REFUSALS[error.reason];
  const type = typeof error.extra['type'] === 'string' ? error.extra['type'] : error.reason;
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
