import { nearest } from '../../nearest.ts';
import type { Merge } from '../../registry/kinds.ts';
import { compile, fits } from './compile.ts';
import {
  MAX_CLAUSES,
  MAX_LIKE_DEPTH,
  MAX_MERGED_DEPTH,
  MAX_RESOLVED_DEPTH,
  MAX_SEED_CLAUSES,
  SEQUENCE_CLAUSES,
} from './limits.ts';
import { type Path, type RefusedRule, refuse } from './problem.ts';
import type { ResolvedRule, Rule } from './rule.ts';

type Resolved = { readonly ok: true; readonly rule: ResolvedRule } | RefusedRule;

/** A segment as a rule refers to it. */
export interface Referred {
  readonly rule: Rule;
  readonly merge: Merge;
  /** Of the segment; told to whoever trains a look-alike of it. */
  readonly version?: number;
}

/** What the clauses of a rule are asked of: of a rule that households extend, of visitors. */
const unitOf = (merge: Merge) => (merge === 'device' ? 'device' : 'visitor');

/** Whether a segment's clauses can stand in a rule as if they were the rule's own. */
export const standsInline = (referred: Merge, asking: Merge): boolean =>
  unitOf(referred) === unitOf(asking) && referred !== 'household';

/**
 * Puts every segment that a rule refers to in its place. To be in a segment means the same wherever it is asked:
 * to be among its members by its own merge rule. So its clauses stand in the rule as if they were the rule's own
 * where both are asked of the same, and else are asked apart. The seed of a look-alike stands beside it, ready to
 * run, and counts for itself: it is asked before the rule is, in a statement of its own.
 *
 * @param lookup a segment as it is now; undefined = no such segment.
 * @param self id of the segment whose rule this is, so that a reference back to it is found before it is stored.
 * @param merge for whom together the rule is asked.
 * @param ids of the segments that there are, one of which a reference to none may have meant.
 * @returns the rule without references, which one statement can answer; or the refusal, with the path of
 *   the reference in `rule` that leads to it: `unknown_segment`, `segment_cycle` (the message names the
 *   chain), `rule_too_deep` or `rule_too_large` (counted with everything in its place).
 */
export function resolve(
  rule: Rule,
  lookup: (id: string) => Referred | undefined,
  self?: string,
  merge: Merge = 'visitor',
  ids: () => readonly string[] = () => [],
): Resolved {
  const start: readonly string[] = self === undefined ? [] : [self];
  // Each once: rules that name two seeds each, whose rules name two seeds each…, would double without end.
  const seeds = new Map<string, Whole>();

  /** Resolves what one statement will ask. */
  function statement(
    asked: Rule,
    of: Merge,
    at: Path,
    asking: readonly string[],
    likes: number,
  ): Whole | RefusedRule {
    let clauses = 0;
    let clausesOfSeeds = 0;
    let height = 0;

    function inline(
      node: Rule,
      path: Path,
      chain: readonly string[],
      depth: number,
      by: Merge,
      apart: number,
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
      clauses += clausesOf(node);
      if (clauses > MAX_CLAUSES) {
        return refuse(
          'rule_too_large',
          path,
          `with its segments in place it has more than ${MAX_CLAUSES} clauses`,
        );
      }
      switch (node.op) {
        case 'all':
        case 'any': {
          const rules: ResolvedRule[] = [];
          for (const [index, child] of node.rules.entries()) {
            const resolved = inline(child, within(node.op, index), chain, depth + 1, by, apart);
            if (!resolved.ok) return resolved;
            rules.push(resolved.rule);
          }
          return { ok: true, rule: { op: node.op, rules } };
        }
        case 'not': {
          const resolved = inline(node.rule, within('not'), chain, depth + 1, by, apart);
          return resolved.ok ? { ok: true, rule: { op: 'not', rule: resolved.rule } } : resolved;
        }
        case 'segment': {
          const referred = find(node.id, within('segment'), chain);
          if ('ok' in referred) return referred;
          const { longer, rule, merge } = referred;
          if (standsInline(merge, by)) return inline(rule, within('segment'), longer, depth + 1, by, apart);
          if (apart === MAX_MERGED_DEPTH)
            return refuse(
              'rule_too_deep',
              within('segment'),
              `segments of other merge rules may lie ${MAX_MERGED_DEPTH} deep in each other, and these lie deeper: ${longer.join(' → ')}`,
            );
          const resolved = inline(rule, within('segment'), longer, depth + 1, merge, apart + 1);
          return resolved.ok ? { ok: true, rule: { op: 'members', merge, rule: resolved.rule } } : resolved;
        }
        case 'like': {
          const referred = find(node.seed, within('like'), chain);
          if ('ok' in referred) return referred;
          const { longer, rule, merge, version } = referred;
          const tooDeep = () =>
            refuse(
              'rule_too_deep',
              within('like'),
              `look-alikes may be of each other ${MAX_LIKE_DEPTH} deep, and these are deeper: ${longer.join(' → ')}`,
            );
          if (likes === MAX_LIKE_DEPTH) return tooDeep();
          const seed = seeds.get(node.seed) ?? statement(rule, merge, within('like'), longer, likes + 1);
          if (!seed.ok) return seed;
          seeds.set(node.seed, seed);
          height = Math.max(height, 1 + seed.height);
          if (likes + height > MAX_LIKE_DEPTH) return tooDeep();
          clausesOfSeeds += seed.clauses;
          return clausesOfSeeds > MAX_SEED_CLAUSES
            ? refuse(
                'rule_too_large',
                within('like'),
                `the seeds of its look-alikes have more than ${MAX_SEED_CLAUSES} clauses together`,
              )
            : { ok: true, rule: { ...node, merge, version, rule: seed.rule } };
        }
        default:
          return { ok: true, rule: node };
      }
    }

    const resolved = inline(asked, at, asking, 1, of, 0);
    if (!resolved.ok) return resolved;
    if (fits(compile(resolved.rule, new Date(0), of)))
      return { ok: true, rule: resolved.rule, height, clauses: clauses + clausesOfSeeds };
    return refuse(
      'rule_too_large',
      at,
      'its values and steps are more than one query can hold; name fewer, or shorter ones',
    );
  }

  /** @returns the segment and the chain that has led to it. */
  function find(id: string, at: Path, chain: readonly string[]): Found | RefusedRule {
    const longer = [...chain, id];
    const shownChain = longer.join(' → ');
    if (chain.includes(id))
      return refuse('segment_cycle', at, `the segments refer to each other in a circle: ${shownChain}`);
    const referred = lookup(id);
    if (!referred) {
      const meant = nearest(
        id,
        ids().filter((known) => !longer.includes(known)),
      );
      const suggestion = meant === undefined ? '' : `, did you mean ${meant}?`;
      return refuse('unknown_segment', at, `there is no segment ${shownChain}${suggestion}`);
    }
    return { longer, version: undefined, ...referred };
  }

  const whole = statement(rule, merge, [], start, 0);
  return whole.ok ? { ok: true, rule: whole.rule } : whole;
}

/** What one statement will ask. */
interface Whole {
  readonly ok: true;
  readonly rule: ResolvedRule;
  /** How many look-alikes must be made one after the other first. */
  readonly height: number;
  /** With those of its seeds, and of theirs. */
  readonly clauses: number;
}

interface Found extends Omit<Referred, 'version'> {
  readonly longer: readonly string[];
  readonly version: number | undefined;
}

/** How many of {@link MAX_CLAUSES} a node is itself. */
function clausesOf(node: Rule): number {
  switch (node.op) {
    case 'all':
    case 'any':
    case 'not':
    case 'segment':
      return 0;
    case 'sequence':
      return SEQUENCE_CLAUSES;
    case 'demographic':
      return node.wanted.length;
    default:
      return 1;
  }
}
