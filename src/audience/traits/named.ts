import type { Buildable } from '../build.ts';
import type { ResolvedRule } from '../rule/rule.ts';

/** @returns the traits that a rule asks for, also by the segments that it refers to. */
export function traitsOf(rule: ResolvedRule): ReadonlySet<string> {
  const traits = new Set<string>();
  const walk = (node: ResolvedRule): void => {
    if (node.op === 'trait') traits.add(node.trait);
    else if (node.op === 'not' || node.op === 'members') walk(node.rule);
    else if (node.op === 'all' || node.op === 'any') for (const child of node.rules) walk(child);
  };
  walk(rule);
  return traits;
}

/**
 * @param traits null = whatever trait.
 * @returns the segments whose rules ask for one of them.
 */
export function segmentsNaming(
  segments: readonly Buildable[],
  traits: readonly string[] | null,
): readonly Buildable[] {
  return segments.filter(({ rule }) => {
    if ('refused' in rule) return false;
    const asked = traitsOf(rule);
    return traits === null ? asked.size > 0 : traits.some((trait) => asked.has(trait));
  });
}
