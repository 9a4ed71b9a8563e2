import type { Merge } from '../../registry/kinds.ts';
import { compile, fits } from './compile.ts';
import { MAX_CLAUSES, MAX_MERGED_DEPTH, MAX_RESOLVED_DEPTH } from './limits.ts';
import { type Path, type RefusedRule, refuse } from './problem.ts';
import type { ResolvedRule, Rule } from './rule.ts';

type Resolved = { readonly ok: true; readonly rule: ResolvedRule } | RefusedRule;

/** A segment as a rule refers to it. */
export interface Referred {
  readonly rule: Rule;
  readonly merge: Merge;
}

/** What the clauses of a rule are asked of: of a rule that households extend, of visitors. */
const unitOf = (merge: Merge) => (merge === 'device' ? 'device' : 'visitor');

/**
 * Puts every segment that a rule refers to in its place. To be in a segment means the same wherever it is asked:
 * to be among its members by its own merge rule. So its clauses stand in the rule as if they were the rule's own
 * where both are asked of the same, and else are asked apart.
 *
 * @param lookup a segment as it is now; undefined = no such segment.
 * @param self id of the segment whose rule this is, so that a reference back to it is found before it is stored.
 * @param merge for whom together the rule is asked.
 * @returns the rule without references, which one statement can answer; or the refusal, with the path of
 *   the reference in `rule` that leads to it: `unknown_segment`, `segment_cycle` (the message names the
 *   chain), `rule_too_deep` or `rule_too_large` (counted with everything in its place).
 */
export function resolve(
  rule: Rule,
  lookup: (id: string) => Referred | undefined,
  self?: string,
  merge: Merge = 'visitor',
): Resolved {
  let clauses = 0;

  function inline(
    node: Rule,
    path: Path,
    chain: readonly string[],
    depth: number,
    unit = unitOf(merge),
    apart = 0,
  ): Resolved {
    // Inside of a segment the operator sees only the reference to it.
    const within = (...steps: Path): Path => (chain.length > start.length ? path : [...path, ...steps]);
    if (depth > MAX_RESOLVED_DEPTH) {
      return refuse(
        'rule_too_deep',
        path,
        `with its segments in place it is nested deeper than ${MAX_RESOLVED_DEPTH}`,
      );
    }
    switch (node.op) {
      case 'all':
      case 'any': {
        const rules: ResolvedRule[] = [];
        for (const [index, child] of node.rules.entries()) {
          const resolved = inline(child, within(node.op, index), chain, depth + 1, unit, apart);
          if (!resolved.ok) return resolved;
          rules.push(resolved.rule);
        }
        return { ok: true, rule: { op: node.op, rules } };
      }
      case 'not': {
        const resolved = inline(node.rule, within('not'), chain, depth + 1, unit, apart);
        return resolved.ok ? { ok: true, rule: { op: 'not', rule: resolved.rule } } : resolved;
      }
      case 'did':
      case 'trait':
        clauses += 1;
        return clauses > MAX_CLAUSES
          ? refuse(
              'rule_too_large',
              path,
              `with its segments in place it has more than ${MAX_CLAUSES} clauses`,
            )
          : { ok: true, rule: node };
      case 'segment': {
        const longer = [...chain, node.id];
        const at = within('segment');
        const shownChain = longer.join(' → ');
        if (chain.includes(node.id)) {
          return refuse('segment_cycle', at, `the segments refer to each other in a circle: ${shownChain}`);
        }
        const referred = lookup(node.id);
        if (!referred) return refuse('unknown_segment', at, `there is no segment ${shownChain}`);
        const own = unitOf(referred.merge);
        if (own === unit && referred.merge !== 'household')
          return inline(referred.rule, at, longer, depth + 1, unit, apart);
        if (apart === MAX_MERGED_DEPTH)
          return refuse(
            'rule_too_deep',
            at,
            `segments of other merge rules may lie ${MAX_MERGED_DEPTH} deep in each other, and these lie deeper: ${shownChain}`,
          );
        const resolved = inline(referred.rule, at, longer, depth + 1, own, apart + 1);
        return resolved.ok
          ? { ok: true, rule: { op: 'members', merge: referred.merge, rule: resolved.rule } }
          : resolved;
      }
    }
  }

  const start: readonly string[] = self === undefined ? [] : [self];
  const resolved = inline(rule, [], start, 1);
  if (!resolved.ok || fits(compile(resolved.rule, new Date(0), merge))) return resolved;
  return refuse(
    'rule_too_large',
    [],
    'its values are more than one query can hold; name fewer, or shorter ones',
  );
}
