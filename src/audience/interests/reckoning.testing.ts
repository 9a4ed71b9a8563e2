import { TOPICS } from '../../collect/topics/dictionary.ts';
import { type Branch, NODES } from '../taxonomy/audience.ts';
import { SCORE, UNSURE } from './score.ts';
import {
  DWELL_UNIT_S,
  MAX_DWELL_S,
  PASSIVE_EVENTS,
  PRODUCT_KEYWORDS,
  PRODUCT_PAGE_EVENTS,
  SHOPPING_EVENTS,
} from './weight.ts';

/** A stored hit, as far as interests go. */
export interface Seen {
  readonly visitor: number;
  /** A repeat carries the same one. */
  readonly hit: number;
  /** Milliseconds before the moment of the run. */
  readonly age: number;
  readonly event: string;
  readonly keywords: readonly string[];
  readonly categories: readonly string[];
  readonly confidences: readonly number[];
  readonly dwellMs: number;
}

const DAY_MS = 86_400_000;
const ANCESTORS = new Map(TOPICS.map(({ id, ancestors }) => [id, ancestors]));

/**
 * The scores once more, slowly and in plain TypeScript, hit by hit as score.ts tells it.
 *
 * @returns by visitor and node, as `visitor/node`.
 */
export function reckon(hits: readonly Seen[], halfLifeDays: number): Map<string, number> {
  const distinct = [...new Map(hits.map((hit) => [`${hit.visitor}/${hit.hit}`, hit])).values()];
  return new Map([
    ...reckonBranch(distinct, halfLifeDays, 'interest'),
    ...reckonBranch(distinct, halfLifeDays, 'intent'),
  ]);
}

function reckonBranch(hits: readonly Seen[], halfLifeDays: number, branch: Branch): Map<string, number> {
  const weighed = hits.flatMap((hit) => {
    const worth = worthOf(branch, hit.event, hit.keywords);
    if (worth === undefined) return [];
    const dwell = Math.min(hit.dwellMs / 1000, MAX_DWELL_S) / DWELL_UNIT_S;
    return [{ hit, weight: (worth + dwell) * 2 ** (-hit.age / DAY_MS / halfLifeDays) }];
  });
  const visitors = [...new Set(weighed.map(({ hit }) => hit.visitor))];
  const scores = new Map<string, number>();
  for (const { id } of NODES.filter((node) => node.branch === branch)) {
    const of = visitors.map((visitor) => {
      let evidence = 0;
      let other = 0;
      for (const { hit, weight } of weighed.filter((each) => each.hit.visitor === visitor)) {
        const sure = sureOf(id, hit);
        if (sure === undefined) other += weight;
        else evidence += (weight * sure) / 100;
      }
      return { visitor, evidence, other };
    });
    for (const { visitor, evidence, other } of of) {
      if (evidence < SCORE.floor) continue;
      const others = of.filter((each) => each.visitor !== visitor);
      const theirs = others.reduce((sum, each) => sum + each.evidence, 0);
      const all = others.reduce((sum, each) => sum + each.evidence + each.other, 0);
      const usual = (theirs + SCORE.priorVisits * SCORE.priorShare) / (all + SCORE.priorVisits);
      const lift = evidence / (evidence + other) / usual;
      scores.set(`${visitor}/${id}`, 100 * (1 - 2 ** (-evidence / SCORE.floor)) * (1 - 2 ** -lift));
    }
  }
  return scores;
}

function worthOf(branch: Branch, event: string, keywords: readonly string[]): number | undefined {
  const name = event.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (branch === 'interest') return PASSIVE_EVENTS.includes(name) ? 0 : 1;
  const isProduct = PRODUCT_KEYWORDS.some((keyword) => keywords.includes(keyword));
  if (!isProduct && SHOPPING_EVENTS[name] === undefined) return undefined;
  return SHOPPING_EVENTS[name] ?? PRODUCT_PAGE_EVENTS[name] ?? 0;
}

/** All that speaks for each node. */
const SPOKEN = new Map(
  NODES.map(({ id: node }) => [
    node,
    NODES.filter(({ id, ancestors }) => id === node || ancestors.includes(node)).flatMap(
      ({ sources }) => sources,
    ),
  ]),
);

/** How sure it is, in percent, that a hit is about a node; undefined where it is not at all. */
function sureOf(node: string, { categories, confidences }: Seen): number | undefined {
  const sures = categories.map((_, place) => confidences[place] || UNSURE);
  const found = categories.flatMap((category, place) =>
    SPOKEN.get(node)!
      .filter(({ content }) => content === category || ANCESTORS.get(category)?.includes(content))
      .flatMap(({ beside }) => {
        if (beside === undefined) return [sures[place]!];
        const at = categories.indexOf(beside);
        return at < 0 ? [] : [Math.min(sures[place]!, sures[at]!)];
      }),
  );
  return found.length === 0 ? undefined : Math.max(...found);
}
