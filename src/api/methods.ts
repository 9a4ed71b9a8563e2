import type { Hono } from 'hono';
import type { Env } from './http.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Paths that are answered before this app. */
const FRONT_DOOR: Readonly<Record<string, readonly string[]>> = {
  '/p.gif': ['GET', 'POST'],
  '/setuid': ['GET'],
  '/sync.html': ['GET'],
  '/cookie_sync': ['POST'],
  '/v1/me': ['GET', 'OPTIONS'],
};

/**
 * The methods that a path takes, for the `Allow` header of a 405 (RFC 9110, 15.5.6).
 *
 * @param collects whether the front door is open in this process.
 * @returns none where there is no such path.
 */
export function methodsOf(app: Hono<Env>, path: string, collects: boolean): string[] {
  const front = collects && Object.hasOwn(FRONT_DOOR, path) ? FRONT_DOOR[path] : undefined;
  if (front !== undefined) return [...front];
  return METHODS.filter((method) =>
    // What runs for every method is middleware, and no sign of a route.
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== 'ALL'),
  );
}
