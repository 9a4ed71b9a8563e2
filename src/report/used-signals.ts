import { parseRule } from '../audience/rule/parse.ts';
import type { Match, Rule } from '../audience/rule/rule.ts';
import { NODES } from '../audience/taxonomy/audience.ts';

/** What a hit says of what somebody did or cares for, as a Match of a rule can name it. */
export const SIGNALS = ['category', 'keyword', 'event', 'path'] as const;
export type Signal = (typeof SIGNALS)[number];

/** Of each kind the values that rules name; of paths some may be patterns, with `*`. */
export type UsedSignals = Readonly<Record<Signal, ReadonlySet<string>>>;

/**
 * Finds what the rules of segments ask for.
 *
 * @param rules as they came; one that is not understood uses nothing.
 * @returns what their Matches name. An interest uses the categories that speak for it or for one below it.
 */
export function usedSignals(rules: Iterable<unknown>): UsedSignals {
  const used: Record<Signal, Set<string>> = {
    category: new Set(),
    keyword: new Set(),
    event: new Set(),
    path: new Set(),
  };
  const interests = new Set<string>();
  for (const json of rules) {
    const parsed = parseRule(json);
    if (!parsed.ok) continue;
    for (const leaf of leaves(parsed.rule)) {
      if (leaf.op === 'interest') interests.add(leaf.interest);
      for (const match of matchesOf(leaf))
        for (const signal of SIGNALS) for (const value of match[signal] ?? []) used[signal].add(value);
    }
  }
  for (const { id, ancestors, sources } of NODES) {
    if (!interests.has(id) && !ancestors.some((above) => interests.has(above))) continue;
    for (const { content } of sources) used.category.add(content);
  }
  return used;
}

type Leaf = Exclude<Rule, { readonly op: 'all' | 'any' } | { readonly op: 'not' }>;

function leaves(rule: Rule): Leaf[] {
  const found: Leaf[] = [];
  const open = [rule];
  while (open.length > 0) {
    const node = open.pop()!;
    if ('rules' in node) open.push(...node.rules);
    else if ('rule' in node) open.push(node.rule);
    else found.push(node);
  }
  return found;
}

function matchesOf(leaf: Leaf): readonly Match[] {
  if (leaf.op === 'did' || leaf.op === 'dwell') return [leaf.match];
  return leaf.op === 'sequence' ? leaf.steps : [];
}
