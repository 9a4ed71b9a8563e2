import type { IncomingMessage } from 'node:http';
import type { HttpOptions } from './exchange.ts';

/** What another origin's page may do with an answer. */
export interface Cors {
  /** Of every answer. */
  readonly headers: readonly string[];
  /** Of the answer to a preflight. */
  readonly preflight: readonly string[];
}

/** The pages of registered sites may read answers, and send their cookie with JSON; nobody else's may. */
export function corsOf({ isSiteOrigin }: Pick<HttpOptions, 'isSiteOrigin'>, incoming: IncomingMessage): Cors {
  const { origin } = incoming.headers;
  if (origin === undefined || !isSiteOrigin(origin)) return STRANGER;
  const headers = [
    ...VARY,
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Allow-Credentials',
    'true',
  ];
  return { headers, preflight: [...headers, ...PREFLIGHT] };
}

const VARY = ['Vary', 'Origin'] as const;
const STRANGER: Cors = { headers: VARY, preflight: VARY };
const PREFLIGHT = [
  'Access-Control-Allow-Methods',
  'POST',
  'Access-Control-Allow-Headers',
  'content-type',
  'Access-Control-Max-Age',
  '86400',
] as const;
