import type { ShownName } from '../../../api/taxonomy.ts';
import { useAnswer } from './use-answer.ts';

/** More in one question would be a long address. */
const MOST = 200;

/**
 * What categories are called.
 *
 * @param ids of IAB Content 3.1, or a site's own names, which stay as they are.
 * @returns the name of each; the id itself until it is known, and where it has none.
 */
export function useCategoryNames(ids: readonly string[]): (id: string) => string {
  const wanted = [...new Set(ids)].slice(0, MOST);
  const named = useAnswer<{ items: ShownName[] }>(
    wanted.length === 0
      ? undefined
      : `/v1/taxonomy?taxonomy=content-3.1&limit=${MOST}&id=${encodeURIComponent(wanted.join())}`,
  );
  const names = new Map(named.value?.items.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}
