import { setImmediate } from 'node:timers/promises';
import type { Registry } from '../registry/registry.ts';
import { ApiError } from './problem.ts';
import { Library, references, type Written } from './segment-rules.ts';

/** Rules that are looked at before others are let in: reading one takes up to some milliseconds. */
const AT_ONCE = 10;

/**
 * Refuses what would take from another segment the rule that it rests on: with all that it refers to in its place it
 * may be larger or deeper than rules can be. One that did not stand before keeps nobody from a change.
 *
 * @param change a segment as it would be.
 * @throws ApiError `in_use`, with the name of the other.
 */
export async function expectUsersStand(
  registry: Registry,
  change: Written & { readonly id: string },
): Promise<void> {
  const [before, after] = [Library.of(registry), Library.of(registry, [change])];
  for (const [n, { id, rule, merge }] of usersOf(registry, change.id).entries()) {
    if (n % AT_ONCE === AT_ONCE - 1) await setImmediate();
    const resolved = after.resolve(rule, merge, id);
    if (resolved.ok || !before.resolve(rule, merge, id).ok) continue;
    throw new ApiError(
      'in_use',
      `Segment ${id} refers to ${change.id}, and its rule would no longer stand: ${resolved.message}. Change ${id} first.`,
    );
  }
}

/** Segments that refer to one, themselves or by others. */
function usersOf(registry: Registry, id: string) {
  const all = registry.list('segment').map((segment) => ({ segment, needs: references(segment.rule) }));
  const found = new Set([id]);
  for (let known = 0; known < found.size; ) {
    known = found.size;
    for (const { segment, needs } of all) if (needs.some((each) => found.has(each))) found.add(segment.id);
  }
  found.delete(id);
  return all.flatMap(({ segment }) => (found.has(segment.id) ? [segment] : []));
}
