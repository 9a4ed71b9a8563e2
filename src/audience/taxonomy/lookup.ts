import { TOPICS } from '../../collect/topics/dictionary.ts';
import type { AudienceNode } from './audience.ts';

/** Content that speaks for a node: what a page about `content` (and `beside`, where that is not empty) is a sign of. */
export interface Sign {
  /** Id of the Content Taxonomy 3.1. */
  readonly content: string;
  /** Another one, or empty. */
  readonly beside: string;
  /** Place of the node in the list asked for, from 1. */
  readonly place: number;
}

/** Above each category of the dictionary: a site's own id comes without its parents. */
const ANCESTORS: ReadonlyMap<string, readonly string[]> = new Map(
  TOPICS.map(({ id, ancestors }) => [id, ancestors]),
);

/**
 * All content that speaks for some nodes, as rows that a statement can join with: what speaks for one speaks for all
 * above it, and so does content below it.
 */
export function signsOf(nodes: readonly AudienceNode[]): Sign[] {
  const placeOf = new Map(nodes.map(({ id }, index) => [id, index + 1]));
  const signs = new Map<string, Sign>();
  const contents = new Set([
    ...ANCESTORS.keys(),
    ...nodes.flatMap(({ sources }) => sources.map(({ content }) => content)),
  ]);
  const below = new Map<string, string[]>();
  for (const content of contents)
    for (const each of [content, ...(ANCESTORS.get(content) ?? [])])
      below.set(each, [...(below.get(each) ?? []), content]);
  for (const { id, ancestors, sources } of nodes) {
    for (const { content: at, beside = '' } of sources) {
      for (const content of below.get(at) ?? []) {
        for (const node of [id, ...ancestors]) {
          const sign = { content, beside, place: placeOf.get(node)! };
          signs.set(`${content} ${beside} ${sign.place}`, sign);
        }
      }
    }
  }
  return [...signs.values()];
}
