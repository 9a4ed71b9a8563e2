import type { Merge } from '../../registry/kinds.ts';
import type { Like, ResolvedRule } from './rule.ts';

/** A segment that somebody is to be like. */
export interface Seed {
  readonly id: string;
  /** Of the segment; undefined where the lookup that the rule was resolved with does not tell. */
  readonly version: number | undefined;
  readonly merge: Merge;
  readonly rule: ResolvedRule;
}

/**
 * What must be known before a rule can be answered.
 *
 * @returns the seeds of its look-alikes, each once, and each behind those that its own rule needs.
 */
export function needs(rule: ResolvedRule): Seed[] {
  const seeds = new Map<string, Seed>();
  const look = (node: ResolvedRule): void => {
    switch (node.op) {
      case 'all':
      case 'any':
        node.rules.forEach(look);
        return;
      case 'not':
      case 'members':
        look(node.rule);
        return;
      case 'like':
        if (seeds.has(node.seed)) return;
        look(node.rule);
        seeds.set(node.seed, seedOf(node));
    }
  };
  look(rule);
  return [...seeds.values()];
}

const seedOf = ({ seed, version, merge, rule }: Like): Seed => ({ id: seed, version, merge, rule });
