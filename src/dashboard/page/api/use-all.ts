import { call } from './call.ts';
import { type Asked, useReading } from './use-reading.ts';

const PAGE = 1000;

/**
 * Reads all of a list that the API gives page by page, and again as often as it is told.
 *
 * @param path without a query.
 */
export const useAll = <T>(path: string, everyMs?: number): Asked<readonly T[]> =>
  useReading<readonly T[]>(path, readAll, everyMs);

async function readAll<T>(path: string, signal?: AbortSignal): Promise<readonly T[]> {
  const all: T[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const from: string = after === '' ? '' : `&after=${encodeURIComponent(after)}`;
    const page: { items: T[]; next: string | null } = await call(
      'GET',
      `${path}?limit=${PAGE}${from}`,
      undefined,
      signal,
    );
    all.push(...page.items);
    after = page.next;
  }
  return all;
}
