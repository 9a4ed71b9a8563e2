import { call } from './call.ts';
import { type Asked, useReading } from './use-reading.ts';

const PAGE = 1000;

interface Named {
  readonly name: string;
}

/**
 * Reads all of a list that the API gives page by page, by id, and again as often as it is told.
 *
 * @param path without a query.
 * @returns them by name, as a person looks for them: "Site 9" before "Site 10".
 */
export const useAll = <T extends Named>(path: string, everyMs?: number): Asked<readonly T[]> =>
  useReading<readonly T[]>(path, readAll, everyMs);

async function readAll<T extends Named>(path: string, signal?: AbortSignal): Promise<readonly T[]> {
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
  // Not made before it is needed: the first of Intl's tables take longer to read than a page to be drawn.
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  return all.sort((a, b) => compare(a.name, b.name));
}
